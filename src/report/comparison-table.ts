/** A paired comparison as a table for a terminal. */
import type { Comparison } from '../schema/benchmark-results.js'
import { figureTitle, pointsText } from './benchmark-figures.js'
import { boxedTable } from './table.js'

/** Whether an interval of differences tells the two apart, in a word. */
export function verdictOf({ difference, interval }: Comparison['rows'][number]): string {
  if (interval === null) return 'no interval'
  if (interval[0] <= 0 && interval[1] >= 0) return 'not told apart'
  return difference > 0 ? 'better' : 'worse'
}

/** Differences in points, with intervals and what they say of the second model. */
export function comparisonText(comparison: Comparison, width = 120): string {
  const { benchmark, protocol, first, second, rows } = comparison
  const table = boxedTable(
    rows.map(({ name }) => ({ name: figureTitle(name) })),
    [
      { head: ['items'], body: rows.map(({ n }) => (n === null ? '' : String(n))) },
      { head: ['points'], body: rows.map(({ difference }) => pointsText(difference)) },
      {
        head: ['95 % interval'],
        body: rows.map(({ interval }) =>
          interval ? `${pointsText(interval[0])} to ${pointsText(interval[1])}` : '–',
        ),
      },
      { head: ['it is'], body: rows.map(verdictOf) },
    ],
    { width, corner: '' },
  )
  return `${benchmark}, ${protocol} protocol: ${second} less ${first}\n${table}`
}
