/**
 * What a frame shows, by a depth test of the proof's own, in double precision and in the room's axes. Where rounding
 * may decide (a vertex on the edge between two pixels, or just at the limit of the test) both ways are followed:
 * every number is a range, and nearly all ranges hold one value.
 */
import type { Intrinsics } from '../scene/scannet/scan.js'
import type { Point } from './geometry.js'

/** The least and the greatest that a number may be. */
export type Range = readonly [low: number, high: number]

export interface Sight {
  /** Whether any of it is seen whichever way rounding goes. */
  certain: boolean
  /** Visible vertices over all. */
  ratio: Range
  /** Area of the visible surface in pixels of the depth picture. */
  pixels: Range
  /** x1, y1, x2, y2: inclusive pixels of the colour picture. */
  box: readonly [Range, Range, Range, Range]
}

/** Vertices of an object in the room's axes, and a third of the vector areas of the triangles around each. */
export interface Surface {
  id: number
  points: Float64Array
  areas: Float64Array
}

export interface Camera {
  /** Centre, and the rows that give right, down and forward of a point less the centre. */
  center: Point
  rows: readonly [Point, Point, Point]
  depth: Intrinsics
  depthSize: { width: number; height: number }
  color: Intrinsics
  colorSize: { width: number; height: number }
  depthShift: number
}

/** When a vertex at depth z counts as seen where d > 0 was measured; metres. */
export interface DepthRule {
  /** Up to d + max(behind[0], behind[1] d), and from d - max(before[0], before[1] d) on. */
  behind: readonly [number, number]
  before: readonly [number, number]
  /** Objects with a smaller visible share are not seen. */
  share: number
}

/** The rules of records that can be followed here, by their names. */
export const DEPTH_RULES: Record<string, DepthRule> = {
  ladder: { behind: [0.05, 0.02], before: [Number.POSITIVE_INFINITY, 0], share: 0 },
  'ladder-two-sided': { behind: [0.05, 0.02], before: [0.05, 0.02], share: 0 },
  vsi: { behind: [0, 0.2], before: [0, 0.2], share: 0 },
}

/** Nearer vertices are not projected, metres. */
const NEAR = 0.1

/** Pose (camera to room, 4x4 row-major) as centre and rows, by the dual basis of its columns. */
export function cameraAt(pose: readonly number[]): Pick<Camera, 'center' | 'rows'> {
  const column = (k: number): Point => [pose[k], pose[4 + k], pose[8 + k]]
  const cross = (a: Point, b: Point): Point => [
    a[1] * b[2] - a[2] * b[1],
    a[2] * b[0] - a[0] * b[2],
    a[0] * b[1] - a[1] * b[0],
  ]
  const [x, y, z] = [column(0), column(1), column(2)]
  const yz = cross(y, z)
  const volume = x[0] * yz[0] + x[1] * yz[1] + x[2] * yz[2]
  const over = (a: Point): Point => [a[0] / volume, a[1] / volume, a[2] / volume]
  return { center: column(3), rows: [over(yz), over(cross(z, x)), over(cross(x, y))] }
}

/** A point of the room in the camera's frame: right, down, forward. */
export function inCamera({ center, rows }: Pick<Camera, 'center' | 'rows'>, point: Point): Point {
  const d: Point = [point[0] - center[0], point[1] - center[1], point[2] - center[2]]
  const along = (row: Point): number => row[0] * d[0] + row[1] * d[1] + row[2] * d[2]
  return [along(rows[0]), along(rows[1]), along(rows[2])]
}

const pixel = (coordinate: number, size: number): number =>
  Math.min(Math.max(Math.floor(coordinate + 0.5), -1), size)

/**
 * Of `surface` in a frame; null when none of it can be seen.
 * @param depth row-major, 1/depthShift metres
 * @param slack how far single precision may have moved a vertex, metres
 */
export function lookAt(
  { points, areas }: Surface,
  camera: Camera,
  depth: Uint16Array,
  rule: DepthRule,
  slack: number,
): Sight | null {
  const { center, depthSize, rows, color, colorSize } = camera
  const [[rx, ry, rz], [dx, dy, dz], [fx, fy, fz]] = rows
  const { depth: lens } = camera
  const scale = 1 / camera.depthShift
  // Counts and areas of what is seen surely, and of what may be; bounds of either in the colour picture.
  let [sure, may, sureArea, mayArea] = [0, 0, 0, 0]
  const inner = [Infinity, Infinity, -Infinity, -Infinity]
  const outer = [Infinity, Infinity, -Infinity, -Infinity]
  for (let i = 0; i < points.length; i += 3) {
    const [px, py, pz] = [points[i] - center[0], points[i + 1] - center[1], points[i + 2] - center[2]]
    const z = fx * px + fy * py + fz * pz
    if (z < NEAR - slack) continue
    const [x, y] = [(rx * px + ry * py + rz * pz) / z, (dx * px + dy * py + dz * pz) / z]
    const blur = slack / z
    const [eu, ev] = [lens.fx * blur * (1 + Math.abs(x)), lens.fy * blur * (1 + Math.abs(y))]
    const [u, v] = [lens.fx * x + lens.cx + 0.5, lens.fy * y + lens.cy + 0.5]
    if (u < -eu || v < -ev || u > depthSize.width + eu || v > depthSize.height + ev) continue
    let surely = z >= NEAR + slack
    let maybe = false
    for (let row = Math.floor(v - ev); row <= Math.floor(v + ev); row++)
      for (let column = Math.floor(u - eu); column <= Math.floor(u + eu); column++) {
        const inside = column >= 0 && row >= 0 && column < depthSize.width && row < depthSize.height
        const d = inside ? depth[row * depthSize.width + column] * scale : 0
        const spare =
          d === 0
            ? -Infinity
            : Math.min(
                d + Math.max(rule.behind[0], rule.behind[1] * d) - z,
                z - d + Math.max(rule.before[0], rule.before[1] * d),
              )
        if (spare >= -slack) maybe = true
        if (spare < slack) surely = false
      }
    if (!maybe) continue
    const area = Math.abs(areas[i] * px + areas[i + 1] * py + areas[i + 2] * pz) / (z * z * z)
    const [cu, cv] = [color.fx * x + color.cx, color.fy * y + color.cy]
    const [gu, gv] = [color.fx * blur * (1 + Math.abs(x)), color.fy * blur * (1 + Math.abs(y))]
    may++
    mayArea += area
    outer[0] = Math.min(outer[0], cu - gu)
    outer[1] = Math.min(outer[1], cv - gv)
    outer[2] = Math.max(outer[2], cu + gu)
    outer[3] = Math.max(outer[3], cv + gv)
    if (!surely) continue
    sure++
    sureArea += area
    inner[0] = Math.min(inner[0], cu + gu)
    inner[1] = Math.min(inner[1], cv + gv)
    inner[2] = Math.max(inner[2], cu - gu)
    inner[3] = Math.max(inner[3], cv - gv)
  }
  const all = points.length / 3
  if (may === 0 || may / all < rule.share) return null
  /** Least and greatest pixel of a side; -1 and the size stand for all beyond the picture. */
  const edge = (k: number): Range => {
    const size = k % 2 === 0 ? colorSize.width : colorSize.height
    const ends = [outer[k], sure > 0 ? inner[k] : outer[(k + 2) % 4]].map((at) => pixel(at, size))
    return [Math.min(...ends), Math.max(...ends)]
  }
  const [left, top, right, bottom] = [edge(0), edge(1), edge(2), edge(3)]
  const { height, width } = colorSize
  // Seen by the depth camera, but beyond the edge of the colour picture.
  if (left[0] >= width || top[0] >= height || right[1] < 0 || bottom[1] < 0) return null
  const inPicture = left[1] < width && top[1] < height && right[0] >= 0 && bottom[0] >= 0
  const clamp = ([low, high]: Range, size: number): Range => [
    Math.min(Math.max(low, 0), size - 1),
    Math.min(Math.max(high, 0), size - 1),
  ]
  const box = [clamp(left, width), clamp(top, height), clamp(right, width), clamp(bottom, height)] as const
  const count = (area: number, n: number): number => (n === 0 ? 0 : Math.max(1, Math.round(area)))
  return {
    certain: sure > 0 && sure / all >= rule.share && inPicture,
    ratio: [sure / all, may / all],
    pixels: [
      count(sureArea * lens.fx * lens.fy * (1 - 1e-4), sure),
      count(mayArea * lens.fx * lens.fy * (1 + 1e-4), may),
    ],
    box,
  }
}
