/** `<scan>.txt`: `key = value` lines; any key may be missing (test scans have no axisAlignment). */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'

export type MetaText = ReadonlyMap<string, string>

/** Splits each line at its first `=`; lines without one are passed over. */
export function parseMetaText(text: string): MetaText {
  const entries = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf('=')
    if (at > 0) entries.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  return entries
}

export const readMetaText = (file: string): MetaText => parseMetaText(fs.readFileSync(file, 'utf8'))

/**
 * All numbers of `text`, separated by blanks or commas; `inf`, `-inf` and `nan` as C++ writes them.
 * @throws data error naming `subject` for anything else
 */
export function parseNumbers(text: string, subject: string): number[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((word) => {
      if (/^[+-]?inf(inity)?$/i.test(word)) return word.startsWith('-') ? -Infinity : Infinity
      if (/^[+-]?nan/i.test(word)) return Number.NaN
      const value = Number(word)
      if (Number.isNaN(value)) throw dataError(subject, 'numbers', JSON.stringify(word.slice(0, 60)))
      return value
    })
}

/** The 4x4 row-major `axisAlignment`, or null when the scan has none. */
export function axisAlignment(meta: MetaText, file: string): number[] | null {
  const text = meta.get('axisAlignment')
  if (text === undefined) return null
  const values = parseNumbers(text, `${file}: axisAlignment`)
  if (values.length !== 16 || !values.every(Number.isFinite))
    throw dataError(`${file}: axisAlignment`, '16 finite numbers', `${values.length}`)
  return values
}
