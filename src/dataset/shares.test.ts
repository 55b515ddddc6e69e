import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apportion, shareOut } from './shares.js'

const claims = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(200)), { minLength: 1, maxLength: 8 })
  .map((all) => all.map(([weight, available], i) => ({ name: `task ${i}`, weight, available })))
const sum = (values: Iterable<number>): number => [...values].reduce((all, n) => all + n, 0)

describe('sharing out', () => {
  it('is exact in proportion, the first named getting what rounding leaves', () => {
    const three = ['a', 'b', 'c'].map((name) => ({ name, weight: 1 }))
    expect(apportion(10, three)).toEqual([4, 3, 3])
    expect(
      apportion(
        5929,
        [0.3, 0.1, 0.15, 0.45].map((weight, i) => ({ name: `${i}`, weight })),
      ),
    ).toEqual([1779, 593, 889, 2668])
  })

  it('passes on what one cannot take, by weight', () => {
    const shares = shareOut(100, [
      { name: 'a', weight: 2, available: 10 },
      { name: 'b', weight: 1, available: 1000 },
      { name: 'c', weight: 2, available: 1000 },
      { name: 'd', weight: 0, available: 1000 },
    ])
    expect([...shares]).toEqual([
      ['a', 10],
      ['b', 30],
      ['c', 60],
      ['d', 0],
    ])
  })

  it('gives the whole total wherever there is enough, and never more than is available', () => {
    fc.assert(
      fc.property(claims, fc.nat(1000), (all, total) => {
        const shares = shareOut(total, all)
        for (const { available, name, weight } of all) {
          expect(shares.get(name)).toBeLessThanOrEqual(available)
          if (weight === 0) expect(shares.get(name)).toBe(0)
        }
        const most = sum(all.filter((c) => c.weight > 0).map((c) => c.available))
        expect(sum(shares.values())).toBe(Math.min(total, most))
      }),
    )
  })
})
