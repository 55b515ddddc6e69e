/** Names a file in its present state, so that what was made from it is not mistaken for its successor's. */
import fs from 'node:fs'
import path from 'node:path'

/** Absolute path, size in bytes and time of change; where there is no file, its path alone. Never throws. */
export function fileState(file: string): string {
  const absolute = path.resolve(file)
  const stat = fs.statSync(absolute, { throwIfNoEntry: false })
  return stat ? `${absolute} ${stat.size} ${stat.mtimeMs}` : absolute
}
