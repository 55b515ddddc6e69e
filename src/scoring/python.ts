/**
 * The two pieces of Python that the original scorers lean on: `str.strip` and `float(text)`. JavaScript's
 * `trim` and `Number` differ ("" is 0, "0x10" is 16, other white space), and scores would differ with them.
 */

/** Code points for which Python's `str.isspace()` holds. */
const WHITE = new Set([
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002,
  0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
])

/** Whether the UTF-16 unit at `index` is white space to Python; false outside the text. */
export const isPythonSpace = (text: string, index: number): boolean => WHITE.has(text.charCodeAt(index))

/** `str.strip()`. */
export function pythonStrip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isPythonSpace(text, start)) start++
  while (end > start && isPythonSpace(text, end - 1)) end--
  return text.slice(start, end)
}

/** Any Unicode decimal digit as ASCII: their blocks are runs of ten, zero first. */
function asciiDigit(char: string): string {
  const isDigit = (code: number): boolean => /^\p{Nd}$/u.test(String.fromCodePoint(code))
  const code = char.codePointAt(0) ?? 0
  let start = code
  while (start > 0 && isDigit(start - 1)) start--
  return String((code - start) % 10)
}

/**
 * `float(text)`, or null where Python raises ValueError. Accepts surrounding white space, `inf`, `nan`,
 * `1e1`, `.5`, `5.`, `1_0` and digits of any script; rejects "", `0x10`, `1,200`, `4m`.
 */
export function pythonFloat(text: string): number | null {
  const body = pythonStrip(text).replace(/\p{Nd}/gu, asciiDigit)
  if (/^[+-]?nan$/i.test(body)) return Number.NaN
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(body)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const digits = '\\d+(?:_\\d+)*'
  const pattern = new RegExp(
    `^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`,
    'i',
  )
  return pattern.test(body) ? Number(body.replaceAll('_', '')) : null
}
