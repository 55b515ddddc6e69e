/** The two ways benchmarks average: over items (micro) and over the scores of types (macro). */
import type { Tally } from './benchmark.js'

/** Mean over the items of `tallies`; null without any. */
export function pooled(tallies: readonly Tally[]): number | null {
  let sum = 0
  let n = 0
  for (const tally of tallies) {
    sum += tally.sum
    n += tally.n
  }
  return n > 0 ? sum / n : null
}

/** Mean of the scores that exist; null without any. */
export function meanOf(scores: readonly (number | null)[]): number | null {
  const known = scores.filter((score) => score !== null)
  return known.length > 0 ? known.reduce((sum, score) => sum + score, 0) / known.length : null
}

/** The score of each type, over whatever else its tallies tell apart. */
export function scoreByType(tallies: readonly Tally[]): Map<string, number> {
  const byType = new Map<string, Tally[]>()
  for (const tally of tallies) byType.set(tally.type, [...(byType.get(tally.type) ?? []), tally])
  const scores = new Map<string, number>()
  for (const [type, own] of byType) {
    const score = pooled(own)
    if (score !== null) scores.set(type, score)
  }
  return scores
}
