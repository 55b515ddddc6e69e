/**
 * What scoring a published benchmark leaves on disk, and what reports read: `results.json` (all protocols,
 * models and baselines of one evaluation) and `items.jsonl` per model and protocol. Scores are shares (0..1).
 */
import { z } from 'zod'

const share = z.number().min(0).max(1)
/** 95 % interval [low, high]; null where there are too few rooms to tell, or nothing random. */
const interval = z.tuple([z.number(), z.number()]).nullable()

export const benchmarkTypeSchema = z.object({
  type: z.string(),
  kind: z.enum(['choice', 'number', 'movement']),
  metric: z.enum(['accuracy', 'mean relative accuracy']),
  /** Null where every item of the type left the denominator. */
  score: share.nullable(),
  interval,
  /** Items in the denominator. */
  n: z.int().min(0),
  /** Items answered rightly; null where the metric is no count. */
  correct: z.int().min(0).nullable(),
  /** Items without an answer (wrong, or left out: `left_out` says which). */
  missing: z.int().min(0),
  /** Items whose answer could not be read. */
  unparsed: z.int().min(0),
})

/** Everything that could change a number. */
export const benchmarkCardSchema = z.object({
  benchmark: z.string(),
  subset: z.string().nullable(),
  protocol: z.enum(['official', 'paper', 'strict']),
  client: z.string(),
  /** Hash of the weights, where the client knows it. */
  fingerprint: z.string().nullable(),
  prompt_type: z.enum(['default', 'thinking']),
  family: z.enum(['local', 'api']),
  /** The text asked for the first item of each kind, whole. */
  prompts: z.record(z.string(), z.string()),
  media: z.object({
    frames: z.int().positive().optional(),
    area: z.int().positive().optional(),
    size: z.object({ width: z.int(), height: z.int() }).optional(),
    pixels: z
      .object({ min_pixels: z.int(), max_pixels: z.int(), resize_twice: z.boolean().optional() })
      .optional(),
  }),
  generation: z.object({
    max_new_tokens: z.int().positive(),
    temperature: z.number().min(0).optional(),
    top_p: z.number().optional(),
    defaults: z.enum(['none', 'checkpoint']),
  }),
  /** What these settings and the model's own come to: temperature 0 is greedy. Null where the client does not know. */
  sampling: z
    .object({ temperature: z.number(), top_p: z.number(), top_k: z.int(), repetition_penalty: z.number() })
    .nullable(),
  seed: z.int(),
  /** First hex digits of the SHA-256 of the data files' questions and answers. */
  data: z.string(),
  /** Only so many items, evenly over the types; null for all. */
  limit: z.int().positive().nullable(),
})

export const benchmarkScoresSchema = z.object({
  version: z.literal(1),
  benchmark: z.string(),
  protocol: z.enum(['official', 'paper', 'strict']),
  prompt_type: z.enum(['default', 'thinking']),
  /** Name of the row in tables: the model. */
  name: z.string(),
  /** `model`, or a baseline: `chance`, `frequent`, `blind`. */
  kind: z.enum(['model', 'chance', 'frequent', 'blind']),
  overall: share.nullable(),
  interval,
  /** Items in the denominator. */
  n: z.int().min(0),
  /** Over all counted types together; null where there is none. */
  correct: z.int().min(0).nullable(),
  missing: z.int().min(0),
  /** Items without an answer that are not in the denominator. */
  left_out: z.int().min(0),
  unparsed: z.int().min(0),
  /** Per published type. */
  types: z.record(z.string(), benchmarkTypeSchema),
  /** The protocol's further averages, e.g. `NQ`, `MCQ`, `Low`, `object_rel_direction`. */
  groups: z.record(z.string(), z.object({ score: share.nullable(), interval })),
  /** What a reader should know: the protocol's notes. */
  notes: z.array(z.string()),
  /** How the data differs from the published counts. */
  differs: z.array(z.string()),
  bootstrap: z.object({ seed: z.int(), resamples: z.int(), rooms: z.int() }),
  card: benchmarkCardSchema.nullable(),
})

/** One line of `items.jsonl`. */
export const benchmarkItemResultSchema = z.object({
  id: z.string(),
  row: z.int().min(0),
  type: z.string(),
  kind: z.enum(['choice', 'number', 'movement']),
  scene: z.string(),
  question: z.string(),
  options: z.array(z.string()).nullable(),
  answer: z.string(),
  /** The raw text; null when there is none. */
  prediction: z.string().nullable(),
  parsed: z.string().nullable(),
  score: share,
  /** Whether the item is in the denominator. */
  counted: z.boolean(),
  /** Further columns that the protocol's averages tell apart, e.g. `source`. */
  fields: z.record(z.string(), z.string()),
  /** Files of the pictures as a model gets them; some may not have been made. */
  pictures: z.array(z.string()),
})

/** Items on which two protocols disagree about one model's answers. */
export const disagreementSchema = z.object({
  name: z.string(),
  benchmark: z.string(),
  /** The protocol whose prompts the answers were given to; absent where somebody else asked. */
  asked_by: z.string().optional(),
  protocols: z.tuple([z.string(), z.string()]),
  /** How many items have different scores. */
  count: z.int().min(0),
  /** Of the same answers; the first ones in the order of the data. */
  items: z.array(
    z.object({ id: z.string(), prediction: z.string().nullable(), scores: z.tuple([share, share]) }),
  ),
})

/** `second - first` on the same items. */
export const comparisonSchema = z.object({
  benchmark: z.string(),
  protocol: z.string(),
  first: z.string(),
  second: z.string(),
  rows: z.array(
    z.object({
      /** `overall`, a type or a group. */
      name: z.string(),
      /** Items compared; null for averages over some of the types. */
      n: z.int().nullable(),
      difference: z.number(),
      interval,
    }),
  ),
})

/** A row of a published table; shares, not per cent. */
export const publishedRowSchema = z.object({
  model: z.string(),
  /** Where it stands, e.g. `SpatialLadder v1, table 1`. */
  source: z.string(),
  /** Whose rules its numbers follow; `other`: neither's, `source` and `note` say whose. */
  protocol: z.enum(['official', 'paper', 'strict', 'other']),
  /** Under the names of types, groups, and `overall`, as printed. */
  scores: z.record(z.string(), z.number()),
  /** Subset or other caveat, e.g. `tiny subset`. */
  note: z.string().optional(),
  /** What printed figures should be that do not follow from the row's own numbers. */
  corrected: z.record(z.string(), z.number()).optional(),
  kind: z.enum(['human', 'chance', 'frequent']).optional(),
})

/** `results.json`: one evaluation, whole. */
export const benchmarkResultsSchema = z.object({
  version: z.literal(1),
  scores: z.array(benchmarkScoresSchema),
  disagreements: z.array(disagreementSchema),
  comparisons: z.array(comparisonSchema),
  /** Rows of published tables by benchmark. */
  published: z.record(z.string(), z.array(publishedRowSchema)),
})

export type BenchmarkType = z.infer<typeof benchmarkTypeSchema>
export type BenchmarkCard = z.infer<typeof benchmarkCardSchema>
export type BenchmarkScores = z.infer<typeof benchmarkScoresSchema>
export type BenchmarkItemResult = z.infer<typeof benchmarkItemResultSchema>
export type Disagreement = z.infer<typeof disagreementSchema>
export type Comparison = z.infer<typeof comparisonSchema>
export type PublishedRow = z.infer<typeof publishedRowSchema>
export type BenchmarkResults = z.infer<typeof benchmarkResultsSchema>
