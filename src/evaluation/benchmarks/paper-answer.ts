/**
 * How SpatialLadder's evaluation (`eval_spld`) reads an answer: the tags for all six benchmarks, and letters
 * and numbers as in VSI-Bench and SPBench. Its oddities are kept; each has a test.
 */
import { firstWord, pythonStrip } from '../../scoring/python.js'
import { pythonPattern } from '../../scoring/python-pattern.js'
import type { PromptType } from './benchmark.js'

/** What upstream passes on where it found nothing. */
export const NONE = 'None'

/**
 * The text to be read: when reasoning was asked for and `<answer>` occurs, what stands in the first closed
 * pair, stripped, or `None` when none is closed; otherwise the whole text, reasoning included.
 */
export function extractTagged(raw: string, promptType: PromptType): string {
  if (promptType !== 'thinking') return raw
  const open = raw.indexOf('<answer>')
  if (open < 0) return raw
  const start = open + '<answer>'.length
  const end = raw.indexOf('</answer>', start)
  return end < 0 ? NONE : pythonStrip(raw.slice(start, end))
}

/**
 * A letter as VSI-Bench and SPBench read it: every `Answer:` is removed; the text before the first blank,
 * stripped, gives its letter where it is `A` to `D` (upper case) with at most one full stop; else the whole
 * text, stripped. To be compared without case.
 */
export function paperChoice(text: string): string {
  const rest = text.replaceAll('Answer:', '')
  const word = pythonStrip(firstWord(rest))
  return /^[A-D]\.?$/.test(word) ? word[0] : pythonStrip(rest)
}

const WORDS =
  'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, i): [string, number] => [word, i + 1])
const TENS = 'thirty forty fifty sixty seventy eighty ninety'
  .split(' ')
  .map((word, i): [string, number] => [word, 30 + 10 * i])
/** In upstream's order, which decides: "twenty one" is 1, and an article is 1 before any digit is looked at. */
const NUMBER_WORDS = [...WORDS, ...TENS, ['zero', 0], ['a', 1], ['an', 1]].map(([word, value]) => ({
  word: String(word),
  whole: pythonPattern(`\\b${word}\\b`),
  value: String(value),
}))
const DIGITS = pythonPattern('\\d+(\\.\\d+)?')

/**
 * A number as VSI-Bench and SPBench read it, still as text: the first word of the table that occurs anywhere
 * as a whole word; else the first run of digits (no sign, no separators); else `None`.
 */
export function paperNumber(text: string): string {
  const lower = pythonStrip(text).toLowerCase()
  const found = NUMBER_WORDS.find(({ word, whole }) => lower.includes(word) && whole.test(lower))
  return found?.value ?? DIGITS.exec(lower)?.[0] ?? NONE
}
