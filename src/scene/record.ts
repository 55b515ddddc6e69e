/**
 * One scan to one SceneRecord: SpatialLadder's "3D to 2D transformation and data unification". Everything is
 * moved into the axis-aligned frame (p' = A p, pose' = A · pose) before anything is measured.
 */
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import type { FrameObject, FrameRecord, SceneObject, SceneRecord } from '../schema/scene-record.js'
import { axisAlignedBox, BOX_RULE, uprightBox } from './geometry/boxes.js'
import { closestDistance, DISTANCE_RULE, pointSet } from './geometry/distance.js'
import { type GroupedVertices, groupVertices } from './geometry/grouped-vertices.js'
import { invertAffine, multiply, transformPoint, transformPoints } from './geometry/matrix.js'
import { MINIMAL_BOX_RULE, minimalBox } from './geometry/minimal-box.js'
import { createObserver } from './geometry/observer.js'
import { AREA_RULE, roomArea } from './geometry/room-area.js'
import { SURFACE_DISTANCE_RULE, surfaceDistance, surfaceSet } from './geometry/surface-distance.js'
import type { FrameVisibility, Look } from './geometry/visibility.js'
import { VISIBILITY_NAMES, VISIBILITY_RULES } from './geometry/visibility-rules.js'
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
  // What follows has no default value but a meaning when absent, so that records made before are found again.
  /** What counts as visible (`VISIBILITY_RULES`); absent: `ladder`. */
  visibility: z.enum(VISIBILITY_NAMES).optional(),
  /** 2D boxes leave out this percentage of an object's visible points at each side; absent: none. */
  box_percentile: z.number().gt(0).lt(50).optional(),
  /** Also record the visible share of what lies in the picture (`visible_ratio_in_view`). */
  in_view_ratio: z.boolean().optional(),
  /** Boxes of objects: upright ones, or turned freely to the least volume; absent: `upright`. */
  box: z.enum(['upright', 'minimal_volume']).optional(),
  /** Closest distances between vertices, or between the triangles of the mesh; absent: `vertices`. */
  distance: z.enum(['vertices', 'surfaces']).optional(),
  /** Whether pictures are copied; absent: yes. Without them frames still name where theirs would be. */
  images: z.boolean().optional(),
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
  { box, label_map: labelMap }: RecordOptions,
): SceneObject {
  const obb = (box === 'minimal_volume' ? minimalBox : uprightBox)(points)
  const { min, max } = axisAlignedBox(points)
  const label = labelOf(object.label)
  return {
    id: object.id,
    raw_label: object.label,
    category: Object.hasOwn(labelMap, label) ? labelMap[label] : label,
    obb: { center: round3(obb.center), axes: obb.axes.map(round), lengths: round3(obb.lengths) },
    aabb: { min: round3(min), max: round3(max) },
    longest_dimension: round(Math.max(...obb.lengths)),
  }
}

/** The vertices of object `k`, 3n coordinates. */
const pointsOf = (grouped: GroupedVertices, k: number): Float32Array =>
  grouped.positions.subarray(3 * grouped.starts[k], 3 * grouped.starts[k + 1])

type MeshOf = Parameters<typeof surfaceSet>[0]

function allDistances(
  kept: readonly ScanObject[],
  grouped: GroupedVertices,
  mesh: MeshOf,
  rule: RecordOptions['distance'],
): SceneRecord['distances'] {
  const sets = kept.map((_, k) => pointSet(pointsOf(grouped, k)))
  const surfaces = rule === 'surfaces' ? kept.map(({ vertices }) => surfaceSet(mesh, vertices)) : null
  const distances: SceneRecord['distances'] = []
  for (let i = 0; i < sets.length; i++)
    for (let j = i + 1; j < sets.length; j++) {
      const [a, b] = [kept[i].id, kept[j].id].sort((x, y) => x - y)
      const apart = closestDistance(sets[i], sets[j])
      const meters = surfaces ? surfaceDistance(surfaces[i], surfaces[j], apart) : apart
      distances.push({ a, b, meters: round(meters) })
    }
  return distances.sort((x, y) => x.a - y.a || x.b - y.b)
}

function frameObjects(
  objects: readonly SceneObject[],
  seen: FrameVisibility,
  worldToCamera: number[],
  inView: boolean | undefined,
): FrameObject[] {
  return objects.flatMap((object, k) => {
    const [x1, y1, x2, y2] = seen.boxes.subarray(4 * k, 4 * k + 4)
    if (seen.pixels[k] === 0 || x2 < x1) return []
    return {
      id: object.id,
      visible_ratio: round(seen.visible[k] / seen.totals[k]),
      ...(inView ? { visible_ratio_in_view: round(seen.visible[k] / Math.max(1, seen.inView[k])) } : {}),
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
  observe: () => Look,
): Promise<FrameRecord[]> {
  const frames: FrameRecord[] = []
  const selected = selectFrames(scan.frames, options)
  if (selected.length === 0) return frames
  const { format } = await scan.readColor(selected[0])
  const look = objects.length > 0 ? observe() : null
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
      objects: look
        ? frameObjects(
            objects,
            look(await scan.readDepth(index), worldToCamera),
            worldToCamera,
            options.in_view_ratio,
          )
        : [],
    })
  }
  return frames
}

/** Names of the rules that a record's numbers follow. */
function rulesOf({
  visibility = 'ladder',
  box_percentile,
  box,
  distance,
}: RecordOptions): Record<string, string> {
  return {
    visibility: VISIBILITY_RULES[visibility],
    box: box === 'minimal_volume' ? MINIMAL_BOX_RULE : BOX_RULE,
    distance: distance === 'surfaces' ? SURFACE_DISTANCE_RULE : DISTANCE_RULE,
    area: AREA_RULE,
    ...(box_percentile === undefined
      ? {}
      : { box_2d: `percentiles ${box_percentile} to ${100 - box_percentile}` }),
  }
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
  const objects = kept.map((object, k) => sceneObject(object, pointsOf(grouped, k), options))
  const within = options.unlabelled_within_m
  if (within !== undefined) {
    const unlabelled = unlabelledPoints(mesh.positions, all)
    objects.forEach((object, k) => {
      object.unlabelled_nearby = round(unlabelledNearby(pointsOf(grouped, k), unlabelled, within))
    })
  }
  const observe = (): Look =>
    createObserver({
      mesh,
      objects: kept,
      grouped,
      cameras: {
        depth: scan.intrinsicDepth,
        depthSize: scan.depthSize,
        color: scan.intrinsicColor,
        colorSize: scan.colorSize,
        depthShift: scan.depthShift,
      },
      rule: options.visibility,
      percentile: options.box_percentile,
    })
  const counts = new Map<string, number>()
  for (const { category } of objects) counts.set(category, (counts.get(category) ?? 0) + 1)
  return {
    version: 1,
    scene_name: scan.name,
    dataset: options.dataset,
    objects,
    object_counts: Object.fromEntries(counts),
    distances: options.distances ? allDistances(kept, grouped, mesh, options.distance) : [],
    room_area: stored ? round(roomArea(mesh.positions)) : null,
    frames: await buildFrames(scan, options, objects, observe),
    provenance: {
      source: `scannet ${scan.layout}`,
      generator: RECORD_GENERATOR,
      rules: rulesOf(options),
    },
  }
}
