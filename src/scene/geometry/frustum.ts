/**
 * What a camera cannot see for lying wholly behind it or beyond one side of the picture, box by box: a few
 * multiplications spare a look at all the vertices in a box.
 */
import type { Pinhole } from './camera.js'

/** So many consecutive vertices share a box: few enough to be close together, enough to be worth a test. */
export const RUN = 64

/** Boxes as centre and half extents, 6 numbers each. */
export type Boxes = Float64Array

/** The boxes of every `RUN` vertices of each object, object after object; object k's start at `first[k]`. */
export function boxesOfRuns(
  positions: Float32Array,
  starts: Uint32Array,
): { boxes: Boxes; first: Uint32Array } {
  const first = new Uint32Array(starts.length)
  for (let k = 1; k < starts.length; k++)
    first[k] = first[k - 1] + Math.ceil((starts[k] - starts[k - 1]) / RUN)
  const boxes = new Float64Array(6 * first[first.length - 1])
  for (let k = 0; k + 1 < starts.length; k++)
    for (let run = first[k]; run < first[k + 1]; run++) {
      const low = starts[k] + (run - first[k]) * RUN
      const high = Math.min(starts[k + 1], low + RUN)
      for (let axis = 0; axis < 3; axis++) {
        let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
        for (let i = 3 * low + axis; i < 3 * high; i += 3) {
          if (positions[i] < min) min = positions[i]
          if (positions[i] > max) max = positions[i]
        }
        boxes[6 * run + axis] = (min + max) / 2
        boxes[6 * run + 3 + axis] = (max - min) / 2
      }
    }
  return { boxes, first }
}

/** Five planes, 4 numbers each: a point p in view has n · p + d >= 0 for all of them. */
export function viewPlanes(
  planes: Float64Array,
  m: ArrayLike<number>,
  { fx, fy, cx, cy }: Pinhole,
  { width, height }: { width: number; height: number },
  near: number,
): void {
  for (let k = 0; k < 4; k++) {
    const [x, y, z] = [m[k], m[4 + k], m[8 + k]]
    // The planes through the camera's centre, written without division so that they hold behind it too.
    planes[k] = z
    planes[4 + k] = fx * x + (cx + 0.5) * z
    planes[8 + k] = -fx * x + (width - cx - 0.5) * z
    planes[12 + k] = fy * y + (cy + 0.5) * z
    planes[16 + k] = -fy * y + (height - cy - 0.5) * z
  }
  planes[3] -= near
}

/** Less than any rounding, far less than a pixel: in doubt a box is looked at. */
const DOUBT = -1e-6

/** Whether box i lies wholly beyond one of the planes. */
export function isBeyond(planes: Float64Array, boxes: Boxes, i: number): boolean {
  const [x, y, z] = [boxes[6 * i], boxes[6 * i + 1], boxes[6 * i + 2]]
  const [ex, ey, ez] = [boxes[6 * i + 3], boxes[6 * i + 4], boxes[6 * i + 5]]
  for (let p = 0; p < 20; p += 4) {
    const [nx, ny, nz] = [planes[p], planes[p + 1], planes[p + 2]]
    const reach = Math.abs(nx) * ex + Math.abs(ny) * ey + Math.abs(nz) * ez
    if (nx * x + ny * y + nz * z + planes[p + 3] + reach < DOUBT) return true
  }
  return false
}
