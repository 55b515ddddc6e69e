/**
 * Group-relative policy optimisation, as SpatialLadder's trainer computes it: advantages within the group of
 * a prompt, the clipped ratio, the k3 estimate of the KL divergence, mean over tokens then over completions.
 */
import { add, clamp, exp, minimum, mul, neg, sub, sum } from '../torch/ops.js'
import { type Tensor, tensor } from '../torch/tensor.js'

/** Added to the standard deviation of a group's rewards. */
const STD_EPSILON = 1e-4

/** Sample standard deviation (n - 1). */
export function sampleStd(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((total, x) => total + (x - mean) ** 2, 0) / (values.length - 1))
}

/** (reward - group mean) / (group std + 1e-4), for rewards of consecutive groups of `size`. */
export function groupAdvantages(rewards: readonly number[], size: number): number[] {
  return rewards.map((reward, i) => {
    const start = i - (i % size)
    const group = rewards.slice(start, start + size)
    const mean = group.reduce((a, b) => a + b, 0) / size
    return (reward - mean) / (sampleStd(group) + STD_EPSILON)
  })
}

export interface GrpoTerms {
  /** Per token, [n]: advantage of its completion, 1 / (completions * tokens of its completion). */
  advantages: Float32Array
  weights: Float32Array
  /** Log-probabilities under the policy that sampled, and under the reference; null where not needed. */
  old: Float32Array | null
  reference: Float32Array | null
  epsilonLow: number
  epsilonHigh: number
  beta: number
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
    loss = add(loss, mul(sub(sub(exp(difference), difference), 1), terms.beta))
  }
  return sum(mul(loss, part(terms.weights, start, n)))
}

/** Mean over completions of the mean over tokens: the weight of every token. */
export function sequenceMeanWeights(branch: readonly number[], branches: number): Float32Array {
  const lengths = new Array<number>(branches).fill(0)
  for (const b of branch) lengths[b]++
  return Float32Array.from(branch, (b) => 1 / (branches * lengths[b]))
}
