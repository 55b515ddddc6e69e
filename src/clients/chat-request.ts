/**
 * Bodies of chat completions, and what endpoints refuse in them: newer OpenAI models take
 * `max_completion_tokens` instead of `max_tokens` and no temperature, Gemini takes no seed, and so on. A
 * refused field is left out from then on.
 */
import fs from 'node:fs/promises'
import type { AnswerOptions, AnswerRequest } from './client.js'

/** First bytes of the kinds of pictures that endpoints take; files need not be named after their kind. */
const MAGIC: readonly [mime: string, pattern: RegExp][] = [
  ['image/png', /^\x89PNG/],
  ['image/gif', /^GIF8/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  ['image/bmp', /^BM/],
]

async function pictureUri(file: string): Promise<string> {
  const bytes = await fs.readFile(file)
  const start = bytes.toString('latin1', 0, 12)
  const mime = MAGIC.find(([, pattern]) => pattern.test(start))?.[0] ?? 'image/jpeg'
  return `data:${mime};base64,${bytes.toString('base64')}`
}

/** The conversation: one user turn of media and text, after the system's if there is one. Reads the pictures. */
export async function messagesOf(request: AnswerRequest): Promise<unknown[]> {
  await request.prepare?.()
  const files = request.media.flatMap((item) => (item.type === 'image' ? [item.file] : item.frames))
  const pictures = await Promise.all(
    files.map(async (file) => ({ type: 'image_url', image_url: { url: await pictureUri(file) } })),
  )
  const words = { type: 'text', text: request.text }
  const system = request.system === undefined ? [] : [{ role: 'system', content: request.system }]
  const content = request.text_first ? [words, ...pictures] : [...pictures, words]
  return [...system, { role: 'user', content }]
}

/** Fields of a body beside model and messages. */
const FIELDS = [
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'repetition_penalty',
  'seed',
] as const
export type Field = (typeof FIELDS)[number]

/** The settings an endpoint is sent, without those it has `refused`. Absent ones are its own business. */
export function fieldsOf(
  options: AnswerOptions,
  refused: ReadonlySet<Field>,
): Partial<Record<Field, number>> {
  const { max_new_tokens, temperature, top_p, top_k, repetition_penalty, seed } = options
  const limit = refused.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens'
  const all = { [limit]: max_new_tokens, temperature, top_p, top_k, repetition_penalty, seed }
  return Object.fromEntries(
    Object.entries(all).filter(([key, value]) => value !== undefined && !refused.has(key as Field)),
  )
}

const REFUSAL =
  /unsupported|not supported|does not support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|only the default/i

/**
 * Which of the `sent` fields the text of a 400 or 422 refuses as such (and not merely its value, as in "max_tokens
 * is too large"); undefined where it speaks of something else.
 */
export function refusedField(text: string, sent: readonly Field[]): Field | undefined {
  if (!REFUSAL.test(text)) return undefined
  const named = sent.filter((field) => new RegExp(`(?<![\\w-])${field}(?![\\w-])`).test(text))
  // "use max_completion_tokens instead" names the other one as well, but that one was not sent.
  return named[0]
}
