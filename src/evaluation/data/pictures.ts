/** Pictures named by a path, in folders or as members of zips. Nothing is opened until a picture is read. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { openZip } from '../../common/zip.js'
import { fileState } from './file-state.js'
import type { SourcePicture } from './source.js'

/** Bytes of the largest picture taken from a zip. */
const PICTURE_LIMIT = 256 * 2 ** 20

export interface MediaPlaces {
  /** Folders, looked into in this order. */
  roots: readonly string[]
  /** Zips, looked into after the folders; those that are not there are passed over. */
  zips?: readonly string[]
}

/**
 * `relative` with `/` between its parts and no `.` among them.
 * @throws data error when it leads out of its root
 */
export function insidePath(subject: string, relative: string): string {
  const normal = path.posix.normalize(relative.replaceAll('\\', '/'))
  if (relative === '' || /^(\.\.(\/|$)|\/|[A-Za-z]:|\.$)/.test(normal) || normal.includes('\0'))
    throw dataError(subject, 'a path that stays inside its folder', JSON.stringify(relative))
  return normal
}

/** `a, b or zip c`, for what is not there. */
export const placesText = ({ roots, zips = [] }: MediaPlaces): string =>
  [...roots, ...zips].join(' or ') || 'a folder of pictures (none was named)'

/**
 * Pictures by their path below the places.
 * @throws data error, when asked for a path that leads out of its root
 */
export function openPictures(places: MediaPlaces): (relative: string) => SourcePicture {
  const zips = (places.zips ?? []).map(openZip)
  const there = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
  return (given) => {
    const relative = insidePath('picture', given)
    const onDisk = (): string | undefined => places.roots.map((root) => path.join(root, relative)).find(there)
    return {
      name: relative,
      get file() {
        return onDisk()
      },
      origin() {
        const file = onDisk()
        return (file ? [file] : zips.map((zip) => zip.file)).map(fileState).join('\n')
      },
      async read() {
        const file = onDisk()
        if (file) return fs.promises.readFile(file)
        for (const zip of zips) {
          if (!there(zip.file)) continue
          const member = await zip.find(relative)
          if (member) return zip.read(member, PICTURE_LIMIT)
        }
        throw dataError(`picture ${relative}`, `it in ${placesText(places)}`, 'nothing there')
      },
    }
  }
}
