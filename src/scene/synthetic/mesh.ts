/**
 * The reconstruction a scanner would give of a made room: small triangles with vertex colours, segments
 * and annotated objects. As in a scan, what no camera in the room could see (undersides, backs at a wall,
 * what stands on what) is missing.
 */
import type { Mesh, SegmentGroup } from '../scannet/types.js'
import { type DrawnRoom, shade } from './drawn-room.js'
import { farFrom } from './footprint.js'
import type { SynthOptions } from './options.js'
import type { RoomObject } from './placing.js'
import type { Room } from './room.js'
import type { Face, Part, Vec3 } from './shapes.js'

export interface RoomMesh {
  mesh: Mesh
  segIndices: Uint32Array
  objects: SegmentGroup[]
}

/** A point is hidden when it lies this deep inside another piece, or this far behind a wall. */
const COVERED = 0.03

/** For joining vertices: a whole number below 2^17 for coordinates within 65 m. */
const millimetres = (x: number): number => Math.round(x * 1000) + 65536

/** Whether a point just before the surface lies inside a part, below the floor or in a wall. */
function hidden(room: Room, near: readonly Cover[], x: number, y: number, z: number): boolean {
  if (z < 0 || z > room.height || Math.abs(x) > room.width / 2 || Math.abs(y) > room.depth / 2) return true
  for (const { object, cos, sin } of near) {
    if (z < object.z[0] || z > object.z[1] || farFrom(object.footprint, x, y, 0)) continue
    const dx = x - object.at[0]
    const dy = y - object.at[1]
    const [lx, ly, lz] = [cos * dx + sin * dy, -sin * dx + cos * dy, z - object.at[2]]
    for (const part of object.parts) if (insidePart(part, lx, ly, lz)) return true
  }
  return false
}

/** A piece that may cover another, its turn worked out once. */
interface Cover {
  object: RoomObject
  cos: number
  sin: number
}

/** Inside all of the part's faces (parts are convex). */
function insidePart({ min, max, faces }: Part, x: number, y: number, z: number): boolean {
  if (x <= min[0] || x >= max[0] || y <= min[1] || y >= max[1] || z <= min[2] || z >= max[2]) return false
  for (const { points, normal } of faces) {
    const o = points[0]
    if (!(normal[0] * (x - o[0]) + normal[1] * (y - o[1]) + normal[2] * (z - o[2]) < 0)) return false
  }
  return true
}

/** Steps along the two sides of a face: at most `spacing`, coarser along slats and legs. */
function steps(face: Face, spacing: number): [number, number] {
  const side = (a: Vec3, b: Vec3): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
  const [a, b, c, d] = face.points
  const long = Math.max(side(a, b), side(d, c))
  const wide = Math.max(side(b, c), side(a, d))
  const count = (length: number, other: number): number =>
    Math.max(1, Math.ceil(length / (other < spacing ? 1.6 * spacing : spacing)))
  return [count(long, wide), count(wide, long)]
}

/** Grid corners and cells of a face: quads are cut into cells, other polygons into a fan. */
function cut(face: Face, spacing: number): { points: Vec3[]; cells: number[][] } {
  const { points } = face
  if (points.length === 3) return { points, cells: [[0, 1, 2]] }
  if (points.length > 4) {
    const middle = [0, 1, 2].map((i) => points.reduce((sum, p) => sum + p[i], 0) / points.length) as Vec3
    return {
      points: [...points, middle],
      cells: points.map((_, i) => [i, (i + 1) % points.length, points.length]),
    }
  }
  const [nu, nv] = steps(face, spacing)
  const [a, b, c, d] = points
  const grid: Vec3[] = []
  for (let j = 0; j <= nv; j++)
    for (let i = 0; i <= nu; i++) {
      const s = i / nu
      const t = j / nv
      const [fa, fb, fc, fd] = [(1 - t) * (1 - s), (1 - t) * s, t * s, t * (1 - s)]
      grid.push([
        fa * a[0] + fb * b[0] + fc * c[0] + fd * d[0],
        fa * a[1] + fb * b[1] + fc * c[1] + fd * d[1],
        fa * a[2] + fb * b[2] + fc * c[2] + fd * d[2],
      ])
    }
  const cells: number[][] = []
  for (let j = 0; j < nv; j++)
    for (let i = 0; i < nu; i++) {
      const at = j * (nu + 1) + i
      cells.push([at, at + 1, at + nu + 2, at + nu + 1])
    }
  return { points: grid, cells }
}

/**
 * Cuts `room` into triangles. Vertices are in the room frame; every part of every object is a segment named
 * after its first vertex, as ScanNet's segmenter does.
 */
export function makeMesh(room: Room, drawn: DrawnRoom, options: SynthOptions): RoomMesh {
  const positions: number[] = []
  const colors: number[] = []
  const faces: number[] = []
  const segIndices: number[] = []
  const objects: SegmentGroup[] = []
  const covers = room.objects
    .filter((other) => other.parts.length > 0)
    .map((other): Cover => ({ object: other, cos: Math.cos(other.yaw), sin: Math.sin(other.yaw) }))
  const color = new Float64Array(3)
  let drawnFace = 0
  room.objects.forEach((object) => {
    const shell = object.parts.length === 0
    const spacing = shell ? options.wall_spacing_m : options.object_spacing_m
    const reach = COVERED + 0.02
    // Only pieces close by can cover this one.
    const near = covers.filter(
      ({ object: other }) =>
        Math.hypot(other.footprint.x - object.footprint.x, other.footprint.y - object.footprint.y) <
        reach +
          Math.hypot(other.footprint.hw, other.footprint.hd) +
          Math.hypot(object.footprint.hw, object.footprint.hd),
    )
    const segments: number[] = []
    let part = -1
    let segment = -1
    let welded = new Map<number, number>()
    object.faces.forEach((face, index) => {
      const id = drawnFace++
      if (object.partOf[index] !== part) {
        part = object.partOf[index]
        segment = -1
        welded = new Map()
      }
      // A camera at eye height sees no underside below it.
      if (face.normal[2] < -0.5 && object.label !== 'ceiling' && face.points[0][2] < 1.2) return
      const { points, cells } = cut(face, spacing)
      const vertex = (i: number): number => {
        const p = points[i]
        const key = millimetres(p[0]) * 2 ** 34 + millimetres(p[1]) * 2 ** 17 + millimetres(p[2])
        const known = welded.get(key)
        if (known !== undefined) return known
        const number = positions.length / 3
        welded.set(key, number)
        if (segment < 0) {
          segment = number
          segments.push(segment)
        }
        shade(drawn, id, p[0], p[1], p[2], 0.02, color)
        positions.push(...p)
        for (const value of color) colors.push(Math.max(0, Math.min(255, Math.round(value))))
        segIndices.push(segment)
        return number
      }
      for (const cell of cells) {
        let [x, y, z] = [0, 0, 0]
        for (const i of cell) {
          x += points[i][0] / cell.length
          y += points[i][1] / cell.length
          z += points[i][2] / cell.length
        }
        const [nx, ny, nz] = face.normal
        if (hidden(room, near, x + COVERED * nx, y + COVERED * ny, z + COVERED * nz)) continue
        const corner = cell.map(vertex)
        for (let i = 2; i < corner.length; i++) {
          const [a, b, c] = [corner[0], corner[i - 1], corner[i]]
          if (a !== b && b !== c && a !== c) faces.push(a, b, c)
        }
      }
    })
    if (segments.length > 0) objects.push({ id: objects.length, label: object.label, segments })
  })
  return {
    mesh: {
      positions: new Float32Array(positions),
      colors: new Uint8Array(colors),
      faces: new Uint32Array(faces),
    },
    segIndices: new Uint32Array(segIndices),
    objects,
  }
}
