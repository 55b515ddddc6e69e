/** Small arithmetic shared by the tasks. */
import type { Random } from '../common/random.js'

/** Evidence is kept to the millimetre and thousandth of a degree, so files stay small and bytes stable. */
export const round3 = (value: number): number => Math.round(value * 1000) / 1000 + 0

/** Every unordered pair, in order. */
export function pairs<T>(items: readonly T[]): [T, T][] {
  const all: [T, T][] = []
  for (let i = 0; i < items.length; i++)
    for (let j = i + 1; j < items.length; j++) all.push([items[i], items[j]])
  return all
}

/** All `k`-subsets of `items` when there are at most `limit`, else `limit` different random ones. */
export function subsets<T>(items: readonly T[], k: number, limit: number, random: Random): T[][] {
  let total = 1
  for (let i = 0; i < k; i++) total = (total * (items.length - i)) / (i + 1)
  if (items.length < k) return []
  if (total <= limit) {
    const all: T[][] = []
    const at = Array.from({ length: k }, (_, i) => i)
    for (;;) {
      all.push(at.map((i) => items[i]))
      // The last place that can move on does, those after it follow close behind.
      let place = k - 1
      while (place >= 0 && at[place] === items.length - k + place) place--
      if (place < 0) return all
      at[place]++
      for (let i = place + 1; i < k; i++) at[i] = at[i - 1] + 1
    }
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
