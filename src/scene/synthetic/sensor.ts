/** The sensor's share: noise and exposure of the picture, noise and holes of the depth. */
import type { Random } from '../../common/random.js'
import type { View } from './render.js'

export interface SensorOptions {
  image_noise: number
  depth_noise: number
  depth_holes: number
}

/**
 * What the sensor makes of a view: grey noise and a slightly wrong exposure in the picture; depth in whole
 * millimetres with noise that grows with distance squared and holes at grazing angles. Changes `view.rgb`.
 */
export function sense(
  view: View,
  options: SensorOptions,
  random: Random,
): { rgb: Uint8Array; depth: Uint16Array } {
  const exposure = random.uniform(0.94, 1.06)
  let state = random.int(1, 0x7fffffff)
  // A small generator of its own: two numbers per pixel from the stream above would dominate the time.
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
  const { rgb } = view
  const depth = new Uint16Array(view.depth.length)
  const grey = options.image_noise * 2.45
  for (let i = 0; i < depth.length; i++) {
    // Sums of uniforms stand in for normals: three for a standard deviation of 1/2.
    const noise = (next() + next() - 1) * grey
    for (let c = 3 * i; c < 3 * i + 3; c++) {
      const value = rgb[c] * exposure + noise
      rgb[c] = value < 0 ? 0 : value > 255 ? 255 : value + 0.5
    }
    const z = view.depth[i]
    if (z === 0) continue
    const hole = options.depth_holes * (0.002 + (view.facing[i] < 0.12 ? 0.4 : 0))
    if (next() < hole) continue
    const error = (next() + next() + next() - 1.5) * 2 * 0.0005 * z * z * options.depth_noise
    depth[i] = Math.min(65535, Math.max(1, Math.round((z + error) * 1000)))
  }
  return { rgb, depth }
}
