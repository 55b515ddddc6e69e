/** Each element type: made, computed with, cast, and read back. */
import { describe, expect, it } from 'vitest'
import { noGrad } from './autograd.js'
import type { Dtype } from './dtype.js'
import { add, cast, ge, matmul, mul, sum } from './ops.js'
import { scope, tensor } from './tensor.js'

const TYPES: readonly Dtype[] = ['f32', 'f16', 'bf16', 'i64', 'i32', 'u8', 'bool']
/** Of 16-bit floats only casts make tensors, since JavaScript has no such array. */
const make = (values: readonly number[], dtype: Dtype) => cast(tensor(values), dtype)

describe.each(TYPES)('%s', (dtype) => {
  it('keeps its type and its values', () => {
    scope(() => {
      const x = make([0, 1, 1, 0], dtype)
      expect(x.dtype).toBe(dtype)
      expect(cast(x, 'f32').numbers()).toEqual([0, 1, 1, 0])
      for (const other of TYPES) {
        const there = cast(x, other)
        expect(there.dtype).toBe(other)
        expect(cast(there, 'f32').numbers()).toEqual([0, 1, 1, 0])
      }
    })
  })
})

it.each(TYPES.filter((dtype) => dtype !== 'bool'))('%s adds and multiplies within its own type', (dtype) => {
  scope(() => {
    const [x, y] = [make([1, 2, 3], dtype), make([5, 6, 7], dtype)]
    const z = add(mul(x, y), x)
    expect(z.dtype).toBe(dtype)
    expect(cast(z, 'f32').numbers()).toEqual([6, 14, 24])
    expect(ge(x, 2).dtype).toBe('bool')
    // Whole numbers are summed in 64 bits.
    expect(sum(x).dtype).toBe(['f32', 'f16', 'bf16'].includes(dtype) ? dtype : 'i64')
  })
})

it('rounds to what a type can hold', () => {
  scope(() => {
    expect(cast(make([1 + 2 ** -10, 1 + 2 ** -6], 'bf16'), 'f32').numbers()).toEqual([1, 1 + 2 ** -6])
    expect(cast(make([1 + 2 ** -12, 1 + 2 ** -10], 'f16'), 'f32').numbers()).toEqual([1, 1 + 2 ** -10])
    expect(make([1.9, -1.9], 'i32').numbers()).toEqual([1, -1])
    expect(make([0, 3], 'bool').numbers()).toEqual([0, 1])
  })
})

it('multiplies bf16 matrices, in and out of noGrad', () => {
  scope(() => {
    const a = cast(tensor([1, 2, 3, 4], [2, 2]), 'bf16').setRequiresGrad()
    expect(matmul(a, a).requiresGrad).toBe(true)
    const [silent, nested] = noGrad(() => [matmul(a, a), noGrad(() => matmul(a, a))])
    expect([silent.requiresGrad, nested.requiresGrad]).toEqual([false, false])
    expect(cast(silent, 'f32').numbers()).toEqual([7, 10, 15, 22])
    // Recording goes on behind it, also when its body fails.
    expect(() =>
      noGrad(() => {
        throw new Error('within')
      }),
    ).toThrow('within')
    expect(matmul(a, a).requiresGrad).toBe(true)
  })
})
