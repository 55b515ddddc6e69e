/** Which frames of a video are taken: numpy's `linspace(0, n - 1, k, dtype=int)`, the rule of all six benchmarks. */

/**
 * `k` frame numbers (0-based) spread evenly over `n` frames, the last one always `n - 1` (with k = 1 the first
 * frame). Fewer frames than `k` repeat. Equal to numpy to the last number: the step is rounded to a double
 * before it is multiplied, which is not the same as `floor(i * (n - 1) / (k - 1))`.
 * @throws RangeError unless n is a positive and k a whole number that is not negative
 */
export function linspaceInt(n: number, k: number): number[] {
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`frames of a video: expected at least 1, got ${n}`)
  if (!Number.isInteger(k) || k < 0) throw new RangeError(`frames to take: expected 0 or more, got ${k}`)
  const step = (n - 1) / (k - 1)
  return Array.from({ length: k }, (_, i) => (k === 1 ? 0 : i === k - 1 ? n - 1 : Math.floor(i * step)))
}
