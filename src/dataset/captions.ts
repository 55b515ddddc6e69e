/**
 * What is in a picture and roughly where, in words: the pretraining of a micro base model, which stands for
 * what Qwen2.5-VL brings along. Neither the form nor the answers of the ladder's questions appear here:
 * no boxes, no coordinates, no comparisons of two objects.
 */
import { z } from 'zod'
import { rng } from '../common/random.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import type { FrameObject, FrameRecord, SceneRecord } from '../schema/scene-record.js'

export const captionOptionsSchema = z.strictObject({
  /** Cells of the naming task across and down. */
  columns: z.int().min(1).default(6),
  rows: z.int().min(1).default(4),
  /** An object is spoken of where at least this share of it is seen, */
  min_visible_ratio: z.number().min(0).max(1).default(0.15),
  /** and this many pixels show it. */
  min_pixel_count: z.int().min(0).default(60),
})
export type CaptionOptions = z.infer<typeof captionOptionsSchema>

const COLUMNS = ['left', 'middle', 'right'] as const
const ROWS = ['top', 'center', 'bottom'] as const

/** Which third of `size` a coordinate lies in. */
const third = (value: number, size: number): 0 | 1 | 2 =>
  Math.max(0, Math.min(2, Math.floor((3 * value) / size))) as 0 | 1 | 2

interface Named extends FrameObject {
  category: string
}

const article = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`

/** "a bed at the bottom left, close." for every object, the nearest first. */
function describe(frame: FrameRecord, objects: readonly Named[]): string {
  return objects
    .map(({ bbox_2d: [x1, y1, x2, y2], category, position_camera }) => {
      const place = `${ROWS[third((y1 + y2) / 2, frame.height)]} ${COLUMNS[third((x1 + x2) / 2, frame.width)]}`
      const share = ((x2 - x1 + 1) * (y2 - y1 + 1)) / (frame.width * frame.height)
      const size = share > 0.15 ? 'large' : share > 0.04 ? 'medium' : 'small'
      return `${article(category)} at the ${place}, ${size}, ${position_camera[2] < 2.5 ? 'close' : 'far'}.`
    })
    .join(' ')
}

/** The nearest object whose box covers the middle of each cell, row by row; `nothing` where there is none. */
function nameCells(frame: FrameRecord, objects: readonly Named[], { columns, rows }: CaptionOptions): string {
  const lines: string[] = []
  for (let row = 0; row < rows; row++) {
    const names: string[] = []
    for (let column = 0; column < columns; column++) {
      const x = ((column + 0.5) * frame.width) / columns
      const y = ((row + 0.5) * frame.height) / rows
      const found = objects.find(({ bbox_2d: [x1, y1, x2, y2] }) => x >= x1 && x <= x2 && y >= y1 && y <= y2)
      names.push(found?.category ?? 'nothing')
    }
    lines.push(names.join(' '))
  }
  return lines.join('. ')
}

/** Rows of every frame of a scene that shows something: a description, and the names of its cells. */
export function captionRows(scene: SceneRecord, options: CaptionOptions, seed: number): PromptedRow[] {
  const categories = new Map(scene.objects.map(({ id, category }) => [id, category]))
  const random = rng(seed, 'dataset/captions', scene.scene_name)
  return scene.frames.flatMap((frame, index) => {
    const objects = frame.objects
      .filter((o) => o.visible_ratio >= options.min_visible_ratio && o.pixel_count >= options.min_pixel_count)
      .map((o): Named => ({ ...o, category: categories.get(o.id) ?? 'object' }))
      .sort((a, b) => a.position_camera[2] - b.position_camera[2] || a.id - b.id)
    if (objects.length === 0) return []
    const shared = { image: [frame.image], data_type: 'single_image' as const }
    const named = random.pick(objects)
    const where = objects.filter(({ category }) => category === named.category)
    return [
      { prompt: 'Describe the picture.', solution: describe(frame, objects) },
      { prompt: 'Name what is in the picture, row by row.', solution: nameCells(frame, objects, options) },
      { prompt: `Where do you see ${article(named.category)}?`, solution: describe(frame, where) },
    ].map((text, kind) => ({ question_id: 3 * index + kind, ...text, ...shared }))
  })
}
