/** Rollouts: G completions of every prompt, with what scoring and loss need to know of them. */
import { noGrad } from '../torch/autograd.js'
import type { Tape } from '../torch/tape.js'
import { scope } from '../torch/tensor.js'
import { generate, padded } from '../vision-language/model/generate.js'
import type { ModelInputs, Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import type { Encoded } from './encode.js'
import type { GrpoOptions } from './options.js'
import { type Packed, pack, packedHidden, type Row } from './pack.js'
import type { BatchFeatures, Pictures } from './pictures.js'
import { scoreTokens } from './token-loss.js'

/** The prompts of one batch with their completions; lists of completions are group after group. */
export interface RolloutBatch {
  encoded: Encoded[]
  packed: Packed
  texts: string[]
  finished: boolean[]
  /** Tokens of every completion. */
  lengths: number[]
  /** Log-probability of every token under the policy that sampled, and the reference; null where not needed. */
  old: Float32Array | null
  reference: Float32Array | null
}

export interface RolloutSettings {
  model: Qwen2_5_VL
  processor: Processor
  pictures: Pictures
  frozenTower: boolean
  /** Log-probabilities are computed without the videos, though rollouts see them (upstream's D6). */
  blind?: boolean
  options: Pick<
    GrpoOptions,
    'num_generations' | 'max_completion_length' | 'temperature' | 'top_k' | 'top_p' | 'share_prompt'
  >
}

const mediaOfBatch = (encoded: readonly Encoded[]) => encoded.flatMap(({ example }) => example.media)

/**
 * Samples the completions of one batch.
 * @param counters of each prompt's draws: the same counters give the same completions in any batch
 */
export function sampleBatch(
  { model, processor, pictures, frozenTower, blind, options }: RolloutSettings,
  encoded: Encoded[],
  counters: readonly (readonly number[])[],
): RolloutBatch {
  const { special } = processor.tokenizer
  const prompts = encoded.map(({ shared, question }) => [...shared, ...question])
  const completions = scope(() => {
    const features = noGrad(() => pictures.batchFeatures(model, mediaOfBatch(encoded), frozenTower))
    const inputs: ModelInputs = {
      ...padded(prompts, special.pad),
      image_grid_thw: encoded.flatMap(({ images }) => images),
      video_grid_thw: encoded.flatMap(({ videos }) => videos),
      second_per_grid_ts: encoded.flatMap(({ seconds }) => seconds),
      image_features: features.images ?? undefined,
      video_features: features.videos ?? undefined,
    }
    return generate(model, inputs, {
      max_new_tokens: options.max_completion_length,
      samples: options.num_generations,
      temperature: options.temperature,
      top_k: options.top_k,
      top_p: options.top_p,
      banned: special.banned,
      counters,
    })
  })
  const rows = encoded.flatMap(({ images, videos, seconds }, p): Row[] => {
    const row = { prefix: prompts[p], blind, images, videos, seconds }
    const branches = completions[p].map(({ ids }) => ({ ids, scoredFrom: 0 }))
    return options.share_prompt
      ? [{ ...row, branches }]
      : branches.map((branch) => ({ ...row, branches: [branch] }))
  })
  const flat = completions.flat()
  return {
    encoded,
    packed: pack(rows, model.config, model.rope),
    texts: flat.map(({ ids }) => processor.tokenizer.decode(ids, { skip_special_tokens: true })),
    finished: flat.map(({ finished }) => finished),
    lengths: flat.map(({ ids }) => ids.length),
    old: null,
    reference: null,
  }
}

/** Features that the log-probabilities of a batch are computed with. */
export function scoringFeatures(
  { pictures, frozenTower, blind, options }: RolloutSettings,
  policy: Qwen2_5_VL,
  { encoded, packed }: RolloutBatch,
  tape?: Tape | null,
): BatchFeatures {
  // In the order of the rows: once a prompt, or once a completion.
  const times = options.share_prompt ? 1 : options.num_generations
  const media = encoded.flatMap(({ example }) => Array.from({ length: times }, () => example.media).flat())
  if (!blind) return pictures.batchFeatures(policy, media, frozenTower, tape)
  const images = media.filter(({ type }) => type === 'image')
  const pads = packed.ids.filter((id) => id === policy.config.video_token_id)
  return {
    images: pictures.batchFeatures(policy, images, frozenTower, tape).images,
    // What a placeholder that nothing replaces is: the embedding of its own id.
    videos: pads.length > 0 ? policy.embedText(pads) : null,
  }
}

/** Log-probability of every token of a batch under `policy`, pictures and videos seen. */
export const scoreBatch = (
  settings: RolloutSettings,
  policy: Qwen2_5_VL,
  batch: RolloutBatch,
): Float32Array =>
  noGrad(() =>
    scope(() => {
      const { packed } = batch
      const hidden = packedHidden(policy, packed, scoringFeatures(settings, policy, batch))
      return scoreTokens(policy, hidden, packed, settings.options.temperature)
    }),
  )
