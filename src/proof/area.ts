/**
 * Floor area as VSI-Bench publishes it (alpha shape, alpha = 5, of the vertices seen from above; polygons of the
 * perimeter edges, filled), by its rings: each outer ring that lies in no other, whole, whatever holes it has.
 */
import Delaunator from 'delaunator'

/** Triangles with a larger circumradius are left out, metres. */
const RADIUS = 0.2

interface Ring {
  /** x, y, x, y, ... */
  points: number[]
  /** Signed area; positive for an outer ring. */
  area: number
}

/** Whether (x, y) lies inside of `ring`, by the parity of its edges to the right. */
function isInside(x: number, y: number, { points }: Ring): boolean {
  let inside = false
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [points[i], points[i + 1], points[j], points[j + 1]]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/**
 * Rings of half-edges that have a kept triangle on their left and none on their right. Where rings touch at a
 * point, each goes on around the same piece of empty space, so that a hole closed by a single point is one.
 */
function perimeter(
  plan: Float64Array,
  { triangles, halfedges }: Delaunator<Float64Array>,
  kept: Uint8Array,
): Ring[] {
  const nextIn = (e: number): number => (e % 3 === 2 ? e - 2 : e + 1)
  const isKept = (e: number): boolean => e >= 0 && kept[Math.floor(e / 3)] === 1
  const isEdge = (e: number): boolean => isKept(e) && !isKept(halfedges[e])
  const previousIn = (e: number): number => (e % 3 === 0 ? e + 2 : e - 1)
  /** Of each point on the hull, the half-edge of the hull that begins there. */
  const hull = new Map<number, number>()
  for (let e = 0; e < halfedges.length; e++) if (halfedges[e] < 0) hull.set(triangles[e], e)
  /** The next edge around the empty space on the right of `e`. */
  const follow = (e: number): number => {
    const end = triangles[nextIn(e)]
    let out = halfedges[e]
    for (;;) {
      // `out` begins at the end of `e`; beyond the hull the empty space goes on.
      if (out < 0) out = hull.get(end) ?? e
      if (isKept(out)) return out
      out = halfedges[previousIn(out)]
    }
  }
  const done = new Uint8Array(triangles.length)
  const rings: Ring[] = []
  for (let first = 0; first < triangles.length; first++) {
    if (done[first] || !isEdge(first)) continue
    const points: number[] = []
    let twice = 0
    let e = first
    do {
      done[e] = 1
      const [a, b] = [2 * triangles[e], 2 * triangles[nextIn(e)]]
      points.push(plan[a], plan[a + 1])
      twice += plan[a] * plan[b + 1] - plan[b] * plan[a + 1]
      e = follow(e)
    } while (e !== first)
    rings.push({ points, area: twice / 2 })
  }
  return rings
}

/** Square metres covered by points (x, y, z, x, y, z, ...) seen from above. */
export function floorArea(positions: ArrayLike<number>): number {
  const plan = new Float64Array((2 * positions.length) / 3)
  for (let i = 0; i < plan.length; i++) plan[i] = positions[3 * (i >> 1) + (i & 1)]
  if (plan.length < 6) return 0
  const mesh = new Delaunator(plan)
  const kept = new Uint8Array(mesh.triangles.length / 3)
  for (let t = 0; t < kept.length; t++) {
    const [a, b, c] = [0, 1, 2].map((k) => 2 * mesh.triangles[3 * t + k])
    const side = (i: number, j: number): number => Math.hypot(plan[i] - plan[j], plan[i + 1] - plan[j + 1])
    const double =
      (plan[b] - plan[a]) * (plan[c + 1] - plan[a + 1]) - (plan[c] - plan[a]) * (plan[b + 1] - plan[a + 1])
    // Circumradius: the product of the sides over four times the area.
    kept[t] = side(a, b) * side(b, c) * side(c, a) < RADIUS * 2 * Math.abs(double) ? 1 : 0
  }
  const rings = perimeter(plan, mesh, kept)
  // delaunator's triangles turn one way throughout; outer rings turn with them.
  const way = Math.sign(rings.reduce((sum, { area }) => sum + area, 0)) || 1
  const outer = rings.map((ring) => ({ ...ring, area: ring.area * way })).filter(({ area }) => area > 0)
  return outer
    .filter((ring) => !outer.some((o) => o.area > ring.area && isInside(ring.points[0], ring.points[1], o)))
    .reduce((sum, { area }) => sum + area, 0)
}
