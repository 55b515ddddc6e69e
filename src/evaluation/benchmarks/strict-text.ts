/** The part of a model's text that states its answer, for the `strict` rules (see `strict.ts`). */

/** What a statement starts with; the answer follows. */
const STATEMENT = new RegExp(
  String.raw`(?:\b(?:answer|result|estimate|total)\b|\b(?:correct|right|best|final)\s+(?:option|choice|letter)\b` +
    String.raw`|\b(?:choose|pick|select|go with)\b)["']?(?:\s+to\s+(?:the|this|your)\s+question\b)?` +
    String.raw`(?:\s+(?:is|was|of|would be|should be|must be|will be)\b)?\s*[:=]?\s*`,
  'giu',
)

/** White space as one blank, full-width forms as plain ones, emphasis, `$…$`, `\boxed{…}` and `\text{…}` unwrapped. */
function tidy(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/\\(?:boxed|text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}/g, '$1')
    .replace(/\\(?:boxed|text|mathrm|mathbf|textbf)\s*\{([^{}]*)\}/g, '$1')
    .replace(/[`$]|\\[()[\]]/g, '')
    .replace(/\*{1,3}([^*\n]+)\*{1,3}/g, '$1')
    .replace(/(?<![\p{L}\p{N}_])_+([^_\n]+)_+(?![\p{L}\p{N}_])/gu, '$1')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .trim()
}

/**
 * What stands in the last closed `<answer>`, else after the last unclosed one, else after the reasoning (all of
 * it where there are no `<think>` tags); tidied. Empty where nothing was answered: an empty text or tag, or
 * reasoning that was cut off. Tags in any case.
 */
export function answerText(raw: string): string {
  const closed = [...raw.matchAll(/<answer>((?:(?!<answer>)[\s\S])*?)<\/answer>/gi)].at(-1)
  if (closed) return tidy(closed[1])
  const lower = raw.toLowerCase()
  const open = lower.lastIndexOf('<answer>')
  if (open >= 0) return tidy(raw.slice(open + '<answer>'.length))
  const thought = lower.lastIndexOf('</think>')
  if (thought >= 0) return tidy(raw.slice(thought + '</think>'.length))
  return lower.includes('<think>') ? '' : tidy(raw)
}

/** What follows each "the answer is", "Answer:", "I choose" ..., up to the next one or the end of the line, in order. */
export function statements(text: string): string[] {
  return text.split('\n').flatMap((line, i, lines) => {
    const matches = [...line.matchAll(STATEMENT)]
    return matches.map((match, k) => {
      const rest = line.slice(match.index + match[0].length, matches[k + 1]?.index)
      // "Answer:" as a heading, the answer on the next line.
      return rest === '' && k === matches.length - 1 ? (lines[i + 1] ?? '') : rest
    })
  })
}
