/**
 * How long examples are, before the first step and without decoding a picture: sizes come from file headers. Serves
 * two ends: a sample that does not fit is named before the run starts (nothing is ever cut, least of all inside an
 * image), and batches can be made of rows of like length.
 */
import type { Media } from '../clients/client.js'
import { dataError } from '../common/errors.js'
import { readImageSize } from '../images/codec.js'
import { gridOf } from '../vision-language/image-processor.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, type EncodeOptions } from './encode.js'
import type { Example } from './example.js'
import type { Defects } from './fidelity.js'
import { type GrpoOptions, isGrpo, type SftOptions } from './options.js'
import type { RowExamples } from './schedule-rows.js'

/** Header reads that are under way together. */
const READS = 64

/** Sizes of the first picture of each of `media`, which decides its grid. */
async function sizesOf(media: readonly Media[]): Promise<Map<string, { width: number; height: number }>> {
  const files = [...new Set(media.map(firstFile))]
  const sizes = new Map<string, { width: number; height: number }>()
  for (let start = 0; start < files.length; start += READS)
    await Promise.all(
      files.slice(start, start + READS).map(async (file) => sizes.set(file, await readImageSize(file))),
    )
  return sizes
}
const firstFile = (item: Media): string => (item.type === 'image' ? item.file : item.frames[0])

/**
 * Tokens of every example: prompt, pictures, answer and the token that ends it.
 * @throws data error naming a picture that is none
 */
export async function exampleLengths(
  examples: readonly Example[],
  processor: Processor,
  options?: EncodeOptions,
): Promise<Map<Example, { prompt: number; answer: number }>> {
  const sizes = await sizesOf(examples.flatMap(({ media }) => media))
  const grid = (item: Media) => {
    const frames = item.type === 'image' ? 1 : item.frames.length
    return gridOf(sizes.get(firstFile(item)) ?? { width: 0, height: 0 }, frames, processor.image_processor)
  }
  const encode = createEncoder(processor, { grid }, options)
  return new Map(
    examples.map((example) => {
      const { shared, question, answer } = encode(example)
      return [example, { prompt: shared.length + question.length, answer: answer.length }]
    }),
  )
}

/** @throws data error naming the first sample of more than `limit` tokens, and how many there are */
export function checkLengths(lengths: ReadonlyMap<Example, number>, limit: number): void {
  const long = [...lengths].filter(([, length]) => length > limit)
  if (long.length === 0) return
  const [[{ id }, length]] = long
  const others = long.length > 1 ? ` (and ${long.length - 1} more samples too long)` : ''
  throw dataError(`sample ${id}`, `at most ${limit} tokens (max_length)`, `${length}${others}`)
}

/** Tokens of every example, where an option asks for them. @throws data error naming one that does not fit */
export async function wantedLengths(
  examples: readonly Example[],
  options: SftOptions | GrpoOptions,
  processor: Processor,
  defects?: Defects,
): Promise<Map<Example, number> | null> {
  const { max_length } = options
  const grouped = !isGrpo(options) && options.train_sampling_strategy === 'group_by_length'
  if (max_length === undefined && !grouped) return null
  const parts = await exampleLengths(examples, processor, {
    wholeText: !isGrpo(options) && defects?.has('D4'),
  })
  // What GRPO samples is as long as it may be.
  const lengths = new Map(
    [...parts].map(([example, { prompt, answer }]) => [
      example,
      prompt + (isGrpo(options) ? options.max_completion_length : answer),
    ]),
  )
  if (max_length !== undefined) checkLengths(lengths, max_length)
  return lengths
}

/** Steps whose rows are sorted together, as in transformers' LengthGroupedSampler. */
const MEGA_BATCH_STEPS = 50

/**
 * The same rows in another order: within each 50 steps the longest first, so that the rows of a batch are of like
 * length; the longest of all comes first, so that a lack of memory shows at once (`get_length_grouped_indices`).
 */
export function groupByLength(
  schedule: readonly RowExamples[][],
  lengthOf: (row: RowExamples) => number,
): RowExamples[][] {
  const steps = Math.max(1, Math.min(Math.floor(schedule.length / 4), MEGA_BATCH_STEPS))
  const rowsPerStep = schedule[0]?.length ?? 0
  const rows = schedule.flat()
  const sorted: RowExamples[] = []
  for (let start = 0; start < rows.length; start += steps * rowsPerStep)
    sorted.push(...rows.slice(start, start + steps * rowsPerStep).sort((a, b) => lengthOf(b) - lengthOf(a)))
  const longest = sorted.reduce((best, row, i) => (lengthOf(row) > lengthOf(sorted[best]) ? i : best), 0)
  if (sorted.length > 0) [sorted[0], sorted[longest]] = [sorted[longest], sorted[0]]
  return schedule.map((_, step) => sorted.slice(step * rowsPerStep, (step + 1) * rowsPerStep))
}
