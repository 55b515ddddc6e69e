/** What an answer to ViewSpatial-Bench is worth: by its authors' function, and in SpatialLadder's evaluation. */
import { firstWord, pythonStrip } from '../../scoring/python.js'
import { pythonPattern } from '../../scoring/python-pattern.js'
import type { BenchmarkItem, Verdict } from './benchmark.js'

/** A letter A to D with no word character beside it, of whatever script. */
const ALONE = pythonPattern('\\b[A-D]\\b', 'i')

/** The first letter that stands alone in the last line; an answer that ends in a line break has an empty one. */
function readLastLine(text: string): string | null {
  const line = text.slice(text.lastIndexOf('\n') + 1)
  return ALONE.exec(line)?.[0].toUpperCase() ?? null
}

/** The authors' verdict on `text`, tags and all: `It is a chair` is A. */
export function judgeViewSpatial(item: BenchmarkItem, text: string): Verdict {
  const said = readLastLine(text)
  return { score: said !== null && said === readLastLine(item.answer) ? 1 : 0, parsed: said }
}

/**
 * SpatialLadder's verdict on `text`, which has lost its tags already: a capital A to D, with a full stop or
 * not, as the first word, else the whole text must be the letter.
 */
export function judgeViewSpatialPaper(item: BenchmarkItem, text: string): Verdict {
  const first = pythonStrip(firstWord(text))
  const said = /^[A-D]\.?$/.test(first) ? first[0] : pythonStrip(text)
  return { score: said === item.answer[0] ? 1 : 0, parsed: /^[A-D]$/.test(said) ? said : null }
}
