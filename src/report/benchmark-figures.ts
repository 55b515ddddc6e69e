/** The figures of published benchmarks in the order and under the names that tables use: overall, averages, types. */
import type { BenchmarkResults, BenchmarkScores, PublishedRow } from '../schema/benchmark-results.js'
import type { Cell } from '../schema/results.js'

export interface Figure {
  /** Its key in results: `overall`, a group or a type. */
  name: string
  kind: 'overall' | 'group' | 'type'
  /** For people, e.g. `object rel distance`. */
  title: string
  /** `accuracy`, `MRA`; `average` for what is made of others. */
  metric: string
  /** Items in the denominator of the first row that has any. */
  n: number | null
}

/** `object_rel_distance` -> `object rel distance`, `Person perspective - Relative Direction` -> `Person: Relative Direction`. */
export const figureTitle = (name: string): string =>
  name.replaceAll('_', ' ').replace(/ perspective - /, ': ')

/** All figures of these rows; a group that bears a type's name is that type. */
export function figuresOf(scores: readonly BenchmarkScores[]): Figure[] {
  const types = new Map<string, Figure>()
  const groups = new Map<string, Figure>()
  for (const { types: own } of scores)
    for (const [name, { metric, n }] of Object.entries(own)) {
      const known = types.get(name)
      if (known) known.n ||= n
      else
        types.set(name, {
          name,
          kind: 'type',
          title: figureTitle(name),
          metric: metric === 'accuracy' ? 'accuracy' : 'MRA',
          n,
        })
    }
  for (const row of scores)
    for (const [name, { score }] of Object.entries(row.groups))
      if (score !== null && !types.has(name))
        groups.set(name, { name, kind: 'group', title: figureTitle(name), metric: 'average', n: null })
  const n = scores.find((row) => row.n > 0)?.n ?? null
  return [
    { name: 'overall', kind: 'overall', title: 'overall', metric: 'average', n },
    ...groups.values(),
    ...types.values(),
  ]
}

const NONE: Cell = { score: null, interval: null }

/** One figure of one row; empty where the row has none. */
export function cellOf(scores: BenchmarkScores, figure: string): Cell {
  const { score, interval } =
    figure === 'overall'
      ? { score: scores.overall, interval: scores.interval }
      : (scores.types[figure] ?? scores.groups[figure] ?? NONE)
  return { score, interval }
}

export const isBaseline = ({ kind }: Pick<BenchmarkScores, 'kind'>): boolean =>
  kind === 'chance' || kind === 'frequent'

/** Rows as text tables show them: what looks at nothing first, models last, each in the order of the results. */
export function inOrder<T extends Pick<BenchmarkScores, 'kind'>>(rows: readonly T[]): T[] {
  const place = { chance: 0, frequent: 1, blind: 2, model: 3 } as const
  return [...rows].sort((a, b) => place[a.kind] - place[b.kind])
}

/** Rows as the report shows them: models first, so that a narrow screen shows these. */
export const modelsFirst = <T extends Pick<BenchmarkScores, 'kind'>>(rows: readonly T[]): T[] => {
  const place = { model: 0, blind: 1, chance: 2, frequent: 3 } as const
  return [...rows].sort((a, b) => place[a.kind] - place[b.kind])
}

export const PROTOCOL_ORDER = ['official', 'paper', 'strict'] as const
export type ProtocolName = BenchmarkScores['protocol']

/** Whose rules a protocol holds, for a reader who has not met the names. */
export const PROTOCOL_MEANING: Record<ProtocolName, string> = {
  official: "the benchmark authors' own evaluation",
  paper: "SpatialLadder's evaluation",
  strict: 'ours: an extraction a person would agree with, unreadable answers wrong',
}

export interface BenchmarkGroup {
  benchmark: string
  /** Protocols in `PROTOCOL_ORDER`, each with its rows in table order. */
  protocols: { protocol: ProtocolName; rows: BenchmarkScores[] }[]
  published: readonly PublishedRow[]
}

/** Results by benchmark and protocol. */
export function groupResults(results: BenchmarkResults): BenchmarkGroup[] {
  return [...new Set(results.scores.map(({ benchmark }) => benchmark))].map((benchmark) => {
    const own = results.scores.filter((row) => row.benchmark === benchmark)
    return {
      benchmark,
      protocols: PROTOCOL_ORDER.flatMap((protocol) => {
        const rows = inOrder(own.filter((row) => row.protocol === protocol))
        return rows.length > 0 ? [{ protocol, rows }] : []
      }),
      published: results.published[benchmark] ?? [],
    }
  })
}

/** `+1.2`, `-0.8` points, from a difference of shares. */
export const pointsText = (difference: number): string => {
  const text = (100 * difference).toFixed(1)
  return text === '-0.0' ? '0.0' : difference > 0 && text !== '0.0' ? `+${text}` : text.replace('-', '−')
}
