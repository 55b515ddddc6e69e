/**
 * A k-d tree over 3D points for nearest-neighbour queries: median splits along the widest axis, stored as one
 * array of point indices, so building allocates no nodes. Ties go to the point with the lower index.
 */
export interface KdTree {
  points: Float32Array
  /** Point indices; the node of [low, high) is at the middle. */
  order: Uint32Array
  /** Split axis of the node stored at the same place in `order`. */
  axes: Uint8Array
}

/** Moves the element of rank `k` of order[low..high] to its place (Floyd-Rivest's simpler half: quickselect). */
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
    if (high - low < 1) return
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

/**
 * Squared distance from (x, y, z) to the nearest point, and its index; only points nearer than `bound`
 * (squared) are looked for, and index -1 with `bound` is the answer when there is none.
 */
export function nearest(
  tree: KdTree,
  x: number,
  y: number,
  z: number,
  bound = Number.POSITIVE_INFINITY,
): { index: number; squared: number } {
  const { points, order, axes } = tree
  const best = { index: -1, squared: bound }
  const visit = (low: number, high: number): void => {
    if (low >= high) return
    const middle = (low + high) >> 1
    const index = order[middle]
    const at = 3 * index
    const [dx, dy, dz] = [x - points[at], y - points[at + 1], z - points[at + 2]]
    const squared = dx * dx + dy * dy + dz * dz
    if (squared < best.squared || (squared === best.squared && best.index >= 0 && index < best.index)) {
      best.squared = squared
      best.index = index
    }
    const side = axes[middle] === 0 ? dx : axes[middle] === 1 ? dy : dz
    // A point on the splitting plane may lie in either half, hence <=.
    if (side <= 0) {
      visit(low, middle)
      if (side * side <= best.squared) visit(middle + 1, high)
    } else {
      visit(middle + 1, high)
      if (side * side <= best.squared) visit(low, middle)
    }
  }
  visit(0, order.length)
  return best
}
