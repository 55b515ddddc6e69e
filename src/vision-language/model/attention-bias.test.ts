/** Who sees whom: small cases drawn by hand. */
import { expect, it } from 'vitest'
import { scope, type Tensor } from '../../torch/tensor.js'
import { causalBias, rowBias } from './attention-bias.js'

/** One string a query: `x` where it may look, `.` where not. */
function drawn(bias: Tensor): string[][] {
  const [rows, S, T] = bias.shape
  const values = bias.floats()
  return Array.from({ length: rows }, (_, b) =>
    Array.from({ length: S }, (_, i) =>
      Array.from(values.subarray((b * S + i) * T, (b * S + i + 1) * T), (x) => (x === 0 ? 'x' : '.')).join(
        '',
      ),
    ),
  )
}

it('text: every token sees those before it and itself', () => {
  scope(() => {
    expect(drawn(causalBias(3))).toEqual([['x..', 'xx.', 'xxx']])
  })
})

it('padding on the left is seen by nobody', () => {
  scope(() => {
    const mask = [
      [0, 0, 1, 1],
      [1, 1, 1, 1],
    ]
    expect(drawn(causalBias(4, mask))).toEqual([
      ['....', '....', '..x.', '..xx'],
      ['x...', 'xx..', 'xxx.', 'xxxx'],
    ])
  })
})

it('a branch sees its whole prefix, not the padding after that, and itself up to each token', () => {
  scope(() => {
    // Prefixes of 2 and 3 tokens in three places; branches of 3 and 1 in three.
    const rows = [
      { before: 2, own: 3 },
      { before: 3, own: 1 },
    ]
    expect(drawn(rowBias(rows, 3, 3))).toEqual([
      ['xx.x..', 'xx.xx.', 'xx.xxx'],
      ['xxxx..', 'xxxx..', 'xxxx..'],
    ])
  })
})

it('rows without anything before them are texts of their own', () => {
  scope(() => {
    expect(drawn(rowBias([{ before: 0, own: 3 }], 0, 3))).toEqual([['x..', 'xx.', 'xxx']])
  })
})

it('what is hidden is finite, so that a row of nothing but padding stays a number', () => {
  scope(() => {
    const values = [...causalBias(2, [[0, 0]]).floats()]
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.max(...values)).toBeLessThan(-1e29)
  })
})
