/** What a GRPO step tells of itself, under TRL's names, and the rows of the file that keeps every rollout. */
import { mean, weightedMean } from './accumulation.js'
import type { Example } from './example.js'
import { type GrpoTerms, sampleStd } from './grpo-loss.js'
import type { Rewards } from './rewards.js'
import type { RolloutBatch } from './rollout.js'
import type { StepMetrics } from './trainer.js'

/** A batch whose completions were rewarded: what all processes are told of it. Lists are group after group. */
export interface RewardedBatch {
  rewards: Rewards[]
  texts: string[]
  finished: boolean[]
  /** Tokens of every completion. */
  lengths: number[]
  /** Tokens of the batch, and those of them that have a loss. */
  tokens: number
  scored: number
}

export const rewardedBatch = (
  { texts, finished, lengths, packed }: RolloutBatch,
  rewards: Rewards[],
): RewardedBatch => ({
  rewards,
  texts,
  finished,
  lengths,
  tokens: packed.ids.length,
  scored: packed.targets.length,
})

/** A batch after its loss; `sequenceMean` are the weights of its tokens as `loss_type: grpo` has them, adding up to 1. */
interface ScoredBatch {
  logp: Float32Array
  entropy: number
  terms: GrpoTerms
  sequenceMean: Float32Array
}

/** What all processes are told of a batch after its loss. */
export interface BatchOutcome extends ReturnType<typeof clipping> {
  loss: number
  /** Mean over its tokens, nats. */
  entropy: number
}

export const batchOutcome = (batch: RolloutBatch, loss: number, scored: ScoredBatch): BatchOutcome => ({
  loss,
  entropy: scored.entropy,
  ...clipping(batch, scored),
})

/** KL and share of clipped tokens of one batch, each a mean over tokens, then over completions. */
function clipping(batch: RolloutBatch, { logp, terms, sequenceMean }: ScoredBatch) {
  const { branches } = batch.packed.layout
  const sums = { kl: 0, low: 0, high: 0 }
  const [lowOf, highOf] = [new Float64Array(branches.length), new Float64Array(branches.length)]
  batch.packed.branch.forEach((b, i) => {
    const weight = sequenceMean[i]
    if (terms.reference) {
      const d = terms.reference[i] - logp[i]
      sums.kl += weight * (Math.exp(d) - d - 1)
    }
    if (!terms.old) return
    const ratio = Math.exp(logp[i] - terms.old[i])
    const share = weight * branches.length
    if (ratio < 1 - terms.epsilonLow && terms.advantages[i] < 0) {
      sums.low += weight
      lowOf[b] += share
    } else if (ratio > 1 + terms.epsilonHigh && terms.advantages[i] > 0) {
      sums.high += weight
      highOf[b] += share
    }
  })
  return { ...sums, lowest: Math.min(...lowOf), highest: Math.max(...highOf) }
}

/** Lengths of completions, and of those that ended by themselves; TRL has 0 where there are none. */
function lengthMetrics(batches: readonly RewardedBatch[]): StepMetrics {
  const lengths = batches.flatMap((batch) => batch.lengths)
  const finished = batches.flatMap((batch) => batch.finished)
  const ended = lengths.filter((_, i) => finished[i])
  const most = (pick: (...values: number[]) => number, values: number[]): number =>
    values.length > 0 ? pick(...values) : 0
  return {
    'completions/mean_length': mean(lengths),
    'completions/min_length': Math.min(...lengths),
    'completions/max_length': Math.max(...lengths),
    'completions/clipped_ratio': mean(finished.map((one) => (one ? 0 : 1))),
    'completions/mean_terminated_length': mean(ended),
    'completions/min_terminated_length': most(Math.min, ended),
    'completions/max_terminated_length': most(Math.max, ended),
  }
}

/**
 * Metrics of a step, its batches weighing alike.
 * @param totals of all completions of the step, in order
 * @param G completions of a prompt
 */
export function grpoMetrics(
  batches: readonly RewardedBatch[],
  totals: readonly number[],
  outcomes: readonly BatchOutcome[],
  G: number,
): StepMetrics {
  const rewards = batches.flatMap((batch) => batch.rewards)
  const groups = totals.length / G
  const stds = Array.from({ length: groups }, (_, p) => sampleStd(totals.slice(p * G, (p + 1) * G)))
  const parts = Object.keys(rewards[0]).flatMap((name): [string, number][] => {
    const column = rewards.map((reward) => reward[name])
    return [
      [`rewards/${name}/mean`, mean(column)],
      [`rewards/${name}/std`, sampleStd(column)],
    ]
  })
  return {
    reward: mean(totals),
    reward_std: mean(stds),
    frac_reward_zero_std: mean(stds.map((std) => (std < 1e-8 ? 1 : 0))),
    ...Object.fromEntries(parts),
    kl: mean(outcomes.map(({ kl }) => kl)),
    entropy: weightedMean(
      outcomes.map(({ entropy }) => entropy),
      batches.map(({ scored }) => scored),
    ),
    'clip_ratio/low_mean': mean(outcomes.map(({ low }) => low)),
    'clip_ratio/low_min': Math.min(...outcomes.map(({ lowest }) => lowest)),
    'clip_ratio/high_mean': mean(outcomes.map(({ high }) => high)),
    'clip_ratio/high_max': Math.max(...outcomes.map(({ highest }) => highest)),
    'clip_ratio/region_mean': mean(outcomes.map(({ low, high }) => low + high)),
    ...lengthMetrics(batches),
  }
}

/** One row per prompt for the file of rollouts. */
export function rolloutRecords(
  prompts: readonly Example[],
  batches: readonly RewardedBatch[],
  advantages: readonly number[],
  G: number,
): Record<string, unknown>[] {
  const rewards = batches.flatMap((batch) => batch.rewards)
  const texts = batches.flatMap((batch) => batch.texts)
  const finished = batches.flatMap((batch) => batch.finished)
  return prompts.map((example, p) => ({
    id: example.id,
    prompt: example.text,
    answer: example.answer,
    completions: Array.from({ length: G }, (_, g) => {
      const i = p * G + g
      return { completion: texts[i], rewards: rewards[i], advantage: advantages[i], finished: finished[i] }
    }),
  }))
}
