/**
 * Which objects a frame shows, by projecting their vertices into its depth picture.
 *
 * Rule `vertex-depth-test`: a vertex is visible when it lies at z >= 0.1 m, falls on a depth pixel d > 0 and
 * z <= d + max(0.05 m, 0.02 d) (one-sided: what is in front of the measured surface counts as seen).
 * d = 0 is "unknown" and hides. Visible ratio: visible over all vertices of the object.
 * 2D box: the visible vertices projected by the colour camera, inclusive pixels, clamped to the picture.
 * Pixel count: the area of the visible surface in depth pixels, |a · p| fx fy / z³ summed over the visible
 * vertices, where a is a third of the vector areas of a vertex's triangles and p its place in the camera
 * frame: right for coarse and fine meshes alike, and never less than 1 for a visible object.
 */
import { NEAR, type Pinhole } from './camera.js'

export const VISIBILITY_RULE = 'vertex-depth-test z<=d+max(0.05,0.02d); pixel count by projected vertex area'

/** Vertices of all objects, object after object, in one array; made once per scan. */
export interface GroupedVertices {
  /** Number of objects K. */
  count: number
  /** 3N coordinates in the frame that poses map to. */
  positions: Float32Array
  /** 3N vector areas (metres², along the normal). */
  areas: Float32Array
  /** Object k owns vertices starts[k] .. starts[k + 1]. */
  starts: Uint32Array
  /** 6K: minimum and maximum corner. */
  bounds: Float64Array
}

/** A third of the vector areas of the triangles around each vertex, 3V. */
function vertexAreas(positions: Float32Array, faces: Uint32Array): Float32Array {
  const areas = new Float32Array(positions.length)
  for (let f = 0; f < faces.length; f += 3) {
    const a = 3 * faces[f]
    const b = 3 * faces[f + 1]
    const c = 3 * faces[f + 2]
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    for (let corner = 0; corner < 3; corner++) {
      const vertex = 3 * faces[f + corner]
      areas[vertex] += (uy * vz - uz * vy) / 6
      areas[vertex + 1] += (uz * vx - ux * vz) / 6
      areas[vertex + 2] += (ux * vy - uy * vx) / 6
    }
  }
  return areas
}

/** Groups the vertices of `mesh` by object; vertices of no object are left out. */
export function groupVertices(
  mesh: { positions: Float32Array; faces: Uint32Array },
  objects: readonly { vertices: Uint32Array }[],
): GroupedVertices {
  const all = vertexAreas(mesh.positions, mesh.faces)
  const starts = new Uint32Array(objects.length + 1)
  objects.forEach(({ vertices }, k) => {
    starts[k + 1] = starts[k] + vertices.length
  })
  const total = starts[objects.length]
  const [positions, areas] = [new Float32Array(3 * total), new Float32Array(3 * total)]
  const bounds = new Float64Array(6 * objects.length)
  objects.forEach(({ vertices }, k) => {
    bounds
      .fill(Number.POSITIVE_INFINITY, 6 * k, 6 * k + 3)
      .fill(Number.NEGATIVE_INFINITY, 6 * k + 3, 6 * k + 6)
    for (let i = 0; i < 3 * vertices.length; i++) {
      const axis = i % 3
      const from = 3 * vertices[(i - axis) / 3] + axis
      const value = mesh.positions[from]
      positions[3 * starts[k] + i] = value
      areas[3 * starts[k] + i] = all[from]
      bounds[6 * k + axis] = Math.min(bounds[6 * k + axis], value)
      bounds[6 * k + 3 + axis] = Math.max(bounds[6 * k + 3 + axis], value)
    }
  })
  return { count: objects.length, positions, areas, starts, bounds }
}

/** What a frame shows; arrays are reused by the next call. */
export interface FrameVisibility {
  /** K: visible vertices of each object. */
  visible: Uint32Array
  /** K: estimated depth pixels that show each object. */
  pixels: Uint32Array
  /** 4K: x1, y1, x2, y2 in pixels of the colour picture; x2 < x1 when the object is not in it. */
  boxes: Int32Array
}

export interface VisibilityCameras {
  depth: Pinhole
  depthSize: { width: number; height: number }
  color: Pinhole
  colorSize: { width: number; height: number }
  /** Depth units per metre. */
  depthShift: number
}

/** Whether a box may be seen at all: not wholly behind the camera or beyond one side of the depth picture. */
function mayBeSeen(
  bounds: Float64Array,
  k: number,
  m: ArrayLike<number>,
  cameras: VisibilityCameras,
): boolean {
  const { depth, depthSize } = cameras
  let [behind, left, right, above, below] = [0, 0, 0, 0, 0]
  for (let corner = 0; corner < 8; corner++) {
    const px = bounds[6 * k + (corner & 1 ? 3 : 0)]
    const py = bounds[6 * k + 1 + (corner & 2 ? 3 : 0)]
    const pz = bounds[6 * k + 2 + (corner & 4 ? 3 : 0)]
    const x = m[0] * px + m[1] * py + m[2] * pz + m[3]
    const y = m[4] * px + m[5] * py + m[6] * pz + m[7]
    const z = m[8] * px + m[9] * py + m[10] * pz + m[11]
    // The planes through the camera's centre, written without division so that they hold behind it too.
    if (z < NEAR) behind++
    if (depth.fx * x + (depth.cx + 0.5) * z < 0) left++
    if (depth.fx * x + (depth.cx + 0.5 - depthSize.width) * z >= 0) right++
    if (depth.fy * y + (depth.cy + 0.5) * z < 0) above++
    if (depth.fy * y + (depth.cy + 0.5 - depthSize.height) * z >= 0) below++
  }
  return behind < 8 && left < 8 && right < 8 && above < 8 && below < 8
}

/**
 * A function that finds what a frame shows from its depth (row-major, 1/depthShift metres) and its
 * world-to-camera matrix (4x4 row-major). One pass over the vertices of the objects that may be seen.
 */
export function createVisibility(
  grouped: GroupedVertices,
  cameras: VisibilityCameras,
): (depth: Uint16Array, worldToCamera: ArrayLike<number>) => FrameVisibility {
  const { count, positions, areas, starts, bounds } = grouped
  const { depthSize, colorSize, depthShift } = cameras
  const { fx, fy, cx, cy } = cameras.depth
  const { fx: gx, fy: gy, cx: hx, cy: hy } = cameras.color
  const [width, height] = [depthSize.width, depthSize.height]
  const result: FrameVisibility = {
    visible: new Uint32Array(count),
    pixels: new Uint32Array(count),
    boxes: new Int32Array(4 * count),
  }
  const scale = 1 / depthShift
  return (depth, m) => {
    const [m0, m1, m2, m3, m4, m5, m6, m7] = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]]
    const [m8, m9, m10, m11] = [m[8], m[9], m[10], m[11]]
    for (let k = 0; k < count; k++) {
      let [visible, area] = [0, 0]
      let [u1, v1, u2, v2] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, -1, -1]
      if (mayBeSeen(bounds, k, m, cameras)) {
        const end = 3 * starts[k + 1]
        for (let i = 3 * starts[k]; i < end; i += 3) {
          const px = positions[i]
          const py = positions[i + 1]
          const pz = positions[i + 2]
          const z = m8 * px + m9 * py + m10 * pz + m11
          if (!(z >= NEAR)) continue
          const x = m0 * px + m1 * py + m2 * pz + m3
          const y = m4 * px + m5 * py + m6 * pz + m7
          const inverse = 1 / z
          const column = Math.floor(fx * x * inverse + cx + 0.5)
          const row = Math.floor(fy * y * inverse + cy + 0.5)
          if (column < 0 || column >= width || row < 0 || row >= height) continue
          const d = depth[row * width + column] * scale
          if (d === 0 || z > d + Math.max(0.05, 0.02 * d)) continue
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
          const u = gx * x * inverse + hx
          const v = gy * y * inverse + hy
          if (u < u1) u1 = u
          if (u > u2) u2 = u
          if (v < v1) v1 = v
          if (v > v2) v2 = v
        }
      }
      result.visible[k] = visible
      result.pixels[k] = visible === 0 ? 0 : Math.max(1, Math.round(area * fx * fy))
      writeBox(result.boxes, 4 * k, visible > 0, [u1, v1, u2, v2], colorSize)
    }
    return result
  }
}

/** Clamps a box to the picture; one that lies outside becomes empty (0, 0, -1, -1). */
function writeBox(
  boxes: Int32Array,
  at: number,
  seen: boolean,
  [u1, v1, u2, v2]: readonly number[],
  size: { width: number; height: number },
): void {
  const x1 = Math.max(0, Math.floor(u1 + 0.5))
  const y1 = Math.max(0, Math.floor(v1 + 0.5))
  const x2 = Math.min(size.width - 1, Math.floor(u2 + 0.5))
  const y2 = Math.min(size.height - 1, Math.floor(v2 + 0.5))
  const inside = seen && x2 >= x1 && y2 >= y1
  boxes[at] = inside ? x1 : 0
  boxes[at + 1] = inside ? y1 : 0
  boxes[at + 2] = inside ? x2 : -1
  boxes[at + 3] = inside ? y2 : -1
}
