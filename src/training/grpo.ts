/**
 * One GRPO step: sample G completions per prompt, reward them, and push the policy towards those better than
 * their group. The prompt is computed once per group, in the rollout and in the loss.
 */
import { detach } from '../torch/ops.js'
import { createTape } from '../torch/tape.js'
import { scope } from '../torch/tensor.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { batchesOf } from './accumulation.js'
import { createEncoder } from './encode.js'
import type { Example } from './example.js'
import type { Defects } from './fidelity.js'
import { type GrpoTerms, groupAdvantages, grpoLoss, sequenceMeanWeights, tokenWeights } from './grpo-loss.js'
import { grpoMetrics, type RewardedStep, rolloutRecords, type ScoredBatch } from './grpo-metrics.js'
import type { GrpoOptions } from './options.js'
import { packedHidden } from './pack.js'
import type { Pictures } from './pictures.js'
import { type NamedReward, rewardsOf, totalReward, UPSTREAM_REWARDS } from './rewards.js'
import { type RolloutBatch, sampleBatch, scoreBatch, scoringFeatures } from './rollout.js'
import { stopwatch } from './stopwatch.js'
import { backwardTokens } from './token-loss.js'
import type { StepTrainer } from './trainer.js'

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
  /** Absent: upstream's. */
  rewards?: readonly NamedReward[]
  /** Upstream's defects to reproduce; none if absent. */
  defects?: Defects
}

export function createGrpo(settings: GrpoSettings): StepTrainer {
  const { frozenTower, model, reference, processor, pictures, schedule, options, seed } = settings
  const { num_generations: G, num_iterations, loss_type } = options
  const named = settings.rewards ?? UPSTREAM_REWARDS
  const { defects } = settings
  const sampling = { model, processor, pictures, frozenTower, blind: defects?.has('D6'), options }
  const encode = createEncoder(processor, pictures, { videosLast: defects?.has('D7') })
  const watch = stopwatch()
  let rollout: RewardedStep | undefined
  /** The step whose prompts were sampled for `step`. */
  const rolloutOf = (step: number): number => step - (step % num_iterations)

  /** Completions of a step, batch by batch, with rewards and the log-probabilities that stay as they are. */
  function sample(step: number): RewardedStep {
    let prompt = 0
    const batches = batchesOf(schedule[step], options.per_device_train_batch_size / G).map((examples) => {
      const counters = examples.map(() => [seed, step, prompt++])
      return watch('rollout', () => sampleBatch(sampling, examples.map(encode), counters))
    })
    const rewards = watch('reward', () =>
      batches.flatMap(({ encoded, texts }) =>
        texts.map((text, i) => {
          const { sample: item, text: prompt } = encoded[Math.floor(i / G)].example
          if (!item) throw new Error('reasoning: expected prompts that carry their sample, got one without')
          return rewardsOf(named, { sample: item, prompt, completion: text })
        }),
      ),
    )
    watch('reference', () => {
      for (const batch of batches) {
        // With one update per rollout the policy that sampled is the one being updated.
        if (num_iterations > 1) batch.old = scoreBatch(sampling, model, batch)
        if (reference && options.beta > 0) batch.reference = scoreBatch(sampling, reference, batch)
      }
    })
    const totals = rewards.map((values) => totalReward(named, values))
    return { batches, rewards, totals, advantages: groupAdvantages(totals, G, options.scale_rewards) }
  }

  /** Adds the gradients of one batch. @param advantages of its completions */
  function accumulateBatch(batch: RolloutBatch, advantages: readonly number[], step: RewardedStep) {
    const { packed } = batch
    const branches = packed.layout.branches.length
    const terms: GrpoTerms = {
      advantages: Float32Array.from(packed.branch, (b) => advantages[b]),
      weights: tokenWeights(loss_type, {
        branch: packed.branch,
        branches,
        batches: step.batches.length,
        tokensOfStep: step.batches.reduce((sum, one) => sum + one.packed.targets.length, 0),
        maxCompletionLength: options.max_completion_length,
      }),
      old: batch.old,
      reference: batch.reference,
      epsilonLow: options.epsilon,
      epsilonHigh: options.epsilon_high ?? options.epsilon,
      beta: options.beta,
      correctKl: options.use_bias_correction_kl,
    }
    const tape = options.gradient_checkpointing ? createTape() : null
    const hidden = packedHidden(model, packed, scoringFeatures(sampling, model, batch, tape), tape)
    const { loss, logp, entropy } = backwardTokens(
      model,
      hidden,
      packed,
      (chunk, start) => grpoLoss(chunk, start, detach(chunk), terms),
      options.temperature,
    )
    tape?.backward()
    const scored: ScoredBatch = {
      logp,
      entropy,
      terms,
      sequenceMean: sequenceMeanWeights(packed.branch, branches),
    }
    return { loss, scored }
  }

  return {
    // A rollout is used for all its iterations, so a run can only go on where one starts.
    resumable: (step) => step % num_iterations === 0,
    load: (step) => pictures.load(schedule[rolloutOf(step)].flatMap((example) => example.media)),
    accumulate(step) {
      if (!rollout || step % num_iterations === 0) rollout = sample(rolloutOf(step))
      const rewarded = rollout
      let first = 0
      const done = watch('loss', () =>
        rewarded.batches.map((batch) => {
          const advantages = rewarded.advantages.slice(first, first + batch.texts.length)
          first += batch.texts.length
          return scope(() => accumulateBatch(batch, advantages, rewarded))
        }),
      )
      return {
        ...grpoMetrics(
          rewarded,
          done.map(({ scored }) => scored),
          G,
        ),
        loss: done.reduce((sum, { loss }) => sum + loss, 0),
        num_tokens: rewarded.batches.reduce((sum, { packed }) => sum + packed.ids.length, 0),
        ...watch.take(),
      }
    },
    records: () => (rollout ? rolloutRecords(rollout, G) : []),
  }
}
