/**
 * Scoring of a benchmark: items and raw answers to verdicts, verdicts to scores with 95 % intervals. Pure.
 * Which text is worth what, and how items are averaged, is the protocol's; here it is only counted.
 */
import type { BenchmarkScores, BenchmarkType } from '../../schema/benchmark-results.js'
import { interval95 } from '../bootstrap.js'
import type { BenchmarkItem, ItemKind, PromptType, Protocol, Verdict } from './benchmark.js'
import { bootstrapNumbers, type Numbers, type ScoredItem } from './room-tallies.js'

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

/** The columns of an item that its protocol's averages tell apart. */
export const talliedFields = (item: BenchmarkItem, protocol: Protocol): Record<string, string> =>
  Object.fromEntries((protocol.tallied ?? []).map((name) => [name, item.fields[name] ?? '']))

const scoredItems = (judged: readonly Judged[], protocol: Protocol): ScoredItem[] =>
  judged.flatMap(({ item, verdict }) =>
    verdict
      ? [
          {
            type: item.type,
            scene: item.scene,
            fields: talliedFields(item, protocol),
            score: verdict.score,
          },
        ]
      : [],
  )

/**
 * Averages as the protocol takes them, with intervals from a bootstrap over rooms (`BenchmarkItem.scene`).
 * The draws depend on seed and rooms only, so two models on the same items see the same ones.
 */
export function summarise(
  judged: readonly Judged[],
  protocol: Protocol,
  { seed = 0, resamples }: { seed?: number; resamples?: number } = {},
): Summary {
  const rooms = [...new Set(judged.map(({ item }) => item.scene))].sort()
  const { whole, draws } = bootstrapNumbers(scoredItems(judged, protocol), protocol, rooms, {
    seed,
    resamples,
  })
  const intervalOf = (pick: (numbers: Numbers) => number | null | undefined): [number, number] | null =>
    interval95(draws.map((numbers) => pick(numbers) ?? Number.NaN))

  const types: BenchmarkScores['types'] = {}
  for (const { item } of judged) {
    if (types[item.type]) continue
    const all = judged.filter((one) => one.item.type === item.type)
    types[item.type] = typeRow(all, whole.types[item.type] ?? null, (type) =>
      intervalOf(({ types }) => types[type]),
    )
  }
  const rows = Object.values(types)
  const counted = rows.filter((row) => row.correct !== null)
  const total = (pick: (row: BenchmarkType) => number): number =>
    rows.reduce((sum, row) => sum + pick(row), 0)
  const missing = total((row) => row.missing)
  return {
    overall: whole.overall,
    interval: intervalOf(({ overall }) => overall),
    n: total((row) => row.n),
    correct: counted.length > 0 ? counted.reduce((sum, row) => sum + (row.correct ?? 0), 0) : null,
    missing,
    left_out: judged.filter(({ verdict }) => !verdict).length,
    unparsed: total((row) => row.unparsed),
    types,
    groups: Object.fromEntries(
      Object.entries(whole.groups).map(([name, score]) => [
        name,
        { score, interval: intervalOf(({ groups }) => groups[name]) },
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
