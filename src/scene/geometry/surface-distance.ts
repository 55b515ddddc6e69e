/**
 * Closest distance between two triangle meshes, exact: rule `closest surfaces`. Two trees of boxes are walked
 * together, nearest boxes first, and pairs of triangles measured where the boxes are nearer than what was found
 * before. Two triangles are nearest at a corner of one or at an edge of each, unless an edge pierces the other
 * (then 0). Coarse meshes need this: their vertices may lie far from where the surfaces are close.
 */
import type { Vec3 } from './matrix.js'

export const SURFACE_DISTANCE_RULE = 'exact closest surfaces (triangles)'

/** Triangles of one object with a tree of boxes over them. */
export interface SurfaceSet {
  /** 9 numbers per triangle, in the order of the tree's leaves. */
  triangles: Float64Array
  /** 6 per node: minimum and maximum corner. */
  boxes: Float64Array
  /** Triangles [first, end) of each node, and its second child (the first follows it); 0 for leaves. */
  first: Uint32Array
  end: Uint32Array
  second: Uint32Array
}

const LEAF = 4

/** The corners of all triangles whose three vertices are the object's; other vertices as triangles of one point. */
function ownTriangles(
  mesh: { positions: Float32Array; faces: Uint32Array },
  vertices: Uint32Array,
): number[][] {
  const own = new Set(vertices)
  const alone = new Set(vertices)
  const corner = (v: number): number[] => [...mesh.positions.subarray(3 * v, 3 * v + 3)]
  const triangles: number[][] = []
  for (let f = 0; f < mesh.faces.length; f += 3) {
    const [a, b, c] = [mesh.faces[f], mesh.faces[f + 1], mesh.faces[f + 2]]
    if (!own.has(a) || !own.has(b) || !own.has(c)) continue
    for (const v of [a, b, c]) alone.delete(v)
    triangles.push([...corner(a), ...corner(b), ...corner(c)])
  }
  for (const v of alone) triangles.push([...corner(v), ...corner(v), ...corner(v)])
  return triangles
}

/** The surface of one object of `mesh`, made ready for queries. */
export function surfaceSet(
  mesh: { positions: Float32Array; faces: Uint32Array },
  vertices: Uint32Array,
): SurfaceSet {
  const list = ownTriangles(mesh, vertices)
  const nodes: { box: number[]; first: number; end: number; second: number }[] = []
  const middle = (t: number[], axis: number): number => t[axis] + t[3 + axis] + t[6 + axis]
  const build = (first: number, end: number): void => {
    const box = [0, 1, 2, 3, 4, 5].map((side) =>
      side < 3 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
    )
    for (let i = first; i < end; i++)
      for (let j = 0; j < 9; j++) {
        box[j % 3] = Math.min(box[j % 3], list[i][j])
        box[3 + (j % 3)] = Math.max(box[3 + (j % 3)], list[i][j])
      }
    const node = { box, first, end, second: 0 }
    nodes.push(node)
    if (end - first <= LEAF) return
    const axis = [0, 1, 2].reduce((a, b) => (box[3 + b] - box[b] > box[3 + a] - box[a] ? b : a))
    const sorted = list.slice(first, end).sort((p, q) => middle(p, axis) - middle(q, axis))
    for (let i = first; i < end; i++) list[i] = sorted[i - first]
    const half = (first + end) >> 1
    build(first, half)
    node.second = nodes.length
    build(half, end)
  }
  build(0, list.length)
  return {
    triangles: Float64Array.from(list.flat()),
    boxes: Float64Array.from(nodes.flatMap(({ box }) => box)),
    first: Uint32Array.from(nodes, ({ first }) => first),
    end: Uint32Array.from(nodes, ({ end }) => end),
    second: Uint32Array.from(nodes, ({ second }) => second),
  }
}

/** Squared distance of two boxes; 0 when they meet. */
function betweenBoxes(a: SurfaceSet, i: number, b: SurfaceSet, j: number): number {
  let sum = 0
  for (let axis = 0; axis < 3; axis++) {
    const gap = Math.max(
      a.boxes[6 * i + axis] - b.boxes[6 * j + 3 + axis],
      b.boxes[6 * j + axis] - a.boxes[6 * i + 3 + axis],
      0,
    )
    sum += gap * gap
  }
  return sum
}

const at = (t: Float64Array, i: number): Vec3 => [t[i], t[i + 1], t[i + 2]]
const sub = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
const unitInterval = (x: number): number => (x < 0 ? 0 : x > 1 ? 1 : x)

/** Squared distance of two line segments p p' and q q', also of points. */
function betweenSegments(p: Vec3, p2: Vec3, q: Vec3, q2: Vec3): number {
  const [d1, d2, r] = [sub(p2, p), sub(q2, q), sub(p, q)]
  const [a, e, f] = [dot(d1, d1), dot(d2, d2), dot(d2, r)]
  const [b, c] = [dot(d1, d2), dot(d1, r)]
  const denominator = a * e - b * b
  let s = denominator > 1e-14 * a * e ? unitInterval((b * f - c * e) / denominator) : 0
  let t = e > 0 ? (b * s + f) / e : 0
  if (t < 0 || t > 1 || e === 0) {
    t = unitInterval(t)
    s = a > 0 ? unitInterval((b * t - c) / a) : 0
  }
  const gap: Vec3 = [r[0] + d1[0] * s - d2[0] * t, r[1] + d1[1] * s - d2[1] * t, r[2] + d1[2] * s - d2[2] * t]
  return dot(gap, gap)
}

/** Whether p, seen along `normal`, lies within the triangle. */
function within(p: Vec3, [a, b, c]: readonly Vec3[], normal: Vec3): boolean {
  return (
    dot(cross(sub(b, a), sub(p, a)), normal) >= 0 &&
    dot(cross(sub(c, b), sub(p, b)), normal) >= 0 &&
    dot(cross(sub(a, c), sub(p, c)), normal) >= 0
  )
}

/** Squared distance from the corners and along the edges of `t` to the inside of `other`; infinite if none is over it. */
function toInside(t: readonly Vec3[], other: readonly Vec3[]): number {
  const normal = cross(sub(other[1], other[0]), sub(other[2], other[0]))
  const square = dot(normal, normal)
  if (square === 0) return Number.POSITIVE_INFINITY
  const heights = t.map((p) => dot(sub(p, other[0]), normal))
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 3; i++) {
    const [h, g] = [heights[i], heights[(i + 1) % 3]]
    if ((h * h) / square < best && within(t[i], other, normal)) best = (h * h) / square
    if (h > 0 === g > 0) continue
    // The edge crosses the plane; where it does, it may pierce the triangle.
    const [p, q, share] = [t[i], t[(i + 1) % 3], h / (h - g)]
    const hit: Vec3 = [
      p[0] + share * (q[0] - p[0]),
      p[1] + share * (q[1] - p[1]),
      p[2] + share * (q[2] - p[2]),
    ]
    if (within(hit, other, normal)) return 0
  }
  return best
}

/** Squared distance of triangle i of `a` and j of `b`. */
function betweenTriangles(a: SurfaceSet, i: number, b: SurfaceSet, j: number): number {
  const [s, t] = [
    [at(a.triangles, 9 * i), at(a.triangles, 9 * i + 3), at(a.triangles, 9 * i + 6)],
    [at(b.triangles, 9 * j), at(b.triangles, 9 * j + 3), at(b.triangles, 9 * j + 6)],
  ]
  let best = Math.min(toInside(s, t), toInside(t, s))
  for (let k = 0; k < 3 && best > 0; k++)
    for (let l = 0; l < 3; l++)
      best = Math.min(best, betweenSegments(s[k], s[(k + 1) % 3], t[l], t[(l + 1) % 3]))
  return best
}

/**
 * The smallest distance between the surfaces of `a` and `b`, metres; 0 where they meet. `bound`, e.g. the
 * distance of their vertices, only saves time; it must not be less than the distance.
 */
export function surfaceDistance(a: SurfaceSet, b: SurfaceSet, bound = Number.POSITIVE_INFINITY): number {
  let best = bound * bound
  const visit = (i: number, j: number): void => {
    if (best === 0) return
    const [leafA, leafB] = [a.second[i] === 0, b.second[j] === 0]
    if (leafA && leafB) {
      for (let s = a.first[i]; s < a.end[i]; s++)
        for (let t = b.first[j]; t < b.end[j]; t++) best = Math.min(best, betweenTriangles(a, s, b, t))
      return
    }
    const splitA = !leafA && (leafB || a.end[i] - a.first[i] >= b.end[j] - b.first[j])
    const pairs = splitA
      ? [
          [i + 1, j],
          [a.second[i], j],
        ]
      : [
          [i, j + 1],
          [i, b.second[j]],
        ]
    const gaps = pairs.map(([x, y]) => betweenBoxes(a, x, b, y))
    for (const k of gaps[1] < gaps[0] ? [1, 0] : [0, 1]) if (gaps[k] < best) visit(pairs[k][0], pairs[k][1])
  }
  visit(0, 0)
  return Math.sqrt(best)
}
