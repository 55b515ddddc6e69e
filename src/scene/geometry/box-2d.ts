/**
 * 2D boxes of projected points: inclusive integer pixels, pixel = floor(coordinate + 0.5), clamped to the
 * picture. Noise control: a percentile leaves out the outermost points of each side, so that one stray vertex
 * does not widen a box.
 */

/** Linear interpolation between order statistics (numpy's default) of ascending `sorted`. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (at - low) * (sorted[high] - sorted[low])
}

/** The `percentile`-th and (100 - percentile)-th percentile of `values`, which are sorted in place. */
export function percentileRange(values: Float64Array, percentile: number): [number, number] {
  values.sort()
  return [quantile(values, percentile / 100), quantile(values, 1 - percentile / 100)]
}

/** Writes the box of image points u1..u2, v1..v2; one outside the picture becomes empty (0, 0, -1, -1). */
export function writeBox(
  boxes: Int32Array,
  at: number,
  seen: boolean,
  [u1, v1, u2, v2]: readonly number[],
  size: { width: number; height: number },
): void {
  const x1 = Math.max(0, Math.floor(u1 + 0.5))
  const y1 = Math.max(0, Math.floor(v1 + 0.5))
  const x2 = Math.min(size.width - 1, Math.floor(u2 + 0.5))
  const y2 = Math.min(size.height - 1, Math.floor(v2 + 0.5))
  const inside = seen && x2 >= x1 && y2 >= y1
  boxes[at] = inside ? x1 : 0
  boxes[at + 1] = inside ? y1 : 0
  boxes[at + 2] = inside ? x2 : -1
  boxes[at + 3] = inside ? y2 : -1
}
