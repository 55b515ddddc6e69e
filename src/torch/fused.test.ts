/** Each fused pass against the same thing composed from libtorch's own operators: values and gradients. */
import { describe, expect, it } from 'vitest'
import { backward, clearGradients } from './autograd.js'
import { attend, biasedSoftmax, gated, rmsNorm, rotate } from './fused.js'
import {
  add,
  bmm,
  cast,
  cat,
  chunk,
  mean,
  mul,
  narrow,
  pow,
  rsqrt,
  select,
  silu,
  softmax,
  sub,
  sum,
  transpose,
  unsqueeze,
} from './ops.js'
import { scope, type Tensor, tensor } from './tensor.js'

/** A leaf of fixed, irregular values. */
function leaf(shape: number[], phase: number, scale = 1): Tensor {
  const count = shape.reduce((a, b) => a * b, 1)
  const values = Array.from({ length: count }, (_, i) => scale * Math.sin(1.3 * i * i + 0.7 * i + phase))
  return tensor(values, shape).setRequiresGrad()
}

/** Largest difference of two lists, in units of the larger's size. */
function gap(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length)
  const size = Math.max(1e-3, ...b.map(Math.abs))
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]))) / size
}

/** Values and gradients, under one arbitrary gradient of the output. */
function outcome(body: () => Tensor, leaves: Tensor[]): number[][] {
  const y = body()
  const weights = tensor(
    Array.from({ length: y.size }, (_, i) => Math.cos(0.9 * i + 0.2)),
    y.shape,
  )
  backward(sum(mul(y, weights)))
  const found = [y, ...leaves.map((one) => one.grad as Tensor)].map((one) => one.numbers())
  clearGradients(leaves)
  return found
}

function same(fused: () => Tensor, composed: () => Tensor, leaves: Tensor[], tolerance = 2e-6): void {
  const [got, want] = [outcome(fused, leaves), outcome(composed, leaves)]
  got.forEach((values, i) => {
    expect(gap(values, want[i])).toBeLessThan(tolerance)
  })
}

describe('RMSNorm', () => {
  const composed = (x: Tensor, w: Tensor, eps: number): Tensor =>
    mul(mul(x, rsqrt(add(mean(pow(x, 2), [-1], true), eps))), w)
  it.each([
    [[1, 8], 1],
    [[37, 5], 1],
    [[40, 96], 30],
    [[3, 7, 130], 1e-3],
  ])('of %j, values around %d', (shape, scale) => {
    scope(() => {
      const [x, w] = [leaf(shape, 0.1, scale), leaf(shape.slice(-1), 2)]
      same(
        () => rmsNorm(x, w, 1e-6),
        () => composed(x, w, 1e-6),
        [x, w],
      )
    })
  })

  it('of rows that lie apart in memory', () => {
    scope(() => {
      const [x, w] = [leaf([6, 20], 0.3), leaf([6], 1)]
      same(
        () => rmsNorm(transpose(x, 0, 1), w, 1e-6),
        () => composed(transpose(x, 0, 1), w, 1e-6),
        [x, w],
      )
    })
  })
})

it('rotary embedding turns each pair of channels', () => {
  scope(() => {
    const x = leaf([9, 3, 16], 0.4)
    const angles = Array.from({ length: 9 * 8 }, (_, i) => 0.3 * i)
    const [c, s] = [Math.cos, Math.sin].map((f) => tensor(angles.map(f), [9, 8]))
    same(() => rotate(x, c, s), () => {
      const [low, high] = chunk(x, 2, -1)
      const [cos, sin] = [unsqueeze(c, 1), unsqueeze(s, 1)]
      return cat([sub(mul(low, cos), mul(high, sin)), add(mul(high, cos), mul(low, sin))], -1)
    }, [x])
  })
})

it.each([1, 12, 80])('silu(gate) · up, values up to %d', (scale) => {
  scope(() => {
    const [gate, up] = [leaf([33, 17], 0.5, scale), leaf([33, 17], 1.5)]
    same(
      () => gated(gate, up),
      () => mul(silu(gate), up),
      [gate, up],
    )
  })
})

describe('softmax of scaled scores with a bias', () => {
  const shape = [3, 2, 5, 11]
  const composed = (scores: Tensor, bias: Tensor | null, scale: number): Tensor => {
    const scaled = mul(scores, scale)
    return softmax(bias ? add(scaled, unsqueeze(bias, 1)) : scaled, -1)
  }
  /** Hides some places from some queries, never all. */
  const hiding = (rows: number, width = 11): Tensor =>
    tensor(
      Array.from({ length: rows * 5 * width }, (_, i) => ((i * 7) % 3 === 0 && i % width !== 0 ? -1e30 : 0)),
      [rows, 5, width],
    )

  it.each([
    ['none', () => null],
    ['one for all rows', () => hiding(1)],
    ['one a row', () => hiding(3)],
    ['a part of a wider one', () => narrow(hiding(3, 20), 2, 0, 11)],
    ['the middle of a longer one', () => narrow(hiding(7), 0, 2, 3)],
  ] as [string, () => Tensor | null][])('bias: %s', (_, make) => {
    scope(() => {
      const [scores, bias] = [leaf(shape, 0.2, 6), make()]
      same(
        () => biasedSoftmax(scores, bias, 0.35),
        () => composed(scores, bias, 0.35),
        [scores],
      )
    })
  })

  it('gives hidden places exactly nothing, and equal shares where all are hidden', () => {
    scope(() => {
      const bias = tensor([0, -1e30, 0, -1e30, -1e30, -1e30], [1, 2, 3])
      const shares = biasedSoftmax(tensor([1, 50, 1, 0, 0, 0], [1, 1, 2, 3]), bias, 1).numbers()
      expect(shares.slice(0, 3)).toEqual([0.5, 0, 0.5])
      for (const share of shares.slice(3)) expect(share).toBeCloseTo(1 / 3, 6)
    })
  })

  it('does not overflow, and lets what is no number through', () => {
    scope(() => {
      const shares = biasedSoftmax(tensor([1000, 999, -1000], [1, 1, 1, 3]), null, 1).numbers()
      expect(gap(shares, [0.7310586, 0.2689414, 0])).toBeLessThan(1e-6)
      const broken = biasedSoftmax(tensor([1, Number.NaN, 2], [1, 1, 1, 3]), null, 1).numbers()
      expect(broken.some(Number.isNaN)).toBe(true)
    })
  })
})

describe('attention', () => {
  /** Head by head, from libtorch's own operators. */
  const composed = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor | null, scale: number): Tensor => {
    const [h, K] = [q.shape[2], k.shape[1]]
    const heads = Array.from({ length: h }, (_, i) => {
      const shared = Math.floor((i * K) / h)
      const scores = mul(bmm(select(q, 2, i), transpose(select(k, 1, shared), 1, 2)), scale)
      return bmm(softmax(bias ? add(scores, bias) : scores, -1), select(v, 1, shared))
    })
    return cat(heads, -1)
  }
  const [B, S, h, D, T] = [3, 5, 4, 6, 7]
  /** The last place is hidden from every other query. */
  const hiding = (rows: number): Tensor =>
    tensor(
      Array.from({ length: rows * S * T }, (_, i) =>
        i % T === T - 1 && Math.floor(i / T) % 2 === 0 ? -1e30 : 0,
      ),
      [rows, S, T],
    )

  it.each([
    ['a key head for each head', 4, () => null],
    ['two heads to a key head, one bias for all rows', 2, () => hiding(1)],
    ['one key head, a bias a row', 1, () => hiding(B)],
  ] as [string, number, () => Tensor | null][])('%s', (_, K, make) => {
    scope(() => {
      const [q, k, v] = [leaf([B, S, h, D], 0.1, 2), leaf([B, K, T, D], 0.6, 2), leaf([B, K, T, D], 1.1)]
      const bias = make()
      same(
        () => attend(q, k, v, bias, 0.4),
        () => composed(q, k, v, bias, 0.4),
        [q, k, v],
        1e-5,
      )
    })
  })

  it('reads keys and values where they lie in a longer cache', () => {
    scope(() => {
      const [q, k, v] = [leaf([B, S, h, D], 0.1, 2), leaf([B, 2, 20, D], 0.6, 2), leaf([B, 2, 20, D], 1.1)]
      const [keys, values] = [k, v].map((x) => (): Tensor => narrow(x, 2, 0, T))
      same(
        () => attend(q, keys(), values(), null, 0.4),
        () => composed(q, keys(), values(), null, 0.4),
        [q, k, v],
        1e-5,
      )
    })
  })

  it('refuses keys of other rows in one line', () => {
    scope(() => {
      const [q, k] = [leaf([2, S, h, D], 0), leaf([B, 2, T, D], 0)]
      expect(() => attend(q, k, k, null, 1)).toThrow(/^attend: expected keys and values for /)
    })
  })
})

it('other element types are composed from operators, to their own precision', () => {
  scope(() => {
    const [x, w] = [leaf([4, 16], 0.1), leaf([16], 2)]
    const words = rmsNorm(cast(x, 'bf16'), cast(w, 'bf16'), 1e-6)
    expect(words.dtype).toBe('bf16')
    expect(gap(cast(words, 'f32').numbers(), rmsNorm(x, w, 1e-6).numbers())).toBeLessThan(2e-2)
  })
})

it('memory of a step is given back', () => {
  scope(() => {
    const [x, w] = [leaf([1, 4, 256, 256], 0.1), leaf([256], 0.2)]
    const step = (): void =>
      scope(() => {
        const shares = biasedSoftmax(gated(rmsNorm(x, w, 1e-6), x), null, 0.1)
        backward(sum(mul(shares, shares)))
        clearGradients([x, w])
      })
    for (let i = 0; i < 10; i++) step()
    const before = process.memoryUsage().rss
    for (let i = 0; i < 100; i++) step()
    // A step makes about eight arrays of 1 MB; were one of them never freed, this would be 100.
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(40)
  })
})
