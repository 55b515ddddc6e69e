/** What a picture shows and roughly where, in words, for the pretraining of a micro base model. */
import { z } from 'zod'
import { COLUMNS, DISTANCES, HEIGHTS, type Place, ROWS, WIDTHS } from '../schema/cell-row.js'
import type { FrameRecord, SceneRecord } from '../schema/scene-record.js'

export const captionOptionsSchema = z.strictObject({
  /** An object is spoken of where at least this share of it is seen, */
  min_visible_ratio: z.number().min(0).max(1).default(0.15),
  /** and this many pixels show it. */
  min_pixel_count: z.int().min(0).default(60),
})
export type CaptionOptions = z.infer<typeof captionOptionsSchema>

/** Limits of the words for distance, metres, and of those for width and height, shares of the picture's: eighths of what is seen. */
const METRES = [2.2, 2.7, 3.2, 3.6, 4, 4.5, 5.2]
const WIDTH_SHARES = [0.09, 0.12, 0.15, 0.18, 0.23, 0.28, 0.38]
const HEIGHT_SHARES = [0.2, 0.26, 0.31, 0.37, 0.44, 0.51, 0.62]

const below = <T>(words: readonly T[], limits: readonly number[], value: number): T =>
  words[limits.filter((limit) => value >= limit).length]
const cellOf = <T>(words: readonly T[], share: number): T =>
  words[Math.max(0, Math.min(words.length - 1, Math.floor(words.length * share)))]

/** An object of a picture in words. */
export interface Spoken extends Place {
  name: string
  /** As in the record, source pixels. */
  box: [number, number, number, number]
}

/** The objects of a picture that are seen well enough, the nearest first. */
export function spokenObjects(
  frame: FrameRecord,
  categories: ReadonlyMap<number, string>,
  options: CaptionOptions,
): Spoken[] {
  return frame.objects
    .filter((o) => o.visible_ratio >= options.min_visible_ratio && o.pixel_count >= options.min_pixel_count)
    .sort((a, b) => a.position_camera[2] - b.position_camera[2] || a.id - b.id)
    .map(({ id, bbox_2d: box, position_camera }) => {
      const [x1, y1, x2, y2] = box
      return {
        name: categories.get(id) ?? 'object',
        column: cellOf(COLUMNS, (x1 + x2 + 1) / 2 / frame.width),
        row: cellOf(ROWS, (y1 + y2 + 1) / 2 / frame.height),
        distance: below(DISTANCES, METRES, position_camera[2]),
        width: below(WIDTHS, WIDTH_SHARES, (x2 - x1 + 1) / frame.width),
        height: below(HEIGHTS, HEIGHT_SHARES, (y2 - y1 + 1) / frame.height),
        box,
      }
    })
}

/** Names of a scene's objects by id. */
export const categoriesOf = (scene: SceneRecord): Map<number, string> =>
  new Map(scene.objects.map(({ id, category }) => [id, category]))
