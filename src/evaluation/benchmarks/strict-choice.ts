/** The letter that a person would take a text to mean; the rules stand in `strict.ts`. */
import { answerText, statements } from './strict-text.js'

/** A letter; two that contradict each other; or nothing to go by. */
type Found = string | 'several' | null

/** Characters around a letter that are looked at. */
const NEAR = 40
/** An upper-case `A` before one of these is an option, before any other word an article. */
const VERBS =
  '(?:is|was|are|or|and|because|since|but|as|rather|instead|would|should|could|must|will|seems?|looks?|appears?|has|does)'
const NEGATED =
  /(?:\b(?:not|nor|neither|than|instead of|excluding?|except)|n['’]t)\s+(?:(?:be|the|an?|option|choice|answer|letter)\s+)*[([{"']?$/i
const DENIED =
  /^[)\]}"']?(?:\s+(?:is|was|are|were|would be|cannot be|can['’]t be))?(?:\s+(?:not\b|wrong|incorrect|impossible|false)|n['’]t\b)/i

const LEAD_IN = /^(?:(?:option|choice|letter|most likely|likely|probably|clearly|therefore|thus)\b[\s:,]*)+/i
/** After a letter: "is the correct answer". */
const CORRECT =
  /^[^\p{L}\p{N}]*\s(?:is|would be)\s(?:the\s)?(?:most likely\s)?(?:(?:correct|right|best)\s(?:answer|option|choice)|correct|answer)\b/iu

/** Texts are compared without case, articles at the start, and punctuation at the end. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replace(/^["'(]+|["')\s.,;:!]+$/g, '')
    .replace(/^(?:the|an?)\s+/, '')
    .replace(/\s+/g, ' ')

class Options {
  private readonly byText = new Map<string, string>()
  /** A letter in brackets, in quotes, or bare: upper case unless brackets on both sides vouch for it. */
  private readonly mention: RegExp
  private readonly bare: RegExp

  constructor(letters: readonly string[], texts: readonly string[]) {
    texts.slice(0, letters.length).forEach((text, i) => {
      const key = plain(text.replace(new RegExp(`^\\s*[([]?${letters[i]}[)\\]]?[.:)]\\s*`), ''))
      // Two options with the same text say nothing by it.
      this.byText.set(key, this.byText.has(key) ? '' : letters[i])
    })
    const [upper, lower] = [letters.join(''), letters.join('').toLowerCase()]
    const alone = (inner: string): string =>
      `(?<![\\p{L}\\p{N}_'’]|[\\p{L}\\p{N}]-)(?:${inner})(?![\\p{L}\\p{N}_'’]|-[\\p{L}\\p{N}])`
    this.mention = new RegExp(alone(`[([{"']([${upper}${lower}])[)\\]}"']|([${upper}])[)\\]}]?`), 'gu')
    this.bare = new RegExp(`^[([{"']?([${upper}${lower}])[)\\]}"']?[.:,;!)]*$`, 'u')
  }

  /** The letter of the option whose own text this is. */
  own(text: string): string | null {
    const letter = this.byText.get(plain(text)) || null
    // "A chair" where the chair is B: article or letter? Nobody can tell.
    return letter !== 'A' && /^\s*A\s/.test(text) ? null : letter
  }

  /** Letters named in `text`, in order, each with where it starts and ends; articles and denied ones left out. */
  named(text: string): { letter: string; start: number; end: number }[] {
    return [...text.matchAll(this.mention)].flatMap((match) => {
      const letter = (match[1] ?? match[2]).toUpperCase()
      const [start, end] = [match.index, match.index + match[0].length]
      const after = text.slice(end, end + NEAR)
      const article =
        /^[AI]$/.test(match[0]) &&
        /^ (?![A-Z]\b)[\p{L}\p{N}]/u.test(after) &&
        !new RegExp(`^ ${VERBS}\\b`).test(after)
      return article || NEGATED.test(text.slice(Math.max(0, start - NEAR), start)) || DENIED.test(after)
        ? []
        : [{ letter, start, end }]
    })
  }

  /** All of `text` read as one answer: `a`, `(A)`, `A.`, an option's text, `A. chair`. */
  whole(text: string): Found {
    const own = this.own(text)
    const [, bare] = this.bare.exec(text.trim()) ?? []
    if (own) return own
    return bare ? bare.toUpperCase() : null
  }

  /** A letter at the start of `text`, set off by punctuation; after "the answer is" any end of word will do. */
  leading(text: string, stated: boolean): Found {
    const [first] = this.named(text)
    if (first?.start !== 0) return null
    const rest = text.slice(first.end)
    if (!stated && !/^(?:$|[.:,;)\n]| [-–—] )/.test(rest) && !/[)\]}]$/.test(text.slice(0, first.end)))
      return null
    const said = this.own(rest.replace(/^[\s.:,;)–—-]+/, ''))
    if (said) return said === first.letter ? said : 'several'
    // `A or B`, `A, B`, `(A) (B)`.
    const [next] = this.named(rest)
    const close =
      next && /^[\s.,;:/&+|)-]*(?:(?:or|and|nor)\s+)?(?:either\s+)?$/i.test(rest.slice(0, next.start))
    return close && next.letter !== first.letter ? 'several' : first.letter
  }

  /** `whole`, then `leading`; "option", "most likely" and the like before the answer do not matter. */
  fragment(text: string, stated: boolean): Found {
    const body = text.replace(LEAD_IN, '')
    const sentence = body.replace(/[.!](?:\s.*)?$/s, '')
    return this.whole(body) ?? this.leading(body, stated) ?? (stated ? this.whole(sentence) : null)
  }
}

const agreed = (letters: readonly string[]): Found =>
  letters.length > 0 ? (letters.every((letter) => letter === letters[0]) ? letters[0] : 'several') : null

function find(text: string, options: Options): Found {
  const whole = options.whole(text)
  if (whole) return whole
  // "The answer is B", and "B is the correct answer": the last one that names anything.
  const stated = [
    ...statements(text).map((rest) => options.fragment(rest, true)),
    ...text.split('\n').flatMap((line) =>
      options
        .named(line)
        .filter(({ end }) => CORRECT.test(line.slice(end)))
        .map(({ letter }): Found => letter),
    ),
  ].filter((found) => found !== null)
  const last = stated.at(-1)
  if (last) return last
  // A first or a last line that is an answer by itself.
  const lines = text.split('\n').filter((line) => line !== '')
  const ends = [lines[0], lines.at(-1) ?? ''].map((line) => options.fragment(line, false))
  const found = agreed(ends.filter((end) => end !== null))
  return found ?? agreed(options.named(text).map(({ letter }) => letter))
}

/**
 * The letter (upper case) that `raw` answers with; null where there is none or where it names two.
 * @param optionLetters upper-case letters that may be answered, e.g. `A` to `D`
 * @param optionTexts the options in the same order, with or without their letter in front
 */
export function strictChoice(
  raw: string,
  optionLetters: readonly string[],
  optionTexts: readonly string[],
): string | null {
  const text = answerText(raw)
  if (text === '' || optionLetters.length === 0) return null
  const found = find(text, new Options(optionLetters, optionTexts))
  return found === 'several' ? null : found
}
