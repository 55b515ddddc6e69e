/**
 * Group-relative policy optimisation, as SpatialLadder's trainer computes it: advantages within the group of
 * a prompt, the clipped ratio, the k3 estimate of the KL divergence, mean over tokens then over completions. TRL's
 * other ways to scale rewards and to add up token losses go by TRL's names.
 */
import { add, clamp, exp, minimum, mul, neg, sub, sum } from '../torch/ops.js'
import { type Tensor, tensor } from '../torch/tensor.js'
import { mean } from './accumulation.js'
import type { LossType, RewardScale } from './options.js'

/** Added to the standard deviation of a group's rewards. */
const STD_EPSILON = 1e-4

/** Sample standard deviation (n - 1). */
export function sampleStd(values: readonly number[]): number {
  const center = mean(values)
  return Math.sqrt(values.reduce((total, x) => total + (x - center) ** 2, 0) / (values.length - 1))
}

/**
 * (reward - group mean) / (std + 1e-4), for rewards of consecutive groups of `size`.
 * @param scale the deviation that divides: of the group, of all rewards given, or none (no division at all)
 */
export function groupAdvantages(
  rewards: readonly number[],
  size: number,
  scale: RewardScale = 'group',
): number[] {
  const whole = scale === 'batch' ? sampleStd(rewards) : 0
  return rewards.map((reward, i) => {
    const start = i - (i % size)
    const group = rewards.slice(start, start + size)
    const distance = reward - mean(group)
    if (scale === 'none') return distance
    return distance / ((scale === 'batch' ? whole : sampleStd(group)) + STD_EPSILON)
  })
}

export interface GrpoTerms {
  /** Per token, [n]: advantage of its completion, and its weight in the loss (`tokenWeights`). */
  advantages: Float32Array
  weights: Float32Array
  /** Log-probabilities under the policy that sampled, and under the reference; null where not needed. */
  old: Float32Array | null
  reference: Float32Array | null
  epsilonLow: number
  epsilonHigh: number
  beta: number
  /** The KL term times the ratio (`use_bias_correction_kl`). */
  correctKl?: boolean
}

const part = (values: Float32Array, start: number, length: number): Tensor =>
  tensor(values.subarray(start, start + length))

/**
 * Σ weight · (−min(ρA, clip(ρ)A) + β·k3) over the tokens `start ..`, with k3 = e^d − d − 1, d = ref − logp.
 * Without `old` the policy is its own: the ratio is 1 and its gradient that of log p.
 * @param logp [n], nats, with gradients
 * @param start place of the first of these tokens in `terms`
 * @param detached `logp` without gradients; stands for `old` where that is null
 * @returns a scalar
 */
export function grpoLoss(logp: Tensor, start: number, detached: Tensor, terms: GrpoTerms): Tensor {
  const [n] = logp.shape
  const advantages = part(terms.advantages, start, n)
  const ratio = exp(sub(logp, terms.old ? part(terms.old, start, n) : detached))
  const clipped = clamp(ratio, 1 - terms.epsilonLow, 1 + terms.epsilonHigh)
  let loss = neg(minimum(mul(ratio, advantages), mul(clipped, advantages)))
  if (terms.reference && terms.beta > 0) {
    const difference = sub(part(terms.reference, start, n), logp)
    const k3 = sub(sub(exp(difference), difference), 1)
    loss = add(loss, mul(terms.correctKl ? mul(k3, ratio) : k3, terms.beta))
  }
  return sum(mul(loss, part(terms.weights, start, n)))
}

/** Mean over completions of the mean over tokens: the weight of every token. */
export function sequenceMeanWeights(branch: readonly number[], branches: number): Float32Array {
  const lengths = new Array<number>(branches).fill(0)
  for (const b of branch) lengths[b]++
  return Float32Array.from(branch, (b) => 1 / (branches * lengths[b]))
}

export interface BatchShape {
  /** Completion of every token, and how many completions the batch has. */
  branch: readonly number[]
  branches: number
  /** Batches of the step, and the tokens of them all. */
  batches: number
  tokensOfStep: number
  maxCompletionLength: number
}

/**
 * The weight of every token of a batch in the loss of its step, as TRL's `loss_type` has it. Weights over all batches
 * add up to 1, but for `dr_grpo`.
 */
export function tokenWeights(type: LossType, shape: BatchShape): Float32Array {
  const { branch, branches, batches, tokensOfStep, maxCompletionLength } = shape
  if (type === 'grpo') {
    const weights = sequenceMeanWeights(branch, branches)
    return batches === 1 ? weights : weights.map((weight) => weight / batches)
  }
  const each = {
    bnpo: () => 1 / (branch.length * batches),
    dr_grpo: () => 1 / (branches * maxCompletionLength * batches),
    dapo: () => 1 / tokensOfStep,
  }[type]()
  return new Float32Array(branch.length).fill(each)
}
