/** Muon: orthogonal updates of the promised size for matrices, AdamW for the rest. */
import { describe, expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { backward, clearGradients } from './autograd.js'
import { muon, orthogonalise } from './muon.js'
import { bmm, mul, sub, sum, transpose } from './ops.js'
import { adamW } from './optimizer.js'
import { scope, type Tensor, tensor } from './tensor.js'

const normals = (count: number, name: string): number[] => {
  const random = rng(5, 'muon-test', name)
  return Array.from({ length: count }, () => random.normal())
}

/** Gradient of Σ w·target is the target itself. */
function pull(value: Tensor, target: readonly number[]): void {
  scope(() => backward(sum(mul(value, tensor(target, value.shape)))))
}

describe('orthogonalise', () => {
  it.each([
    [3, 5],
    [5, 3],
    [4, 4],
  ])('moves the singular values of a %i x %i matrix near one', (rows, columns) => {
    scope(() => {
      const y = orthogonalise(tensor(normals(rows * columns, 'x'), [1, rows, columns]))
      const gram = (rows > columns ? bmm(transpose(y, 1, 2), y) : bmm(y, transpose(y, 1, 2))).floats()
      const side = Math.min(rows, columns)
      // Five iterations leave singular values between about 0.7 and 1.2.
      for (let i = 0; i < side; i++) {
        expect(gram[i * side + i]).toBeGreaterThan(0.4)
        expect(gram[i * side + i]).toBeLessThan(1.5)
        for (let j = 0; j < i; j++) expect(Math.abs(gram[i * side + j])).toBeLessThan(0.4)
      }
    })
  })
})

describe('muon', () => {
  it('moves a matrix by 0.2 sqrt(max side) times the rate along each direction, and vectors as AdamW does', () => {
    const matrix = tensor(new Array(12).fill(0), [3, 4]).setRequiresGrad()
    const [vector, twin] = [1, 2].map(() => tensor([1, 2, 3]).setRequiresGrad())
    const optimizer = muon(
      new Map([
        ['m', matrix],
        ['v', vector],
      ]),
      () => true,
    )
    const reference = adamW(new Map([['v', twin]]))
    const target = normals(12, 'target')
    pull(matrix, target)
    pull(vector, [1, -2, 3])
    pull(twin, [1, -2, 3])
    optimizer.step(0.01)
    reference.step(0.01)
    scope(() => {
      expect([...sub(vector, twin).floats()]).toEqual([0, 0, 0])
      const direction = orthogonalise(tensor(target, [1, 3, 4])).floats()
      const scale = 0.01 * 0.2 * Math.sqrt(4)
      matrix.floats().forEach((value, i) => {
        expect(value).toBeCloseTo(-scale * direction[i], 5)
      })
    })
    clearGradients([matrix, vector, twin])
    // Without a gradient nothing moves.
    const before = [...matrix.floats()]
    optimizer.step(0.01)
    expect([...matrix.floats()]).toEqual(before)
    for (const one of [optimizer, reference]) one.dispose()
    for (const one of [matrix, vector, twin]) one.dispose()
  })
})
