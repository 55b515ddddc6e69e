/**
 * SceneRecord: the paper's "unified metadata" (SpatialLadder, data construction step 2). The only thing
 * `dataset/` reads. Made from ScanNet scans (`scene/record`) or from VSI-Bench's meta files (no frames).
 *
 * World frame: metres, +z up, axis-aligned (ScanNet's `axisAlignment` applied). Camera frame: OpenCV
 * (+x right, +y down, +z forward). Image boxes: inclusive integer pixels of the source image.
 */
import { z } from 'zod'

const vec3 = z.tuple([z.number(), z.number(), z.number()])
const finite = z.number()

export const orientedBoxSchema = z.object({
  /** Metres, world frame. */
  center: vec3,
  /** Three unit row vectors, row-major: axis i is `axes[3i..3i+2]`. */
  axes: z.array(finite).length(9),
  /** Full side lengths along the axes, metres. */
  lengths: vec3,
})

export const sceneObjectSchema = z.object({
  id: z.int().min(0),
  raw_label: z.string(),
  category: z.string(),
  obb: orientedBoxSchema,
  aabb: z.object({ min: vec3, max: vec3 }),
  /** Longest side of the oriented box, metres. */
  longest_dimension: finite,
  /** Unlabelled vertices close around the object, as a share of its own: what it may have been part of. */
  unlabelled_nearby: finite.optional(),
})

export const frameObjectSchema = z.object({
  id: z.int().min(0),
  /** Visible vertices over all vertices of the object, 0..1. */
  visible_ratio: finite,
  /** Visible vertices over those that fall into the picture, hidden or not, 0..1. */
  visible_ratio_in_view: finite.optional(),
  /** Pixels of the image (depth resolution) that show the object. */
  pixel_count: z.int().min(0),
  /** [x1, y1, x2, y2], inclusive integer pixels of `image`. */
  bbox_2d: z.tuple([z.int(), z.int(), z.int(), z.int()]),
  /** Object centre in the camera frame, metres. */
  position_camera: vec3,
})

export const frameRecordSchema = z.object({
  /** Index of the frame in the scan. */
  frame_id: z.int().min(0),
  /** Path relative to the image root, `<scene>/<frame>.jpg`. */
  image: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  /** Seconds since the first frame, from the frame index. */
  time_s: finite,
  /** Camera-to-world (aligned), 4x4 row-major. */
  pose: z.array(finite).length(16),
  /** Pixels of `image`. */
  intrinsics: z.object({ fx: finite, fy: finite, cx: finite, cy: finite }),
  objects: z.array(frameObjectSchema),
})

export const sceneRecordSchema = z.object({
  version: z.literal(1),
  scene_name: z.string(),
  /** `ScanNet`, `synthetic`, ... */
  dataset: z.string(),
  objects: z.array(sceneObjectSchema),
  /** Number of instances per category; from the source where it says so, else counted from `objects`. */
  object_counts: z.record(z.string(), z.int().min(0)),
  /** Closest distance between the surfaces of two objects (ids a < b), metres. */
  distances: z.array(z.object({ a: z.int(), b: z.int(), meters: finite })),
  /** Floor area, square metres. */
  room_area: finite.nullable(),
  frames: z.array(frameRecordSchema),
  provenance: z.object({
    /** What the record was made from, e.g. `scannet`, `vsi-meta`. */
    source: z.string(),
    /** Version of the code that made it. */
    generator: z.string(),
    /** Names of the rules used: visibility, distance, area. */
    rules: z.record(z.string(), z.string()),
  }),
})

export type OrientedBox = z.infer<typeof orientedBoxSchema>
export type SceneObject = z.infer<typeof sceneObjectSchema>
export type FrameObject = z.infer<typeof frameObjectSchema>
export type FrameRecord = z.infer<typeof frameRecordSchema>
export type SceneRecord = z.infer<typeof sceneRecordSchema>
