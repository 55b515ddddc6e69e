/** Which examples each step sees: decided before the first step, from the seed alone. */
import { dataError } from '../common/errors.js'
import { rng } from '../common/random.js'
import type { Example } from './example.js'
import { mediaKey } from './pictures.js'

/** Examples about the same pictures, trained as one row. */
export type RowExamples = Example[]

/** An endless stream of rows: each epoch shuffles the questions of a picture, then the rows. */
function* rowStream(
  examples: readonly Example[],
  perRow: number,
  seed: number,
  name: string,
): Generator<RowExamples> {
  const groups = new Map<string, Example[]>()
  for (const example of examples) {
    const key = mediaKey(example.media)
    groups.set(key, [...(groups.get(key) ?? []), example])
  }
  for (let epoch = 0; ; epoch++) {
    const random = rng(seed, 'training/rows', name, epoch)
    const rows: RowExamples[] = []
    for (const group of groups.values()) {
      const shuffled = random.shuffle(group)
      for (let i = 0; i < shuffled.length; i += perRow) rows.push(shuffled.slice(i, i + perRow))
    }
    yield* random.shuffle(rows)
  }
}

/**
 * Rows of every step. Sources are drawn by their shares, row by row.
 * @throws data error when a source is asked for and empty
 */
export function scheduleRows(
  sources: ReadonlyMap<string, { examples: readonly Example[]; share: number }>,
  settings: { steps: number; rowsPerStep: number; questionsPerRow: number; seed: number; stage: string },
): RowExamples[][] {
  const { steps, rowsPerStep, questionsPerRow, seed, stage } = settings
  const streams = [...sources].map(([name, { examples, share }]) => {
    if (examples.length === 0) throw dataError(`stage ${stage}`, `${name} examples`, 'none')
    return { share, rows: rowStream(examples, questionsPerRow, seed, `${stage}/${name}`) }
  })
  const total = streams.reduce((sum, { share }) => sum + share, 0)
  const random = rng(seed, 'training/mixture', stage)
  const draw = (): RowExamples => {
    const point = random.uniform(0, total)
    let reached = 0
    for (const { share, rows } of streams) {
      reached += share
      if (point < reached) return rows.next().value as RowExamples
    }
    return streams[streams.length - 1].rows.next().value as RowExamples
  }
  return Array.from({ length: steps }, () => Array.from({ length: rowsPerStep }, draw))
}
