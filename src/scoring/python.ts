/**
 * The pieces of Python that the original scorers lean on: `str.strip`, `str.split(' ')`, `float(text)` and
 * `round`. JavaScript's `trim`, `Number` and `Math.round` differ ("" is 0, "0x10" is 16, other white space,
 * halves go up), and scores would differ with them. Regular expressions: `python-pattern.ts`.
 */

/** Code points for which Python's `str.isspace()` holds. */
export const PYTHON_SPACES: readonly number[] = [
  0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002,
  0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]
const WHITE = new Set(PYTHON_SPACES)

/** Whether the UTF-16 unit at `index` is white space to Python; false outside the text. */
export const isPythonSpace = (text: string, index: number): boolean => WHITE.has(text.charCodeAt(index))

function stripped(text: string, isSpace: (text: string, index: number) => boolean): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text, start)) start++
  while (end > start && isSpace(text, end - 1)) end--
  return text.slice(start, end)
}

/** `str.strip()`. */
export const pythonStrip = (text: string): string => stripped(text, isPythonSpace)

/** White space around a number: `float` does not count the separators U+001C to U+001F, though `strip` does. */
const isFloatSpace = (text: string, index: number): boolean =>
  isPythonSpace(text, index) && !(text[index] >= '\x1c' && text[index] <= '\x1f')

/** `text.split(' ')[0]`: what stands before the first U+0020; a line break or tab does not split. */
export const firstWord = (text: string): string => text.split(' ', 1)[0]

/** Any Unicode decimal digit as ASCII: their blocks are runs of ten, zero first. */
function asciiDigit(char: string): string {
  const isDigit = (code: number): boolean => /^\p{Nd}$/u.test(String.fromCodePoint(code))
  const code = char.codePointAt(0) ?? 0
  let start = code
  while (start > 0 && isDigit(start - 1)) start--
  return String((code - start) % 10)
}

/** `text` with the decimal digits of every script as 0-9. */
export const asciiDigits = (text: string): string => text.replace(/\p{Nd}/gu, asciiDigit)

/**
 * `float(text)`, or null where Python raises ValueError. Accepts surrounding white space, `inf`, `nan`,
 * `1e1`, `.5`, `5.`, `1_0` and digits of any script; rejects "", `0x10`, `1,200`, `4m`.
 */
export function pythonFloat(text: string): number | null {
  const body = asciiDigits(stripped(text, isFloatSpace))
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
