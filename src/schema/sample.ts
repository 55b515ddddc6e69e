/**
 * Sample: one training or benchmark item. Field names are those of SpatialLadder-26k's JSONL files
 * (question_id, question, options, answer, image, question_type, data_type), plus where the answer
 * comes from. Boxes are always pixels of the source image; only the processor rescales them.
 */
import { z } from 'zod'

/** Upstream's strings, plus `object localization` for its grounding file (which has none). */
export const QUESTION_TYPES = [
  'object localization',
  'relative direction',
  'relative distance',
  'absolute distance',
  'object size',
  'object count',
  'room size',
  'appearance order',
] as const
export const DATA_TYPES = ['single_image', 'multi_view', 'video', 'scene'] as const

export const questionTypeSchema = z.enum(QUESTION_TYPES)
/** `scene` marks questions built from meta files, with no imagery. */
export const dataTypeSchema = z.enum(DATA_TYPES)

export const labelledBoxSchema = z.object({
  /** [x1, y1, x2, y2], integer pixels of the source image. */
  bbox_2d: z.tuple([z.int(), z.int(), z.int(), z.int()]),
  label: z.string(),
})

/** An object the answer rests on: what the geometric teacher may speak of. */
export const evidenceObjectSchema = z.object({
  id: z.int(),
  label: z.string(),
  /** Index into `image` of the picture that shows it best; null without imagery. */
  image_index: z.int().nullable(),
  bbox_2d: labelledBoxSchema.shape.bbox_2d.nullable(),
  /** Centre in the camera frame of that picture (x right, y down, z forward), metres. */
  position_camera: z.tuple([z.number(), z.number(), z.number()]).nullable(),
})

export const sampleSchema = z.object({
  question_id: z.int().min(0),
  question: z.string().min(1),
  /** Already lettered, `A. left`; null for numbers and boxes. */
  options: z.array(z.string()).nullable(),
  /** A letter, a number as text, or boxes. */
  answer: z.union([z.string(), z.array(labelledBoxSchema)]),
  /** Paths relative to the image root; in order, for several views and frame lists. */
  image: z.array(z.string()),
  question_type: questionTypeSchema,
  data_type: dataTypeSchema,
  scene_name: z.string(),
  /** Source size of each picture in `image`. */
  images: z.array(z.object({ width: z.int().positive(), height: z.int().positive(), frame_id: z.int() })),
  evidence: z.object({
    /** Finer kind, e.g. `camera left-right`, where one question type has several. */
    subtype: z.string().optional(),
    objects: z.array(evidenceObjectSchema),
    /** Named quantities the answer was computed from, e.g. `distance_m`, `count`. */
    numbers: z.record(z.string(), z.number()),
  }),
  generator: z.object({ version: z.string(), seed: z.int() }),
})

export type QuestionType = z.infer<typeof questionTypeSchema>
export type DataType = z.infer<typeof dataTypeSchema>
export type LabelledBox = z.infer<typeof labelledBoxSchema>
export type EvidenceObject = z.infer<typeof evidenceObjectSchema>
export type Sample = z.infer<typeof sampleSchema>

/** Answered with boxes, a letter, or a number: decides prompt, reward and metric alike. */
export type AnswerKind = 'boxes' | 'choice' | 'number'

export function answerKind(sample: Pick<Sample, 'answer' | 'options'>): AnswerKind {
  if (Array.isArray(sample.answer)) return 'boxes'
  return sample.options ? 'choice' : 'number'
}
