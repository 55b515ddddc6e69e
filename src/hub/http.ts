/**
 * Requests as clients of the hub make them: the token goes to the hub and to no other host it redirects to,
 * answers 408, 429 and 5xx and broken connections are tried again, and a refusal is one line with its remedy.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentError, type LadderError } from '../common/errors.js'
import { type Repo, title } from './cache.js'
import type { HubSettings } from './settings.js'

/** What is tried again. */
export class Transient extends Error {
  constructor(
    message: string,
    /** Seconds the server asked to wait. */
    readonly after = 0,
  ) {
    super(message)
  }
}

/** What a request is about, for the messages of refusals. */
export interface Asked extends Repo {
  revision: string
  /** The file, where one is asked for. */
  path?: string
}

export interface RequestOptions {
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** The deepest reason of a failed fetch: `ECONNREFUSED`, `other side closed`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  if (error.cause instanceof Error) return reasonOf(error.cause)
  return typeof code === 'string' ? code : error.message || error.name
}

/** Seconds to wait by `Retry-After` (seconds or a date) or by the hub's `RateLimit` (`"api";r=0;t=55`). */
export function askedToWait(headers: Headers, now = Date.now()): number {
  const after = headers.get('retry-after')?.trim() ?? ''
  if (/^\d+$/.test(after)) return Number(after)
  const date = Date.parse(after)
  if (!Number.isNaN(date)) return Math.max(0, (date - now) / 1000)
  return Number(headers.get('ratelimit')?.match(/;\s*r=0\s*;\s*t=(\d+)/)?.[1] ?? 0)
}

/**
 * The answer after redirects. Headers of the redirects that the last answer lacks (`X-Linked-ETag`, …) are kept.
 * @throws Transient for what is worth another try
 */
async function follow(
  hub: HubSettings,
  start: string,
  options: RequestOptions,
): Promise<{ response: Response; linked: Headers }> {
  const home = new URL(hub.endpoint).origin
  const linked = new Headers()
  let url = new URL(start)
  for (let hops = 0; hops < 10; hops++) {
    const headers = new Headers(options.headers)
    headers.set('user-agent', 'spatial-ladder')
    if (hub.token && url.origin === home) headers.set('authorization', `Bearer ${hub.token}`)
    let response: Response
    try {
      response = await fetch(url, { headers, signal: options.signal, redirect: 'manual' })
    } catch (error) {
      const proxy = process.env.HTTPS_PROXY ?? process.env.https_proxy
      const hint = proxy ? ' (HTTPS_PROXY is set, but not used)' : ''
      throw new Transient(`no connection to ${url.host}: ${reasonOf(error)}${hint}`)
    }
    for (const [name, value] of response.headers)
      if (name.startsWith('x-') && !linked.has(name)) linked.set(name, value)
    const target = response.headers.get('location')
    if (response.status < 300 || response.status > 399 || response.status === 304 || target === null) {
      // A link the hub gave out may have run out: the next try asks it for a new one.
      const elsewhere = url.origin !== home && response.status >= 400
      if ([408, 429].includes(response.status) || response.status >= 500 || elsewhere) {
        // 416 is an answer to the range, whoever gives it.
        if (response.status !== 416) {
          await response.body?.cancel()
          throw new Transient(`status ${response.status} from ${url.host}`, askedToWait(response.headers))
        }
      }
      return { response, linked }
    }
    await response.body?.cancel()
    url = new URL(target, url)
  }
  throw environmentError(start, 'at most 10 redirects', 'more')
}

/** The line for an answer that no further try will change. */
async function refusal(hub: HubSettings, response: Response, asked: Asked): Promise<LadderError> {
  const { status, headers } = response
  await response.body?.cancel()
  const { repo, type, revision, path } = asked
  const page = `${hub.endpoint}/${type === 'dataset' ? 'datasets/' : ''}${repo}`
  const code = headers.get('x-error-code')
  const said = (headers.get('x-error-message') ?? '').slice(0, 200)
  const known = { repo: title(asked), file: `${title(asked)} ${path ?? ''}`.trim() }
  if (code === 'GatedRepo' || /gated/i.test(said))
    return hub.token
      ? environmentError(
          known.repo,
          `access, which its owners grant on ${page}`,
          `status ${status}: gated, and this token's account has none`,
        )
      : environmentError(
          known.repo,
          `access: accept its terms on ${page}, then set HF_TOKEN`,
          `status ${status}: gated, and no token is set`,
        )
  if (status === 401 && hub.token && code !== 'RepoNotFound')
    return environmentError(
      'HF_TOKEN',
      `a token that ${hub.endpoint} knows`,
      `status 401${said && `: ${said}`}`,
    )
  if (code === 'RevisionNotFound')
    return environmentError(
      known.repo,
      `a branch, tag or commit ${revision}`,
      `none of that name (status ${status})`,
    )
  if (code === 'EntryNotFound')
    return environmentError(known.file, `this file at ${revision}`, `none (status ${status})`)
  if (status === 401 || status === 404) {
    const remedy = hub.token ? 'or one this token may see' : 'or, if it is private, a token in HF_TOKEN'
    return environmentError(known.repo, `a public ${type} on ${hub.endpoint}, ${remedy}`, `status ${status}`)
  }
  if (status === 403)
    return environmentError(
      known.file,
      hub.token ? 'a token with the right to read it' : 'access; set HF_TOKEN',
      `status 403${said && `: ${said}`}`,
    )
  return environmentError(known.file, 'an answer from the hub', `status ${status}${said && `: ${said}`}`)
}

export interface Answer {
  response: Response
  /** `x-` headers, those of redirects first. */
  linked: Headers
}

/**
 * One try at `url`. Status 416 comes back as an answer.
 * @throws Transient for what is worth another try; environment error, one line with the remedy, for a refusal
 */
export async function attempt(
  hub: HubSettings,
  url: string,
  asked: Asked,
  options: RequestOptions = {},
): Promise<Answer> {
  const answer = await follow(hub, url, options)
  if (!answer.response.ok && answer.response.status !== 416) throw await refusal(hub, answer.response, asked)
  return answer
}

/**
 * Runs `work` until it succeeds or fails for good. A try that `gained` something starts the count anew.
 * @throws environment error naming `subject` when no try is left
 */
export async function persist<T>(
  hub: HubSettings,
  subject: string,
  work: () => Promise<T>,
  how: { gained?: () => boolean; note?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Transient) || how.signal?.aborted) throw error
      failures = how.gained?.() ? 1 : failures + 1
      if (failures > hub.retries)
        throw environmentError(subject, 'an answer from the hub', `${error.message}, ${failures} times`)
      const seconds = Math.max(Math.min(hub.wait * 2 ** (failures - 1), 60), error.after)
      how.note?.(`${error.message}; next try in ${Math.ceil(seconds)} s`)
      await sleep(seconds * 1000, undefined, { signal: how.signal })
    }
  }
}
