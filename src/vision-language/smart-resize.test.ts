import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../common/files.js'
import { loaderResize, roundHalfEven, smartResize } from './smart-resize.js'

const limits = (tokens: number, least = 16) => ({ min_pixels: least * 784, max_pixels: tokens * 784 })
const size = (width: number, height: number) => ({ width, height })

interface GoldenSizes {
  min_pixels: number
  max_pixels: number
  twice: boolean
  count: number
  sha256: string
}
const golden: { sizes: GoldenSizes[] } = JSON.parse(
  fs.readFileSync(new URL('./fixtures/processor.json', import.meta.url), 'utf8'),
)

/** The sizes of bench/reference/processor_golden.py. */
function someSizes() {
  const side = (k: number): number => {
    const bits = Math.imul(k, 2654435761) >>> 0
    return 1 + ((bits >>> 8) % (6000 >> (bits & 7)))
  }
  return Array.from({ length: 6000 }, (_, i) => size(side(2 * i + 1), side(2 * i + 2))).filter(
    ({ width: w, height: h }) => Math.max(w, h) <= 200 * Math.min(w, h),
  )
}

describe.each(golden.sizes)(
  '$count sizes within $min_pixels to $max_pixels pixels, twice: $twice',
  (each) => {
    it('are those of Python', () => {
      const lines = someSizes().map((given) => {
        const first = each.twice ? loaderResize(given, 28) : given
        // The loader's step can make what is nearly too thin too thin.
        const thin = Math.max(first.width, first.height) / Math.min(first.width, first.height) > 200
        if (thin) expect(() => smartResize(first, 28, each)).toThrow('an aspect ratio of at most 200')
        const { width, height } = thin ? size(0, 0) : smartResize(first, 28, each)
        return `${given.width} ${given.height} ${width} ${height}\n`
      })
      expect(lines).toHaveLength(each.count)
      expect(sha256(lines.join(''))).toBe(each.sha256)
    })
  },
)

describe('the size a picture gets', () => {
  it.each([
    [1296, 968, 364, 252],
    [1288, 980, 336, 252],
    [640, 480, 364, 252],
    [1280, 720, 420, 224],
    [1920, 1080, 420, 224],
  ])('%d×%d becomes %d×%d within 128 tokens', (width, height, w, h) => {
    expect(smartResize(size(width, height), 28, limits(128))).toEqual(size(w, h))
  })

  it.each([
    [1296, 968, 728, 560],
    [640, 480, 644, 476],
  ])('%d×%d becomes %d×%d within 528 tokens after the loader', (width, height, w, h) => {
    expect(smartResize(loaderResize(size(width, height), 28), 28, limits(528))).toEqual(size(w, h))
  })

  it('counts a side as one merged patch in the loader, where the processor counts it as nothing', () => {
    expect(loaderResize(size(900, 5), 28)).toEqual(size(896, 28))
    expect(smartResize(size(900, 5), 28, limits(16384, 4))).toEqual(size(756, 28))
  })

  it('of 420×280, as ViewSpatial-Bench forces it, grows where 256 tokens are the least', () => {
    expect(smartResize(size(420, 280), 28, limits(1280, 256))).toEqual(size(560, 392))
  })

  it.each([
    [731, 548, 700, 532],
    [733, 547, 700, 532],
    [548, 731, 532, 700],
    [844, 475, 840, 476],
    [1296, 968, 700, 532],
  ])(
    '%d×%d, a frame or picture of the paper, becomes %d×%d within 512 tokens after the loader',
    (w, h, width, height) => {
      expect(smartResize(loaderResize(size(w, h), 28), 28, limits(512))).toEqual(size(width, height))
    },
  )

  it('rounds halves to even, as Python does', () => {
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 4, 2, 3])
    // 42 / 28 = 1.5 -> 2, 70 / 28 = 2.5 -> 2
    expect(smartResize(size(42, 70), 28, limits(16384, 4))).toEqual(size(56, 56))
  })

  it('enlarges what is too small', () => {
    expect(smartResize(size(10, 10), 28, limits(128))).toEqual(size(112, 112))
  })

  it('refuses what no model can see', () => {
    expect(() => smartResize(size(1000, 4), 28, limits(128))).toThrow(
      /aspect ratio of at most 200, got 1000×4/,
    )
    expect(() => smartResize(size(0, 4), 28, limits(128))).toThrow(/at least one pixel/)
  })
})
