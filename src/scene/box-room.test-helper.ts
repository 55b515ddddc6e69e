/**
 * A room of boxes for tests, with what is true of it found by another way than the program's: depth and the
 * object of every pixel come from casting a ray through it, not from projecting vertices.
 */
import { encodeJpeg } from '../images/codec.js'
import { blankImage } from '../images/draw.js'
import type { Pinhole } from './geometry/camera.js'
import { transformPoint, type Vec3 } from './geometry/matrix.js'
import type { FrameData, ScanData } from './scannet/types.js'

export interface Block {
  label: string
  min: Vec3
  max: Vec3
}

/** A camera at `eye` that looks along +y of the world, level: x right, z up. */
export const lookingNorth = ([x, y, z]: Vec3): number[] => [1, 0, 0, x, 0, 0, 1, y, 0, -1, 0, z, 0, 0, 0, 1]

/** Distance along the ray at which it enters the box, or infinity. */
function enter(origin: Vec3, direction: Vec3, { min, max }: Block): number {
  let [near, far] = [0, Number.POSITIVE_INFINITY]
  for (let axis = 0; axis < 3; axis++) {
    const [a, b] = [min[axis], max[axis]].map((side) => (side - origin[axis]) / direction[axis])
    if (Number.isNaN(a) || Number.isNaN(b)) continue
    near = Math.max(near, Math.min(a, b))
    far = Math.min(far, Math.max(a, b))
  }
  return near <= far && near > 0 ? near : Number.POSITIVE_INFINITY
}

/** Depth (metres, 0 for nothing) and block index (-1) of every pixel. */
export function castRays(
  blocks: readonly Block[],
  pose: readonly number[],
  camera: Pinhole,
  width: number,
  height: number,
): { depth: Float64Array; owner: Int32Array } {
  const depth = new Float64Array(width * height)
  const owner = new Int32Array(width * height).fill(-1)
  const eye: Vec3 = [pose[3], pose[7], pose[11]]
  for (let i = 0; i < depth.length; i++) {
    const [u, v] = [i % width, Math.floor(i / width)]
    const tip = transformPoint(pose, [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1])
    const direction: Vec3 = [tip[0] - eye[0], tip[1] - eye[1], tip[2] - eye[2]]
    let best = Number.POSITIVE_INFINITY
    blocks.forEach((block, k) => {
      const distance = enter(eye, direction, block)
      if (distance < best) {
        best = distance
        owner[i] = k
      }
    })
    if (Number.isFinite(best)) depth[i] = best
  }
  return { depth, owner }
}

/** Six faces of a block as grids of triangles with edges of at most `spacing`. */
function blockMesh({ min, max }: Block, spacing: number): { positions: number[]; faces: number[] } {
  const [positions, faces]: [number[], number[]] = [[], []]
  for (let axis = 0; axis < 3; axis++)
    for (const side of [min, max]) {
      const [p, q] = [(axis + 1) % 3, (axis + 2) % 3]
      const [n, m] = [p, q].map((k) => Math.max(1, Math.ceil((max[k] - min[k]) / spacing)))
      const start = positions.length / 3
      for (let i = 0; i <= n; i++)
        for (let j = 0; j <= m; j++) {
          const point = [0, 0, 0]
          point[axis] = side[axis]
          point[p] = min[p] + ((max[p] - min[p]) * i) / n
          point[q] = min[q] + ((max[q] - min[q]) * j) / m
          positions.push(...point)
        }
      for (let i = 0; i < n; i++)
        for (let j = 0; j < m; j++) {
          const a = start + i * (m + 1) + j
          faces.push(a, a + m + 1, a + 1, a + 1, a + m + 1, a + m + 2)
        }
    }
  return { positions, faces }
}

export interface BoxRoom {
  name: string
  blocks: readonly Block[]
  poses: readonly (readonly number[])[]
  camera: Pinhole
  width: number
  height: number
  spacing: number
  axisAlignment?: readonly number[]
}

/** The scan a perfect sensor would make; every block is one segment and one object, ids in their order. */
export async function boxRoomScan(room: BoxRoom): Promise<ScanData> {
  const { blocks, camera, width, height } = room
  const positions: number[] = []
  const faces: number[] = []
  const segIndices: number[] = []
  blocks.forEach((block, k) => {
    const mesh = blockMesh(block, room.spacing)
    const start = positions.length / 3
    for (const value of mesh.positions) positions.push(value)
    for (const index of mesh.faces) faces.push(start + index)
    for (let i = 0; i < mesh.positions.length / 3; i++) segIndices.push(100 * k)
  })
  const size = { width, height }
  const matrix = [camera.fx, 0, camera.cx, 0, 0, camera.fy, camera.cy, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const colorJpeg = await encodeJpeg(blankImage(width, height, [120, 140, 160]))
  const frames = room.poses.map((pose, index): FrameData => {
    const lost = !pose.every(Number.isFinite)
    const depth = lost
      ? new Float64Array(width * height)
      : castRays(blocks, pose, camera, width, height).depth
    return {
      colorJpeg,
      depth: Uint16Array.from(depth, (d) => Math.round(1000 * d)),
      cameraToWorld: pose,
      timestamp: index,
    }
  })
  return {
    name: room.name,
    colorSize: size,
    depthSize: size,
    intrinsicColor: matrix,
    intrinsicDepth: matrix,
    depthShift: 1000,
    axisAlignment: room.axisAlignment ?? [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    sceneType: 'Test room',
    frames,
    mesh: {
      positions: Float32Array.from(positions),
      colors: new Uint8Array(positions.length).fill(128),
      faces: Uint32Array.from(faces),
    },
    segIndices,
    objects: blocks.map(({ label }, id) => ({ id, label, segments: [100 * id] })),
  }
}
