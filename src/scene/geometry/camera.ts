/** Pinhole projection, OpenCV axes: u = fx x/z + cx, v = fy y/z + cy; a pixel's integer is floor(u + 0.5). */
import type { Vec3 } from './matrix.js'

export interface Pinhole {
  fx: number
  fy: number
  cx: number
  cy: number
}

/** Nearer points than this (metres) are not projected. */
export const NEAR = 0.1

/** Image point of a camera-frame point, or null when it is nearer than `NEAR` or behind the camera. */
export function project(camera: Pinhole, [x, y, z]: Vec3): [number, number] | null {
  if (!(z >= NEAR)) return null
  return [(camera.fx * x) / z + camera.cx, (camera.fy * y) / z + camera.cy]
}

export const pixelOf = (coordinate: number): number => Math.floor(coordinate + 0.5)

/** Camera-frame point of an image point at depth `z` metres. */
export const unproject = (camera: Pinhole, u: number, v: number, z: number): Vec3 => [
  ((u - camera.cx) / camera.fx) * z,
  ((v - camera.cy) / camera.fy) * z,
  z,
]

/** Intrinsics of the same camera for a picture scaled from `from` to `to`; x and y scale separately. */
export function scaleIntrinsics(
  camera: Pinhole,
  from: { width: number; height: number },
  to: { width: number; height: number },
): Pinhole {
  const [sx, sy] = [to.width / from.width, to.height / from.height]
  return { fx: camera.fx * sx, fy: camera.fy * sy, cx: camera.cx * sx, cy: camera.cy * sy }
}
