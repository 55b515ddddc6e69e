import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { allShown, chooseViews, uniformIndices } from './frames.js'
import { subsets } from './numbers.js'
import { datasetOptionsSchema } from './options.js'
import { randomRoom } from './rooms.test-helper.js'
import { indexScene } from './scene-index.js'

describe('frame lists', () => {
  it("are spread as numpy's linspace does, both ends included", () => {
    expect(uniformIndices(100, 32).join()).toBe(
      '0,3,6,9,12,15,19,22,25,28,31,35,38,41,44,47,51,54,57,60,63,67,70,73,76,79,83,86,89,92,95,99',
    )
    expect(uniformIndices(1235, 32).slice(-4)).toEqual([1114, 1154, 1194, 1234])
    expect(uniformIndices(5, 8)).toEqual([0, 1, 2, 3, 4])
  })
})

describe('several views', () => {
  it('are as many as asked, in time order, and show every object', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 2, max: 24 }), (seed, count) => {
        const index = indexScene(randomRoom(seed), datasetOptionsSchema.parse({}))
        const ids = rng(seed, 'test').shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).slice(0, 3)
        const views = chooseViews(index, ids, count, 0.4)
        if (views === null) {
          // Only where two pictures are too few, or an object is never seen well.
          expect(count < 3 || !allShown(index, index.frames, ids, 0.4)).toBe(true)
          return
        }
        const order = views.map((frame) => frame.frame_id)
        expect(order).toHaveLength(count)
        expect([...new Set(order)].sort((a, b) => a - b)).toEqual(order)
        expect(allShown(index, views, ids, 0.4)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('are not to be had from a shorter scan', () => {
    const index = indexScene(randomRoom(1), datasetOptionsSchema.parse({}))
    expect(chooseViews(index, [], 25, 0.4)).toBeNull()
  })
})

describe('subsets', () => {
  it('are all of them up to the limit, else as many different ones', () => {
    const items = [0, 1, 2, 3, 4, 5, 6]
    expect(subsets(items, 3, 35, rng(1, 'test'))).toHaveLength(35)
    expect(subsets(items, 8, 35, rng(1, 'test'))).toEqual([])
    const some = subsets(items, 3, 20, rng(1, 'test'))
    expect(new Set(some.map((s) => s.join())).size).toBe(20)
    expect(some.every((s) => s.length === 3 && s[0] < s[1] && s[1] < s[2])).toBe(true)
  })
})
