/**
 * Pictures in and out of memory, by sharp. Its JPEG decode is exact to Pillow's; its resize is not, so
 * nothing here resizes. Embedded colour profiles and EXIF rotation are ignored, as Pillow does.
 */
import fs from 'node:fs'
import sharp, { type Sharp } from 'sharp'
import { dataError } from '../common/errors.js'
import type { RgbImage } from './image.js'

// libvips would otherwise serve a file that was replaced in the meantime from its cache.
sharp.cache(false)

const nameOf = (source: string | Buffer): string =>
  typeof source === 'string' ? source : 'picture in memory'
const reason = (error: unknown): string =>
  error instanceof Error ? error.message.split('\n')[0] : String(error)

/** Reads the file (missing files keep their system error) or passes bytes through. */
const load = async (source: string | Buffer): Promise<Buffer> =>
  typeof source === 'string' ? await fs.promises.readFile(source) : source

/**
 * Any picture sharp reads (JPEG, PNG, WebP, ...) as 8-bit RGB; alpha is dropped, grey is tripled.
 * @throws data error naming the file when it is not a whole picture
 */
export async function decodeImage(source: string | Buffer): Promise<RgbImage> {
  const bytes = await load(source)
  try {
    const { data, info } = await sharp(bytes, { ignoreIcc: true })
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, data }
  } catch (error) {
    throw dataError(nameOf(source), 'a complete picture (JPEG, PNG, WebP)', reason(error))
  }
}

/** One 16-bit channel, e.g. a depth picture: `data[y * width + x]`. */
export interface Grey16Image {
  width: number
  height: number
  data: Uint16Array
}

/**
 * A one-channel PNG of 16 (or 8) bits, values unscaled.
 * @param options `name` stands in messages for bytes in memory; pictures of more than `maxPixels` are refused
 * @throws data error naming the file when it is no such picture
 */
export async function decodeGrey16(
  source: string | Buffer,
  { name = nameOf(source), maxPixels }: { name?: string; maxPixels?: number } = {},
): Promise<Grey16Image> {
  const bytes = await load(source)
  const limitInputPixels = maxPixels === undefined ? undefined : Math.max(1, maxPixels)
  let channels: number | undefined
  try {
    const metadata = await sharp(bytes, { limitInputPixels }).metadata()
    channels = metadata.channels
    if (channels === 1) {
      const picture = sharp(bytes, { ignoreIcc: true, limitInputPixels })
      // Made into 16 bits by libvips, 8 would be scaled.
      const [space, depth] =
        metadata.depth === 'uchar' ? ['b-w', 'uchar' as const] : ['grey16', 'ushort' as const]
      const { data, info } = await picture
        .toColourspace(space)
        .raw({ depth })
        .toBuffer({ resolveWithObject: true })
      if (depth === 'uchar') return { width: info.width, height: info.height, data: Uint16Array.from(data) }
      const copy = new Uint16Array(info.width * info.height)
      new Uint8Array(copy.buffer).set(data)
      return { width: info.width, height: info.height, data: copy }
    }
  } catch (error) {
    throw dataError(name, 'a complete 16-bit PNG', reason(error))
  }
  throw dataError(name, 'a picture of one channel', `${channels} channels`)
}

const raw = (image: RgbImage): Sharp =>
  sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })

/** JPEG bytes; `quality` 1..100, full-resolution colour from 90 on. The same picture gives the same bytes. */
export const encodeJpeg = (image: RgbImage, quality = 90): Promise<Buffer> =>
  raw(image)
    .jpeg({ quality, chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0' })
    .toBuffer()

/** PNG bytes, lossless. */
export const encodePng = (image: RgbImage): Promise<Buffer> => raw(image).png().toBuffer()

/** PNG bytes of one 16-bit channel (ScanNet's exported depth). */
export const encodeGrey16 = (image: Grey16Image): Promise<Buffer> =>
  sharp(image.data, { raw: { width: image.width, height: image.height, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()

/** Width and height in pixels, from the header alone. */
export async function readImageSize(source: string | Buffer): Promise<{ width: number; height: number }> {
  if (typeof source === 'string') await fs.promises.access(source)
  try {
    const { width, height } = await sharp(source).metadata()
    return { width, height }
  } catch (error) {
    throw dataError(nameOf(source), 'a picture (JPEG, PNG, WebP)', reason(error))
  }
}
