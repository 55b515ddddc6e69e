/** A step in batches: `gradient_accumulation_steps` of them, in order, as equal as their number allows. */

/** The rows of every batch of a step. @param size rows of a batch */
export function batchesOf<Row>(rows: readonly Row[], size: number): Row[][] {
  const batches: Row[][] = []
  for (let start = 0; start < rows.length; start += size) batches.push(rows.slice(start, start + size))
  return batches
}

/** Mean of values; 0 of none. */
export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

/** Mean of values that stand for so many tokens each. */
export function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((a, b) => a + b, 0)
  return values.reduce((sum, value, i) => sum + value * (weights[i] / Math.max(1, total)), 0)
}
