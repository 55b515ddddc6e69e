/**
 * ScanNet's 2D annotation: `<scan>_2d-instance(-filt).zip` and `<scan>_2d-label(-filt).zip`, or the folders
 * they unpack to (`instance-filt/N.png`, N without zeros in front). Instance pictures are 8-bit, objectId + 1
 * with 0 for none; label pictures are 16-bit, ids of the label table. Both have the size of the colour
 * pictures; those of frames without a pose are all 0.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { openZip } from '../../common/zip.js'
import { decodeGrey16, type Grey16Image } from '../../images/codec.js'
import type { Size } from './types.js'

export const MASK_KINDS = ['instance-filt', 'instance', 'label-filt', 'label'] as const
export type MaskKind = (typeof MASK_KINDS)[number]

/** Pictures of colour size and two bytes a pixel, not compressed at all, have fewer bytes. */
const MAX_FILE = 64 << 20

export interface Masks {
  /** The zip or the folder. */
  place: string
  kind: MaskKind
  /**
   * The picture of frame `id`; null when there is none.
   * @throws data error naming zip or file when it is no grey picture of `size`
   */
  read(id: number, size: Size): Promise<Grey16Image | null>
  close(): Promise<void>
}

async function decode(source: Buffer, place: string, { width, height }: Size): Promise<Grey16Image> {
  // A header that promises more pixels than there are is refused before they are set aside.
  const image = await decodeGrey16(source, { name: place, maxPixels: width * height })
  if (image.width !== width || image.height !== height)
    throw dataError(place, `a picture of ${width}x${height}, as the colour`, `${image.width}x${image.height}`)
  return image
}

/**
 * The annotation of one kind beside the scan `name` in `folder`, zip or folder; null when there is neither.
 * A zip is not read before its first picture.
 */
export function openMasks(folder: string, name: string, kind: MaskKind): Masks | null {
  const pictures = path.join(folder, kind)
  if (fs.statSync(pictures, { throwIfNoEntry: false })?.isDirectory())
    return {
      place: pictures,
      kind,
      async read(id, size) {
        const file = path.join(pictures, `${id}.png`)
        const found = fs.statSync(file, { throwIfNoEntry: false })
        if (!found) return null
        if (found.size > MAX_FILE) throw dataError(file, `at most ${MAX_FILE} bytes`, `${found.size}`)
        return decode(await fs.promises.readFile(file), file, size)
      },
      close: async () => {},
    }
  const file = path.join(folder, `${name}_2d-${kind}.zip`)
  if (!fs.existsSync(file)) return null
  const zip = openZip(file)
  return {
    place: file,
    kind,
    async read(id, size) {
      const member = await zip.find(`${kind}/${id}.png`)
      return member
        ? decode(await zip.read(member, MAX_FILE), `${file} member ${member.fileName}`, size)
        : null
    },
    close: () => zip.close(),
  }
}

/** Where one object is in one picture. */
export interface MaskBox {
  /** objectId, 0-based. */
  id: number
  pixels: number
  /** First and last column and row that it has pixels in: x1, y1, x2, y2. */
  bbox_2d: [number, number, number, number]
}

/** The objects of an instance picture, in the order of their ids; none for the picture of a lost pose. */
export function maskBoxes({ data, height, width }: Grey16Image): MaskBox[] {
  const boxes = new Map<number, MaskBox>()
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const value = data[at]
      if (value === 0) continue
      const box = boxes.get(value)
      if (!box) boxes.set(value, { id: value - 1, pixels: 1, bbox_2d: [x, y, x, y] })
      else {
        box.pixels++
        const b = box.bbox_2d
        if (x < b[0]) b[0] = x
        if (x > b[2]) b[2] = x
        b[3] = y
      }
    }
  return [...boxes.values()].sort((a, b) => a.id - b.id)
}
