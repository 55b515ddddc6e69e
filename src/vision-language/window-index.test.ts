import { describe, expect, it } from 'vitest'
import { type GridThw, mergedCount, rotaryPositions, windowIndex } from './window-index.js'

const config = { window_size: 112, patch_size: 14, spatial_merge_size: 2 }

describe('windows of the vision tower (vectors from transformers 5.18)', () => {
  it('cuts a grid into 8×8-patch windows, smaller at the right and bottom', () => {
    const { windowIndex: order, cuWindowSeqlens, cuSeqlens } = windowIndex([[1, 10, 12]], config)
    expect([...order]).toEqual([
      0, 1, 2, 3, 6, 7, 8, 9, 12, 13, 14, 15, 18, 19, 20, 21, 4, 5, 10, 11, 16, 17, 22, 23, 24, 25, 26, 27,
      28, 29,
    ])
    expect(cuWindowSeqlens).toEqual([0, 64, 96, 112, 120])
    expect(cuSeqlens).toEqual([0, 120])
  })

  it.each<[GridThw, number[]]>([
    [
      [1, 16, 16],
      [0, 64, 128, 192, 256],
    ],
    [
      [1, 18, 26],
      [0, 64, 128, 192, 208, 272, 336, 400, 416, 432, 448, 464, 468],
    ],
    [
      [2, 4, 6],
      [0, 24, 48],
    ],
  ])('borders of %j', (grid, borders) => {
    expect(windowIndex([grid], config).cuWindowSeqlens).toEqual(borders)
  })

  it('keeps frames apart', () => {
    const { windowIndex: order, cuSeqlens } = windowIndex([[2, 4, 6]], config)
    expect([...order]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    expect(cuSeqlens).toEqual([0, 24, 48])
  })

  it('puts a second picture behind the first', () => {
    const both = windowIndex(
      [
        [1, 10, 12],
        [1, 4, 4],
      ],
      config,
    )
    expect([...both.windowIndex.slice(-4)]).toEqual([30, 31, 32, 33])
    expect(both.cuWindowSeqlens).toEqual([0, 64, 96, 112, 120, 136])
    expect(both.cuSeqlens).toEqual([0, 120, 136])
    both.windowIndex.forEach((from, to) => {
      expect(both.reverseIndex[from]).toBe(to)
    })
  })
})

describe('rows and columns of patches', () => {
  it('goes block by block', () => {
    const positions = rotaryPositions([[1, 4, 6]])
    const pairs = Array.from({ length: 13 }, (_, i) => `${positions[2 * i]},${positions[2 * i + 1]}`)
    expect(pairs.join(' ')).toBe('0,0 0,1 1,0 1,1 0,2 0,3 1,2 1,3 0,4 0,5 1,4 1,5 2,0')
  })

  it('repeats for every frame of a video', () => {
    const [one, two] = [rotaryPositions([[1, 4, 6]]), rotaryPositions([[2, 4, 6]])]
    expect([...two]).toEqual([...one, ...one])
    expect(mergedCount([2, 4, 6], 2)).toBe(12)
  })
})
