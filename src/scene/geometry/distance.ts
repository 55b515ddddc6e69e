/**
 * Closest distance between two objects, rule `vertex-vertex`: the exact minimum over all pairs of their
 * vertices. On ScanNet's meshes (about 2 cm between vertices) that is within millimetres of the surfaces.
 */
import { axisAlignedBox } from './boxes.js'
import { buildKdTree, type KdTree, nearest } from './kd-tree.js'
import type { Vec3 } from './matrix.js'

export const DISTANCE_RULE = 'exact closest vertex pair'

/** Vertices of one object, made ready for distance queries. */
export interface PointSet {
  points: Float32Array
  tree: KdTree
  box: { min: Vec3; max: Vec3 }
}

export const pointSet = (points: Float32Array): PointSet => ({
  points,
  tree: buildKdTree(points),
  box: axisAlignedBox(points),
})

/** Squared distance of a point to a box; 0 inside. */
function squaredToBox(points: Float32Array, at: number, { min, max }: PointSet['box']): number {
  let sum = 0
  for (let axis = 0; axis < 3; axis++) {
    const value = points[at + axis]
    const outside = value < min[axis] ? min[axis] - value : value > max[axis] ? value - max[axis] : 0
    sum += outside * outside
  }
  return sum
}

const STRIDE = 16

const squaredToSet = ({ tree }: PointSet, points: Float32Array, i: number, bound: number): number =>
  nearest(tree, points[3 * i], points[3 * i + 1], points[3 * i + 2], bound).squared

/** The exact smallest distance between a point of `a` and a point of `b`, metres. Symmetric. */
export function closestDistance(a: PointSet, b: PointSet): number {
  const [few, many] = a.points.length <= b.points.length ? [a, b] : [b, a]
  const { points } = few
  const toBox = new Float64Array(points.length / 3)
  let first = 0
  for (let i = 0; i < toBox.length; i++) {
    toBox[i] = squaredToBox(points, 3 * i, many.box)
    if (toBox[i] < toBox[first]) first = i
  }
  // The point nearest the other's box gives a bound that spares most of the others their search.
  let best = squaredToSet(many, points, first, Number.POSITIVE_INFINITY)
  // Points in steps first: neighbours tell much the same, and a good bound early spares most searches.
  for (let start = 0; start < STRIDE; start++)
    for (let i = start; i < toBox.length; i += STRIDE)
      if (toBox[i] < best) best = squaredToSet(many, points, i, best)
  return Math.sqrt(best)
}
