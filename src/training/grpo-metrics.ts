/** What a GRPO step tells of itself, under TRL's names, and the rows of the file that keeps every rollout. */
import { mean, weightedMean } from './accumulation.js'
import { type GrpoTerms, sampleStd } from './grpo-loss.js'
import type { Rewards } from './rewards.js'
import type { RolloutBatch } from './rollout.js'
import type { StepMetrics } from './trainer.js'

/** A batch after its loss; `sequenceMean` are the weights of its tokens as `loss_type: grpo` has them, adding up to 1. */
export interface ScoredBatch {
  logp: Float32Array
  entropy: number
  terms: GrpoTerms
  sequenceMean: Float32Array
}

export interface RewardedStep {
  batches: RolloutBatch[]
  /** Of all completions of the step, in order. */
  rewards: Rewards[]
  totals: number[]
  advantages: number[]
}

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
function lengthMetrics(batches: readonly RolloutBatch[]): StepMetrics {
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

/** Metrics of a step, its batches weighing alike. @param G completions of a prompt */
export function grpoMetrics(step: RewardedStep, scored: readonly ScoredBatch[], G: number): StepMetrics {
  const { batches, rewards, totals } = step
  const groups = totals.length / G
  const stds = Array.from({ length: groups }, (_, p) => sampleStd(totals.slice(p * G, (p + 1) * G)))
  const parts = Object.keys(rewards[0]).flatMap((name): [string, number][] => {
    const column = rewards.map((reward) => reward[name])
    return [
      [`rewards/${name}/mean`, mean(column)],
      [`rewards/${name}/std`, sampleStd(column)],
    ]
  })
  const clipped = batches.map((batch, i) => clipping(batch, scored[i]))
  return {
    reward: mean(totals),
    reward_std: mean(stds),
    frac_reward_zero_std: mean(stds.map((std) => (std < 1e-8 ? 1 : 0))),
    ...Object.fromEntries(parts),
    kl: mean(clipped.map(({ kl }) => kl)),
    entropy: weightedMean(
      scored.map(({ entropy }) => entropy),
      scored.map(({ logp }) => logp.length),
    ),
    'clip_ratio/low_mean': mean(clipped.map(({ low }) => low)),
    'clip_ratio/low_min': Math.min(...clipped.map(({ lowest }) => lowest)),
    'clip_ratio/high_mean': mean(clipped.map(({ high }) => high)),
    'clip_ratio/high_max': Math.max(...clipped.map(({ highest }) => highest)),
    'clip_ratio/region_mean': mean(clipped.map(({ low, high }) => low + high)),
    ...lengthMetrics(batches),
  }
}

/** One row per prompt for the file of rollouts. */
export const rolloutRecords = (
  { batches, rewards, advantages }: RewardedStep,
  G: number,
): Record<string, unknown>[] => {
  const texts = batches.flatMap((batch) => batch.texts)
  const finished = batches.flatMap((batch) => batch.finished)
  return batches
    .flatMap(({ encoded }) => encoded)
    .map(({ example }, p) => ({
      id: example.id,
      prompt: example.text,
      answer: example.answer,
      completions: Array.from({ length: G }, (_, g) => {
        const i = p * G + g
        return { completion: texts[i], rewards: rewards[i], advantage: advantages[i], finished: finished[i] }
      }),
    }))
}
