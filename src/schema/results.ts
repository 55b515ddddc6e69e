/**
 * What evaluation leaves on disk, and what tables and reports read: `scores.json`, `items.jsonl`,
 * `baselines.json`, `protocol.json`. Scores are shares (0..1); boxes are pixels of the source image.
 */
import { z } from 'zod'
import { dataTypeSchema, questionTypeSchema, type Sample } from './sample.js'

/** An item's name in predictions and results: unique over grounding and spatial files together. */
export const sampleId = (sample: Pick<Sample, 'question_type' | 'data_type' | 'question_id'>): string =>
  `${sample.question_type}/${sample.data_type}/${sample.question_id}`

export const METRICS = ['mean IoU', 'accuracy', 'mean relative accuracy'] as const
const share = z.number().min(0).max(1)
/** 95 % interval [low, high]; null where there are too few rooms to tell, or nothing random. */
const interval = z.tuple([z.number(), z.number()]).nullable()

/** One number of a table: null where the row has no such score (chance has no number to say). */
export const cellSchema = z.object({ score: share.nullable(), interval })

export const typeScoreSchema = cellSchema.extend({
  question_type: questionTypeSchema,
  metric: z.enum(METRICS),
  n: z.int().min(0),
  /** Boxes only: share of objects found with an overlap of at least one half. */
  iou_50: cellSchema.optional(),
  /** Items without a prediction; they count as wrong. */
  missing: z.int().min(0),
  /** Items whose answer could not be read; they count as wrong. */
  unparsed: z.int().min(0),
  /** Share of answers in the form `<think>…</think><answer>…</answer>`; null where it was not asked for. */
  format: share.nullable(),
  by_data_type: z.array(cellSchema.extend({ data_type: dataTypeSchema, n: z.int().min(0) })),
})

/** How the predictions were made: everything that could change a number. */
export const protocolSchema = z.object({
  client: z.string(),
  /** Hash of the weights, where the client knows it. */
  fingerprint: z.string().nullable(),
  mode: z.enum(['direct', 'think']),
  style: z.enum(['upstream', 'compact']),
  max_new_tokens: z.int().positive(),
  temperature: z.number().min(0),
  seed: z.int(),
  /** Source size to the size the model saw, `{"640x480": [448, 336]}`; sizes not listed were seen as they are. */
  resized: z.record(z.string(), z.tuple([z.int().positive(), z.int().positive()])),
})

export const scoresSchema = z.object({
  version: z.literal(1),
  /** Name of the row in tables. */
  name: z.string(),
  n: z.int().min(0),
  missing: z.int().min(0),
  unparsed: z.int().min(0),
  format: share.nullable(),
  /** Unweighted mean over all question types; null where a type has no score. */
  overall: cellSchema,
  /** Unweighted mean over the types answered with a number. */
  numbers: cellSchema,
  /** Unweighted mean over the types answered with a letter. */
  choices: cellSchema,
  types: z.array(typeScoreSchema),
  bootstrap: z.object({
    seed: z.int(),
    resamples: z.int(),
    grouped_by: z.literal('scene_name'),
    rooms: z.int(),
  }),
  protocol: protocolSchema.nullable(),
})

/** One line of `items.jsonl`: how one item went. */
export const itemResultSchema = z.object({
  id: z.string(),
  scene_name: z.string(),
  score: share,
  /** Letter equal, number within a factor (relative accuracy of at least one half), boxes overlapping by half. */
  correct: z.boolean(),
  /** The raw text; null when there is no prediction. */
  prediction: z.string().nullable(),
  /** The letter or number read from it; null for boxes and for what could not be read. */
  parsed: z.string().nullable(),
  boxes: z
    .array(
      z.object({ bbox_2d: z.tuple([z.number(), z.number(), z.number(), z.number()]), label: z.string() }),
    )
    .optional(),
  format: z.boolean().nullable(),
})

export const baselinesSchema = z.object({
  version: z.literal(1),
  rows: z.array(z.object({ note: z.string(), scores: scoresSchema })),
})

export type Cell = z.infer<typeof cellSchema>
export type TypeScore = z.infer<typeof typeScoreSchema>
export type Protocol = z.infer<typeof protocolSchema>
export type Scores = z.infer<typeof scoresSchema>
export type ItemResult = z.infer<typeof itemResultSchema>
export type Baselines = z.infer<typeof baselinesSchema>
