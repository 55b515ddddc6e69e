/** The frame a scan is recorded in: turned against the walls and moved, as ScanNet's are. */
import { rng } from '../../common/random.js'
import type { Pose } from './camera.js'
import type { SynthOptions } from './options.js'

export interface ScanFrame {
  /** Room to scan, 4x4 row-major. */
  toScan: Float64Array
  /** Scan to room: ScanNet's `axisAlignment`, rounded to the six decimals the meta text holds. */
  axisAlignment: number[]
}

/** A yaw about z and a shift, drawn per room. */
export function makeScanFrame(options: SynthOptions, index: number): ScanFrame {
  const random = rng(options.seed, 'synthetic/frame', options.style, index)
  const yaw = random.uniform(-Math.PI, Math.PI)
  const [x, y, z] = [random.uniform(1, 5), random.uniform(1, 5), random.uniform(-0.03, 0.03)]
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  const back = [c, s, 0, -c * x - s * y, -s, c, 0, s * x - c * y, 0, 0, 1, -z, 0, 0, 0, 1]
  return {
    toScan: Float64Array.of(c, -s, 0, x, s, c, 0, y, 0, 0, 1, z, 0, 0, 0, 1),
    axisAlignment: back.map((value) => Number(value.toFixed(6))),
  }
}

/** Product of two 4x4 row-major matrices. */
export function multiply(a: ArrayLike<number>, b: ArrayLike<number>): Pose {
  const out = new Float64Array(16)
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 4; j++) for (let k = 0; k < 4; k++) out[4 * i + j] += a[4 * i + k] * b[4 * k + j]
  return out
}

/** Points (3 numbers each) turned and moved by `m`. */
export function transformPoints(m: ArrayLike<number>, points: Float32Array): Float32Array {
  const out = new Float32Array(points.length)
  for (let i = 0; i < points.length; i += 3)
    for (let r = 0; r < 3; r++)
      out[i + r] =
        m[4 * r] * points[i] + m[4 * r + 1] * points[i + 1] + m[4 * r + 2] * points[i + 2] + m[4 * r + 3]
  return out
}
