/** Who sees whom: small cases drawn by hand. */
import { expect, it } from 'vitest'
import { scope, type Tensor } from '../../torch/tensor.js'
import { causalBias, PAD, treeBias } from './attention-bias.js'

/** One string a query: `x` where it may look, `.` where not. */
function drawn(bias: Tensor): string[][] {
  const [rows, , , S] = bias.shape
  const values = bias.floats()
  return Array.from({ length: rows }, (_, b) =>
    Array.from({ length: S }, (_, i) =>
      Array.from(values.subarray((b * S + i) * S, (b * S + i + 1) * S), (x) => (x === 0 ? 'x' : '.')).join(
        '',
      ),
    ),
  )
}

it('text: every token sees those before it and itself', () => {
  scope(() => {
    const bias = causalBias(3)
    expect(bias.shape).toEqual([1, 1, 1, 3, 3])
    expect(drawn(bias)).toEqual([['x..', 'xx.', 'xxx']])
  })
})

it('padding on the left is seen by nobody but itself', () => {
  scope(() => {
    const bias = causalBias(4, [
      [0, 0, 1, 1],
      [1, 1, 1, 1],
    ])
    expect(bias.shape).toEqual([2, 1, 1, 4, 4])
    expect(drawn(bias)).toEqual([
      ['x...', '.x..', '..x.', '..xx'],
      ['x...', 'xx..', 'xxx.', 'xxxx'],
    ])
  })
})

it('branches see the shared prefix and themselves, never each other', () => {
  scope(() => {
    expect(drawn(treeBias([[0, 0, 1, 1, 2, 2, PAD]]))).toEqual([
      ['x......', 'xx.....', 'xxx....', 'xxxx...', 'xx..x..', 'xx..xx.', 'xx....x'],
    ])
  })
})

it('branches without a prefix are texts of their own', () => {
  scope(() => {
    expect(drawn(treeBias([[1, 1, 2, 2]]))).toEqual([['x...', 'xx..', '..x.', '..xx']])
  })
})

it('what is hidden is finite, so that a row of nothing but padding stays a number', () => {
  scope(() => {
    const values = [...treeBias([[PAD, PAD]]).floats()]
    expect(values.every(Number.isFinite)).toBe(true)
    expect(Math.min(...values)).toBeLessThan(-1e29)
  })
})
