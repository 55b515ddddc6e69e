/** Comparing what was loaded with what was published. */

/** How many of `items` have each value of `key`. */
export function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}

/** `name: expected X, got Y` for every name whose count is not the published one; `what` is counted. */
export function differingCounts(
  expected: Readonly<Record<string, number>>,
  counts: ReadonlyMap<string, number>,
  what = 'questions',
): string[] {
  return Object.entries(expected).flatMap(([name, count]) => {
    const got = counts.get(name) ?? 0
    return got === count ? [] : [`${name}: expected ${count} ${what}, got ${got}`]
  })
}

/** The first of many alike. */
export const firstOf = (phrases: readonly string[]): string[] =>
  phrases.length > 1 ? [`${phrases[0]} (and ${phrases.length - 1} others)`] : [...phrases]
