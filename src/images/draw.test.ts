import { describe, expect, it } from 'vitest'
import { blankImage, contactSheet, drawBoxes, drawText, textWidth } from './draw.js'
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRows } from './font.js'
import type { RgbImage } from './image.js'

const at = ({ data, width }: RgbImage, x: number, y: number): number[] => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
]
const grey = (): RgbImage => blankImage(60, 40, [9, 9, 9])
const RED = [255, 0, 0] as const

describe('a drawn box', () => {
  it('colours its inclusive corners and nothing beyond or within', () => {
    const image = drawBoxes(grey(), [{ bbox: [10, 12, 30, 25], color: RED }])
    for (const [x, y] of [
      [10, 12],
      [30, 12],
      [10, 25],
      [30, 25],
      [20, 12],
      [10, 20],
    ])
      expect(at(image, x, y)).toEqual([...RED])
    for (const [x, y] of [
      [9, 12],
      [31, 25],
      [20, 11],
      [20, 26],
      [20, 18],
    ])
      expect(at(image, x, y)).toEqual([9, 9, 9])
  })

  it('leaves the picture it was drawn on alone, and may reach outside', () => {
    const image = grey()
    const drawn = drawBoxes(image, [{ bbox: [-5, -5, 100, 100], color: RED, label: 'wide label' }])
    expect(image).toEqual(grey())
    expect(drawn.data).toHaveLength(image.data.length)
  })

  it('carries its label on a plate of its colour', () => {
    const image = drawBoxes(grey(), [{ bbox: [5, 20, 40, 35], color: RED, label: 'tv' }])
    expect(at(image, 5, 10)).toEqual([...RED])
    const inks = new Set<string>()
    for (let x = 5; x < 20; x++) for (let y = 9; y < 20; y++) inks.add(String(at(image, x, y)))
    expect(inks).toEqual(new Set(['255,0,0', '255,255,255']))
  })
})

describe('text', () => {
  it('has a glyph of five by seven for every printable ASCII character', () => {
    const shapes = new Map<string, string>()
    for (let code = 33; code < 127; code++) {
      const character = String.fromCharCode(code)
      const rows = glyphRows(character)
      expect(rows).toHaveLength(GLYPH_HEIGHT)
      for (const row of rows) expect(row).toBeLessThan(1 << GLYPH_WIDTH)
      const shape = rows.join()
      expect(shapes.get(shape), `${character} looks like another`).toBeUndefined()
      shapes.set(shape, character)
    }
  })
  it('is as wide as it says', () => {
    const image = grey()
    drawText(image, 'HH', 2, 2, RED, 2)
    expect(textWidth('HH', 2)).toBe(22)
    expect(at(image, 2 + 21, 2)).toEqual([...RED])
    expect(at(image, 2 + 22, 2)).toEqual([9, 9, 9])
  })
})

describe('a contact sheet', () => {
  it('lays pictures on a grid and scales their boxes with them', async () => {
    const image = blankImage(40, 30, [0, 0, 200])
    const cells = [{ image, boxes: [{ bbox: [20, 15, 39, 29], color: RED }] as const }, { image }, { image }]
    const sheet = await contactSheet(cells, { columns: 2, cellWidth: 80 })
    expect([sheet.width, sheet.height]).toEqual([8 + 2 * 88, 8 + 2 * 68])
    expect(at(sheet, 8 + 40, 8 + 30)).toEqual([...RED])
    expect(at(sheet, 8 + 79, 8 + 59)).toEqual([...RED])
    expect(at(sheet, 8 + 39, 8 + 30)).toEqual([0, 0, 200])
    expect(at(sheet, 8 + 88 + 10, 8 + 68 + 10)).toEqual([248, 248, 246])
  })
  it('of nothing is an empty picture', async () => {
    expect((await contactSheet([])).width).toBeGreaterThan(0)
  })
})
