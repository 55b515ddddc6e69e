/**
 * One JSON request to an endpoint, again and again while it is busy or broken. Waiting grows exponentially,
 * with jitter, so that requests that failed together do not come back together; a server's `Retry-After` is
 * kept.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../common/random.js'

export interface Patience {
  /** Tries after the first one. */
  retries: number
  /** Seconds before the first retry; doubled each time. */
  wait: number
  /** Seconds until a request is given up. */
  timeout: number
}

/** An answer, a refusal by status, or no answer however often it was asked. */
export type Outcome =
  | { kind: 'answer'; json: unknown }
  | { kind: 'refusal'; status: number; reason: string }
  | { kind: 'silence'; reason: string }

/** Longest pause in seconds, whatever the server asks for. */
const LONGEST = 600

/** Statuses that may be another one next time: busy, too many, broken. */
const passes = (status: number): boolean => [408, 409, 425, 429].includes(status) || status >= 500

/** Seconds that `Retry-After` asks for, a number or a date; 0 without it. */
export function retryAfter(header: string | null, now = Date.now()): number {
  if (header === null || header.trim() === '') return 0
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return Math.max(0, seconds)
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, (date - now) / 1000)
}

/** A body's first words, in one line. */
const brief = (text: string): string => text.slice(0, 300).replaceAll(/\s+/g, ' ').trim()

/** What a failed connection or an unreadable answer says. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  if (error instanceof SyntaxError) return `no JSON (${error.message})`
  const { cause } = error
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause
  return brief((inner instanceof Error && inner.message) || error.message)
}

/**
 * Posts `body` until it is answered, refused, or tried often enough.
 * @param random jitter
 * @param signal ends waiting and asking: rejects with its reason
 */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  { retries, wait, timeout }: Patience,
  random: Random,
  signal: AbortSignal,
): Promise<Outcome> {
  for (let attempt = 0; ; attempt++) {
    let reason: string
    let asked = 0
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeout * 1000)]),
      })
      const text = await response.text()
      if (response.ok) return { kind: 'answer', json: JSON.parse(text) as unknown }
      reason = `status ${response.status} (${brief(text)})`
      asked = retryAfter(response.headers.get('retry-after'))
      // A spent quota does not come back by waiting.
      if (!passes(response.status) || /insufficient_quota/.test(text))
        return { kind: 'refusal', status: response.status, reason }
    } catch (error) {
      signal.throwIfAborted()
      reason = reasonOf(error)
    }
    if (attempt >= retries) return { kind: 'silence', reason: `${reason}, ${attempt + 1} times` }
    const seconds = wait * 2 ** attempt * random.uniform(0.5, 1.5)
    await pause(1000 * Math.min(LONGEST, Math.max(seconds, asked)), undefined, { signal })
  }
}
