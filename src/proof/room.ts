/**
 * A scan measured anew for the proof, by the proof's own geometry: objects, boxes, distances, floor area, and what
 * frames show. Only the scan's files are read; nothing is taken from records or from a data set.
 */
import { dataError } from '../common/errors.js'
import { type RecordOptionsInput, recordOptionsSchema } from '../scene/record.js'
import { openScan, type Scan } from '../scene/scannet/scan.js'
import { floorArea } from './area.js'
import { bounds, closestPoints, type Point, type Upright, uprightBox } from './geometry.js'
import { type Camera, cameraAt, DEPTH_RULES, inCamera, lookAt, type Sight, type Surface } from './sight.js'

/** How a data set was measured, where it is not by default: names of categories, and the rule of visibility. */
export interface RoomRules {
  records?: RecordOptionsInput
  /** What makes a first appearance: this share of the object, and this many pixels. */
  appearance?: { ratio: number; pixels: number }
}

export const APPEARANCE = { ratio: 0.1, pixels: 50 }

export interface Frame extends Camera {
  /** Number of the frame in the recording, and its place in `scan.frames`. */
  id: number
  index: number
}

export interface Room {
  scan: Scan
  appearance: { ratio: number; pixels: number }
  /** Ids of the objects of a category, in order. */
  instances(category: string): number[]
  category(id: number): string | undefined
  box(id: number): Upright
  distance(a: number, b: number): number
  /** A frame whose pose is known. */
  frame(id: number): Frame | undefined
  /** Reads the depth of frames, so that `seen` knows of them. @throws data error where it cannot be read */
  look(frames: readonly Frame[]): Promise<void>
  /** What a frame that was looked at shows of an object. */
  seen(frame: Frame, id: number): Sight | undefined
  /** Centre of an object in a frame's camera, metres. */
  inCamera(frame: Frame, id: number): Point
  /** Floor area, square metres; null without a mesh. */
  area(): number | null
  /** What all objects together reach over along x and y, metres. */
  reach(): [number, number]
}

/** Why data measured by these options cannot be proven; null where it can. */
export function unprovable(options: object): string | null {
  const { visibility = 'ladder', box_percentile, box = 'upright' } = options as Record<string, unknown>
  if (!(String(visibility) in DEPTH_RULES)) return `visibility rule ${String(visibility)}`
  if (box_percentile !== undefined) return 'boxes by percentiles'
  return box === 'upright' ? null : `boxes ${String(box)}`
}

const nameOf = (label: string): string => label.trim().toLowerCase().split(/\s+/).join(' ')

/** The mesh in the room's axes: p' = A p. */
function alignedMesh(scan: Scan): { positions: Float64Array; faces: Uint32Array } | null {
  const mesh = scan.readMesh()
  if (!mesh) return null
  const m = scan.axisAlignment
  const positions = new Float64Array(mesh.positions.length)
  for (let i = 0; i < positions.length; i += 3) {
    const [x, y, z] = mesh.positions.subarray(i, i + 3)
    for (let k = 0; k < 3; k++)
      positions[i + k] = m[4 * k] * x + m[4 * k + 1] * y + m[4 * k + 2] * z + m[4 * k + 3]
  }
  return { positions, faces: mesh.faces }
}

/** For every vertex a third of (b - a) x (c - a) / 2 of its triangles, 3V. */
function vectorAreas({ positions: p, faces }: { positions: Float64Array; faces: Uint32Array }): Float64Array {
  const areas = new Float64Array(p.length)
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]]
    for (let k = 0; k < 3; k++) {
      const [i, j] = [(k + 1) % 3, (k + 2) % 3]
      const sixth =
        ((p[b + i] - p[a + i]) * (p[c + j] - p[a + j]) - (p[b + j] - p[a + j]) * (p[c + i] - p[a + i])) / 6
      areas[a + k] += sixth
      areas[b + k] += sixth
      areas[c + k] += sixth
    }
  }
  return areas
}

function gather(all: Float64Array, vertices: Uint32Array): Float64Array {
  const found = new Float64Array(3 * vertices.length)
  for (let i = 0; i < found.length; i++) found[i] = all[3 * vertices[Math.floor(i / 3)] + (i % 3)]
  return found
}

/** a · b of 4x4 row-major matrices. */
const product = (a: readonly number[], b: readonly number[]): number[] =>
  Array.from({ length: 16 }, (_, i) =>
    [0, 1, 2, 3].reduce((sum, k) => sum + a[i - (i % 4) + k] * b[4 * k + (i % 4)], 0),
  )

/** A function that makes what it is asked for once. */
function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key) as V
  }
}

/**
 * Opens the scan in `folder`; what is not asked for is not measured.
 * @throws data error when it cannot be read, or was measured in a way that is not known here
 */
export async function openRoom(folder: string, rules: RoomRules = {}): Promise<Room> {
  const scan = await openScan(folder)
  const options = recordOptionsSchema.parse(rules.records ?? {})
  const strange = unprovable(options)
  if (strange !== null) throw dataError(folder, `a rule of ${Object.keys(DEPTH_RULES).join(', ')}`, strange)
  const rule = DEPTH_RULES[String((options as { visibility?: string }).visibility ?? 'ladder')]
  const mesh = alignedMesh(scan)
  const excluded = new Set(options.excluded_labels)
  const names = new Map<number, string>()
  const surfaces = new Map<number, Surface>()
  if (mesh) {
    const areas = vectorAreas(mesh)
    for (const { id, label, vertices } of scan.readObjects(mesh.positions.length / 3) ?? []) {
      const name = nameOf(label)
      if (excluded.has(name)) continue
      names.set(id, Object.hasOwn(options.label_map, name) ? options.label_map[name] : name)
      surfaces.set(id, { id, points: gather(mesh.positions, vertices), areas: gather(areas, vertices) })
    }
  }
  const pointsOf = (id: number): Float64Array => surfaces.get(id)?.points ?? new Float64Array(0)
  let farthest = 1
  for (const x of mesh?.positions ?? []) farthest = Math.max(farthest, Math.abs(x))
  // A few units in the last place of single precision.
  const slack = farthest * 2 ** -21
  const places = new Map(scan.frames.map(({ id }, index) => [id, index]))
  const sights = new Map<number, Map<number, Sight>>()
  const box = once((id: number) => uprightBox(pointsOf(id)))
  const apart = once((pair: string) => {
    const [a, b] = pair.split(' ').map(Number)
    return closestPoints(pointsOf(a), pointsOf(b))
  })
  const frame = once((id: number): Frame | undefined => {
    const index = places.get(id)
    if (index === undefined || !scan.frames[index].valid) return undefined
    return {
      id,
      index,
      ...cameraAt(product(scan.axisAlignment, scan.frames[index].cameraToWorld)),
      depth: scan.intrinsicDepth,
      depthSize: scan.depthSize,
      color: scan.intrinsicColor,
      colorSize: scan.colorSize,
      depthShift: scan.depthShift,
    }
  })
  const area = once((_: 'area') => (mesh ? floorArea(mesh.positions) : null))
  return {
    scan,
    appearance: rules.appearance ?? APPEARANCE,
    instances: (category) =>
      [...names].flatMap(([id, name]) => (name === category ? [id] : [])).sort((a, b) => a - b),
    category: (id) => names.get(id),
    box,
    distance: (a, b) => apart(a < b ? `${a} ${b}` : `${b} ${a}`),
    frame,
    async look(frames) {
      for (const one of frames) {
        if (sights.has(one.id)) continue
        const depth = await scan.readDepth(one.index)
        const found = new Map<number, Sight>()
        for (const surface of surfaces.values()) {
          const sight = lookAt(surface, one, depth, rule, slack)
          if (sight) found.set(surface.id, sight)
        }
        sights.set(one.id, found)
      }
    },
    seen: ({ id: frameId }, id) => sights.get(frameId)?.get(id),
    inCamera: (one, id) => inCamera(one, box(id).center),
    area: () => area('area'),
    reach() {
      const all = [...surfaces.values()].map(({ points }) => bounds(points))
      const along = (axis: 0 | 1): number =>
        all.length > 0
          ? Math.max(...all.map((b) => b.max[axis])) - Math.min(...all.map((b) => b.min[axis]))
          : 0
      return [along(0), along(1)]
    },
  }
}
