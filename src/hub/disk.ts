/** Room on the disk, asked before something large is written. */
import fs from 'node:fs'
import path from 'node:path'
import { environmentError } from '../common/errors.js'
import { formatBytes } from '../common/progress.js'

/** The folder itself or, while it is not made yet, the nearest one above it. */
function existing(folder: string): string {
  const whole = path.resolve(folder)
  return fs.existsSync(whole) || path.dirname(whole) === whole ? whole : existing(path.dirname(whole))
}

/** Free bytes for this user on the disk that holds, or will hold, `folder`. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = fs.statfsSync(existing(folder))
  return bavail * bsize
}

/** Whether both lie, or will lie, on one disk. */
export const onOneDisk = (a: string, b: string): boolean =>
  fs.statSync(existing(a)).dev === fs.statSync(existing(b)).dev

/** @throws environment error naming `folder` when `bytes` do not fit */
export function checkRoom(folder: string, bytes: number, free = freeBytes(folder)): void {
  if (bytes > free) throw environmentError(folder, `${formatBytes(bytes)} of free space`, formatBytes(free))
}
