/** Pictures of an exported data set: where they are, how large, and copies of them in another folder. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { type Progress, silentProgress } from '../common/progress.js'

/** The file of `image` below `root`. @throws data error for a path that leads out of it */
export function pictureFile(root: string, image: string): string {
  const inside = path.posix.normalize(image)
  if (path.posix.isAbsolute(inside) || inside.split('/')[0] === '..')
    throw dataError(`picture ${image}`, `a path below ${root}`, 'one that leads out of it')
  return path.join(root, inside)
}

/** Bytes of each picture below `root`, looked up once. The function throws a data error for one that is not there. */
export function pictureSizes(root: string): (image: string) => number {
  const sizes = new Map<string, number>()
  return (image) => {
    const known = sizes.get(image)
    if (known !== undefined) return known
    const file = pictureFile(root, image)
    const found = fs.statSync(file, { throwIfNoEntry: false })
    if (!found?.isFile()) throw dataError(file, 'a picture', found ? 'a folder' : 'nothing there')
    sizes.set(image, found.size)
    return found.size
  }
}

/** Puts one picture beside the others: a hard link where one disk holds both, else a copy that is whole or not there. */
function place(from: string, to: string): void {
  if (fs.existsSync(to)) return
  fs.mkdirSync(path.dirname(to), { recursive: true })
  const source = fs.realpathSync(from)
  try {
    fs.linkSync(source, to)
  } catch {
    const temporary = `${to}.tmp-${process.pid}-0`
    fs.copyFileSync(source, temporary)
    fs.renameSync(temporary, to)
  }
}

/**
 * Puts `images` of `root` into `out` under the same names; those that are there stay.
 * @throws data error naming a picture that is missing, before any is placed
 */
export function placePictures(
  images: Iterable<string>,
  root: string,
  out: string,
  progress: Progress = silentProgress,
): void {
  const all = [...new Set(images)]
  const sizeOf = pictureSizes(root)
  for (const image of all) sizeOf(image)
  progress.update(0)
  for (const [i, image] of all.entries()) {
    place(pictureFile(root, image), pictureFile(out, image))
    progress.update(i + 1)
  }
}
