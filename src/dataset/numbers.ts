/** Small arithmetic shared by the tasks. */
import type { Random } from '../common/random.js'

/** Evidence is kept to the millimetre and thousandth of a degree, so files stay small and bytes stable. */
export const round3 = (value: number): number => Math.round(value * 1000) / 1000 + 0

/** Every unordered pair, in order. */
export const pairs = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]))

/** All `k`-subsets of `items` when there are at most `limit`, else `limit` different random ones. */
export function subsets<T>(items: readonly T[], k: number, limit: number, random: Random): T[][] {
  let total = 1
  for (let i = 0; i < k; i++) total = (total * (items.length - i)) / (i + 1)
  if (items.length < k) return []
  if (total <= limit) {
    const grow = (from: number, size: number): T[][] =>
      size === 0
        ? [[]]
        : items.slice(from).flatMap((item, i) => grow(from + i + 1, size - 1).map((rest) => [item, ...rest]))
    return grow(0, k)
  }
  const found = new Map<string, T[]>()
  const indices = items.map((_, i) => i)
  while (found.size < limit) {
    const chosen = random
      .shuffle(indices)
      .slice(0, k)
      .sort((a, b) => a - b)
    found.set(
      chosen.join(','),
      chosen.map((i) => items[i]),
    )
  }
  return [...found.values()]
}
