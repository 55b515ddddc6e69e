/** Gradients against values worked by hand. */
import { expect, it } from 'vitest'
import { backward, clearGradients, gradients, noGrad } from './autograd.js'
import { add, detach, exp, gather, indexCopy, logSoftmax, matmul, mul, sum } from './ops.js'
import { scope, type Tensor, tensor } from './tensor.js'

const leaf = (values: number[], shape?: number[]): Tensor => tensor(values, shape).setRequiresGrad()

it('backward adds to what a leaf already has, until it is cleared', () => {
  scope(() => {
    const x = leaf([1, 2, 3])
    // d/dx Σ x² = 2x
    backward(sum(mul(x, x)))
    expect(x.grad?.numbers()).toEqual([2, 4, 6])
    backward(sum(mul(x, 5)))
    expect(x.grad?.numbers()).toEqual([7, 9, 11])
    clearGradients([x])
    expect(x.grad).toBeNull()
  })
})

it('a product of matrices: dA = G Bᵀ, dB = Aᵀ G', () => {
  scope(() => {
    const a = leaf([1, 2, 3, 4], [2, 2])
    const b = leaf([5, 6, 7, 8], [2, 2])
    backward(matmul(a, b), tensor([1, 0, 0, 2], [2, 2]))
    // G Bᵀ = [[5, 7], [12, 16]]; Aᵀ G = [[1, 6], [2, 8]]
    expect(a.grad?.numbers()).toEqual([5, 7, 12, 16])
    expect(b.grad?.numbers()).toEqual([1, 6, 2, 8])
  })
})

it('log-softmax of a chosen class: one minus its share there, minus the share elsewhere', () => {
  scope(() => {
    const x = leaf([0, Math.log(2), Math.log(5)], [1, 3])
    backward(sum(gather(logSoftmax(x, -1), 1, tensor([1], [1, 1], 'i64'))))
    // Shares 1/8, 2/8, 5/8.
    const got = x.grad?.numbers() ?? []
    ;[-0.125, 0.75, -0.625].forEach((want, i) => {
      expect(got[i]).toBeCloseTo(want, 6)
    })
  })
})

it('gradients of chosen inputs, null where one was not used, without touching the leaves', () => {
  scope(() => {
    const [x, y, unused] = [leaf([2]), leaf([3]), leaf([4])]
    const [dx, dy, none] = gradients([mul(mul(x, x), y)], [x, y, unused])
    expect([dx?.item(), dy?.item(), none]).toEqual([12, 4, null])
    expect(x.grad).toBeNull()
  })
})

it('rows replaced by others get their gradient, those they replaced get none', () => {
  scope(() => {
    const base = leaf([1, 2, 3, 4], [2, 2])
    const row = leaf([10, 20], [1, 2])
    backward(sum(mul(indexCopy(base, 0, tensor([1], [1], 'i64'), row), tensor([1, 2, 3, 4], [2, 2]))))
    expect(base.grad?.numbers()).toEqual([1, 2, 0, 0])
    expect(row.grad?.numbers()).toEqual([3, 4])
  })
})

it('nothing is recorded inside noGrad, nor behind detach, and the state comes back after an error', () => {
  scope(() => {
    const x = leaf([1])
    expect(noGrad(() => exp(x)).requiresGrad).toBe(false)
    expect(() =>
      noGrad(() => {
        throw new Error('inside')
      }),
    ).toThrow('inside')
    expect(exp(x).requiresGrad).toBe(true)
    // d/dx (x · stop(x)) = x
    const y = leaf([3])
    backward(add(mul(y, detach(y)), 0))
    expect(y.grad?.item()).toBe(3)
  })
})
