/** What a user can ask of made rooms: the `synth` section of a recipe and the options of `scan synth`. */
import { z } from 'zod'
import { catalogue } from './furniture.js'

const range = (low: number, high: number, min: number, max: number) =>
  z
    .tuple([z.number().min(min).max(max), z.number().min(min).max(max)])
    .refine(([a, b]) => a <= b, 'expected [low, high]')
    .default([low, high])

export const synthOptionsSchema = z.strictObject({
  /** Number of rooms, one scan each. */
  rooms: z.int().min(1).max(100000).default(20),
  seed: z.int().min(0).default(42),
  /** `test` rooms have other layouts, sizes, colours and textures than `train` rooms. */
  style: z.enum(['train', 'test']).default('train'),
  /** Number of the first scan, `scene<number>_00`; 1000 for train and 7000 for test unless given. */
  first_scene: z.int().min(0).optional(),
  /** Pictures per room along the camera's walk. */
  frames: z.int().min(1).max(10000).default(16),
  /** Pixels of colour and of depth images. */
  width: z.int().min(16).max(2048).default(168),
  height: z.int().min(16).max(2048).default(112),
  /** Focal length over image width; ScanNet's colour camera has 1170 / 1296. */
  focal_ratio: z.number().min(0.3).max(3).default(0.903),
  /** Pictures per second of the walk; sets the timestamps. */
  fps: z.number().positive().default(2),
  /** Length of a side of the room, metres. */
  room_side_m: range(3, 6.5, 2.2, 20),
  /** Share of rooms that are L-shaped: a corner is cut out of the rectangle. */
  l_shaped: z.number().min(0).max(1).default(0),
  room_height_m: range(2.4, 3, 2, 6),
  /** How many pieces of furniture a room of 20 square metres gets, as far as there is space. */
  furniture: range(11, 20, 1, 60),
  /** Every piece's size is its category's usual one times a factor of this range. */
  object_scale: range(0.7, 1.4, 0.3, 3),
  /** Restricts furniture to these categories (names as in the scan); empty: all. */
  categories: z.array(z.enum(catalogue.map((kind) => kind.label))).default([]),
  /** Distance of mesh vertices on objects and on walls, floor and ceiling, metres. */
  object_spacing_m: z.number().min(0.01).max(0.5).default(0.07),
  wall_spacing_m: z.number().min(0.02).max(1).default(0.18),
  /** Factor on the depth sensor's noise (1: half a millimetre times metres squared). */
  depth_noise: z.number().min(0).max(20).default(1),
  /** Factor on the share of pixels without depth (grazing views, edges). */
  depth_holes: z.number().min(0).max(20).default(1),
  /** Standard deviation of the pixel noise, grey levels of 255. */
  image_noise: z.number().min(0).max(40).default(2),
  jpeg_quality: z.int().min(30).max(100).default(92),
})

export type SynthOptions = z.infer<typeof synthOptionsSchema>

/** The name of the `index`-th scan: `scene1000_00`, ... (train), `scene7000_00`, ... (test). */
export function scanName(options: SynthOptions, index: number): string {
  const first = options.first_scene ?? (options.style === 'train' ? 1000 : 7000)
  return `scene${String(first + index).padStart(4, '0')}_00`
}
