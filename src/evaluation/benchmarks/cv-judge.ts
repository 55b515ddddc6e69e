/** What an answer to CV-Bench is worth: in Cambrian's tests of its three sources, and in SpatialLadder's. */
import { firstWord, pythonStrip } from '../../scoring/python.js'
import type { BenchmarkItem, Verdict } from './benchmark.js'

/** The original has `answer is:` between them, which is gone by then. */
const LEADS = ['answer is', 'answer:']

/**
 * Cambrian: what follows the last `answer is` or `answer:` is trimmed (`(`, `)`, full stops) and cut to one
 * character. Omni3D's test also trims colons and commas, and takes the option's own text, which after the cut
 * can only be one of one character.
 */
export function judgeCambrian(item: BenchmarkItem, text: string): Verdict {
  const omni = item.fields.source === 'Omni3D'
  let said = pythonStrip(text.toLowerCase())
  for (const lead of LEADS) said = said.split(lead).at(-1) ?? ''
  said = pythonStrip(said).replace(omni ? /[.:,]+$/ : /\.+$/, '')
  said = [...said.replace(/^\(+/, '').replace(/\)+$/, '')][0] ?? ''
  const target = item.answer.toLowerCase()[1]
  const right = said === target || (omni && said === item.options?.[target.charCodeAt(0) - 97])
  return { score: right ? 1 : 0, parsed: /^[a-z]$/.test(said) ? said.toUpperCase() : null }
}

/**
 * SpatialLadder: the letter A to D of the first word, in brackets or not, else the whole text. The published
 * answer goes through it as well, so `(E)` stays `(E)` and is met by that alone.
 */
function readCvChoice(text: string): string {
  const first = pythonStrip(firstWord(text))
  return /^[([{]?([A-D])[)\]}]?\.?$/i.exec(first)?.[1].toUpperCase() ?? pythonStrip(text)
}

/** SpatialLadder's verdict on `text`, which has lost its tags already. */
export function judgeCvPaper(item: BenchmarkItem, text: string): Verdict {
  const said = readCvChoice(text)
  const parsed = /^[([{]?[A-Z][)\]}]?\.?$/i.test(said) ? said : null
  return { score: said === readCvChoice(item.answer) ? 1 : 0, parsed }
}
