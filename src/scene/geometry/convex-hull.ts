/**
 * Convex hull of points in space (quickhull). Points nearer to a face than a tolerance count as on it, so that
 * meshes full of coplanar vertices have few faces; what the hull leaves out sticks out by no more than that.
 */
import type { Vec3 } from './matrix.js'

/** Tolerance as a share of the points' extent. */
const FLAT = 1e-7

export interface Hull {
  /** Indices of three points for each face, counter-clockwise from outside. */
  faces: [number, number, number][]
  /** Indices of the points on the hull, ascending. */
  vertices: number[]
}

interface Face {
  points: [number, number, number]
  normal: Vec3
  offset: number
  /** Points beyond it, and the farthest of them. */
  outside: number[]
  farthest: number
  removed: boolean
}

/** Four points that span a tetrahedron, or null when all lie within `tolerance` of a plane. */
function tetrahedron(points: ArrayLike<number>, tolerance: number): [number, number, number, number] | null {
  const count = points.length / 3
  const at = (i: number): Vec3 => [points[3 * i], points[3 * i + 1], points[3 * i + 2]]
  const farthest = (measure: (p: Vec3) => number): [number, number] => {
    let [best, value] = [0, -1]
    for (let i = 0; i < count; i++) {
      const next = measure(at(i))
      if (next > value) [best, value] = [i, next]
    }
    return [best, value]
  }
  const from = (o: Vec3, p: Vec3): Vec3 => [p[0] - o[0], p[1] - o[1], p[2] - o[2]]
  const cross = (p: Vec3, q: Vec3): Vec3 => [
    p[1] * q[2] - p[2] * q[1],
    p[2] * q[0] - p[0] * q[2],
    p[0] * q[1] - p[1] * q[0],
  ]
  const [a] = farthest((p) => Math.hypot(...from(at(0), p)))
  const o = at(a)
  const [b, length] = farthest((p) => Math.hypot(...from(o, p)))
  if (!(length > tolerance)) return null
  const along = from(o, at(b))
  const [c, area] = farthest((p) => Math.hypot(...cross(along, from(o, p))))
  if (!(area > tolerance * length)) return null
  const normal = cross(along, from(o, at(c)))
  const height = (p: Vec3): number => {
    const q = from(o, p)
    return (normal[0] * q[0] + normal[1] * q[1] + normal[2] * q[2]) / area
  }
  const [d, off] = farthest((p) => Math.abs(height(p)))
  if (!(off > tolerance)) return null
  return height(at(d)) < 0 ? [a, b, c, d] : [a, c, b, d]
}

/** The hull of 3V coordinates; null when they lie in a plane, on a line or in a point. */
export function convexHull3(points: ArrayLike<number>): Hull | null {
  const count = points.length / 3
  let extent = 0
  for (let i = 3; i < points.length; i++) extent = Math.max(extent, Math.abs(points[i] - points[i % 3]))
  const tolerance = FLAT * extent
  const start = tetrahedron(points, tolerance)
  if (!start) return null
  /** Faces by directed edge a -> b, as the number a V + b. */
  const byEdge = new Map<number, Face>()
  const all: Face[] = []
  const add = (a: number, b: number, c: number): Face => {
    const [ax, ay, az] = [points[3 * a], points[3 * a + 1], points[3 * a + 2]]
    const [ux, uy, uz] = [points[3 * b] - ax, points[3 * b + 1] - ay, points[3 * b + 2] - az]
    const [vx, vy, vz] = [points[3 * c] - ax, points[3 * c + 1] - ay, points[3 * c + 2] - az]
    const [nx, ny, nz] = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx]
    const length = Math.hypot(nx, ny, nz) || 1
    const normal: Vec3 = [nx / length, ny / length, nz / length]
    const offset = normal[0] * ax + normal[1] * ay + normal[2] * az
    const face: Face = { points: [a, b, c], normal, offset, outside: [], farthest: -1, removed: false }
    byEdge
      .set(a * count + b, face)
      .set(b * count + c, face)
      .set(c * count + a, face)
    all.push(face)
    return face
  }
  const above = ({ normal, offset }: Face, i: number): number =>
    normal[0] * points[3 * i] + normal[1] * points[3 * i + 1] + normal[2] * points[3 * i + 2] - offset
  /** Gives each point to the first of `faces` that it lies beyond. */
  const share = (indices: Iterable<number>, faces: readonly Face[]): void => {
    const heights = faces.map(() => tolerance)
    for (const i of indices)
      for (const [f, face] of faces.entries()) {
        const height = above(face, i)
        if (height <= tolerance) continue
        face.outside.push(i)
        if (height > heights[f]) {
          heights[f] = height
          face.farthest = i
        }
        break
      }
  }
  const [a, b, c, d] = start
  share(Array(count).keys(), [add(a, b, c), add(a, d, b), add(b, d, c), add(c, d, a)])
  for (let next = 0; next < all.length; next++) {
    const face = all[next]
    if (face.removed || face.farthest < 0) continue
    const eye = face.farthest
    // All faces the eye sees, from this one over edges; the edges where that ends are the horizon.
    const seen = [face]
    const horizon: [number, number][] = []
    face.removed = true
    for (let s = 0; s < seen.length; s++) {
      const [p, q, r] = seen[s].points
      for (const [x, y] of [
        [p, q],
        [q, r],
        [r, p],
      ]) {
        const other = byEdge.get(y * count + x)
        if (!other || other.removed) continue
        if (above(other, eye) > tolerance) {
          other.removed = true
          seen.push(other)
        } else horizon.push([x, y])
      }
    }
    const fresh = horizon.map(([x, y]) => add(x, y, eye))
    share(
      seen.flatMap(({ outside }) => outside).filter((i) => i !== eye),
      fresh,
    )
  }
  const faces = all.filter(({ removed }) => !removed).map((face) => face.points)
  return { faces, vertices: [...new Set(faces.flat())].sort((x, y) => x - y) }
}
