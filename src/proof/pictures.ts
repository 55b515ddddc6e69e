/** Whether a picture of a data set is the colour frame of its scan: the same bytes, or where those were raw, the same pixels. */
import fs from 'node:fs'
import path from 'node:path'
import type { Room } from './room.js'

/** Pixels of an encoded picture; from outside, since the proof opens no pictures itself. */
export type Decode = (bytes: Buffer) => Promise<{ width: number; height: number; data: ArrayLike<number> }>

/**
 * What is wrong with the picture `image` (`<scene>/<frame>.jpg`) below `root`; null when it is the scan's own.
 */
export async function checkPicture(
  room: Room,
  root: string,
  image: string,
  decode: Decode,
): Promise<string | null> {
  const file = path.join(root, image)
  if (!fs.existsSync(file)) return `image ${image}: expected a picture, got nothing there`
  const id = Number(path.basename(image).replace(/\.\w+$/, ''))
  const index = room.scan.frames.findIndex((frame) => frame.id === id)
  if (index < 0) return `image ${image}: expected a frame of ${room.scan.name}, got frame ${id}`
  const [bytes, own] = [await fs.promises.readFile(file), await room.scan.readColor(index)]
  if (own.format !== 'raw') return bytes.equals(own.bytes) ? null : unlike(image)
  const { data } = await decode(bytes)
  return Buffer.from(data as Uint8Array).equals(own.bytes) ? null : unlike(image)
}

const unlike = (image: string): string =>
  `image ${image}: expected the scan's own colour frame, got another picture`
