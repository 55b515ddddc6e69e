/**
 * Measurements of point sets, written for the proof alone: plain formulations, slower than those of scene/ and
 * independent of them, so that a mistake in either shows.
 */
export type Point = readonly [number, number, number]

/** Smallest and largest coordinates of 3n numbers. */
export function bounds(points: ArrayLike<number>): { min: number[]; max: number[] } {
  const min = [Infinity, Infinity, Infinity]
  const max = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i++) {
    min[i % 3] = Math.min(min[i % 3], points[i])
    max[i % 3] = Math.max(max[i % 3], points[i])
  }
  return { min, max }
}

/**
 * Least distance between a point of `a` and one of `b` (3n coordinates each). Exact: the points of `b` in order along
 * their longest side; from each point of `a` outwards both ways, until the way along that side alone is farther than
 * what was found. Points of `a` go by their distance to the box around `b`, so that the first find is a good one.
 */
export function closestPoints(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { min, max } = bounds(b)
  const size = min.map((low, k) => max[k] - low)
  const axis = size.indexOf(Math.max(...size))
  const order = Uint32Array.from({ length: b.length / 3 }, (_, i) => 3 * i).sort(
    (i, j) => b[i + axis] - b[j + axis],
  )
  const along = Float64Array.from(order, (i) => b[i + axis])
  const squares = Float64Array.from({ length: a.length / 3 }, (_, i) => {
    let square = 0
    for (let k = 0; k < 3; k++) {
      const x = a[3 * i + k]
      const off = x < min[k] ? min[k] - x : x > max[k] ? x - max[k] : 0
      square += off * off
    }
    return square
  })
  let best = Infinity
  for (const i of Uint32Array.from(squares.keys()).sort((p, q) => squares[p] - squares[q])) {
    if (squares[i] >= best) break
    const [x, y, z] = [a[3 * i], a[3 * i + 1], a[3 * i + 2]]
    const start = a[3 * i + axis]
    let [low, high] = [0, along.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (along[middle] < start) low = middle + 1
      else high = middle
    }
    for (const step of [1, -1])
      for (let at = step > 0 ? low : low - 1; at >= 0 && at < along.length; at += step) {
        if ((along[at] - start) ** 2 >= best) break
        const j = order[at]
        const [dx, dy, dz] = [b[j] - x, b[j + 1] - y, b[j + 2] - z]
        best = Math.min(best, dx * dx + dy * dy + dz * dz)
      }
  }
  return Math.sqrt(best)
}

/** Convex hull on the floor plan, counter-clockwise (two chains over the points sorted by x). */
function floorHull(points: ArrayLike<number>): [number, number][] {
  const sorted = Array.from({ length: points.length / 3 }, (_, i): [number, number] => [
    points[3 * i],
    points[3 * i + 1],
  ]).sort(([a, b], [c, d]) => a - c || b - d)
  const turn = (o: number[], a: number[], b: number[]): number =>
    (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0])
  const half = (list: [number, number][]): [number, number][] => {
    const chain: [number, number][] = []
    for (const p of list) {
      while (chain.length > 1 && turn(chain[chain.length - 2], chain[chain.length - 1], p) <= 0) chain.pop()
      chain.push(p)
    }
    return chain.slice(0, -1)
  }
  const hull = [...half(sorted), ...half(sorted.toReversed())]
  return hull.length > 0 ? hull : sorted
}

export interface Upright {
  /** Middle of the box. */
  center: Point
  /** Longest of its three sides. */
  longest: number
  /** Its corners on the floor plan. */
  corners: [number, number][]
}

/** The upright rectangle around `hull` that is turned by `angle`. */
function turned(hull: readonly (readonly [number, number])[], angle: number) {
  const [ux, uy] = [Math.cos(angle), Math.sin(angle)]
  const along = hull.map(([x, y]) => x * ux + y * uy)
  const across = hull.map(([x, y]) => -x * uy + y * ux)
  const [a0, a1, b0, b1] = [Math.min(...along), Math.max(...along), Math.min(...across), Math.max(...across)]
  const at = (a: number, b: number): [number, number] => [a * ux - b * uy, a * uy + b * ux]
  return {
    area: (a1 - a0) * (b1 - b0),
    middle: at((a0 + a1) / 2, (b0 + b1) / 2),
    sides: [a1 - a0, b1 - b0],
    corners: [at(a0, b0), at(a1, b0), at(a1, b1), at(a0, b1)],
  }
}

/**
 * The upright box of least floor area: one of its sides lies along an edge of the hull, or along x. Of equal
 * ones (a round thing has many) the one turned least from x.
 */
export function uprightBox(points: ArrayLike<number>): Upright {
  const { min, max } = bounds(points)
  const hull = floorHull(points)
  const quarter = Math.PI / 2
  const angles = hull.map(([x, y], i) => {
    const [nx, ny] = hull[(i + 1) % hull.length]
    const angle = (Math.atan2(ny - y, nx - x) + 4 * quarter) % quarter
    return quarter - angle < 1e-9 ? 0 : angle
  })
  let best = turned(hull, 0)
  for (const angle of angles.toSorted((a, b) => a - b)) {
    const next = turned(hull, angle)
    if (next.area < best.area * (1 - 1e-6)) best = next
  }
  return {
    center: [best.middle[0], best.middle[1], (min[2] + max[2]) / 2],
    longest: Math.max(...best.sides, max[2] - min[2]),
    corners: best.corners,
  }
}
