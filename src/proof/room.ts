/**
 * A scan measured anew for the proof: objects and distances by the proof's own geometry, what each frame shows by
 * the scene room's reader of mesh, poses and depth. Nothing is taken from a data set.
 */
import { buildSceneRecord, type RecordOptionsInput } from '../scene/record.js'
import { openScan, type Scan } from '../scene/scannet/scan.js'
import type { FrameObject, FrameRecord, SceneRecord } from '../schema/scene-record.js'
import { bounds, closestPoints, inCamera, type Point, type Upright, uprightBox } from './geometry.js'

export interface Room {
  scan: Scan
  record: SceneRecord
  /** Objects of a category by id, in order. */
  instances(category: string): number[]
  category(id: number): string | undefined
  box(id: number): Upright
  distance(a: number, b: number): number
  frame(id: number): FrameRecord | undefined
  seen(frame: FrameRecord, id: number): FrameObject | undefined
  /** Centre of an object in a frame's camera, metres. */
  inCamera(frame: FrameRecord, id: number): Point
  /** What all objects together reach over along x and y, metres. */
  reach: [number, number]
}

const labelOf = (raw: string): string => raw.trim().toLowerCase().replace(/\s+/g, ' ')

/** Vertices of every object, moved by the scan's alignment. */
function objectPoints(scan: Scan): Map<number, Float64Array> {
  const mesh = scan.readMesh()
  const positions = mesh?.positions ?? new Float32Array(0)
  const m = scan.axisAlignment
  const points = new Map<number, Float64Array>()
  for (const { id, vertices } of scan.readObjects(positions.length / 3) ?? []) {
    const moved = new Float64Array(3 * vertices.length)
    vertices.forEach((vertex, i) => {
      const [x, y, z] = [positions[3 * vertex], positions[3 * vertex + 1], positions[3 * vertex + 2]]
      for (let k = 0; k < 3; k++)
        moved[3 * i + k] = m[4 * k] * x + m[4 * k + 1] * y + m[4 * k + 2] * z + m[4 * k + 3]
    })
    points.set(id, moved)
  }
  return points
}

/** Opens and measures the scan in `folder`. @throws data error when it cannot be read */
export async function openRoom(folder: string, options: RecordOptionsInput = {}): Promise<Room> {
  const scan = await openScan(folder)
  const record = await buildSceneRecord(scan, { ...options, distances: false })
  const points = objectPoints(scan)
  const kept = new Map(record.objects.map((object) => [object.id, labelOf(object.category)]))
  const boxes = new Map<number, Upright>()
  const distances = new Map<string, number>()
  const frames = new Map(record.frames.map((frame) => [frame.frame_id, frame]))
  const pointsOf = (id: number): Float64Array => points.get(id) ?? new Float64Array(0)
  const box = (id: number): Upright => {
    const known = boxes.get(id) ?? uprightBox(pointsOf(id))
    boxes.set(id, known)
    return known
  }
  const all = [...kept.keys()].map((id) => bounds(pointsOf(id)))
  const reach = ([0, 1] as const).map((axis) =>
    all.length > 0 ? Math.max(...all.map((b) => b.max[axis])) - Math.min(...all.map((b) => b.min[axis])) : 0,
  )
  return {
    scan,
    record,
    instances: (category) => [...kept].flatMap(([id, name]) => (name === labelOf(category) ? [id] : [])),
    category: (id) => kept.get(id),
    box,
    distance(a, b) {
      const key = a < b ? `${a} ${b}` : `${b} ${a}`
      const known = distances.get(key) ?? closestPoints(pointsOf(a), pointsOf(b))
      distances.set(key, known)
      return known
    },
    frame: (id) => frames.get(id),
    seen: (frame, id) => frame.objects.find((object) => object.id === id),
    inCamera: (frame, id) => inCamera(frame.pose, box(id).center),
    reach: [reach[0], reach[1]],
  }
}
