import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeGrey16, decodeImage, encodeGrey16, encodeJpeg, encodePng, readImageSize } from './codec.js'
import type { RgbImage } from './image.js'

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'codec-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

const gradient: RgbImage = {
  width: 16,
  height: 9,
  data: Uint8Array.from({ length: 16 * 9 * 3 }, (_, i) => (i % 3 === 0 ? 4 : 2) * Math.floor(i / 48)),
}

describe('pictures', () => {
  it('come back from PNG exactly and from JPEG nearly', async () => {
    expect(await decodeImage(await encodePng(gradient))).toEqual({
      ...gradient,
      data: Buffer.from(gradient.data),
    })
    const jpeg = await decodeImage(await encodeJpeg(gradient, 95))
    expect([jpeg.width, jpeg.height]).toEqual([16, 9])
    expect(Math.max(...jpeg.data.map((value, i) => Math.abs(value - gradient.data[i])))).toBeLessThan(8)
  })

  it('with alpha or of one channel become three channels, colours untouched', async () => {
    const rgba = await sharp(Buffer.from([10, 20, 30, 0, 40, 50, 60, 128]), {
      raw: { width: 2, height: 1, channels: 4 },
    })
      .png()
      .toBuffer()
    expect([...(await decodeImage(rgba)).data]).toEqual([10, 20, 30, 40, 50, 60])
    const grey = await sharp(Buffer.from([7, 200]), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect([...(await decodeImage(grey)).data]).toEqual([7, 7, 7, 200, 200, 200])
  })

  it('that were replaced on disk are read anew', async () => {
    const file = path.join(temporary, 'a.png')
    fs.writeFileSync(file, await encodePng(gradient))
    await decodeImage(file)
    fs.writeFileSync(file, await encodePng({ width: 1, height: 1, data: Uint8Array.from([1, 2, 3]) }))
    expect([...(await decodeImage(file)).data]).toEqual([1, 2, 3])
    expect(await readImageSize(file)).toEqual({ width: 1, height: 1 })
  })

  it('that are no pictures, or half of one, are one clear line with the file', async () => {
    const file = path.join(temporary, 'half.jpg')
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)
    const whole = await encodeJpeg({ width: 64, height: 64, data: noise }, 90)
    fs.writeFileSync(file, whole.subarray(0, whole.length / 2))
    await expect(decodeImage(file)).rejects.toThrow(/half\.jpg: expected a complete picture/)
    fs.writeFileSync(file, 'text')
    await expect(decodeImage(file)).rejects.toMatchObject({ kind: 'data' })
    await expect(readImageSize(file)).rejects.toThrow(/half\.jpg: expected a picture/)
    await expect(decodeImage(path.join(temporary, 'none.png'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('depth pictures', () => {
  it('keep all 65,536 values', async () => {
    const data = Uint16Array.from({ length: 65536 }, (_, i) => i)
    const back = await decodeGrey16(await encodeGrey16({ width: 256, height: 256, data }))
    expect(back).toEqual({ width: 256, height: 256, data })
  })
  it('of three channels are refused', async () => {
    await expect(decodeGrey16(await encodePng(gradient))).rejects.toThrow(
      /expected a picture of one channel, got 3 channels/,
    )
  })
})
