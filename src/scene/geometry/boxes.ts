/**
 * 3D boxes of an object's vertices: axis-aligned, and oriented by the rule `yaw-only minimal area`: upright,
 * turned about z so that its footprint (a rectangle around the convex hull, one side along a hull edge) is
 * smallest. VSI-Bench minimises volume over all rotations, which tilts chairs.
 */
import type { OrientedBox } from '../../schema/scene-record.js'
import type { Vec3 } from './matrix.js'

export const BOX_RULE = 'yaw-only minimal area'

/** Smallest and largest coordinates of 3V numbers. */
export function axisAlignedBox(positions: ArrayLike<number>): { min: Vec3; max: Vec3 } {
  const min: Vec3 = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  const max: Vec3 = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let i = 0; i < positions.length; i++) {
    const axis = i % 3
    if (positions[i] < min[axis]) min[axis] = positions[i]
    if (positions[i] > max[axis]) max[axis] = positions[i]
  }
  return { min, max }
}

type Point2 = readonly [number, number]

/** Convex hull (Andrew's monotone chain), counter-clockwise, without collinear points. */
export function convexHull(points: readonly Point2[]): Point2[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const chain = (ordered: readonly Point2[]): Point2[] => {
    const hull: Point2[] = []
    for (const p of ordered) {
      while (hull.length >= 2) {
        const [a, b] = [hull[hull.length - 2], hull[hull.length - 1]]
        if ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0) break
        hull.pop()
      }
      hull.push(p)
    }
    return hull.slice(0, -1)
  }
  return sorted.length < 3 ? sorted : [...chain(sorted), ...chain(sorted.reverse())]
}

/** Extents of `hull` along the direction `angle` and at right angles to it. */
function footprint(hull: readonly Point2[], angle: number) {
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  let [u1, u2, v1, v2] = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ]
  for (const [x, y] of hull) {
    const [u, v] = [c * x + s * y, c * y - s * x]
    u1 = Math.min(u1, u)
    u2 = Math.max(u2, u)
    v1 = Math.min(v1, v)
    v2 = Math.max(v2, v)
  }
  return { angle, u1, u2, v1, v2, area: (u2 - u1) * (v2 - v1) }
}

/**
 * The smallest rectangle around points: its turn in [0, 90) degrees from the first axis, and its extents. One
 * side lies on a hull edge, as one side of the least rectangle always does. Of equally small ones the one with
 * the smallest turn is taken.
 */
export function smallestRectangle(points: readonly Point2[]): ReturnType<typeof footprint> {
  const hull = convexHull(points)
  const quarter = Math.PI / 2
  const angles = hull.map((a, i) => {
    const b = hull[(i + 1) % hull.length]
    const angle = Math.atan2(b[1] - a[1], b[0] - a[0]) % quarter
    const turn = angle < 0 ? angle + quarter : angle
    return turn > quarter - 1e-9 ? 0 : turn
  })
  const candidates = [...new Set([0, ...angles])].sort((a, b) => a - b).map((angle) => footprint(hull, angle))
  return candidates.reduce((kept, next) => (next.area < kept.area * (1 - 1e-6) ? next : kept))
}

/** The vertices seen from above. */
function plan(positions: ArrayLike<number>): Point2[] {
  const points: Point2[] = []
  for (let i = 0; i < positions.length; i += 3) points.push([positions[i], positions[i + 1]])
  return points
}

/**
 * The upright oriented box of 3V coordinates. Axes are a right-handed frame, the first turned by [0, 90)
 * degrees from +x, the third +z. Of equally small footprints the one with the smallest turn is taken.
 */
export function uprightBox(positions: ArrayLike<number>): OrientedBox {
  const best = smallestRectangle(plan(positions))
  const { min, max } = axisAlignedBox(positions)
  const [c, s] = [Math.cos(best.angle), Math.sin(best.angle)]
  const [u, v] = [(best.u1 + best.u2) / 2, (best.v1 + best.v2) / 2]
  return {
    center: [c * u - s * v, s * u + c * v, (min[2] + max[2]) / 2],
    axes: [c, s, 0, -s, c, 0, 0, 0, 1],
    lengths: [best.u2 - best.u1, best.v2 - best.v1, max[2] - min[2]],
  }
}
