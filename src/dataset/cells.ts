/**
 * What every cell of a picture shows and where every name of a list is: targets that a micro base model is aligned with,
 * token by token (`training/alignment.ts`), before it learns to say them.
 */
import { rng } from '../common/random.js'
import {
  type CellRow,
  COLUMNS,
  DISTANCES,
  GRID,
  HEIGHTS,
  NOTHING,
  type Place,
  placeSchema,
  ROWS,
  WIDTHS,
} from '../schema/cell-row.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { type CaptionOptions, categoriesOf, type Spoken, spokenObjects } from './picture-words.js'

const placeOf = (spoken: Spoken): Place => placeSchema.strip().parse(spoken)

function cellsOf(objects: readonly Spoken[], size: { width: number; height: number }): CellRow['cells'] {
  return Array.from({ length: GRID.rows * GRID.columns }, (_, cell) => {
    const x = (((cell % GRID.columns) + 0.5) * size.width) / GRID.columns
    const y = ((Math.floor(cell / GRID.columns) + 0.5) * size.height) / GRID.rows
    const found = objects.find(({ box: [x1, y1, x2, y2] }) => x >= x1 && x <= x2 && y >= y1 && y <= y2)
    return found ? { name: found.name, place: placeOf(found) } : null
  })
}

/**
 * Targets for every picture of a scene that shows something. Its list has all names that are there and as many that are
 * not, shuffled.
 * @param names all names that may be on the list
 */
export function cellRows(
  scene: SceneRecord,
  names: readonly string[],
  options: CaptionOptions,
  seed: number,
): CellRow[] {
  const categories = categoriesOf(scene)
  const random = rng(seed, 'dataset/cells', scene.scene_name)
  return scene.frames.flatMap((frame) => {
    const objects = spokenObjects(frame, categories, options)
    if (objects.length === 0) return []
    const shown = [...new Set(objects.map(({ name }) => name))]
    const absent = random.shuffle(names.filter((name) => !shown.includes(name))).slice(0, shown.length)
    return [
      {
        image: frame.image,
        cells: cellsOf(objects, frame),
        names: random.shuffle([...shown, ...absent]).map((name) => {
          const found = objects.find((o) => o.name === name)
          if (!found) return { name, place: null }
          return { name, place: placeOf(found) }
        }),
      },
    ]
  })
}

/** Every word of the targets, with and without a space or a quote before it, for a vocabulary. */
export const cellWords = (names: readonly string[]): string =>
  [NOTHING, ...DISTANCES, ...COLUMNS, ...ROWS, ...WIDTHS, ...HEIGHTS, ...names]
    .map((word) => `${word} ${word} "${word}", "${word}"`)
    .join(' ')
