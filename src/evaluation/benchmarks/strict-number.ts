/** The number that a person would take a text to mean; the rules stand in `strict.ts`. */
import { asciiDigits, pythonFloat } from '../../scoring/python.js'
import { answerText, statements } from './strict-text.js'

const SMALL =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const small = (word: string): number => SMALL.indexOf(word)
const tens = (word: string): number => (TENS.includes(word) ? 20 + 10 * TENS.indexOf(word) : -1)

const WORD = `(?:${[...SMALL, ...TENS].join('|')})`
/** `twenty-one`, `a hundred and five`, `two thousand three hundred`: words joined by blanks, hyphens, "and". */
const WORDS = new RegExp(
  `\\b(?:${WORD}|a(?=[ -](?:hundred|thousand)\\b))(?:(?:[ -]| and )(?:${WORD}|hundred|thousand)\\b)*(?![\\p{L}\\p{N}_])`,
  'giu',
)
/**
 * Digits with thousands commas or without, decimals, an exponent, a sign that touches them. Not those inside a
 * name or a unit (`m2`, `object3`), nor ordinals (`2nd`) or `3D`.
 */
const DIGITS =
  /(?<![\p{L}_\d]|\d\.)(?:(?<![)\]])[+-])?(?:(?:\d{1,3}(?:,\d{3})+(?!,?\d)|\d+)(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?(?!\.?\d|(?:st|nd|rd|th|d)\b)/giu

/** Parts of a number, many, other notations: no value is read beside them. */
const BROKEN = /\b(?:half|halves|quarters?|dozens?|millions?|billions?|0x[\da-f]+)\b/i

/** "one" that points instead of counting: "the one", "this one". */
const POINTING = /\b(?:the|this|that|which|each|every|another|only|no)\s+$/i

/** Value of number words; several values where they do not make one number ("three five"). */
function wordValues(words: readonly string[]): number[] {
  const values: number[] = []
  let total = 0
  let group = 0
  let scale = Number.POSITIVE_INFINITY
  const close = (): void => {
    values.push(total + group)
    total = 0
    group = 0
    scale = Number.POSITIVE_INFINITY
  }
  for (const word of words) {
    if (word === 'a') group = 1
    else if (word === 'hundred') {
      group *= 100
      scale = 100
    } else if (word === 'thousand') {
      total += group * 1000
      group = 0
      scale = 1000
    } else {
      const [value, next] = tens(word) >= 0 ? [tens(word), 10] : [small(word), 1]
      // A part must fit below the one before it: units after tens, tens after hundreds.
      if (value >= scale) close()
      group += value
      scale = next
    }
  }
  close()
  return values
}

/** Every number in `text`; "and" between two numbers that make none together parts them. */
function numbersIn(text: string): number[] {
  const digits = [...text.matchAll(DIGITS)].map((match) => Number(match[0].replace(/[, ]/g, '')))
  const words = [...text.matchAll(WORDS)].flatMap((match) => {
    const pointing =
      /^one$/i.test(match[0]) && POINTING.test(text.slice(Math.max(0, match.index - 20), match.index))
    return pointing
      ? []
      : wordValues(
          match[0]
            .toLowerCase()
            .split(/[ -]+/)
            .filter((word) => word !== 'and'),
        )
  })
  return [...digits, ...words]
}

/** The one value of all numbers in `text`; `several`, or null without any. */
function onlyNumber(text: string): number | 'several' | null {
  if (BROKEN.test(text)) return 'several'
  const [first, ...others] = numbersIn(text)
  if (first === undefined) return null
  return others.every((other) => other === first) ? first : 'several'
}

const firstSentence = (text: string): string => text.replace(/[.;!?](?:\s.*)?$/s, '')

/** The number that `raw` answers with; null where there is none, none that is finite, or where it names two. */
export function strictNumber(raw: string): number | null {
  const text = asciiDigits(answerText(raw))
    .replace(/[−‒–](?=[.\d])/g, '-')
    // `m^2` and `m^{2}`, whose digits are no answer.
    .replace(/(?<=\p{L} ?)\^\{?-?\d+\}?/gu, '')
  const plain = pythonFloat(text)
  if (plain !== null) return Number.isFinite(plain) ? plain : null
  const stated = [...statements(text), ...text.split(/[=≈]/).slice(1)]
  const last = stated
    .map((rest) => onlyNumber(firstSentence(rest.split('\n', 1)[0])))
    .filter((found) => found !== null)
    .at(-1)
  const found = last ?? onlyNumber(text)
  return found === 'several' ? null : found
}
