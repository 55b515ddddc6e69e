/**
 * What an answer to SPAR-Bench is worth: by its authors’ functions, which SpatialLadder calls too, and strictly.
 * Theirs are lenient where no one would be (an empty answer contains no wrong letter, so it is right) and
 * strict where no one would be (a blank after a comma loses a movement); both are kept.
 */
import { meanRelativeAccuracy } from '../../scoring/numeric.js'
import { pythonFloat } from '../../scoring/python.js'
import { pythonPattern } from '../../scoring/python-pattern.js'
import type { BenchmarkItem, Verdict } from './benchmark.js'
import { findMovements, overAxes, readMovements } from './spar-movement.js'
import { strictChoice, strictNumber } from './strict.js'

/** Right if it is the target, is contained in it (so also if empty), or begins with it. Case is ignored, blanks are not. */
function judgeChoice(answer: string, text: string): Verdict {
  const [target, said] = [answer.toLowerCase(), text.toLowerCase()]
  const parsed = /^[a-z]/.test(said) ? said[0].toUpperCase() : null
  const right = target.includes(said) || (said.length > 0 && [...said][0] === target)
  return { score: right ? 1 : 0, parsed }
}

/** Unsigned numbers in any digits; what directly follows `^` (as in `m^2`) does not begin one. */
const NUMBERS = pythonPattern('(?<!\\^)\\d+\\.\\d+|(?<!\\^)\\d+', 'g')

/** The first number counts with one picture, the last with several. */
function judgeNumber(item: BenchmarkItem, text: string): Verdict {
  const target = pythonFloat(item.answer) ?? Number.NaN
  const numbers = text.match(NUMBERS)
  const several = item.type.endsWith('_mv')
  const chosen = numbers?.at(several ? -1 : 0)
  // Where there is none, the original answers -1 for several pictures and fails for one.
  if (chosen === undefined)
    return { score: several ? meanRelativeAccuracy(-1, target, 'absolute') : 0, parsed: null }
  return { score: meanRelativeAccuracy(pythonFloat(chosen), target, 'absolute'), parsed: chosen }
}

function judgeMovement(answer: string, text: string): Verdict {
  const [said, target] = [readMovements(text), readMovements(answer)]
  if (!said || !target) return { score: 0, parsed: null }
  // The original hands the two over the wrong way round: the error is relative to what was said.
  const swapped = overAxes(said, target, (a, b) => meanRelativeAccuracy(b, a, 'absolute'))
  return { score: swapped, parsed: text }
}

/** The verdict of SPAR's own functions on `text`, tags and all. */
export function judgeSpar(item: BenchmarkItem, text: string): Verdict {
  if (item.kind === 'choice') return judgeChoice(item.answer, text)
  return item.kind === 'number' ? judgeNumber(item, text) : judgeMovement(item.answer, text)
}

/** Options stand in the question, one a line; where they do not, there are four. */
function optionsIn(question: string): { letters: string[]; texts: string[] } {
  const lines = question.split('\n').filter((line) => /^[A-Z]\. /.test(line))
  return lines.length > 0
    ? { letters: lines.map((line) => line[0]), texts: lines.map((line) => line.slice(3)) }
    : { letters: ['A', 'B', 'C', 'D'], texts: [] }
}

/** Our own verdict: read as a person would, and errors of a movement relative to the true amount. */
export function judgeSparStrictly(item: BenchmarkItem, raw: string): Verdict {
  const { kind, question, answer } = item
  if (kind === 'choice') {
    const { letters, texts } = optionsIn(question)
    const parsed = strictChoice(raw, letters, texts)
    return { score: parsed === answer[0].toUpperCase() ? 1 : 0, parsed }
  }
  if (kind === 'number') {
    const said = strictNumber(raw)
    const score = meanRelativeAccuracy(said, pythonFloat(answer) ?? Number.NaN, 'exact')
    return { score, parsed: said === null ? null : String(said) }
  }
  const [said, target] = [findMovements(raw), readMovements(answer)]
  if (!said || !target) return { score: 0, parsed: null }
  const parsed = [...said].map(([key, amount]) => `${key}:${amount}`).join(',')
  return { score: overAxes(said, target, (a, b) => meanRelativeAccuracy(a, b, 'exact')), parsed }
}
