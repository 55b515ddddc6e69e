/**
 * Oriented boxes of small volume, turned freely: rule `minimal volume`. As in Open3D (and so VSI-Bench) a side
 * lies on a face of the convex hull; there one edge of that face is followed, here the rectangle about the
 * face's normal is the smallest there is, and the best boxes are turned on about each of their axes in turn
 * while that makes them smaller. So: never larger than the smallest box with a side on a hull face, hence
 * than Open3D's. Hulls of few edges also have every box tried with an edge on each of two opposite sides (a
 * tetrahedron's cube is one). Not proven to be the least of all: that one may touch with single edges only.
 */
import type { OrientedBox } from '../../schema/scene-record.js'
import { smallestRectangle, uprightBox } from './boxes.js'
import { convexHull3 } from './convex-hull.js'
import type { Vec3 } from './matrix.js'

export const MINIMAL_BOX_RULE = 'minimal volume, a side on a hull face or better'

/** How many of the boxes on faces are turned on, and how often at most. */
const REFINED = 8
const TURNS = 20
/** Hulls of at most so many edges have all pairs of edges tried. */
const FEW_EDGES = 60

type Frame = [Vec3, Vec3, Vec3]

const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const unit = (v: Vec3): Vec3 => {
  const length = Math.hypot(...v)
  return [v[0] / length, v[1] / length, v[2] / length]
}
const range = (points: readonly Vec3[], axis: Vec3): [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const p of points) {
    const value = dot(p, axis)
    if (value < low) low = value
    if (value > high) high = value
  }
  return [low, high]
}

/** Axes of the smallest box about `points` with `normal` as its first, and its volume. */
function boxAbout(points: readonly Vec3[], normal: Vec3): { axes: Frame; volume: number } {
  const smallest = [0, 1, 2].reduce((a, b) => (Math.abs(normal[b]) < Math.abs(normal[a]) ? b : a))
  const side: Vec3 = [0, 0, 0]
  side[smallest] = 1
  const p = unit(cross(normal, side))
  const q = cross(normal, p)
  const { angle, area } = smallestRectangle(points.map((point) => [dot(point, p), dot(point, q)]))
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const u: Vec3 = [c * p[0] + s * q[0], c * p[1] + s * q[1], c * p[2] + s * q[2]]
  const [low, high] = range(points, normal)
  return { axes: [normal, u, cross(normal, u)], volume: area * (high - low) }
}

/** Turns a box about its own axes as long as it gets smaller. */
function turnedOn(points: readonly Vec3[], box: { axes: Frame; volume: number }) {
  let best = box
  let still = 0
  for (let turn = 0; still < 3 && turn < TURNS; turn++) {
    const next = boxAbout(points, best.axes[turn % 3])
    still = next.volume < best.volume * (1 - 1e-9) ? 0 : still + 1
    if (still === 0) best = next
  }
  return best
}

/** Longest side first, every axis with its largest component positive: one way to write a box down. */
function written(points: readonly Vec3[], axes: Frame): OrientedBox {
  const sides = axes
    .map((axis) => {
      const largest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) + 1e-9 ? b : a))
      const along: Vec3 = largest < 0 ? [-axis[0], -axis[1], -axis[2]] : axis
      return { along, extent: range(points, along) }
    })
    .sort((a, b) => b.extent[1] - b.extent[0] - (a.extent[1] - a.extent[0]))
  const [first, second, third] = sides.map(({ along }) => along)
  // A right-handed frame: the last axis may have to point the other way.
  const last: Vec3 = dot(cross(first, second), third) < 0 ? [-third[0], -third[1], -third[2]] : third
  const frame: Frame = [first, second, last]
  const extents = frame.map((axis) => range(points, axis))
  const center = [0, 1, 2].map((k) =>
    frame.reduce((sum, axis, i) => sum + (axis[k] * (extents[i][0] + extents[i][1])) / 2, 0),
  )
  return {
    center: [center[0], center[1], center[2]],
    axes: frame.flat(),
    lengths: [extents[0][1] - extents[0][0], extents[1][1] - extents[1][0], extents[2][1] - extents[2][0]],
  }
}

/** What a side of the box may face: normals of faces, and what is at right angles to two edges if they are few. */
function directions(faces: readonly Vec3[][]): Vec3[] {
  const between = (p: Vec3, q: Vec3): Vec3 => [q[0] - p[0], q[1] - p[1], q[2] - p[2]]
  const normals = faces.map(([p, q, r]) => cross(between(p, q), between(p, r)))
  if (1.5 * faces.length > FEW_EDGES) return normals
  // Each edge once: of its two faces, that in which it runs up.
  const up = (v: Vec3): boolean => v[0] > 0 || (v[0] === 0 && (v[1] > 0 || (v[1] === 0 && v[2] > 0)))
  const edges = faces
    .flatMap(([p, q, r]) => [between(p, q), between(q, r), between(r, p)])
    .filter(up)
    .map(unit)
  const pairs = edges.flatMap((a, i) => edges.slice(i + 1).map((b) => cross(a, b)))
  return [...normals, ...pairs.filter((v) => Math.hypot(...v) > 1e-6)]
}

/** The box of 3V coordinates; points in one plane have the upright box, or that of no thickness in their plane. */
export function minimalBox(positions: ArrayLike<number>): OrientedBox {
  const pointAt = (i: number): Vec3 => [positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]]
  const hull = convexHull3(positions)
  if (!hull) return flatBox(positions)
  const points = hull.vertices.map(pointAt)
  const seen = new Set<string>()
  const boxes = directions(hull.faces.map((face) => face.map(pointAt))).flatMap((direction) => {
    if (!(Math.hypot(...direction) > 0)) return []
    const normal = unit(direction)
    // Faces of one plane, and opposite ones, give the same box.
    const sign = normal.find((value) => Math.abs(value) > 1e-6) ?? 1
    const key = normal.map((value) => Math.round((sign < 0 ? -value : value) * 1e7) + 0).join()
    if (seen.has(key)) return []
    seen.add(key)
    return boxAbout(points, normal)
  })
  const best = boxes
    .sort((a, b) => a.volume - b.volume)
    .slice(0, REFINED)
    .map((box) => turnedOn(points, box))
    .reduce((a, b) => (b.volume < a.volume * (1 - 1e-9) ? b : a))
  const all = Array.from({ length: positions.length / 3 }, (_, i) => pointAt(i))
  return written(all, best.axes)
}

/** Points of one plane or line: the smallest rectangle in it. */
function flatBox(positions: ArrayLike<number>): OrientedBox {
  const points = Array.from(
    { length: positions.length / 3 },
    (_, i): Vec3 => [positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]],
  )
  const far = (measure: (p: Vec3) => number): Vec3 =>
    points.reduce((a, b) => (measure(b) > measure(a) ? b : a), points[0])
  const from = (o: Vec3, p: Vec3): Vec3 => [p[0] - o[0], p[1] - o[1], p[2] - o[2]]
  const o = far((p) => Math.hypot(...from(points[0], p)))
  const end = far((p) => Math.hypot(...from(o, p)))
  const along = from(o, end)
  const length = Math.hypot(...along)
  if (!(length > 0)) return uprightBox(positions)
  const beside = cross(
    along,
    from(
      o,
      far((p) => Math.hypot(...cross(along, from(o, p)))),
    ),
  )
  const normal = Math.hypot(...beside) > 1e-6 * length * length ? unit(beside) : null
  if (normal) return written(points, boxAbout(points, normal).axes)
  const first = unit(along)
  const side: Vec3 = Math.abs(first[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]
  const second = unit(cross(first, side))
  return written(points, [first, second, cross(first, second)])
}
