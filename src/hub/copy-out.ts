/**
 * A snapshot as a folder of its own. Large files are hard links to the cache where one disk holds both; small
 * ones are copies, since a config may well be edited and the cache must not change with it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { type HubFile, oidOf } from './cache.js'
import { checkRoom, onOneDisk } from './disk.js'
import { hasContent } from './download.js'

/** From this size on (bytes) a file is linked. */
const LINKED = 1 << 24

/** Whether `place` is the file already. @throws data error when something else is there */
async function isThere(place: string, source: string, file: HubFile): Promise<boolean> {
  const there = fs.statSync(place, { throwIfNoEntry: false })
  if (!there) return false
  const same = there.isFile() && (there.ino === fs.statSync(source).ino || (await hasContent(place, file)))
  if (same) return true
  throw dataError(place, `nothing, or the file with hash ${oidOf(file)}`, 'another file, which is left alone')
}

/**
 * Puts `files` of the snapshot `folder` into `out`. What is there already stays; nothing is overwritten.
 * @throws data error when `out` has another file under one of the names; environment error when the disk is too full
 */
export async function copyOut(folder: string, files: readonly HubFile[], out: string): Promise<void> {
  const wanted: { source: string; place: string; size: number }[] = []
  for (const file of files) {
    const source = fs.realpathSync(path.join(folder, file.path))
    const place = path.join(out, file.path)
    if (!(await isThere(place, source, file))) wanted.push({ source, place, size: file.size })
  }
  const linkable = onOneDisk(folder, out)
  const copied = wanted.filter(({ size }) => !linkable || size < LINKED)
  checkRoom(
    out,
    copied.reduce((sum, { size }) => sum + size, 0),
  )
  for (const { source, place, size } of wanted) {
    fs.mkdirSync(path.dirname(place), { recursive: true })
    const temporary = `${place}.tmp-${process.pid}-0`
    fs.rmSync(temporary, { force: true })
    try {
      if (size < LINKED || !link(source, temporary))
        fs.copyFileSync(source, temporary, fs.constants.COPYFILE_FICLONE)
      fs.renameSync(temporary, place)
    } catch (error) {
      fs.rmSync(temporary, { force: true })
      throw error
    }
  }
}

/** False where the disk, or the border between two, allows no links. */
function link(source: string, place: string): boolean {
  try {
    fs.linkSync(source, place)
    return true
  } catch (error) {
    if (['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false
    throw error
  }
}
