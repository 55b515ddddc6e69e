/**
 * One process at work in a folder, or on a file: a lock file that names its holder. A holder that was killed leaves its
 * file behind; it is known to be gone by its process id and the time it was started (Linux: /proc).
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { environmentError } from './errors.js'
import { withPath } from './files.js'

const LOCK = '.lock'

interface Holder {
  pid: number
  host: string
  /** Ticks after boot at which the process started; null where the system does not tell. */
  started: string | null
}

/** Field 22 of /proc/<pid>/stat; the name before it may hold blanks, but ends with the last bracket. */
function startOf(pid: number): string | null {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

function isAlive({ pid, host, started }: Holder): boolean {
  // Of another machine's processes nothing can be known.
  if (host !== os.hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return started === null || startOf(pid) === started
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Holder
  } catch {
    return null
  }
}

/**
 * Takes `folder` for this process until the returned function is called or the process ends.
 * @throws environment error when another process works there
 */
export const lockFolder = (folder: string): (() => void) => lock(folder, folder, path.join(folder, LOCK))

/** The same for one file, which need not be there: others in its folder are left to others. */
export function lockFile(target: string): () => void {
  const { dir, base } = path.parse(path.resolve(target))
  return lock(target, dir, path.join(dir, `.${base}${LOCK}`))
}

function lock(subject: string, folder: string, file: string): () => void {
  const made = fs.mkdirSync(folder, { recursive: true })
  const holder = readHolder(file)
  if (holder && isAlive(holder))
    throw environmentError(
      subject,
      'no other process at work in it',
      `process ${holder.pid} on ${holder.host} (if that is gone, remove ${file})`,
    )
  fs.rmSync(file, { force: true })
  const mine: Holder = { pid: process.pid, host: os.hostname(), started: startOf(process.pid) }
  try {
    fs.writeFileSync(file, `${JSON.stringify(mine)}\n`, { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      // A full disk leaves an empty file.
      fs.rmSync(file, { force: true })
      throw withPath(error, file)
    }
    throw environmentError(subject, 'no other process at work in it', 'one that started at the same time')
  }
  const release = (): void => {
    process.removeListener('exit', release)
    fs.rmSync(file, { force: true })
    // A folder made for nothing goes again.
    if (made !== undefined && fs.existsSync(folder) && fs.readdirSync(folder).length === 0)
      fs.rmdirSync(folder)
  }
  process.on('exit', release)
  return release
}
