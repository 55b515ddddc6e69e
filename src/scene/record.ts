/**
 * One scan to one SceneRecord: SpatialLadder's "3D to 2D transformation and data unification". Everything is
 * moved into the axis-aligned frame (p' = A p, pose' = A · pose) before anything is measured.
 */
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import type { FrameObject, FrameRecord, SceneObject, SceneRecord } from '../schema/scene-record.js'
import { axisAlignedBox, BOX_RULE, uprightBox } from './geometry/boxes.js'
import { closestDistance, DISTANCE_RULE, pointSet } from './geometry/distance.js'
import { invertAffine, multiply, transformPoint, transformPoints } from './geometry/matrix.js'
import { AREA_RULE, roomArea } from './geometry/room-area.js'
import {
  createVisibility,
  type FrameVisibility,
  type GroupedVertices,
  groupVertices,
  VISIBILITY_RULE,
} from './geometry/visibility.js'
import type { Scan, ScanFrame } from './scannet/scan.js'
import type { ScanObject } from './scannet/segments.js'
import { unlabelledNearby, unlabelledPoints } from './unlabelled.js'

/** Version of the code that makes records; a change makes old records be made anew. */
export const RECORD_GENERATOR = 'scene-record/1'

export const recordOptionsSchema = z.strictObject({
  /** `ScanNet`, `synthetic`, ...: goes into the record. */
  dataset: z.string().default('ScanNet'),
  /** Every n-th frame of the scan. */
  stride: z.int().min(1).default(1),
  /** At most so many frames, spread evenly over those that are left; null is no limit. */
  max_frames: z.int().min(1).nullable().default(null),
  /** Objects with these labels (lower case) are left out. */
  excluded_labels: z
    .array(z.string())
    .default(['wall', 'floor', 'ceiling', 'object', 'unknown', 'remove', 'void', 'unlabeled']),
  /** Category of a label (lower case); labels that are not named are their own category. */
  label_map: z.record(z.string(), z.string()).default({}),
  /** Rate of the recording, for times from frame numbers. */
  frames_per_second: z.number().positive().default(30),
  /** Closest distances of all pairs of objects. */
  distances: z.boolean().default(true),
  /** Also measure the surface without a label within so many metres of each object (`unlabelled_nearby`). */
  unlabelled_within_m: z.number().positive().optional(),
})

export type RecordOptions = z.infer<typeof recordOptionsSchema>
export type RecordOptionsInput = z.input<typeof recordOptionsSchema>

/** Micrometres are enough, and the same text on every machine. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6 + 0
const round3 = (v: readonly number[]): [number, number, number] => [round(v[0]), round(v[1]), round(v[2])]

/**
 * Indices into `scan.frames` of the frames a record keeps: valid poses, every `stride`-th frame, then at most
 * `max_frames` spread evenly with the first and the last among them.
 */
export function selectFrames(
  frames: readonly ScanFrame[],
  { stride, max_frames }: Pick<RecordOptions, 'stride' | 'max_frames'>,
): number[] {
  const usable = [...frames.keys()].filter((index) => index % stride === 0 && frames[index].valid)
  if (max_frames === null || usable.length <= max_frames) return usable
  if (max_frames === 1) return [usable[0]]
  return Array.from(
    { length: max_frames },
    (_, i) => usable[Math.round((i * (usable.length - 1)) / (max_frames - 1))],
  )
}

const labelOf = (raw: string): string => raw.trim().toLowerCase().replace(/\s+/g, ' ')

function sceneObject(
  object: ScanObject,
  points: Float32Array,
  labelMap: Record<string, string>,
): SceneObject {
  const obb = uprightBox(points)
  const { min, max } = axisAlignedBox(points)
  const label = labelOf(object.label)
  return {
    id: object.id,
    raw_label: object.label,
    category: labelMap[label] ?? label,
    obb: { center: round3(obb.center), axes: obb.axes.map(round), lengths: round3(obb.lengths) },
    aabb: { min: round3(min), max: round3(max) },
    longest_dimension: round(Math.max(...obb.lengths)),
  }
}

/** The vertices of object `k`, 3n coordinates. */
const pointsOf = (grouped: GroupedVertices, k: number): Float32Array =>
  grouped.positions.subarray(3 * grouped.starts[k], 3 * grouped.starts[k + 1])

function allDistances(objects: readonly SceneObject[], grouped: GroupedVertices): SceneRecord['distances'] {
  const sets = objects.map((_, k) => pointSet(pointsOf(grouped, k)))
  const distances: SceneRecord['distances'] = []
  for (let i = 0; i < sets.length; i++)
    for (let j = i + 1; j < sets.length; j++) {
      const [a, b] = [objects[i].id, objects[j].id].sort((x, y) => x - y)
      distances.push({ a, b, meters: round(closestDistance(sets[i], sets[j])) })
    }
  return distances.sort((x, y) => x.a - y.a || x.b - y.b)
}

function frameObjects(
  objects: readonly SceneObject[],
  grouped: GroupedVertices,
  seen: FrameVisibility,
  worldToCamera: number[],
): FrameObject[] {
  return objects.flatMap((object, k) => {
    const [x1, y1, x2, y2] = seen.boxes.subarray(4 * k, 4 * k + 4)
    if (seen.pixels[k] === 0 || x2 < x1) return []
    return {
      id: object.id,
      visible_ratio: round(seen.visible[k] / (grouped.starts[k + 1] - grouped.starts[k])),
      pixel_count: seen.pixels[k],
      bbox_2d: [x1, y1, x2, y2],
      position_camera: round3(transformPoint(worldToCamera, object.obb.center)),
    }
  })
}

/** File name of a frame's picture in `images/<scene>/`. */
export const imageName = (frame: number, format: 'jpeg' | 'png'): string =>
  `${frame}.${format === 'jpeg' ? 'jpg' : 'png'}`

async function buildFrames(
  scan: Scan,
  options: RecordOptions,
  objects: readonly SceneObject[],
  grouped: GroupedVertices,
): Promise<FrameRecord[]> {
  const frames: FrameRecord[] = []
  const selected = selectFrames(scan.frames, options)
  if (selected.length === 0) return frames
  const { format } = await scan.readColor(selected[0])
  const look = createVisibility(grouped, {
    depth: scan.intrinsicDepth,
    depthSize: scan.depthSize,
    color: scan.intrinsicColor,
    colorSize: scan.colorSize,
    depthShift: scan.depthShift,
  })
  const { fx, fy, cx, cy } = scan.intrinsicColor
  for (const index of selected) {
    const { id, cameraToWorld } = scan.frames[index]
    const pose = multiply(scan.axisAlignment, cameraToWorld)
    const worldToCamera = invertAffine(pose)
    if (!worldToCamera)
      throw dataError(`${scan.folder}: pose of frame ${id}`, 'an invertible matrix', 'a singular one')
    frames.push({
      frame_id: id,
      image: `${scan.name}/${imageName(id, format === 'jpeg' ? 'jpeg' : 'png')}`,
      width: scan.colorSize.width,
      height: scan.colorSize.height,
      time_s: round(id / options.frames_per_second),
      pose: pose.map(round),
      intrinsics: { fx: round(fx), fy: round(fy), cx: round(cx), cy: round(cy) },
      objects:
        objects.length > 0
          ? frameObjects(objects, grouped, look(await scan.readDepth(index), worldToCamera), worldToCamera)
          : [],
    })
  }
  return frames
}

/**
 * Measures `scan`. Frames without a pose are dropped; an object that no frame shows stays in `objects`.
 * A scan without mesh or segments gives a record without objects and area.
 * @throws data error when the scan's files do not go together
 */
export async function buildSceneRecord(scan: Scan, input: RecordOptionsInput = {}): Promise<SceneRecord> {
  const options = recordOptionsSchema.parse(input)
  const stored = scan.readMesh()
  const mesh = {
    positions: transformPoints(scan.axisAlignment, stored?.positions ?? []),
    faces: stored?.faces ?? new Uint32Array(0),
  }
  const all = stored ? (scan.readObjects(mesh.positions.length / 3) ?? []) : []
  const excluded = new Set(options.excluded_labels)
  const kept = all.filter(({ label }) => !excluded.has(labelOf(label))).sort((a, b) => a.id - b.id)
  const grouped = groupVertices(mesh, kept)
  const objects = kept.map((object, k) => sceneObject(object, pointsOf(grouped, k), options.label_map))
  const within = options.unlabelled_within_m
  if (within !== undefined) {
    const unlabelled = unlabelledPoints(mesh.positions, all)
    objects.forEach((object, k) => {
      object.unlabelled_nearby = round(unlabelledNearby(pointsOf(grouped, k), unlabelled, within))
    })
  }
  const counts: Record<string, number> = {}
  for (const { category } of objects) counts[category] = (counts[category] ?? 0) + 1
  return {
    version: 1,
    scene_name: scan.name,
    dataset: options.dataset,
    objects,
    object_counts: counts,
    distances: options.distances ? allDistances(objects, grouped) : [],
    room_area: stored ? round(roomArea(mesh.positions)) : null,
    frames: await buildFrames(scan, options, objects, grouped),
    provenance: {
      source: `scannet ${scan.layout}`,
      generator: RECORD_GENERATOR,
      rules: { visibility: VISIBILITY_RULE, box: BOX_RULE, distance: DISTANCE_RULE, area: AREA_RULE },
    },
  }
}
