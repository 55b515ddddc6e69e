/** Benchmark scores as tables for a terminal: one per benchmark and protocol. */
import type { BenchmarkResults, BenchmarkScores } from '../schema/benchmark-results.js'
import { cellOf, figuresOf, groupResults, isBaseline } from './benchmark-figures.js'
import { markBest, type ScoreTable, tableText } from './table.js'

/** Rows of one benchmark under one protocol, lined up under all figures that any of them has. */
export function benchmarkTable(rows: readonly BenchmarkScores[]): ScoreTable {
  const figures = figuresOf(rows)
  return {
    columns: figures.map(({ title, metric, n }) => ({ title, metric, n })),
    rows: markBest(
      rows.map((row) => ({
        name: row.name,
        // A blind run is there to be beaten, like the guesses.
        baseline: row.kind !== 'model',
        cells: figures.map(({ name }) => cellOf(row, name)),
      })),
      figures.map(() => true),
    ),
  }
}

/** `2 items without an answer, 3 not in the denominator, 1 unreadable`; empty when all went well. */
export function troubleText({ missing, left_out, unparsed }: BenchmarkScores): string {
  return [
    missing > 0 &&
      `${missing} without an answer${left_out > 0 ? ` (${left_out} of them not in the denominator)` : ''}`,
    unparsed > 0 && `${unparsed} unreadable`,
  ]
    .filter(Boolean)
    .join(', ')
}

/**
 * Every benchmark and protocol as a boxed table at most `width` characters wide, with what is wrong with a
 * row below it: items without an answer, unreadable ones, data that differs.
 */
export function benchmarkTableText(results: BenchmarkResults, width = 120): string {
  return groupResults(results)
    .flatMap(({ benchmark, protocols }) =>
      protocols.map(({ protocol, rows }) => {
        const troubles = rows
          .filter((row) => !isBaseline(row) && troubleText(row) !== '')
          .map((row) => `${row.name}: ${troubleText(row)}\n`)
        const differs = [...new Set(rows.flatMap((row) => row.differs))].map((text) => `data: ${text}\n`)
        return `${benchmark}, ${protocol} protocol\n${tableText(benchmarkTable(rows), width)}${troubles.join('')}${differs.join('')}`
      }),
    )
    .join('\n')
}
