/**
 * Python's regular expressions over text. JavaScript's `\b`, `\w`, `\d` know ASCII only, its `.` stops at four
 * kinds of line break instead of one, and its `$` does not match before a last newline.
 */
import { PYTHON_SPACES } from './python.js'

const hex = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`
/** What stands for each class inside square brackets. */
const INSIDE: Record<string, string> = {
  w: '\\p{L}\\p{N}_',
  d: '\\p{Nd}',
  s: PYTHON_SPACES.map(hex).join(''),
}
const WORD = `[${INSIDE.w}]`
const BOUNDARY = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`

/**
 * `re.compile(source)` for the part of the syntax that both languages share: `\b \w \d \s` and their opposites
 * (opposites not inside brackets) are Unicode's as Python has it, `.` is all but `\n`, `$` also matches before
 * a last `\n`. `flags` are JavaScript's (`i`, `g`, `s`); `u` is added.
 */
export function pythonPattern(source: string, flags = ''): RegExp {
  let bracketed = false
  const translated = source.replace(/\\[\s\S]|[[\].$]/g, (token) => {
    if (token.length === 2) {
      const name = token[1]
      if (name === 'b' && !bracketed) return BOUNDARY
      if (name in INSIDE) return bracketed ? INSIDE[name] : `[${INSIDE[name]}]`
      const lower = name.toLowerCase()
      if ('WDS'.includes(name) && !bracketed) return `[^${INSIDE[lower]}]`
      return token
    }
    if (token === '[') bracketed = true
    else if (token === ']') bracketed = false
    else if (bracketed) return token
    else if (token === '.') return flags.includes('s') ? '.' : '[^\\n]'
    else if (token === '$') return '(?=\\n?(?![^]))'
    return token
  })
  return new RegExp(translated, `${flags}u`)
}
