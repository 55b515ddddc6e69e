/**
 * The named thresholds of question generation. The paper publishes two (visible at least 40 %, unique in
 * the image); the others are VSI-Bench's where known, and margins that keep ambiguous questions out.
 */
import { z } from 'zod'
import { DATA_TYPES } from '../schema/sample.js'

export const TASK_NAMES = [
  'camera_direction',
  'egocentric_direction',
  'relative_distance',
  'absolute_distance',
  'object_size',
  'object_count',
  'room_size',
  'appearance_order',
] as const
export type TaskName = (typeof TASK_NAMES)[number]

/** The forms of camera-view direction: left or right; also front and back; left-front and its like. */
export const CAMERA_DIRECTIONS = ['2-way', '4-way', 'diagonal'] as const
export type CameraDirections = (typeof CAMERA_DIRECTIONS)[number]

const count = z.int().min(1)
const amount = z.number().min(0)
const isCell = (name: string): boolean => {
  const [type, task, ...rest] = name.split('/')
  const known: readonly string[][] = [[...DATA_TYPES], [...TASK_NAMES]]
  return rest.length === 0 && known[0].includes(type) && known[1].includes(task)
}
/** Numbers by `<data_type>/<task>`, e.g. `single_image/object_size`. */
const perCell = (value: z.ZodNumber) =>
  z.record(z.string(), value).superRefine((cells, context) => {
    for (const name of Object.keys(cells))
      if (!isCell(name))
        context.addIssue({
          code: 'custom',
          path: [name],
          message: '<data type>/<task>, e.g. single_image/object_size',
        })
  })

export const datasetOptionsSchema = z.strictObject({
  /** Which questions to make; localization follows from the single-image ones. */
  tasks: z.array(z.enum(TASK_NAMES)).default([...TASK_NAMES]),
  data_types: z.array(z.enum(DATA_TYPES)).default([...DATA_TYPES]),
  /** Whether single-image questions also become localization samples. */
  localization: z.boolean().default(true),
  /** Pictures of a multi-view question. */
  views: z.int().min(2).default(8),
  /** Pictures of a frame list; a shorter scan gives all it has. */
  video_frames: z.int().min(2).default(16),

  /** An object may be asked about where at least this share of it is seen. */
  min_visible_ratio: z.number().min(0).max(1).default(0.4),
  /** Shorter side of its box, pixels. */
  min_box_side: amount.default(20),
  /** Pixels that show it. */
  min_pixel_count: amount.default(0),
  /** Sides of the picture its box may touch. */
  max_borders: z.int().min(0).max(4).default(1),
  /** Categories never asked about (they have no clear extent). */
  exclude_categories: z
    .array(z.string())
    .default([
      'wall',
      'floor',
      'ceiling',
      'object',
      'unknown',
      'otherfurniture',
      'otherprop',
      'otherstructure',
    ]),

  /**
   * Sets of names that people use for one another, e.g. `[[desk, table]]`: an object must be the only one of
   * its set where it must be the only one of its category.
   */
  alike_categories: z.array(z.array(z.string()).min(2)).default([]),

  /** Which forms of camera-view direction to ask. */
  camera_directions: z.array(z.enum(CAMERA_DIRECTIONS)).min(1).default(['4-way']),
  /** Camera-view direction: the greater of the two offsets is at least this, metres, */
  direction_min_offset_m: amount.default(0.3),
  /** and at least this many times the other one. */
  direction_dominance: z.number().min(1).default(1.5),
  /** Left and right must also show in the picture: centres apart by this share of its width. */
  direction_min_box_gap: amount.default(0.02),
  /** Diagonals: both offsets are at least the least one, and the direction this far from both axes, degrees. */
  direction_diagonal_margin_deg: amount.max(44).default(15),

  /** Standing place, faced and asked object: closest distances of all three pairs, metres. */
  egocentric_min_distance_m: amount.default(0.3),
  egocentric_max_distance_m: amount.default(5),
  /** The asked object lies this far from every boundary of the classes, degrees. */
  egocentric_margin_deg: amount.default(10),
  /** Corners of its box that may fall into another class than its centre. */
  egocentric_max_stray_corners: z.int().min(0).max(8).default(2),

  /** Relative distance: the nearest candidate is at least this far, metres. */
  relative_distance_min_m: amount.default(0.15),
  /** Candidates' distances differ pairwise by more than this, metres, */
  relative_distance_gap_m: amount.default(0.15),
  /** and by this in rooms of more than 40 square metres. */
  relative_distance_gap_large_room_m: amount.default(0.3),

  absolute_distance_min_m: amount.default(0.2),
  absolute_distance_max_m: amount.default(20),
  /** Longest side of an object whose size is asked, metres. */
  object_size_min_m: amount.default(0.1),

  object_count_min: count.default(2),
  /** Every counted instance is seen by this share in at least one of the pictures. */
  object_count_visible_ratio: z.number().min(0).max(1).default(0.25),
  /** Categories never counted: small and textile things, of which scans label some and leave out others. */
  object_count_exclude_categories: z.array(z.string()).default([]),
  /** Longest side of every counted instance, metres. */
  object_count_min_size_m: amount.default(0),
  /** Unlabelled surface around a counted instance, as a share of its own; checked where the record tells. */
  object_count_max_unlabelled: amount.default(0.25),
  /** Balance counts: each up to this is an answer class, as are all beyond it; 0 balances none. */
  object_count_classes: z.int().min(0).default(0),

  /** Appearance: the first picture that shows this share of the object, */
  appearance_visible_ratio: z.number().min(0).max(1).default(0.1),
  /** and this many of its pixels. */
  appearance_pixel_count: amount.default(50),
  /** Any two first appearances lie further apart than this, seconds. */
  appearance_gap_s: amount.default(1),

  /** Questions of one type and data type a scene may give. */
  max_per_scene: count.default(20),
  /** The same, for single tasks: `{ egocentric_direction: 6 }`. */
  max_per_scene_of: z.partialRecord(z.enum(TASK_NAMES), count).default({}),
  /** Samples per `<data_type>/<task>`, e.g. `{ "single_image/object_size": 463 }`; absent = all. */
  quotas: perCell(z.int().min(0)).default({}),
  /** Samples per data type, shared out over its tasks; what one task lacks, the others give. */
  totals: z.partialRecord(z.enum(DATA_TYPES), z.int().min(0)).default({}),
  /** Weights of `<data_type>/<task>` in that; tasks without one get none, where the data type has any. */
  shares: perCell(amount).default({}),
  /** No answer class may have more than this many times the samples of the rarest one. */
  max_class_ratio: z.number().min(1).default(1.5),
})

export type DatasetOptions = z.infer<typeof datasetOptionsSchema>
