/**
 * Published tables as they were printed, in per cent, and which of their figures do not follow from their own
 * row. The marks are computed here, from the rule by which a column was made, not copied from anyone's list.
 */
import { LadderError } from '../../../common/errors.js'
import type { PublishedRow } from '../../../schema/benchmark-results.js'

/** A figure of the row in per cent, corrected where an earlier rule corrected it; null where there is none. */
export type Figures = (name: string) => number | null

/** How one column of a table follows from others. */
export interface Rule {
  figure: string
  /** What the figure should be, in per cent; null where the row cannot tell. */
  of(figures: Figures): number | null
}

/** Model, figures in the order of the columns (`-` for none, `|` only divides), and what else there is to say. */
export type PrintedRow = readonly [
  model: string,
  figures: string,
  more?: { note?: string; kind?: PublishedRow['kind']; corrected?: Record<string, number> },
]

export interface PrintedTable {
  source: string
  protocol: PublishedRow['protocol']
  /** Names of the columns, divided as the rows are. */
  columns: readonly string[]
  /** Applied in this order; a later rule sees what an earlier one corrected. */
  rules?: readonly Rule[]
  rows: readonly PrintedRow[]
}

/** Mean of the figures named in `weights`; null where one is missing. */
export function weightedMean(weights: Readonly<Record<string, number>>): Rule['of'] {
  return (figures) => {
    let sum = 0
    let total = 0
    for (const [name, weight] of Object.entries(weights)) {
      const value = figures(name)
      if (value === null) return null
      sum += weight * value
      total += weight
    }
    return sum / total
  }
}

export const meanOf = (names: readonly string[]): Rule['of'] =>
  weightedMean(Object.fromEntries(names.map((name) => [name, 1])))

/** A share from per cent; the digits stay those that were printed. */
const share = (percent: number): number => Number((percent / 100).toFixed(6))

/**
 * Rows with shares. `corrected` names the figures that are further from their rule than rounding explains: half
 * a last digit of the figure, and half a last digit of what it is made of.
 */
export function publishedRows({ source, protocol, columns, rules = [], rows }: PrintedTable): PublishedRow[] {
  return rows.map(([model, text, more]) => {
    const words = text.split(/[\s|]+/).filter((word) => word !== '')
    if (words.length !== columns.length)
      throw new LadderError(
        'internal',
        `${source}, ${model}: expected ${columns.length} figures, got ${words.length}`,
      )
    const printed = new Map<string, number>()
    columns.forEach((name, i) => {
      if (words[i] !== '-') printed.set(name, Number(words[i]))
    })
    // Every figure of a row has the same number of digits.
    const digits = Math.max(...words.map((word) => word.split('.')[1]?.length ?? 0))
    const corrected = new Map(Object.entries(more?.corrected ?? {}))
    const figures: Figures = (name) => corrected.get(name) ?? printed.get(name) ?? null
    for (const { figure, of } of rules) {
      if (corrected.has(figure)) continue
      const said = printed.get(figure)
      const due = of(figures)
      if (said === undefined || due === null) continue
      if (Math.abs(said - due) > 10 ** -digits + 1e-9) corrected.set(figure, due)
    }
    const shares = (values: Map<string, number>): Record<string, number> =>
      Object.fromEntries([...values].map(([name, value]) => [name, share(value)]))
    return {
      model,
      source,
      protocol,
      scores: shares(printed),
      ...(more?.note !== undefined && { note: more.note }),
      ...(corrected.size > 0 && { corrected: shares(corrected) }),
      ...(more?.kind && { kind: more.kind }),
    }
  })
}

/** The row of `model` in per cent, to build on; a mistake in our tables when there is none. */
export function percentOf(rows: readonly PublishedRow[], model: string, source: string): Figures {
  const row = rows.find((one) => one.model === model && one.source === source)
  if (!row) throw new LadderError('internal', `${source}: expected a row ${model}, got none`)
  return (name) => {
    const value = row.corrected?.[name] ?? row.scores[name]
    return value === undefined ? null : Number((100 * value).toFixed(4))
  }
}
