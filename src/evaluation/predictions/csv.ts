/**
 * Comma- or tab-separated values as Python's `csv` and pandas write them (RFC 4180): quotes inside quotes are
 * doubled, line ends inside quotes belong to the text.
 */

/** The field that starts at `at`; `end` is -1 where its quotes are never closed. */
function readField(text: string, at: number, separator: string): { value: string; end: number } {
  let value = ''
  let end = at
  if (text[at] === '"')
    for (;;) {
      const quote = text.indexOf('"', end + 1)
      if (quote < 0) return { value, end: -1 }
      value += text.slice(end + 1, quote)
      end = quote + 1
      if (text[end] !== '"') break
      value += '"'
    }
  const plain = end
  while (end < text.length && text[end] !== separator && text[end] !== '\n' && text[end] !== '\r') end++
  return { value: value + text.slice(plain, end), end }
}

/**
 * Records of `text`, one list of fields each; empty lines are left out.
 * @param separator `,` or a tab
 * @returns `open`: whether the text ends inside quotes, within the record after the last one returned
 */
export function parseCsv(text: string, separator: string): { records: string[][]; open: boolean } {
  const records: string[][] = []
  for (let at = 0; at < text.length; ) {
    const start = at
    const record: string[] = []
    for (;;) {
      const { value, end } = readField(text, at, separator)
      if (end < 0) return { records, open: true }
      record.push(value)
      at = end
      if (text[at] !== separator) break
      at++
    }
    const isEmpty = at === start
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    if (!isEmpty) records.push(record)
  }
  return { records, open: false }
}
