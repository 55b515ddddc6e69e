// Golden files: bench/reference/scannet_fixture.py (Python's zipfile and Pillow).
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { maskBoxes, openMasks } from './instance-masks.js'

const fixture = (...parts: string[]): string => path.join(import.meta.dirname, 'fixtures', ...parts)
const NAME = 'scene0007_00'
const SIZE = { width: 8, height: 6 }
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'masks-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

describe('2D annotation', () => {
  it('in a zip gives boxes of objects, none where the pose was lost, nothing beyond the last frame', async () => {
    const masks = openMasks(fixture(NAME), NAME, 'instance-filt')
    for (const id of [0, 2]) {
      const picture = await masks?.read(id, SIZE)
      expect(picture && maskBoxes(picture)).toEqual([
        { id: 0, pixels: 6, bbox_2d: [2, 1, 4, 2] },
        { id: 1, pixels: 7, bbox_2d: [3, 3, 7, 5] },
      ])
    }
    const lost = await masks?.read(1, SIZE)
    expect(lost && maskBoxes(lost)).toEqual([])
    expect(await masks?.read(3, SIZE)).toBeNull()
    await masks?.close()
  })

  it('of labels has 16 bits', async () => {
    const masks = openMasks(fixture(NAME), NAME, 'label-filt')
    const picture = await masks?.read(0, SIZE)
    expect([...new Set(picture?.data)]).toEqual([0, 2, 1357])
    await masks?.close()
  })

  it('in a folder is the same thing, numbers without zeros in front', async () => {
    const masks = openMasks(fixture('scene0704_00'), 'scene0704_00', 'instance-filt')
    const picture = await masks?.read(9, { width: 640, height: 480 })
    expect(picture && maskBoxes(picture)).toEqual([{ id: 253, pixels: 1100, bbox_2d: [50, 100, 60, 199] }])
    expect(openMasks(fixture('scene0704_00'), 'scene0704_00', 'instance')).toBeNull()
  })

  it('of another size than the colour, or damaged, is one line naming zip and member', async () => {
    const masks = openMasks(fixture(NAME), NAME, 'instance-filt')
    await expect(masks?.read(0, { width: 16, height: 12 })).rejects.toThrow(
      /2d-instance-filt\.zip member instance-filt\/0\.png: expected a picture of 16x12, as the colour, got 8x6$/,
    )
    await expect(masks?.read(0, { width: 4, height: 4 })).rejects.toThrow(
      /0\.png: expected a complete 16-bit PNG/,
    )
    await masks?.close()
    const zip = fs.readFileSync(fixture(NAME, `${NAME}_2d-instance-filt.zip`))
    fs.writeFileSync(path.join(temporary, `${NAME}_2d-instance-filt.zip`), zip.subarray(0, 200))
    await expect(openMasks(temporary, NAME, 'instance-filt')?.read(0, SIZE)).rejects.toThrow(
      /2d-instance-filt\.zip: expected a zip/,
    )
  })
})
