/**
 * Scoring of a benchmark: items and raw answers to verdicts, verdicts to scores with 95 % intervals. Pure.
 * Which text is worth what, and how items are averaged, is the protocol's; here it is only counted.
 */
import type { BenchmarkScores, BenchmarkType } from '../../schema/benchmark-results.js'
import { drawRooms, interval95, RESAMPLES } from '../bootstrap.js'
import type { Averages, BenchmarkItem, ItemKind, PromptType, Protocol, Tally, Verdict } from './benchmark.js'

/** An item with what a model said and what that is worth; no verdict where the item is not in the denominator. */
export interface Judged {
  item: BenchmarkItem
  /** Null where there is no answer. */
  prediction: string | null
  verdict: Verdict | null
}

export const METRIC_OF: Record<ItemKind, BenchmarkType['metric']> = {
  choice: 'accuracy',
  number: 'mean relative accuracy',
  movement: 'mean relative accuracy',
}

/**
 * Verdicts in the items' order. An item without an answer is wrong or left out, as the protocol says.
 * @throws data error naming the item where the protocol's original crashes
 */
export function judge(
  items: readonly BenchmarkItem[],
  predictions: ReadonlyMap<string, string>,
  protocol: Protocol,
  promptType: PromptType,
): Judged[] {
  return items.map((item) => {
    const prediction = predictions.get(item.id) ?? null
    if (prediction !== null)
      return { item, prediction, verdict: protocol.judge(item, prediction, { promptType }) }
    const verdict = protocol.missing === 'wrong' ? { score: 0, parsed: null } : null
    return { item, prediction, verdict }
  })
}

/** Scores of one group of items per room, so that a bootstrap draw is a weighted sum. */
interface RoomTally {
  type: string
  fields: Record<string, string>
  rooms: Int32Array
  sum: Float64Array
  count: Float64Array
}

function roomTallies(
  judged: readonly Judged[],
  protocol: Protocol,
  roomIndex: ReadonlyMap<string, number>,
): RoomTally[] {
  const groups = new Map<
    string,
    Pick<RoomTally, 'type' | 'fields'> & { perRoom: Map<number, [number, number]> }
  >()
  for (const { item, verdict } of judged) {
    if (!verdict) continue
    const fields = Object.fromEntries((protocol.tallied ?? []).map((name) => [name, item.fields[name] ?? '']))
    const key = JSON.stringify([item.type, fields])
    const group = groups.get(key) ?? { type: item.type, fields, perRoom: new Map() }
    groups.set(key, group)
    const room = roomIndex.get(item.scene) ?? 0
    const cell = group.perRoom.get(room) ?? [0, 0]
    cell[0] += verdict.score
    cell[1]++
    group.perRoom.set(room, cell)
  }
  return [...groups.values()].map(({ type, fields, perRoom }) => {
    const cells = [...perRoom]
    return {
      type,
      fields,
      rooms: Int32Array.from(cells, ([room]) => room),
      sum: Float64Array.from(cells, ([, [sum]]) => sum),
      count: Float64Array.from(cells, ([, [, count]]) => count),
    }
  })
}

/** The tallies when every room is taken `times[room]` times; all of them once without `times`. */
function draw(tallies: readonly RoomTally[], times?: Uint16Array): Tally[] {
  return tallies.flatMap(({ type, fields, rooms, sum, count }) => {
    let total = 0
    let n = 0
    for (let i = 0; i < rooms.length; i++) {
      const weight = times ? times[rooms[i]] : 1
      total += weight * sum[i]
      n += weight * count[i]
    }
    return n > 0 ? [{ type, fields, sum: total, n }] : []
  })
}

/** Mean score per type. */
function typeMeans(tallies: readonly Tally[]): Map<string, number> {
  const sums = new Map<string, [number, number]>()
  for (const { type, sum, n } of tallies) {
    const [s, m] = sums.get(type) ?? [0, 0]
    sums.set(type, [s + sum, m + n])
  }
  return new Map([...sums].map(([type, [sum, n]]) => [type, sum / n]))
}

/** Named numbers of one draw: per type, per group, overall. */
interface Numbers {
  averages: Averages
  types: Map<string, number>
}

export interface Summary
  extends Pick<
    BenchmarkScores,
    | 'overall'
    | 'interval'
    | 'n'
    | 'correct'
    | 'missing'
    | 'left_out'
    | 'unparsed'
    | 'types'
    | 'groups'
    | 'bootstrap'
  > {}

/**
 * Averages as the protocol takes them, with intervals from a bootstrap over rooms (`BenchmarkItem.scene`).
 * The draws depend on seed and rooms only, so two models on the same items see the same ones.
 */
export function summarise(
  judged: readonly Judged[],
  protocol: Protocol,
  { seed = 0, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): Summary {
  const rooms = [...new Set(judged.map(({ item }) => item.scene))].sort()
  const tallies = roomTallies(judged, protocol, new Map(rooms.map((room, i) => [room, i])))
  const numbersOf = (times?: Uint16Array): Numbers => {
    const drawn = draw(tallies, times)
    return { averages: protocol.average(drawn), types: typeMeans(drawn) }
  }
  const whole = numbersOf()
  const draws = rooms.length > 1 ? drawRooms(rooms.length, seed, resamples).map(numbersOf) : []
  const intervalOf = (pick: (numbers: Numbers) => number | null | undefined): [number, number] | null =>
    interval95(draws.map((numbers) => pick(numbers) ?? Number.NaN))

  const types: BenchmarkScores['types'] = {}
  for (const { item } of judged) {
    if (types[item.type]) continue
    const all = judged.filter((one) => one.item.type === item.type)
    types[item.type] = typeRow(all, whole.types.get(item.type) ?? null, (type) =>
      intervalOf(({ types }) => types.get(type)),
    )
  }
  const rows = Object.values(types)
  const counted = rows.filter((row) => row.correct !== null)
  const total = (pick: (row: BenchmarkType) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0)
  const missing = total((row) => row.missing)
  return {
    overall: whole.averages.overall,
    interval: intervalOf(({ averages }) => averages.overall),
    n: total((row) => row.n),
    correct: counted.length > 0 ? counted.reduce((sum, row) => sum + (row.correct ?? 0), 0) : null,
    missing,
    left_out: judged.filter(({ verdict }) => !verdict).length,
    unparsed: total((row) => row.unparsed),
    types,
    groups: Object.fromEntries(
      Object.entries(whole.averages.groups).map(([name, score]) => [
        name,
        { score, interval: intervalOf(({ averages }) => averages.groups[name]) },
      ]),
    ),
    bootstrap: { seed, resamples: draws.length, rooms: rooms.length },
  }
}

function typeRow(
  judged: readonly Judged[],
  score: number | null,
  intervalOf: (type: string) => [number, number] | null,
): BenchmarkType {
  const { type, kind } = judged[0].item
  const scored = judged.filter(({ verdict }) => verdict)
  return {
    type,
    kind,
    metric: METRIC_OF[kind],
    score,
    interval: intervalOf(type),
    n: scored.length,
    correct: kind === 'choice' ? scored.filter(({ verdict }) => verdict?.score === 1).length : null,
    missing: judged.filter(({ prediction }) => prediction === null).length,
    unparsed: judged.filter(({ prediction, verdict }) => prediction !== null && verdict?.parsed === null)
      .length,
  }
}
