/**
 * `generation_config.json` of a model folder, and transformers' rule for it: `generate` takes from the file
 * whatever the caller leaves open, and samples only where the file says `do_sample`.
 * Used where a run asks for the checkpoint's own settings; training never reads it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'

const id = z.int().nonnegative()

const generationConfigSchema = z.object({
  do_sample: z.boolean().nullish(),
  temperature: z.number().nonnegative().nullish(),
  top_p: z.number().positive().max(1).nullish(),
  top_k: z.int().nonnegative().nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  eos_token_id: z.union([id, z.array(id)]).nullish(),
})

export type GenerationConfig = z.infer<typeof generationConfigSchema>

/** Keys that steer `generate` in ways this program does not know, with the values at which they do nothing. */
const NEUTRAL: Record<string, readonly unknown[]> = {
  num_beams: [1],
  num_beam_groups: [1],
  typical_p: [1],
  epsilon_cutoff: [0],
  eta_cutoff: [0],
  no_repeat_ngram_size: [0],
  min_length: [0],
  min_new_tokens: [0],
  penalty_alpha: [0],
  guidance_scale: [1],
  suppress_tokens: [],
  begin_suppress_tokens: [],
  bad_words_ids: [],
  sequence_bias: [],
  forced_bos_token_id: [],
  forced_eos_token_id: [],
  exponential_decay_length_penalty: [],
}

/**
 * The folder's settings; an empty object where it has no such file.
 * @throws data error naming the key that is malformed, or that asks for something this program does not do
 */
export function readGenerationConfig(folder: string): GenerationConfig {
  const file = path.join(folder, 'generation_config.json')
  if (!fs.existsSync(file)) return {}
  const json = readJson(file)
  const parsed = generationConfigSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const value = (json as Record<string, unknown> | null)?.[String(issue.path[0])]
    throw dataError(`${file} ${issue.path.join('.')}`, issue.message, JSON.stringify(value) ?? 'nothing')
  }
  for (const [key, value] of Object.entries(json as object)) {
    const neutral = NEUTRAL[key]
    if (neutral && value !== null && !neutral.includes(value))
      throw dataError(
        `${file} ${key}`,
        neutral.length > 0 ? `${neutral[0]}, since this program has no other` : 'none',
        JSON.stringify(value),
      )
  }
  return parsed.data
}

/** What a caller of `generate` may say. */
export interface GivenSampling {
  temperature?: number
  top_p?: number
  top_k?: number
  /** Absent where it would do nothing. */
  min_p?: number
  repetition_penalty?: number
}

type ResolvedSampling = Required<Omit<GivenSampling, 'min_p'>> & Pick<GivenSampling, 'min_p'>

/**
 * The settings that `generate` ends up with, as transformers resolves them: greedy unless the file samples
 * (whatever the temperature), class defaults (temperature 1, top-k 50) for what neither side names. A `null`
 * in the file switches its filter off.
 */
export function checkpointSampling(given: GivenSampling, config: GenerationConfig): ResolvedSampling {
  const pick = (own: number | undefined, file: number | null | undefined, none: number, off: number) =>
    own ?? (file === undefined ? none : (file ?? off))
  const min_p = pick(given.min_p, config.min_p, 0, 0)
  return {
    ...(min_p > 0 && { min_p }),
    temperature: config.do_sample === true ? pick(given.temperature, config.temperature, 1, 1) : 0,
    top_p: pick(given.top_p, config.top_p, 1, 1),
    top_k: pick(given.top_k, config.top_k, 50, 0),
    repetition_penalty: pick(given.repetition_penalty, config.repetition_penalty, 1, 1),
  }
}
