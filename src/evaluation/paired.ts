/**
 * Is one model better than another on the same items? Their difference per item, with a 95 % interval from
 * the same bootstrap over rooms; far sharper than two intervals side by side.
 */
import { dataError } from '../common/errors.js'
import { QUESTION_TYPES } from '../schema/sample.js'
import { drawnMean, drawRooms, interval95, RESAMPLES } from './bootstrap.js'
import type { Countable } from './score.js'

export interface Difference {
  /** `overall`, `choices`, `numbers` or a question type. */
  name: string
  n: number
  /** Mean of (second - first), -1..1; over several types the unweighted mean of theirs. */
  difference: number
  interval: [number, number] | null
}

type Item = Countable & { id: string }

/**
 * Differences `second - first` per question type and over choices, numbers and all types.
 * @throws data error when the two were not scored on the same items
 */
export function pairedDifferences(
  first: readonly Item[],
  second: readonly Item[],
  { seed = 0, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): Difference[] {
  const before = new Map(first.map((item) => [item.id, item.score]))
  const stranger = second.find((item) => !before.has(item.id))
  if (stranger || first.length !== second.length)
    throw dataError(
      'paired comparison',
      'two models scored on the same items',
      stranger?.id ?? `${first.length} and ${second.length} items`,
    )
  const rooms = [...new Set(second.map((item) => item.scene_name))].sort()
  const place = new Map(rooms.map((room, i) => [room, i]))
  const draws = rooms.length > 1 ? drawRooms(rooms.length, seed, resamples) : []
  const groups = QUESTION_TYPES.map((type) => second.filter((item) => item.question_type === type))
    .filter((group) => group.length > 0)
    .map((group) => {
      const sums = { sum: new Float64Array(rooms.length), count: new Float64Array(rooms.length) }
      for (const item of group) {
        const room = place.get(item.scene_name) ?? 0
        sums.sum[room] += item.score - (before.get(item.id) ?? 0)
        sums.count[room]++
      }
      return { name: group[0].question_type as string, kind: group[0].kind, n: group.length, sums }
    })
  const once = new Uint16Array(rooms.length).fill(1)
  const over = (name: string, some: typeof groups): Difference[] => {
    if (some.length === 0) return []
    const at = (times: Uint16Array): number =>
      some.reduce((sum, group) => sum + drawnMean(group.sums, times), 0) / some.length
    const n = some.reduce((sum, group) => sum + group.n, 0)
    return [{ name, n, difference: at(once), interval: interval95(draws.map(at)) }]
  }
  return [
    ...groups.flatMap((group) => over(group.name, [group])),
    ...over(
      'numbers',
      groups.filter(({ kind }) => kind === 'number'),
    ),
    ...over(
      'choices',
      groups.filter(({ kind }) => kind === 'choice'),
    ),
    ...over('overall', groups),
  ]
}
