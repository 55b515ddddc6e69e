/**
 * Surface that no label claims, close around labelled things: annotators leave out instances (VSI-Bench's
 * wrong counts of towels and tables), and such a count must not be asked for.
 */
import { axisAlignedBox } from './geometry/boxes.js'

/** Labels of what was seen but not named; their vertices count as unlabelled. */
const NAMELESS = new Set(['object', 'objects', 'unknown', 'remove', 'void', 'unlabeled', 'unlabelled'])

/** Coordinates of the vertices that belong to no named thing; walls and floors are named. */
export function unlabelledPoints(
  positions: Float32Array,
  objects: readonly { label: string; vertices: Uint32Array }[],
): Float32Array {
  const named = new Uint8Array(positions.length / 3)
  for (const { label, vertices } of objects)
    if (!NAMELESS.has(label.trim().toLowerCase())) for (const vertex of vertices) named[vertex] = 1
  const points = new Float32Array(3 * named.reduce((n, flag) => n + 1 - flag, 0))
  let next = 0
  for (let vertex = 0; vertex < named.length; vertex++) {
    if (named[vertex]) continue
    points.set(positions.subarray(3 * vertex, 3 * vertex + 3), next)
    next += 3
  }
  return points
}

/** Unlabelled vertices in the box of `object`'s points grown by `within` metres, over the number of its own. */
export function unlabelledNearby(object: Float32Array, unlabelled: Float32Array, within: number): number {
  const { max, min } = axisAlignedBox(object)
  let near = 0
  for (let i = 0; i < unlabelled.length; i += 3)
    if (
      unlabelled[i] >= min[0] - within &&
      unlabelled[i] <= max[0] + within &&
      unlabelled[i + 1] >= min[1] - within &&
      unlabelled[i + 1] <= max[1] + within &&
      unlabelled[i + 2] >= min[2] - within &&
      unlabelled[i + 2] <= max[2] + within
    )
      near++
  return near / (object.length / 3)
}
