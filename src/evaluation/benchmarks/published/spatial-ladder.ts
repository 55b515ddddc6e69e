/** What the tables of the SpatialLadder paper (v1) have in common: their names, and the ablations. */
import type { PrintedRow } from './table.js'

export const IN_DOMAIN = 'SpatialLadder v1, in-domain table'
export const OUT_OF_DOMAIN = 'SpatialLadder v1, out-of-domain table'
export const ABLATIONS = 'SpatialLadder v1, ablations'

/** Points lost against the full model as printed: VSI-Bench, SPBench-SI, SPBench-MV, overall. */
const LOST: readonly [string, string][] = [
  ['without thinking', '-0.8 +0.4 -1.9 -0.8'],
  ['without stage 1', '-2.1 -1.5 -1.6 -1.8'],
  ['without stage 2', '-5.6 -17.0 -5.6 -9.4'],
  ['without stage 3', '-1.8 -3.5 -1.0 -2.1'],
  ['without single-image and multi-view data', '-3.5 -31.8 -13.9 -16.4'],
]
const FULL = [45.7, 70.2, 70.9, 62.3]

/** The ablations in the columns asked for (0 VSI-Bench, 1 SPBench-SI, 2 SPBench-MV, 3 overall), as scores. */
export const ablations = (columns: readonly number[]): PrintedRow[] =>
  LOST.map(([name, text]) => {
    const lost = text.split(' ').map(Number)
    const scores = columns.map((column) => (FULL[column] + lost[column]).toFixed(1))
    return [
      `SpatialLadder-3B ${name}`,
      scores.join(' '),
      { note: 'printed as points lost; here the score of the full model less these' },
    ]
  })
