import { describe, expect, it } from 'vitest'
import { accuracyOfError, meanRelativeAccuracy, vsiRelativeError } from './numeric.js'

describe('relative errors of the benchmarks', () => {
  it("are VSI-Bench's to the bit, and perfect against a negative target", () => {
    expect(vsiRelativeError(3.2, 4)).toBe(0.19999999999999996)
    expect(vsiRelativeError(8, 10)).toBe(0.2)
    expect([accuracyOfError(vsiRelativeError(3.2, 4)), accuracyOfError(vsiRelativeError(8, 10))]).toEqual([
      0.7, 0.6,
    ])
    expect(accuracyOfError(vsiRelativeError(100, -1))).toBe(1)
    expect(accuracyOfError(vsiRelativeError(Number.NaN, 4))).toBe(0)
    expect(accuracyOfError(vsiRelativeError(Number.POSITIVE_INFINITY, 4))).toBe(0)
  })

  it.each([0, 4, Number.NaN])('have no value for %d against 0 in VSI-Bench', (prediction) =>
    expect(() => vsiRelativeError(prediction, 0)).toThrow('relative error: expected a target other than 0'),
  )

  it('are absolute against 0 in SPAR-Bench', () => {
    const score = (prediction: number, target: number) => meanRelativeAccuracy(prediction, target, 'absolute')
    expect([score(0, 0), score(0.3, 0), score(0.5, 0), score(-0.3, 0)]).toEqual([1, 0.5, 0.1, 0.5])
    expect([score(100, -1), score(-1, -1), score(9, 10), score(2, 1.5)]).toEqual([0, 1, 0.9, 0.4])
  })
})
