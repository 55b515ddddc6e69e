/** GRPO's advantages and loss against values worked by hand. */
import { describe, expect, it } from 'vitest'
import { backward } from '../torch/autograd.js'
import { detach } from '../torch/ops.js'
import { scope, tensor } from '../torch/tensor.js'
import { type GrpoTerms, groupAdvantages, grpoLoss, sampleStd, sequenceMeanWeights } from './grpo-loss.js'

const close = (got: ArrayLike<number>, want: number[], digits = 6): void => {
  expect(got.length).toBe(want.length)
  want.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, digits)
  })
}

describe('advantages', () => {
  it('are distances from the mean of the group in its sample standard deviations', () => {
    // Rewards 1, 2, 2, 3: mean 2, squares 1 + 0 + 0 + 1, std √(2/3) = 0.8164966.
    // ±1 / (0.8164966 + 0.0001) = ±1.2245949
    expect(sampleStd([1, 2, 2, 3])).toBeCloseTo(0.8164966, 7)
    close(groupAdvantages([1, 2, 2, 3], 4), [-1.2245949, 0, 0, 1.2245949])
  })

  it('know only their own group', () => {
    // 0, 2: mean 1, std √2; ±1 / 1.4143136 = ±0.7070568.  10, 10: std 0, so 0 / 0.0001 = 0.
    close(groupAdvantages([0, 2, 10, 10], 2), [-0.7070568, 0.7070568, 0, 0])
  })

  it('are 0 where all completions earn the same, not NaN', () => {
    expect(groupAdvantages([2, 2, 2, 2], 4)).toEqual([0, 0, 0, 0])
  })
})

it('a token weighs 1 / (completions · tokens of its completion): mean over tokens, then over completions', () => {
  // Three completions of 1, 3 and 2 tokens: 1/3, 1/9, 1/6.
  close(sequenceMeanWeights([0, 1, 1, 1, 2, 2], 3), [1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 6, 1 / 6])
})

const log = Math.log
const terms = (change: Partial<GrpoTerms>): GrpoTerms => ({
  advantages: Float32Array.of(1),
  weights: Float32Array.of(1),
  old: null,
  reference: null,
  epsilonLow: 0.2,
  epsilonHigh: 0.2,
  beta: 0,
  ...change,
})

/** Loss and d loss / d log p. */
function lossOf(logp: number[], given: GrpoTerms, start = 0): { loss: number; gradient: number[] } {
  return scope(() => {
    const leaf = tensor(logp).setRequiresGrad()
    const loss = grpoLoss(leaf, start, detach(leaf), given)
    backward(loss)
    return { loss: loss.item(), gradient: leaf.grad?.numbers() ?? [] }
  })
}

describe('the loss of one token', () => {
  // ratio ρ, advantage A -> loss, gradient. The gradient of ρ is ρ itself; clipped, it is 0.
  const cases: [string, number, number, number, number][] = [
    ['inside the trust region', 1.1, 2, -2.2, -2.2],
    ['gone too far up with A > 0: −1.2 · 2', 1.5, 2, -2.4, 0],
    ['gone up with A < 0 is not clipped: 1.5 · 2', 1.5, -2, 3, 3],
    ['gone too far down with A < 0: 0.8 · 2', 0.5, -2, 1.6, 0],
    ['gone down with A > 0 is not clipped: −0.5 · 2', 0.5, 2, -1, -1],
  ]
  it.each(cases)('%s', (_, ratio, advantage, loss, gradient) => {
    const got = lossOf(
      [log(ratio) - 3],
      terms({ advantages: Float32Array.of(advantage), old: Float32Array.of(-3) }),
    )
    close([got.loss, ...got.gradient], [loss, gradient])
  })

  it('is clipped above by epsilon_high where it is given', () => {
    const given = terms({ old: Float32Array.of(-3), epsilonHigh: 0.28 })
    expect(lossOf([log(1.25) - 3], given).loss).toBeCloseTo(-1.25, 6)
    expect(lossOf([log(1.5) - 3], given).loss).toBeCloseTo(-1.28, 6)
    expect(lossOf([log(0.5) - 3], { ...given, advantages: Float32Array.of(-1) }).loss).toBeCloseTo(0.8, 6)
  })

  it('pays beta · (e^d − d − 1) for distance d = log p_ref − log p from the reference', () => {
    // p = 0.25, p_ref = 0.5: d = log 2, k3 = 2 − 0.6931472 − 1 = 0.3068528; 0.04 · k3 = 0.0122741.
    // A = 0 leaves the KL alone. d k3 / d logp = 1 − e^d = −1; times 0.04.
    const got = lossOf(
      [log(0.25)],
      terms({ advantages: Float32Array.of(0), reference: Float32Array.of(log(0.5)), beta: 0.04 }),
    )
    close([got.loss, ...got.gradient], [0.0122741, -0.04])
    // The other way round: p = 0.5, p_ref = 0.25: d = −log 2, k3 = 0.5 + 0.6931472 − 1 = 0.1931472.
    const back = lossOf(
      [log(0.5)],
      terms({ advantages: Float32Array.of(0), reference: Float32Array.of(log(0.25)), beta: 1 }),
    )
    close([back.loss, ...back.gradient], [0.1931472, 0.5])
  })

  it('without an old policy is −A, with the gradient −A of log p', () => {
    const got = lossOf([-1.7], terms({ advantages: Float32Array.of(1.5) }))
    close([got.loss, ...got.gradient], [-1.5, -1.5])
  })
})

describe('the loss of a batch', () => {
  // Two completions, of 2 and 1 tokens, so weights 1/4, 1/4, 1/2. A = +1 and −1. β = 0.1.
  //   token   log p        old          ratio   clipped   −min(ρA, cA)    ref          d         k3
  //   0       log 0.6      log 0.4      1.5     1.2       −1.2            log 0.6      0         0
  //   1       log 0.3      log 0.3      1       1         −1              log 0.6      log 2     0.3068528
  //   2       log 0.1      log 0.2      0.5     0.8       +0.8            log 0.05     −log 2    0.1931472
  // loss = ¼(−1.2) + ¼(−1 + 0.03068528) + ½(0.8 + 0.01931472) = −0.3 − 0.24232868 + 0.40965736
  //      = −0.13267132
  // gradient: 0: clipped, k3' = 1 − 1 = 0           -> 0
  //           1: ¼(−1 + 0.1 (1 − 2))                -> −0.275
  //           2: clipped, ½ · 0.1 (1 − ½)           -> 0.025
  const batch = terms({
    advantages: Float32Array.of(1, 1, -1),
    weights: sequenceMeanWeights([0, 0, 1], 2),
    old: Float32Array.of(log(0.4), log(0.3), log(0.2)),
    reference: Float32Array.of(log(0.6), log(0.6), log(0.05)),
    beta: 0.1,
  })
  const logp = [log(0.6), log(0.3), log(0.1)]

  it('is the sum worked by hand', () => {
    const { loss, gradient } = lossOf(logp, batch)
    close([loss, ...gradient], [-0.13267132, 0, -0.275, 0.025])
  })

  it('is the same in chunks', () => {
    const parts = logp.map((x, i) => lossOf([x], batch, i))
    expect(parts.reduce((total, { loss }) => total + loss, 0)).toBeCloseTo(-0.13267132, 6)
    close(
      parts.flatMap(({ gradient }) => gradient),
      [0, -0.275, 0.025],
    )
  })
})
