/** What an answer to VSI-Bench or SPBench is worth: to VSI-Bench's authors, to SpatialLadder, and strictly. */
import { dataError } from '../../common/errors.js'
import { accuracyOfError, meanRelativeAccuracy, vsiRelativeError } from '../../scoring/numeric.js'
import { firstWord, pythonFloat, pythonStrip } from '../../scoring/python.js'
import type { BenchmarkItem, Verdict } from './benchmark.js'
import { paperChoice, paperNumber } from './paper-answer.js'
import { strictChoice, strictNumber } from './strict.js'
import { DIRECTION, DIRECTION_LEVELS } from './vsi-types.js'

const lettersOf = ({ options }: BenchmarkItem): string[] =>
  (options ?? []).map((_, index) => String.fromCharCode(65 + index))

/** Equal without case. Only a letter of the item's options counts as read. */
function judgeLetter(item: BenchmarkItem, said: string): Verdict {
  const letter = said.toUpperCase()
  return {
    score: said.toLowerCase() === item.answer.toLowerCase() ? 1 : 0,
    parsed: lettersOf(item).includes(letter) ? letter : null,
  }
}

/**
 * Mean relative accuracy of what Python's `float` makes of `said`; 0 where it makes nothing of it.
 * @throws data error against 0, where both originals divide by it
 */
function judgeNumber({ id, answer }: BenchmarkItem, said: string): Verdict {
  const value = pythonFloat(said)
  if (value === null) return { score: 0, parsed: null }
  const error = vsiRelativeError(value, pythonFloat(answer) ?? Number.NaN, `item ${id} answer`)
  return { score: accuracyOfError(error), parsed: said }
}

/**
 * VSI-Bench: the text before the first blank, without full stops at its end (white space after them keeps them).
 * @throws data error for a target of 0, and for `object_rel_direction`, where the original stops (ValueError)
 */
export function judgeVsi(item: BenchmarkItem, raw: string): Verdict {
  if (item.type === DIRECTION)
    throw dataError(
      `item ${item.id} question_type`,
      `${DIRECTION_LEVELS.join(', ')} (the original knows no other)`,
      DIRECTION,
    )
  const said = pythonStrip(firstWord(raw).replace(/\.+$/, ''))
  return item.kind === 'number' ? judgeNumber(item, said) : judgeLetter(item, said)
}

/**
 * SpatialLadder, for both benchmarks; `text` has lost its tags already.
 * @throws data error for a target of 0
 */
export const judgeVsiPaper = (item: BenchmarkItem, text: string): Verdict =>
  item.kind === 'number' ? judgeNumber(item, paperNumber(text)) : judgeLetter(item, paperChoice(text))

/** As a person would read it; against 0 only 0 is right. */
export function judgeVsiStrictly(item: BenchmarkItem, raw: string): Verdict {
  if (item.kind === 'number') {
    const value = strictNumber(raw)
    const target = pythonFloat(item.answer) ?? Number.NaN
    return {
      score: meanRelativeAccuracy(value, target, 'exact'),
      parsed: value === null ? null : String(value),
    }
  }
  const parsed = strictChoice(raw, lettersOf(item), item.options ?? [])
  return { score: parsed === item.answer.toUpperCase() ? 1 : 0, parsed }
}
