/**
 * One GRPO step: sample G completions per prompt, reward them, and push the policy towards those better than
 * their group. The prompt is computed once per group, in the rollout and in the loss.
 */
import { noGrad } from '../torch/autograd.js'
import { detach } from '../torch/ops.js'
import { createTape } from '../torch/tape.js'
import { scope } from '../torch/tensor.js'
import { generate, padded } from '../vision-language/model/generate.js'
import type { ModelInputs, Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, type Encoded } from './encode.js'
import type { Example } from './example.js'
import { type GrpoTerms, groupAdvantages, grpoLoss, sampleStd, sequenceMeanWeights } from './grpo-loss.js'
import type { GrpoOptions } from './options.js'
import { type Packed, pack, packedHidden } from './pack.js'
import type { Pictures } from './pictures.js'
import { type Rewards, rewardsOf, totalReward } from './rewards.js'
import { backwardTokens, scoreTokens } from './token-loss.js'
import type { StepMetrics, StepTrainer } from './trainer.js'

export interface GrpoSettings {
  model: Qwen2_5_VL
  /** The stage's starting model; null when beta is 0. */
  reference: Qwen2_5_VL | null
  processor: Processor
  pictures: Pictures
  frozenTower: boolean
  /** Prompts of every step; each carries its sample. */
  schedule: readonly Example[][]
  options: GrpoOptions
  seed: number
}

interface Rollout {
  encoded: Encoded[]
  packed: Packed
  texts: string[]
  finished: boolean[]
  lengths: number[]
  rewards: Rewards[]
  advantages: number[]
  old: Float32Array | null
  reference: Float32Array | null
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length)

export function createGrpo(settings: GrpoSettings): StepTrainer {
  const { frozenTower: frozen, model, reference, processor, pictures, schedule, options, seed } = settings
  const { num_generations: G, num_iterations } = options
  const encode = createEncoder(processor, pictures)
  const { special } = processor.tokenizer
  let rollout: Rollout | undefined
  /** The step whose prompts were sampled for `step`. */
  const rolloutOf = (step: number): number => step - (step % num_iterations)
  const mediaOf = (step: number) => schedule[step].flatMap((example) => example.media)

  function sample(step: number): Rollout {
    const encoded = schedule[step].map(encode)
    const media = mediaOf(step)
    const prompts = encoded.map(({ shared, question }) => [...shared, ...question])
    const completions = scope(() => {
      const features = noGrad(() => pictures.batchFeatures(model, media, frozen))
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
        samples: G,
        temperature: options.temperature,
        top_k: options.top_k,
        top_p: options.top_p,
        banned: special.banned,
        counters: prompts.map((_, p) => [seed, step, p]),
      })
    })
    const rows = encoded.map(({ images, videos, seconds }, p) => ({
      prefix: prompts[p],
      images,
      videos,
      seconds,
      branches: completions[p].map(({ ids }) => ({ ids, scoredFrom: 0 })),
    }))
    const flat = completions.flat()
    const texts = flat.map(({ ids }) => processor.tokenizer.decode(ids, { skip_special_tokens: true }))
    const rewards = texts.map((text, i) => {
      const { sample: item } = schedule[step][Math.floor(i / G)]
      if (!item) throw new Error('reasoning: expected prompts that carry their sample, got one without')
      return rewardsOf(item, text)
    })
    const packed = pack(rows, model.config, model.rope)
    const score = (policy: Qwen2_5_VL): Float32Array =>
      noGrad(() =>
        scope(() =>
          scoreTokens(
            policy,
            packedHidden(policy, packed, pictures.batchFeatures(policy, media, frozen)),
            packed,
          ),
        ),
      )
    return {
      encoded,
      packed,
      texts,
      finished: flat.map(({ finished }) => finished),
      lengths: flat.map(({ ids }) => ids.length),
      rewards,
      advantages: groupAdvantages(rewards.map(totalReward), G),
      // With one update per rollout the policy that sampled is the one being updated.
      old: num_iterations > 1 ? score(model) : null,
      reference: reference && options.beta > 0 ? score(reference) : null,
    }
  }

  return {
    // A rollout is used for all its iterations, so a run can only go on where one starts.
    resumable: (step) => step % num_iterations === 0,
    load: (step) => pictures.load(mediaOf(rolloutOf(step))),
    accumulate(step) {
      const began = performance.now()
      if (!rollout || step % num_iterations === 0) rollout = sample(rolloutOf(step))
      const rolledOut = performance.now()
      const { packed, advantages } = rollout
      const terms: GrpoTerms = {
        advantages: Float32Array.from(packed.branch, (b) => advantages[b]),
        weights: sequenceMeanWeights(packed.branch, packed.layout.branches.length),
        old: rollout.old,
        reference: rollout.reference,
        epsilonLow: options.epsilon,
        epsilonHigh: options.epsilon_high ?? options.epsilon,
        beta: options.beta,
      }
      const media = mediaOf(rolloutOf(step))
      const tape = options.gradient_checkpointing ? createTape() : null
      const features = pictures.batchFeatures(model, media, frozen, tape)
      const hidden = packedHidden(model, packed, features, tape)
      const result = backwardTokens(model, hidden, packed, (logp, start) =>
        grpoLoss(logp, start, detach(logp), terms),
      )
      tape?.backward()
      return {
        ...metricsOf(rollout, G, result.logp, terms),
        loss: result.loss,
        entropy: result.entropy,
        num_tokens: packed.ids.length,
        'time/rollout': (rolledOut - began) / 1000,
        'time/loss': (performance.now() - rolledOut) / 1000,
      }
    },
    records: () => (rollout ? recordsOf(rollout, G) : []),
  }
}

/** Metrics under TRL's names. */
function metricsOf(rollout: Rollout, G: number, logp: Float32Array, terms: GrpoTerms): StepMetrics {
  const totals = rollout.rewards.map(totalReward)
  const stds = rollout.encoded.map((_, p) => sampleStd(totals.slice(p * G, (p + 1) * G)))
  const column = (name: keyof Rewards): number[] => rollout.rewards.map((reward) => reward[name])
  let kl = 0
  let clipped = 0
  rollout.packed.branch.forEach((_, i) => {
    if (terms.reference) {
      const d = terms.reference[i] - logp[i]
      kl += terms.weights[i] * (Math.exp(d) - d - 1)
    }
    if (terms.old) {
      const ratio = Math.exp(logp[i] - terms.old[i])
      const [low, high] = [ratio < 1 - terms.epsilonLow, ratio > 1 + terms.epsilonHigh]
      if ((low && terms.advantages[i] < 0) || (high && terms.advantages[i] > 0)) clipped += terms.weights[i]
    }
  })
  return {
    reward: mean(totals),
    reward_std: mean(stds),
    frac_reward_zero_std: mean(stds.map((std) => (std < 1e-8 ? 1 : 0))),
    'rewards/accuracy/mean': mean(column('accuracy')),
    'rewards/accuracy/std': sampleStd(column('accuracy')),
    'rewards/format/mean': mean(column('format')),
    'rewards/format/std': sampleStd(column('format')),
    kl,
    'clip_ratio/region_mean': clipped,
    'completions/mean_length': mean(rollout.lengths),
    'completions/min_length': Math.min(...rollout.lengths),
    'completions/max_length': Math.max(...rollout.lengths),
    'completions/clipped_ratio': mean(rollout.finished.map((finished) => (finished ? 0 : 1))),
  }
}

/** One row per prompt for the file of rollouts. */
const recordsOf = (rollout: Rollout, G: number): Record<string, unknown>[] =>
  rollout.encoded.map(({ example }, p) => ({
    id: example.id,
    prompt: example.text,
    answer: example.answer,
    completions: Array.from({ length: G }, (_, g) => {
      const i = p * G + g
      return {
        completion: rollout.texts[i],
        rewards: rollout.rewards[i],
        advantage: rollout.advantages[i],
        finished: rollout.finished[i],
      }
    }),
  }))
