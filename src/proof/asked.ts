/** A question with its answer as the proof takes it, wherever it was written: with evidence or without. */
import type { DataType, LabelledBox, Sample } from '../schema/sample.js'

export interface Asked {
  question: string
  /** Lettered; null for numbers and boxes. */
  options: string[] | null
  answer: string | LabelledBox[]
  /** `<scene>/<frame>.jpg` */
  image: string[]
  /** Null where the row does not say. */
  question_type: string | null
  data_type: DataType
  scene_name: string
  /** Null for rows of others, which have none. */
  images: Sample['images'] | null
  evidence: Sample['evidence'] | null
}

/** `subject: expected X, got Y` of any values. */
export const difference = (subject: string, expected: unknown, got: unknown): string =>
  `${subject}: expected ${typeof expected === 'string' ? expected : shown(expected)}, got ${shown(got)}`

export const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
