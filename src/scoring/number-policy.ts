/**
 * What counts as a number beyond upstream's plain `float(text)`: each form goes by name and is refused unless asked
 * for. A reward that reads "42 cm" teaches nothing about units, and one that refuses it may teach nothing at all.
 */

import { cleanAnswer, parseNumber } from './answer.js'
import { pythonFloat } from './python.js'

export interface NumberPolicy {
  /** `42 cm`, `3.1 square meters`: `drop` reads the number before the unit, which is not converted. */
  units: 'refuse' | 'drop'
  /** `two`, `twenty`: numbers up to twenty as words. */
  number_words: 'refuse' | 'read'
  /** `1,200`: commas between groups of three digits. */
  thousands_commas: 'refuse' | 'read'
}
export const STRICT_NUMBERS: NumberPolicy = {
  units: 'refuse',
  number_words: 'refuse',
  thousands_commas: 'refuse',
}

const WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  )
const LENGTH = '(?:mm|cm|m|km|(?:milli|centi|kilo)?met(?:er|re)s?|inch(?:es)?|ft|feet|foot)'
/** A unit at the end, with or without a blank before it. */
const UNIT = new RegExp(
  `\\s*(?:(?:sq\\.?|square)\\s*${LENGTH}|${LENGTH}(?:²|\\^2|2)?|sqm|degrees?|°|seconds?|s)$`,
)
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/

/** The number in a model's text under `policy`; null where there is none. */
export function readNumber(text: string, policy: NumberPolicy = STRICT_NUMBERS): number | null {
  const plain = parseNumber(text)
  if (plain !== null) return plain
  let body = cleanAnswer(text).trim()
  // A unit stands behind a number, in whichever form that is.
  if (policy.units === 'drop') body = body.replace(UNIT, '')
  if (policy.thousands_commas === 'read' && GROUPED.test(body)) body = body.replaceAll(',', '')
  if (policy.number_words === 'read' && WORDS.includes(body)) return WORDS.indexOf(body)
  return pythonFloat(body)
}
