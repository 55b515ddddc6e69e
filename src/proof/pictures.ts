/**
 * Pictures of a data set: whether they are there and whole, and whether they are the colour frames of their scan
 * (the same bytes; or the same pixels, where they were encoded again without loss or were raw).
 */
import fs from 'node:fs'
import path from 'node:path'
import { describeError } from '../common/errors.js'
import type { Room } from './room.js'

/** From outside, since the proof opens no pictures itself. */
export interface Codec {
  /** Size from the header. @throws data error naming the file */
  size(file: string): Promise<{ width: number; height: number }>
  /** All pixels, RGB. @throws data error naming the file */
  decode(source: string | Buffer): Promise<{ width: number; height: number; data: ArrayLike<number> }>
}

export type Looked = { width: number; height: number } | { problem: string }

/** A function that looks at each picture below `root` once: its header, or with `whole` all of it. */
export function pictureChecker(
  root: string,
  codec: Codec,
  whole: boolean,
): (image: string) => Promise<Looked> {
  const known = new Map<string, Looked>()
  const look = async (image: string): Promise<Looked> => {
    if (/^[a-z]+:/i.test(image)) return { problem: `image: expected a file, got ${image.slice(0, 40)}` }
    const file = path.resolve(root, image)
    if (!fs.existsSync(file)) return { problem: `image ${image}: expected a picture, got nothing there` }
    try {
      const { width, height } = whole ? await codec.decode(file) : await codec.size(file)
      return { width, height }
    } catch (error) {
      return { problem: `image ${describeError(error).message}` }
    }
  }
  return async (image) => {
    const found = known.get(image) ?? (await look(image))
    known.set(image, found)
    return found
  }
}

/** Mean difference of two lists of as many values. */
function meanDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i])
  return sum / a.length
}

/** Pictures that differ by more than this of 255 on average show something else. */
const SAME_VIEW = 8

/** What is wrong with the picture `image` (`<scene>/<frame>.jpg`) below `root`; null when it is the scan's own. */
export async function checkPicture(
  room: Room,
  root: string,
  image: string,
  codec: Codec,
): Promise<string | null> {
  const file = path.resolve(root, image)
  if (!fs.existsSync(file)) return `image ${image}: expected a picture, got nothing there`
  const frame = room.frame(Number(path.basename(image).replace(/\.\w+$/, '')))
  if (!frame)
    return `image ${image}: expected a frame of ${room.scan.name} with a pose, got none of that number`
  const [bytes, own] = [await fs.promises.readFile(file), await room.scan.readColor(frame.index)]
  if (own.format !== 'raw' && bytes.equals(own.bytes)) return null
  const unlike = (got: string): string => `image ${image}: expected the scan's own colour frame, got ${got}`
  try {
    const given = await codec.decode(bytes)
    const wanted =
      own.format === 'raw' ? { ...room.scan.colorSize, data: own.bytes } : await codec.decode(own.bytes)
    if (given.width !== wanted.width || given.height !== wanted.height)
      return unlike(`one of ${given.width}x${given.height}`)
    const apart = meanDifference(given.data, wanted.data)
    if (apart === 0) return null
    return unlike(
      apart <= SAME_VIEW
        ? `one altered or encoded again (pixels differ by ${apart.toPrecision(2)})`
        : 'another picture',
    )
  } catch (error) {
    return unlike(`none that can be read (${describeError(error).message})`)
  }
}
