/**
 * `openai:MODEL`: any endpoint that speaks OpenAI's chat completions (GPT-4o, Gemini, vLLM, SGLang). Pictures
 * go along as data URIs; videos as their frames, since few endpoints take films.
 */
import fs from 'node:fs/promises'
import path from 'node:path'
import { dataError, environmentError } from '../common/errors.js'
import type { AnswerOptions, AnswerRequest, Client } from './client.js'

export interface OpenAiOptions {
  /** Root of the endpoint, e.g. `http://localhost:8000/v1`; default: `OPENAI_BASE_URL`. */
  baseUrl?: string
  /** Default: `OPENAI_API_KEY`; local servers need none. */
  apiKey?: string
  /** Requests under way at once. */
  concurrency?: number
  /** Tries after the first one for answers 408, 409, 429, 5xx and broken connections. */
  retries?: number
  /** Seconds before the first retry; doubled each time. */
  wait?: number
  /** Seconds until a request is given up. */
  timeout?: number
}

const MIME: Record<string, string> = { '.png': 'image/png', '.webp': 'image/webp', '.gif': 'image/gif' }

async function pictureUri(file: string): Promise<string> {
  const type = MIME[path.extname(file).toLowerCase()] ?? 'image/jpeg'
  return `data:${type};base64,${(await fs.readFile(file)).toString('base64')}`
}

/** The body of a chat completion: media first, then the text, in one user turn. */
export async function chatBody(
  model: string,
  request: AnswerRequest,
  options: AnswerOptions,
): Promise<unknown> {
  const files = request.media.flatMap((item) => (item.type === 'image' ? [item.file] : item.frames))
  const pictures = await Promise.all(
    files.map(async (file) => ({ type: 'image_url', image_url: { url: await pictureUri(file) } })),
  )
  const system = request.system === undefined ? [] : [{ role: 'system', content: request.system }]
  const user = { role: 'user', content: [...pictures, { type: 'text', text: request.text }] }
  return {
    model,
    messages: [...system, user],
    max_tokens: options.max_new_tokens,
    temperature: options.temperature,
    seed: options.seed,
  }
}

const pause = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, seconds * 1000))
const worthRetrying = (status: number): boolean => [408, 409, 429].includes(status) || status >= 500

/** Posts `body` until it is answered, refused, or tried often enough. */
async function post(url: string, body: string, options: Required<OpenAiOptions>): Promise<unknown> {
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (options.apiKey) headers.authorization = `Bearer ${options.apiKey}`
  for (let attempt = 0; ; attempt++) {
    let reason: string
    let asked = 0
    try {
      const signal = AbortSignal.timeout(options.timeout * 1000)
      const response = await fetch(url, { method: 'POST', headers, body, signal })
      if (response.ok) return await response.json()
      reason = `status ${response.status} (${(await response.text()).slice(0, 200).replaceAll(/\s+/g, ' ')})`
      asked = Number(response.headers.get('retry-after')) || 0
      if (!worthRetrying(response.status)) throw environmentError(url, 'an answer', reason)
    } catch (error) {
      if (error instanceof Error && error.name === 'LadderError') throw error
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : ''
      reason = error instanceof Error ? cause || error.message : String(error)
    }
    if (attempt >= options.retries)
      throw environmentError(url, 'an answer', `${reason}, ${attempt + 1} times`)
    await pause(Math.max(options.wait * 2 ** attempt, asked))
  }
}

function textOf(answer: unknown, url: string): string {
  const { choices } = (answer ?? {}) as { choices?: { message?: { content?: unknown } }[] }
  const content = choices?.[0]?.message?.content
  // A refusal or an answer cut off before its first word has no content: an empty answer, not a failure.
  if (content === null || content === '') return ''
  if (typeof content !== 'string')
    throw dataError(url, 'choices[0].message.content', JSON.stringify(answer)?.slice(0, 200) ?? 'nothing')
  return content
}

/**
 * A client of `model` at an OpenAI-compatible endpoint. Answers come in the order they are finished.
 * @throws environment error when no endpoint is named, or (while answering) when it refuses or stays silent
 */
export function openOpenAi(model: string, given: OpenAiOptions = {}): Client {
  const baseUrl = given.baseUrl ?? process.env.OPENAI_BASE_URL
  if (!baseUrl)
    throw environmentError(`openai:${model}`, 'an endpoint by --base-url or OPENAI_BASE_URL', 'neither')
  const options: Required<OpenAiOptions> = {
    baseUrl,
    apiKey: given.apiKey ?? process.env.OPENAI_API_KEY ?? '',
    concurrency: given.concurrency ?? 8,
    retries: given.retries ?? 5,
    wait: given.wait ?? 1,
    timeout: given.timeout ?? 300,
  }
  const url = `${baseUrl.replace(/\/+$/, '')}/chat/completions`
  const ask = async (request: AnswerRequest, how: AnswerOptions): Promise<{ id: string; text: string }> => {
    const body = JSON.stringify(await chatBody(model, request, how))
    return { id: request.id, text: textOf(await post(url, body, options), url) }
  }
  return {
    name: `openai:${model}`,
    async *answer(requests, how) {
      const waiting = [...requests]
      const running = new Map<string, Promise<{ id: string; text: string }>>()
      while (waiting.length > 0 || running.size > 0) {
        while (running.size < options.concurrency && waiting.length > 0) {
          const request = waiting.shift() as AnswerRequest
          const answer = ask(request, how)
          // Failures surface where the answer is awaited; others still running must not end the process.
          answer.catch(() => {})
          running.set(request.id, answer)
        }
        const finished = await Promise.race(running.values())
        running.delete(finished.id)
        yield finished
      }
    },
  }
}
