/**
 * GRPO's loss, its gradients and the advantages against TRL's own code on the same numbers, and against upstream's
 * formulas. fixtures/grpo.json is made by bench/reference/grpo_golden.py.
 */
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readJson } from '../common/files.js'
import { backward } from '../torch/autograd.js'
import { detach } from '../torch/ops.js'
import { scope, tensor } from '../torch/tensor.js'
import { groupAdvantages, grpoLoss, tokenWeights } from './grpo-loss.js'
import { grpoOptionsSchema, type RewardScale } from './options.js'

interface LossCase {
  options: Record<string, unknown>
  /** Whether the sampling policy was another. */
  old: boolean
  batches: number
  /** Of every batch; gradients of its tokens, completion after completion. */
  loss: number[]
  gradient: number[][]
}
interface Golden {
  group: number
  max_completion_length: number
  lengths: number[]
  logp: number[]
  old: number[]
  reference: number[]
  advantages: number[]
  losses: LossCase[]
  rewards: number[]
  scaled: { scale_rewards: RewardScale; advantages: number[] }[]
  upstream: { losses: LossCase[]; advantages: number[] }
}
const golden = readJson(
  path.join(path.dirname(fileURLToPath(import.meta.url)), 'fixtures', 'grpo.json'),
) as Golden

const farthest = (a: readonly number[], b: readonly number[]): number => {
  expect(a.length).toBe(b.length)
  return Math.max(...a.map((x, i) => Math.abs(x - b[i])))
}

/** Loss and gradients of every batch, through the options a recipe would have. */
function computed(one: LossCase): Pick<LossCase, 'loss' | 'gradient'> {
  const options = grpoOptionsSchema.parse({
    max_steps: 1,
    learning_rate: 1,
    per_device_train_batch_size: golden.lengths.length,
    max_completion_length: golden.max_completion_length,
    ...one.options,
  })
  const size = golden.lengths.length / one.batches
  const loss: number[] = []
  const gradient: number[][] = []
  let token = 0
  for (let start = 0; start < golden.lengths.length; start += size) {
    const branch = golden.lengths.slice(start, start + size).flatMap((n, b) => Array<number>(n).fill(b))
    const part = (values: readonly number[]): Float32Array =>
      Float32Array.from(values.slice(token, token + branch.length))
    const terms = {
      advantages: Float32Array.from(branch, (b) => golden.advantages[start + b]),
      weights: tokenWeights(options.loss_type, {
        branch,
        branches: size,
        batches: one.batches,
        tokensOfStep: golden.logp.length,
        maxCompletionLength: options.max_completion_length,
      }),
      old: one.old ? part(golden.old) : null,
      reference: options.beta > 0 ? part(golden.reference) : null,
      epsilonLow: options.epsilon,
      epsilonHigh: options.epsilon_high ?? options.epsilon,
      beta: options.beta,
      correctKl: options.use_bias_correction_kl,
    }
    scope(() => {
      const leaf = tensor(part(golden.logp)).setRequiresGrad()
      const value = grpoLoss(leaf, 0, detach(leaf), terms)
      backward(value)
      loss.push(value.item())
      gradient.push(leaf.grad?.numbers() ?? [])
    })
    token += branch.length
  }
  return { loss, gradient }
}

const nameOf = ({ options, old, batches }: LossCase): string =>
  `${JSON.stringify(options)}, old policy: ${old}, batches: ${batches}`
const expectSame = (one: LossCase): void => {
  const ours = computed(one)
  expect(farthest(ours.loss, one.loss)).toBeLessThan(1e-6)
  one.gradient.forEach((expected, i) => {
    expect(farthest(ours.gradient[i], expected)).toBeLessThan(1e-6)
  })
}

describe('loss and gradients are those of TRL', () => {
  it('of all four types, with and without accumulation', () => {
    expect(new Set(golden.losses.map(({ options }) => options.loss_type)).size).toBe(4)
    expect(golden.losses).toHaveLength(48)
  })

  it.each(golden.losses.map((one) => [nameOf(one), one] as const))('%s', (_, one) => {
    expectSame(one)
  })
})

describe("loss and gradients are upstream's", () => {
  it.each(golden.upstream.losses.map((one) => [nameOf(one), one] as const))('%s', (_, one) => {
    expectSame(one)
  })
})

describe('advantages', () => {
  it.each(golden.scaled.map((one) => [one.scale_rewards, one.advantages] as const))(
    "scale_rewards %s: TRL's",
    (scale, expected) => {
      // TRL computes in float32, and a group of equal rewards has rounding there.
      expect(farthest(groupAdvantages(golden.rewards, golden.group, scale), expected)).toBeLessThan(1e-6)
    },
  )

  it("by default upstream's", () => {
    const ours = groupAdvantages(golden.rewards, golden.group)
    expect(farthest(ours, golden.upstream.advantages)).toBeLessThan(1e-6)
  })
})
