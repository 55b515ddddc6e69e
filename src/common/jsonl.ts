/** JSON Lines: one object a line; a half-written last line (a killed writer) is told apart from a bad row. */
import fs from 'node:fs'
import { dataError } from './errors.js'
import { writeFileAtomic } from './files.js'

/**
 * Reads every row of `file`. A last line without its newline that does not parse is what a killed
 * writer leaves: it is dropped when `tolerateTail` is set, an error otherwise.
 * @throws data error naming file and row (1-based)
 */
export function readJsonl<T = unknown>(file: string, options: { tolerateTail?: boolean } = {}): T[] {
  const text = fs.readFileSync(file, 'utf8')
  const lines = text.split('\n')
  const rows: T[] = []
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    try {
      rows.push(JSON.parse(line) as T)
    } catch {
      if (options.tolerateTail && index === lines.length - 1) return
      throw dataError(`${file} row ${index + 1}`, 'a JSON object', JSON.stringify(line.slice(0, 60)))
    }
  })
  return rows
}

export const toJsonl = (rows: readonly unknown[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('')

export const writeJsonl = (file: string, rows: readonly unknown[]): void =>
  writeFileAtomic(file, toJsonl(rows))

/** Appends rows in one write. */
export const appendJsonl = (file: string, rows: readonly unknown[]): void =>
  fs.appendFileSync(file, toJsonl(rows))

/** Cuts a half-written last line off, so that appending can go on. */
export function repairJsonl(file: string): void {
  if (!fs.existsSync(file)) return
  const data = fs.readFileSync(file)
  const end = data.lastIndexOf(0x0a) + 1
  if (end < data.length) fs.truncateSync(file, end)
}
