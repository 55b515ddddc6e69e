/**
 * A k-d tree over 3D points for nearest-neighbour queries: median splits along the widest axis, stored as one
 * array of point indices, so neither building nor asking allocates nodes. Ties go to the lower index.
 */

/** Ranges of so few points are scanned, not split. */
const LEAF = 8

export interface KdTree {
  points: Float32Array
  /** Point indices; the node of [low, high) is at the middle. */
  order: Uint32Array
  /** Split axis of the node stored at the same place in `order`. */
  axes: Uint8Array
}

/** Moves the element of rank `k` of order[low..high] to its place (quickselect). */
function select(
  order: Uint32Array,
  points: Float32Array,
  axis: number,
  k: number,
  low: number,
  high: number,
): void {
  let [left, right] = [low, high]
  while (left < right) {
    const pivot = points[3 * order[(left + right) >> 1] + axis]
    let [i, j] = [left, right]
    while (i <= j) {
      while (points[3 * order[i] + axis] < pivot) i++
      while (points[3 * order[j] + axis] > pivot) j--
      if (i <= j) {
        const swap = order[i]
        order[i++] = order[j]
        order[j--] = swap
      }
    }
    if (k <= j) right = j
    else if (k >= i) left = i
    else return
  }
}

/** Builds a tree over 3V coordinates, which it keeps and does not change. */
export function buildKdTree(points: Float32Array): KdTree {
  const count = points.length / 3
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const axes = new Uint8Array(count)
  const build = (low: number, high: number): void => {
    if (high - low <= LEAF) return
    let [axis, widest] = [0, -1]
    for (let a = 0; a < 3; a++) {
      let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (let i = low; i < high; i++) {
        const value = points[3 * order[i] + a]
        if (value < min) min = value
        if (value > max) max = value
      }
      if (max - min > widest) {
        widest = max - min
        axis = a
      }
    }
    const middle = (low + high) >> 1
    select(order, points, axis, middle, low, high - 1)
    axes[middle] = axis
    build(low, middle)
    build(middle + 1, high)
  }
  build(0, count)
  return { points, order, axes }
}

/** Pending ranges of a query: low, high, and the squared distance to their half-space. Depth is log2 of the points. */
const pendingLow = new Uint32Array(128)
const pendingHigh = new Uint32Array(128)
const pendingPlane = new Float64Array(128)

/**
 * Squared distance from (x, y, z) to the nearest point, and its index. With a `bound` (squared) only points
 * nearer than it are looked for; when there is none, the answer is index -1 and the bound.
 */
export function nearest(
  tree: KdTree,
  x: number,
  y: number,
  z: number,
  bound = Number.POSITIVE_INFINITY,
): { index: number; squared: number } {
  const { points, order, axes } = tree
  let best = bound
  let found = -1
  let pending = 1
  pendingLow[0] = 0
  pendingHigh[0] = order.length
  pendingPlane[0] = 0
  while (pending > 0) {
    pending--
    // A point on the splitting plane may lie in either half, hence only what is farther is left out.
    if (pendingPlane[pending] > best) continue
    let low = pendingLow[pending]
    let high = pendingHigh[pending]
    while (high - low > LEAF) {
      const middle = (low + high) >> 1
      const index = order[middle]
      const dx = x - points[3 * index]
      const dy = y - points[3 * index + 1]
      const dz = z - points[3 * index + 2]
      const squared = dx * dx + dy * dy + dz * dz
      if (squared < best || (squared === best && found >= 0 && index < found)) {
        best = squared
        found = index
      }
      const axis = axes[middle]
      const side = axis === 0 ? dx : axis === 1 ? dy : dz
      const left = side <= 0
      pendingLow[pending] = left ? middle + 1 : low
      pendingHigh[pending] = left ? high : middle
      pendingPlane[pending] = side * side
      pending++
      if (left) high = middle
      else low = middle + 1
    }
    for (let place = low; place < high; place++) {
      const index = order[place]
      const dx = x - points[3 * index]
      const dy = y - points[3 * index + 1]
      const dz = z - points[3 * index + 2]
      const squared = dx * dx + dy * dy + dz * dz
      if (squared < best || (squared === best && found >= 0 && index < found)) {
        best = squared
        found = index
      }
    }
  }
  return { index: found, squared: best }
}
