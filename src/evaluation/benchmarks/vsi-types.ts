/** The question types of VSI-Bench and SPBench: how each is answered, and how many VSI-Bench has. */
import type { ItemKind } from './benchmark.js'

export const VSI_COUNTS = {
  object_counting: 565,
  object_abs_distance: 834,
  object_size_estimation: 953,
  room_size_estimation: 288,
  object_rel_distance: 710,
  object_rel_direction_easy: 217,
  object_rel_direction_medium: 378,
  object_rel_direction_hard: 373,
  route_planning: 194,
  obj_appearance_order: 618,
} as const

/** Three levels in VSI-Bench, one type in SPBench. */
export const DIRECTION = 'object_rel_direction'
/** In the order in which both evaluations merge them. */
export const DIRECTION_LEVELS = [`${DIRECTION}_easy`, `${DIRECTION}_medium`, `${DIRECTION}_hard`] as const

export type VsiType = keyof typeof VSI_COUNTS | typeof DIRECTION

/** Fewest and most options that the published questions have; absent where an answer is a number. */
export const VSI_OPTIONS: Readonly<Partial<Record<VsiType, readonly [number, number]>>> = {
  object_rel_distance: [4, 4],
  object_rel_direction_easy: [2, 2],
  object_rel_direction_medium: [3, 3],
  object_rel_direction_hard: [4, 4],
  route_planning: [3, 4],
  obj_appearance_order: [4, 4],
}

const NUMBERS: ReadonlySet<string> = new Set([
  'object_counting',
  'object_abs_distance',
  'object_size_estimation',
  'room_size_estimation',
])

/** A number (`NQ` in the paper's tables), or a letter (`MCQ`). */
export const vsiKind = (type: string): ItemKind => (NUMBERS.has(type) ? 'number' : 'choice')
