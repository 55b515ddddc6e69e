/** Lines of a large text file, one at a time, and again later by where they lie: rows are never all in memory. */
import fs from 'node:fs'
import { dataError } from '../common/errors.js'

export interface Line {
  text: string
  /** Number of the line, from 1. */
  row: number
  /** Where it begins, and how long it is without its line feed; bytes. */
  offset: number
  length: number
}

const LINE_FEED = 0x0a
/** Longer lines are no rows; bytes. */
const LONGEST = 64 * 2 ** 20

/**
 * Every line of `file` that holds more than white space, in order.
 * @throws data error naming file and row of a line of more than 64 MiB
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let [row, offset] = [0, 0]
  let parts: Buffer[] = []
  let held = 0
  const line = (): Line | null => {
    const bytes = Buffer.concat(parts)
    const text = bytes.toString('utf8')
    row++
    const found = { text: row === 1 ? text.replace(/^\uFEFF/, '') : text, row, offset, length: bytes.length }
    offset += bytes.length + 1
    parts = []
    held = 0
    return found.text.trim() === '' ? null : found
  }
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end))
      const found = line()
      if (found) yield found
      start = end + 1
    }
    parts.push(chunk.subarray(start))
    held += chunk.length - start
    if (held > LONGEST) throw dataError(`${file} row ${row + 1}`, 'a line of at most 64 MiB', 'a longer one')
  }
  const last = line()
  if (last) yield last
}

/** How many lines `file` has, for a bar of progress. */
export async function countLines(file: string): Promise<number> {
  let count = 0
  let last = LINE_FEED
  for await (const chunk of fs.createReadStream(file, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) count++
    last = chunk[chunk.length - 1]
  }
  return last === LINE_FEED ? count : count + 1
}

/** A line that was read before. */
export function readLineAt(file: string, { offset, length }: Pick<Line, 'offset' | 'length'>): string {
  const bytes = Buffer.alloc(length)
  const handle = fs.openSync(file, 'r')
  try {
    fs.readSync(handle, bytes, 0, length, offset)
  } finally {
    fs.closeSync(handle)
  }
  return bytes.toString('utf8').replace(/^\uFEFF/, '')
}
