import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../common/files.js'
import { formulaPicture } from './formula-picture.js'
import { type ResizeFilter, resize } from './resize.js'

interface Case {
  filter: ResizeFilter
  from: [number, number]
  to: [number, number]
  sha256: string
  head: number[]
}
const golden: { cases: Case[] } = JSON.parse(
  fs.readFileSync(new URL('./fixtures/resize.json', import.meta.url), 'utf8'),
)

describe('resizing as Pillow does', () => {
  it.each(golden.cases)(
    '$filter, $from to $to, byte for byte',
    ({ filter, from, to, sha256: expected, head }) => {
      const out = resize(formulaPicture(...from), ...to, filter)
      expect([...out.data.slice(0, 24)]).toEqual(head)
      expect([out.width, out.height, out.data.length]).toEqual([...to, to[0] * to[1] * 3])
      expect(sha256(out.data)).toBe(expected)
    },
  )

  it('leaves the given picture as it was', () => {
    const image = formulaPicture(9, 7)
    const before = image.data.slice()
    resize(image, 20, 20, 'lanczos')
    expect(image.data).toEqual(before)
  })

  it.each([
    [{ width: 2, height: 2, data: new Uint8Array(12) }, 0, 3, /expected sizes of at least one pixel/],
    [{ width: 2, height: 2, data: new Uint8Array(11) }, 3, 3, /expected 12 bytes of RGB, got 11/],
  ])('refuses what is no picture', (image, width, height, message) => {
    expect(() => resize(image, width, height, 'bicubic')).toThrow(message)
  })
})
