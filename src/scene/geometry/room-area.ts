/**
 * Floor area of a room as VSI-Bench measures it: the alpha shape (alpha = 5) of all mesh vertices seen from
 * above, holes filled. Triangles of the Delaunay triangulation with a circumradius below 1/alpha are kept;
 * of the others only those connected to the outside through others are left out.
 */
import Delaunator from 'delaunator'

export const AREA_RULE = 'alpha shape of all vertices, alpha 5, holes filled'

/**
 * Square metres covered by points (x, y, z, x, y, z, ...); z is ignored. All points are used, so the result
 * has no sampling noise.
 */
export function roomArea(positions: ArrayLike<number>, alpha = 5): number {
  const count = positions.length / 3
  if (count < 3) return 0
  const plan = new Float64Array(2 * count)
  for (let i = 0; i < count; i++) {
    plan[2 * i] = positions[3 * i]
    plan[2 * i + 1] = positions[3 * i + 1]
  }
  const { triangles, halfedges } = new Delaunator(plan)
  const areas = new Float64Array(triangles.length / 3)
  const kept = new Uint8Array(areas.length)
  const limit = 1 / (alpha * alpha)
  for (let t = 0; t < areas.length; t++) {
    const [a, b, c] = [2 * triangles[3 * t], 2 * triangles[3 * t + 1], 2 * triangles[3 * t + 2]]
    const [abx, aby] = [plan[b] - plan[a], plan[b + 1] - plan[a + 1]]
    const [acx, acy] = [plan[c] - plan[a], plan[c + 1] - plan[a + 1]]
    const [bcx, bcy] = [plan[c] - plan[b], plan[c + 1] - plan[b + 1]]
    areas[t] = Math.abs(abx * acy - aby * acx) / 2
    // R = |ab| |bc| |ca| / (4 area)
    const sides = (abx * abx + aby * aby) * (acx * acx + acy * acy) * (bcx * bcx + bcy * bcy)
    kept[t] = sides < limit * 16 * areas[t] * areas[t] ? 1 : 0
  }
  const outside = new Uint8Array(areas.length)
  const stack: number[] = []
  const leave = (t: number): void => {
    if (kept[t] || outside[t]) return
    outside[t] = 1
    stack.push(t)
  }
  for (let e = 0; e < halfedges.length; e++) if (halfedges[e] === -1) leave(Math.floor(e / 3))
  for (let t = stack.pop(); t !== undefined; t = stack.pop())
    for (let e = 3 * t; e < 3 * t + 3; e++) if (halfedges[e] >= 0) leave(Math.floor(halfedges[e] / 3))
  let sum = 0
  for (let t = 0; t < areas.length; t++) if (!outside[t]) sum += areas[t]
  return sum
}
