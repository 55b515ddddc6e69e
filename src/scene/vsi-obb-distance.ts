/**
 * The exact closest distance of two oriented boxes. Convex solids that are apart are closest at a corner and
 * a face, or at two edges; all 16 corners and 144 pairs of edges are tried. Boxes that meet are at 0.
 */
import type { OrientedBox } from '../schema/scene-record.js'

type Vec = readonly [number, number, number]

const sub = (a: Vec, b: Vec): Vec => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Vec, b: Vec): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vec, b: Vec): Vec => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const clamp01 = (x: number): number => Math.min(1, Math.max(0, x))

interface Solid {
  center: Vec
  axes: Vec[]
  half: Vec
  corners: Vec[]
}

function solid({ center, axes, lengths }: OrientedBox): Solid {
  const rows = [0, 3, 6].map((i): Vec => [axes[i], axes[i + 1], axes[i + 2]])
  const half: Vec = [lengths[0] / 2, lengths[1] / 2, lengths[2] / 2]
  const corners = Array.from({ length: 8 }, (_, bits): Vec => {
    const s = rows.map((_row, i) => ((bits >> i) & 1 ? half[i] : -half[i]))
    const at = (k: 0 | 1 | 2): number => center[k] + s[0] * rows[0][k] + s[1] * rows[1][k] + s[2] * rows[2][k]
    return [at(0), at(1), at(2)]
  })
  return { center, axes: rows, half, corners }
}

/** The eight corners of a box, metres. */
export const boxCorners = (box: OrientedBox): Vec[] => solid(box).corners

/** Pairs of corners that share an edge: they differ in one bit. */
const EDGES = Array.from({ length: 8 }, (_, i) => i).flatMap((i) =>
  [1, 2, 4].filter((bit) => !(i & bit)).map((bit): [number, number] => [i, i | bit]),
)

function cornerDistance(point: Vec, { axes, center, half }: Solid): number {
  const from = sub(point, center)
  return Math.hypot(...axes.map((axis, i) => Math.max(0, Math.abs(dot(from, axis)) - half[i])))
}

/** Squared distance of segments p1-q1 and p2-q2 (none of length 0 matters here: corners cover those). */
function segmentDistance2(p1: Vec, q1: Vec, p2: Vec, q2: Vec): number {
  const [d1, d2, r] = [sub(q1, p1), sub(q2, p2), sub(p1, p2)]
  const [a, e, b, c, f] = [dot(d1, d1), dot(d2, d2), dot(d1, d2), dot(d1, r), dot(d2, r)]
  if (a === 0 || e === 0) return Number.POSITIVE_INFINITY
  const denominator = a * e - b * b
  let s = denominator > 0 ? clamp01((b * f - c * e) / denominator) : 0
  let t = (b * s + f) / e
  if (t < 0 || t > 1) {
    t = clamp01(t)
    s = clamp01((b * t - c) / a)
  }
  const gap: Vec = [r[0] + d1[0] * s - d2[0] * t, r[1] + d1[1] * s - d2[1] * t, r[2] + d1[2] * s - d2[2] * t]
  return dot(gap, gap)
}

/** Separating axes: the boxes meet unless one of 15 directions parts them. */
function meet(a: Solid, b: Solid): boolean {
  const between = sub(b.center, a.center)
  const axes = [...a.axes, ...b.axes, ...a.axes.flatMap((x) => b.axes.map((y) => cross(x, y)))]
  const reach = (box: Solid, axis: Vec): number =>
    box.axes.reduce((sum, own, i) => sum + box.half[i] * Math.abs(dot(own, axis)), 0)
  return axes.every((axis) => {
    if (dot(axis, axis) < 1e-12) return true
    return Math.abs(dot(between, axis)) <= reach(a, axis) + reach(b, axis)
  })
}

/** Closest distance between two boxes, metres. */
export function boxDistance(first: OrientedBox, second: OrientedBox): number {
  const [a, b] = [solid(first), solid(second)]
  if (meet(a, b)) return 0
  let best = Math.min(
    ...a.corners.map((corner) => cornerDistance(corner, b)),
    ...b.corners.map((corner) => cornerDistance(corner, a)),
  )
  for (const [i, j] of EDGES)
    for (const [k, l] of EDGES) {
      const squared = segmentDistance2(a.corners[i], a.corners[j], b.corners[k], b.corners[l])
      if (squared < best * best) best = Math.sqrt(squared)
    }
  return best
}
