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
import { ALONE, joinShares, type Ranks, shareOf } from './data-parallel.js'
import { createEncoder } from './encode.js'
import type { Example } from './example.js'
import type { Defects } from './fidelity.js'
import { type GrpoTerms, groupAdvantages, grpoLoss, sequenceMeanWeights, tokenWeights } from './grpo-loss.js'
import {
  batchOutcome,
  grpoMetrics,
  type RewardedBatch,
  rewardedBatch,
  rolloutRecords,
} from './grpo-metrics.js'
import type { GrpoOptions } from './options.js'
import { packedHidden } from './pack.js'
import type { Pictures } from './pictures.js'
import { type NamedReward, type Rewards, rewardsOf, totalReward, UPSTREAM_REWARDS } from './rewards.js'
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
  /** Processes that share the batches of a step; absent: this one has them all. */
  ranks?: Ranks
}

/** What was sampled for a step. */
interface Rollout {
  /** Of the whole step. */
  prompts: readonly Example[]
  /** Batches of this process, each with the advantages of its completions. */
  own: { batch: RolloutBatch; advantages: number[] }[]
  /** Of all processes, in order: their batches, and the advantages of all completions. */
  batches: RewardedBatch[]
  advantages: number[]
}

export function createGrpo(settings: GrpoSettings): StepTrainer {
  const { frozenTower, model, reference, processor, pictures, schedule, options, seed } = settings
  const { num_generations: G, num_iterations, loss_type } = options
  const named = settings.rewards ?? UPSTREAM_REWARDS
  const { defects, ranks = ALONE } = settings
  const sampling = { model, processor, pictures, frozenTower, blind: defects?.has('D6'), options }
  const encode = createEncoder(processor, pictures, { videosLast: defects?.has('D7') })
  const watch = stopwatch()
  let rollout: Rollout | undefined
  /** The step whose prompts were sampled for `step`. */
  const rolloutOf = (step: number): number => step - (step % num_iterations)

  /** Prompts of a step in batches, of all processes; each with its place in the step, which its draws depend on. */
  const batchesAt = (step: number): { example: Example; place: number }[][] =>
    batchesOf(
      schedule[step].map((example, place) => ({ example, place })),
      options.per_device_train_batch_size / G,
    )

  function reward({ encoded, texts }: RolloutBatch): Rewards[] {
    return texts.map((text, i) => {
      const { sample: item, text: prompt } = encoded[Math.floor(i / G)].example
      if (!item) throw new Error('reasoning: expected prompts that carry their sample, got one without')
      return rewardsOf(named, { sample: item, prompt, completion: text })
    })
  }

  /** Completions of a step, batch by batch, with rewards and the log-probabilities that stay as they are. */
  function sample(step: number): Rollout {
    const own = shareOf(batchesAt(step), ranks).map((prompts) => {
      const counters = prompts.map(({ place }) => [seed, step, place])
      return watch('rollout', () =>
        sampleBatch(
          sampling,
          prompts.map(({ example }) => encode(example)),
          counters,
        ),
      )
    })
    const rewarded = watch('reward', () => own.map((batch) => rewardedBatch(batch, reward(batch))))
    watch('reference', () => {
      for (const batch of own) {
        // With one update per rollout the policy that sampled is the one being updated.
        if (num_iterations > 1) batch.old = scoreBatch(sampling, model, batch)
        if (reference && options.beta > 0) batch.reference = scoreBatch(sampling, reference, batch)
      }
    })
    const batches = joinShares(ranks.gather(rewarded))
    const totals = batches.map(({ rewards }) => rewards.map((values) => totalReward(named, values)))
    const advantages = groupAdvantages(totals.flat(), G, options.scale_rewards)
    let first = 0
    const parts = totals.map(({ length }) => {
      first += length
      return advantages.slice(first - length, first)
    })
    const ownParts = shareOf(parts, ranks)
    return {
      prompts: schedule[step],
      own: own.map((batch, i) => ({ batch, advantages: ownParts[i] })),
      batches,
      advantages,
    }
  }

  /** Adds the gradients of one batch. @param advantages of its completions */
  function accumulateBatch(
    batch: RolloutBatch,
    advantages: readonly number[],
    all: readonly RewardedBatch[],
  ) {
    const { packed } = batch
    const branches = packed.layout.branches.length
    const terms: GrpoTerms = {
      advantages: Float32Array.from(packed.branch, (b) => advantages[b]),
      weights: tokenWeights(loss_type, {
        branch: packed.branch,
        branches,
        batches: all.length,
        tokensOfStep: all.reduce((sum, { scored }) => sum + scored, 0),
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
    const sequenceMean = sequenceMeanWeights(packed.branch, branches)
    return batchOutcome(batch, loss, { logp, entropy, terms, sequenceMean })
  }

  return {
    // A rollout is used for all its iterations, so a run can only go on where one starts.
    resumable: (step) => step % num_iterations === 0,
    load: (step) =>
      pictures.load(
        shareOf(batchesAt(rolloutOf(step)), ranks).flatMap((prompts) =>
          prompts.flatMap(({ example }) => example.media),
        ),
      ),
    accumulate(step) {
      if (!rollout || step % num_iterations === 0) rollout = sample(rolloutOf(step))
      const { own, batches } = rollout
      const scored = watch('loss', () =>
        own.map(({ batch, advantages }) => scope(() => accumulateBatch(batch, advantages, batches))),
      )
      const outcomes = joinShares(ranks.gather(scored))
      const totals = batches.flatMap(({ rewards }) => rewards.map((values) => totalReward(named, values)))
      return {
        ...grpoMetrics(batches, totals, outcomes, G),
        loss: outcomes.reduce((sum, { loss }) => sum + loss, 0),
        num_tokens: batches.reduce((sum, { tokens }) => sum + tokens, 0),
        ...watch.take(),
      }
    },
    records: () => (rollout ? rolloutRecords(rollout.prompts, rollout.batches, rollout.advantages, G) : []),
  }
}
