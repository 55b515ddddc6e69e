/** Finding the answer in a model's text, as SpatialLadder's reward does (stage 3, `clean`). */
import { isPythonSpace, pythonFloat, pythonStrip } from './python.js'

/** What stands between the last `<answer>` and its `</answer>`; null without a closed pair. */
export function lastAnswer(text: string): string | null {
  const matches = [...text.matchAll(/<answer>(.*?)<\/answer>/gs)]
  return matches.at(-1)?.[1] ?? null
}

/** `char` goes away after white space and becomes a blank elsewhere (judged on the text before folding). */
function foldBreaks(text: string, char: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== char) out += text[i]
    else if (i === 0 || !isPythonSpace(text, i - 1)) out += ' '
  }
  return out
}

/**
 * Upstream's clean text: the last `<answer>` content if there is one, else all of it; line breaks folded;
 * stripped; trailing full stops removed (in that order, so `A .` keeps its blank); lower case.
 */
export function cleanAnswer(text: string): string {
  const body = lastAnswer(text) ?? text
  const folded = foldBreaks(foldBreaks(body, '\n'), '\r')
  return pythonStrip(folded).replace(/\.+$/, '').toLowerCase()
}

/** The number in a model's text by upstream's rule; null for units, words, thousands separators. */
export const parseNumber = (text: string): number | null => pythonFloat(cleanAnswer(text))
