/**
 * Which objects a frame shows, by projecting their vertices into its depth picture.
 *
 * A vertex is visible when it falls on a pixel whose depth d lets it pass by a rule of `visibility-rules.ts`.
 * The default (`ladder`): z >= 0.1 m, d > 0 and z <= d + max(0.05 m, 0.02 d), one-sided: what is in front of
 * the measured surface counts as seen. d = 0 is "unknown" and hides, or (`ladder-mesh`) gives way to the depth
 * of the rendered mesh. Visible ratio: visible over all vertices of the object, or over those in view.
 * 2D box: the visible vertices projected by the colour camera.
 * Pixel count: the area of the visible surface in depth pixels, |a · p| fx fy / z³ summed over the visible
 * vertices, where a is a third of the vector areas of a vertex's triangles and p its place in the camera
 * frame: right for coarse and fine meshes alike, and never less than 1 for a visible object.
 */
import { percentileRange, writeBox } from './box-2d.js'
import type { Pinhole } from './camera.js'
import { createDepthRender, type RenderOptions } from './depth-render.js'
import { boxesOfRuns, isBeyond, RUN, viewPlanes } from './frustum.js'
import type { GroupedVertices } from './grouped-vertices.js'
import { DEPTH_TESTS, type DepthTest } from './visibility-rules.js'

/** What a frame shows; arrays are reused by the next call. */
export interface FrameVisibility {
  /** K: what `visible` is out of: vertices of each object, or box corners. */
  totals: Uint32Array
  /** K: vertices that fall into the picture, hidden or not. */
  inView: Uint32Array
  /** K: visible vertices of each object. */
  visible: Uint32Array
  /** K: estimated depth pixels that show each object. */
  pixels: Uint32Array
  /** 4K: x1, y1, x2, y2 in pixels of the colour picture; x2 < x1 when the object is not in it. */
  boxes: Int32Array
}

/** Finds what a frame shows from its depth (row-major, 1/depthShift metres) and its world-to-camera matrix. */
export type Look = (depth: Uint16Array, worldToCamera: ArrayLike<number>) => FrameVisibility

export interface VisibilityCameras {
  depth: Pinhole
  depthSize: { width: number; height: number }
  color: Pinhole
  colorSize: { width: number; height: number }
  /** Depth units per metre. */
  depthShift: number
}

export interface VisibilityOptions {
  test?: DepthTest
  /** The surface that rules with `fill` render where nothing was measured; in the frame of the vertices. */
  mesh?: RenderOptions['mesh']
  /** 2D boxes from this percentile to 100 less it, not from the outermost vertices. */
  percentile?: number
}

export const emptyVisibility = (totals: Uint32Array): FrameVisibility => ({
  totals,
  inView: new Uint32Array(totals.length),
  visible: new Uint32Array(totals.length),
  pixels: new Uint32Array(totals.length),
  boxes: new Int32Array(4 * totals.length),
})

/** Numbers of vertices, and the largest of them. */
function vertexCounts({ count, starts }: GroupedVertices): { totals: Uint32Array; most: number } {
  const totals = Uint32Array.from({ length: count }, (_, k) => starts[k + 1] - starts[k])
  return { totals, most: totals.reduce((a, b) => Math.max(a, b), 0) }
}

/** One pass over the vertices that may be seen; nothing is allocated per frame but what a percentile sorts. */
export function createVisibility(
  grouped: GroupedVertices,
  cameras: VisibilityCameras,
  { test = DEPTH_TESTS.ladder, mesh, percentile }: VisibilityOptions = {},
): Look {
  const { count, positions, areas, starts } = grouped
  const { depthSize, colorSize, depthShift } = cameras
  const { fx, fy, cx, cy } = cameras.depth
  const { fx: gx, fy: gy, cx: hx, cy: hy } = cameras.color
  const [width, height] = [depthSize.width, depthSize.height]
  const { near, strict = false, minShare = 0 } = test
  const [behindMetres, behindShare] = test.behind
  const [beforeMetres, beforeShare] = test.before
  const { totals, most } = vertexCounts(grouped)
  const result = emptyVisibility(totals)
  const render =
    test.fill && mesh ? createDepthRender({ mesh, camera: cameras.depth, size: depthSize }) : null
  const collected = percentile === undefined ? 0 : most
  const [us, vs] = [new Float64Array(collected), new Float64Array(collected)]
  const runs = boxesOfRuns(positions, starts)
  const planes = new Float64Array(20)
  const scale = 1 / depthShift
  return (depth, m) => {
    const [m0, m1, m2, m3, m4, m5, m6, m7] = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]]
    const [m8, m9, m10, m11] = [m[8], m[9], m[10], m[11]]
    viewPlanes(planes, m, cameras.depth, depthSize, near)
    // Rendered only for a frame in which a vertex falls on an unmeasured pixel.
    let rendered: Float32Array | null = null
    for (let k = 0; k < count; k++) {
      let [inView, visible, area] = [0, 0, 0]
      let [u1, v1, u2, v2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1]
      const last = 3 * starts[k + 1]
      for (let run = runs.first[k], from = 3 * starts[k]; run < runs.first[k + 1]; run++, from += 3 * RUN) {
        if (isBeyond(planes, runs.boxes, run)) continue
        const end = Math.min(last, from + 3 * RUN)
        for (let i = from; i < end; i += 3) {
          const px = positions[i]
          const py = positions[i + 1]
          const pz = positions[i + 2]
          const z = m8 * px + m9 * py + m10 * pz + m11
          if (!(z >= near)) continue
          const x = m0 * px + m1 * py + m2 * pz + m3
          const y = m4 * px + m5 * py + m6 * pz + m7
          const inverse = 1 / z
          // Tested before they are cut to whole numbers, which for what is not negative is the floor.
          const column = fx * x * inverse + cx + 0.5
          const row = fy * y * inverse + cy + 0.5
          if (!(column >= 0 && column < width && row >= 0 && row < height)) continue
          inView++
          const pixel = (row | 0) * width + (column | 0)
          let d = depth[pixel] * scale
          if (d === 0) {
            if (render === null) continue
            rendered ??= render(m, depth).inverse
            // No face there: nothing hides the vertex.
            d = 1 / rendered[pixel]
          }
          const far = d + Math.max(behindMetres, behindShare * d)
          if (z > far || (strict && z === far) || z < d - Math.max(beforeMetres, beforeShare * d)) continue
          const u = gx * x * inverse + hx
          const v = gy * y * inverse + hy
          if (collected > 0) {
            us[visible] = u
            vs[visible] = v
          }
          visible++
          const ax = areas[i]
          const ay = areas[i + 1]
          const az = areas[i + 2]
          // The rotation turns the vector area; its product with p needs no matrix of its own.
          const facing =
            (m0 * ax + m1 * ay + m2 * az) * x +
            (m4 * ax + m5 * ay + m6 * az) * y +
            (m8 * ax + m9 * ay + m10 * az) * z
          area += Math.abs(facing) * inverse * inverse * inverse
          if (u < u1) u1 = u
          if (u > u2) u2 = u
          if (v < v1) v1 = v
          if (v > v2) v2 = v
        }
      }
      if (visible < minShare * totals[k]) visible = 0
      if (percentile !== undefined && visible > 0) {
        ;[u1, u2] = percentileRange(us.subarray(0, visible), percentile)
        ;[v1, v2] = percentileRange(vs.subarray(0, visible), percentile)
      }
      result.inView[k] = inView
      result.visible[k] = visible
      result.pixels[k] = visible === 0 ? 0 : Math.max(1, Math.round(area * fx * fy))
      writeBox(result.boxes, 4 * k, visible > 0, [u1, v1, u2, v2], colorSize)
    }
    return result
  }
}
