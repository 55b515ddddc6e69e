/**
 * ViewSpatial-Bench's visibility: of an object's box only the eight corners are tested. A corner in the picture
 * is hidden when something was measured there and lies more than 10 cm before it. The ratio is of eight.
 */
import { percentileRange, writeBox } from './box-2d.js'
import { pixelOf } from './camera.js'
import { emptyVisibility, type Look, type VisibilityCameras } from './visibility.js'

const HIDDEN_BEHIND = 0.1

/**
 * Looks at boxes, 6 numbers each (minimum and maximum corner). The 2D box is that of the visible corners, and
 * its area in depth pixels stands for the pixel count.
 */
export function createCornerVisibility(
  bounds: Float64Array,
  { depth: camera, depthSize, color, colorSize, depthShift }: VisibilityCameras,
  percentile = 0,
): Look {
  const result = emptyVisibility(new Uint32Array(bounds.length / 6).fill(8))
  const [us, vs] = [new Float64Array(8), new Float64Array(8)]
  const perPixel = (camera.fx * camera.fy) / (color.fx * color.fy)
  return (depth, m) => {
    result.totals.forEach((_, k) => {
      let [inView, visible] = [0, 0]
      for (let corner = 0; corner < 8; corner++) {
        const px = bounds[6 * k + (corner & 1 ? 3 : 0)]
        const py = bounds[6 * k + 1 + (corner & 2 ? 3 : 0)]
        const pz = bounds[6 * k + 2 + (corner & 4 ? 3 : 0)]
        const x = m[0] * px + m[1] * py + m[2] * pz + m[3]
        const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
        const z = m[8] * px + m[9] * py + m[10] * pz + m[11]
        if (!(z > 0)) continue
        const column = pixelOf((camera.fx * x) / z + camera.cx)
        const row = pixelOf((camera.fy * y) / z + camera.cy)
        if (column < 0 || column >= depthSize.width || row < 0 || row >= depthSize.height) continue
        inView++
        const d = depth[row * depthSize.width + column] / depthShift
        if (d > 0 && z - d > HIDDEN_BEHIND) continue
        us[visible] = (color.fx * x) / z + color.cx
        vs[visible++] = (color.fy * y) / z + color.cy
      }
      const at = 4 * k
      const [u1, u2] = visible > 0 ? percentileRange(us.subarray(0, visible), percentile) : [0, -1]
      const [v1, v2] = visible > 0 ? percentileRange(vs.subarray(0, visible), percentile) : [0, -1]
      writeBox(result.boxes, at, visible > 0, [u1, v1, u2, v2], colorSize)
      const [x1, y1, x2, y2] = result.boxes.subarray(at, at + 4)
      const area = (x2 - x1 + 1) * (y2 - y1 + 1) * perPixel
      result.inView[k] = inView
      result.visible[k] = visible
      result.pixels[k] = visible === 0 ? 0 : Math.max(1, Math.round(area))
    })
    return result
  }
}
