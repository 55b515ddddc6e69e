/**
 * What a picture shows and roughly where, cell by cell and name by name: one line of the targets that a micro base model
 * is aligned with, and the words they are made of. No coordinates, no boxes, no comparisons: neither the form nor the
 * answers of the ladder's questions.
 */
import { z } from 'zod'

/** Visual tokens of a picture, its cells. */
export const GRID = { columns: 6, rows: 4 } as const
/** Where the middle of a thing is, half cells from the left and from the top. */
export const COLUMNS = [
  ...(['one', 'two', 'three', 'four', 'five', 'six'] as const),
  ...(['seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'] as const),
] as const
export const ROWS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth'] as const
/** How far from the camera, how wide and how high. */
export const DISTANCES = ['close', 'near', 'nearby', 'midway', 'beyond', 'far', 'distant', 'remote'] as const
export const WIDTHS = ['thin', 'slim', 'slender', 'narrow', 'medium', 'broad', 'wide', 'vast'] as const
export const HEIGHTS = ['flat', 'low', 'squat', 'short', 'middling', 'raised', 'high', 'tall'] as const
export const NOTHING = 'nothing'

export const placeSchema = z.strictObject({
  column: z.enum(COLUMNS),
  row: z.enum(ROWS),
  distance: z.enum(DISTANCES),
  width: z.enum(WIDTHS),
  height: z.enum(HEIGHTS),
})
export type Place = z.infer<typeof placeSchema>

export const cellRowSchema = z.strictObject({
  image: z.string(),
  /** Cells row by row: the nearest object whose box covers the middle, and where it is; null where there is none. */
  cells: z.array(z.strictObject({ name: z.string(), place: placeSchema }).nullable()),
  /** In the order of the list: where the nearest object of that name is; no place where there is none. */
  names: z.array(z.strictObject({ name: z.string(), place: placeSchema.nullable() })),
})
export type CellRow = z.infer<typeof cellRowSchema>
