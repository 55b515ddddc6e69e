/** The format reward of stage 3: reasoning in one `<think>`, then the answer in one `<answer>`. */
import { isPythonSpace, pythonStrip } from './python.js'

const count = (text: string, part: string): number => text.split(part).length - 1

/**
 * 1 when the stripped text is `<think>…</think>`, optional white space, `<answer>…</answer>` and nothing
 * else, with exactly one opening tag of each; else 0. Closing tags are not counted; contents may be empty.
 */
export function formatReward(text: string): 0 | 1 {
  const body = pythonStrip(text)
  if (!body.startsWith('<think>') || !body.endsWith('</answer>')) return 0
  if (count(body, '<think>') !== 1 || count(body, '<answer>') !== 1) return 0
  const answer = body.indexOf('<answer>')
  let end = answer
  while (end > 0 && isPythonSpace(body, end - 1)) end--
  const closing = end - '</think>'.length
  const reasoned = closing >= '<think>'.length && body.startsWith('</think>', closing)
  return reasoned && body.length - '</answer>'.length >= answer + '<answer>'.length ? 1 : 0
}

const isBox = (value: unknown): boolean => {
  const { bbox_2d, label } = (value ?? {}) as { bbox_2d?: unknown; label?: unknown }
  const corners = Array.isArray(bbox_2d) && bbox_2d.length === 4 && bbox_2d.every(Number.isFinite)
  return corners && typeof label === 'string'
}

/** 1 when the stripped text, without a code fence around it, is a JSON list of boxes with labels and nothing else. */
export function boxFormatReward(text: string): 0 | 1 {
  const body = pythonStrip(text)
  const fenced = /^```(?:json)?\s*([\s\S]*?)\s*```$/.exec(body)
  try {
    const rows: unknown = JSON.parse(fenced ? fenced[1] : body)
    return Array.isArray(rows) && rows.length > 0 && rows.every(isBox) ? 1 : 0
  } catch {
    return 0
  }
}
