/**
 * A hub on 127.0.0.1 that speaks the real one's protocol: commits, listings in pages, contents with their headers,
 * large files by redirect to a second port. Tests tell it what to do wrong.
 */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HubSettings } from './settings.js'

export interface ServedFile {
  path: string
  content: Buffer
  /** Served by redirect, named by SHA-256. */
  large?: boolean
}

export interface ServedRepo {
  repo: string
  type: 'dataset' | 'model'
  sha: string
  files: ServedFile[]
  /** Contents need this token. */
  gatedBy?: string
}

/** A request as it came in; `attempt` counts those for one place from 1. */
export interface Seen {
  at: 'hub' | 'cdn'
  url: string
  range?: string
  authorization?: string
  attempt: number
}

export interface Fault {
  status?: number
  headers?: Record<string, string>
  /** Breaks the connection after so many bytes of the body. */
  cutAfter?: number
  /** Says nothing more after so many bytes. */
  hangAfter?: number
  /** Other content than listed, of the same size. */
  content?: Buffer
  /** Sends all, whatever range is asked for. */
  noRange?: boolean
  /** Milliseconds between pieces of 16 kB. */
  slow?: number
}

export const gitHash = (content: Buffer): string =>
  createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
export const largeHash = (content: Buffer): string => createHash('sha256').update(content).digest('hex')

/** Bytes that differ everywhere and are the same in every run. */
export function content(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[at] = state >>> 24
  }
  return bytes
}

const PAGE = 2

export class HubServer {
  readonly seen: Seen[] = []
  fault: (seen: Seen) => Fault | undefined = () => undefined
  readonly #hub = http.createServer((request, response) => void this.#answer('hub', request, response))
  readonly #cdn = http.createServer((request, response) => void this.#answer('cdn', request, response))

  constructor(readonly repos: ServedRepo[]) {}

  static async start(repos: ServedRepo[]): Promise<HubServer> {
    const server = new HubServer(repos)
    for (const one of [server.#hub, server.#cdn])
      await new Promise<void>((done) => one.listen(0, '127.0.0.1', done))
    return server
  }

  async stop(): Promise<void> {
    for (const one of [this.#hub, this.#cdn]) {
      one.closeAllConnections()
      await new Promise((done) => one.close(done))
    }
  }

  readonly #root = (server: http.Server): string =>
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  get endpoint(): string {
    return this.#root(this.#hub)
  }

  /** Settings that use this hub and a cache of their own, and wait for nothing. */
  settings(cache: string, more: Partial<HubSettings> = {}): HubSettings {
    const quick = { retries: 3, wait: 0.001, stall: 5, concurrency: 2 }
    return { endpoint: this.endpoint, cache, token: null, offline: false, ...quick, ...more }
  }

  /** The places asked for, without the listing. */
  contentRequests(): Seen[] {
    return this.seen.filter(({ url }) => !url.startsWith('/api/'))
  }

  async #answer(
    at: 'hub' | 'cdn',
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    const url = request.url ?? '/'
    const { range, authorization } = request.headers
    const attempt = this.seen.filter((one) => one.at === at && one.url === url).length + 1
    const seen = { at, url, range, authorization, attempt }
    this.seen.push(seen)
    const fault = this.fault(seen) ?? {}
    if (fault.status) {
      response.writeHead(fault.status, fault.headers).end()
      return
    }
    if (at === 'cdn') {
      const file = this.repos
        .flatMap(({ files }) => files)
        .find((one) => url === `/${largeHash(one.content)}?signed`)
      if (file) await sendContent(response, file.content, range, fault)
      else response.writeHead(403).end()
      return
    }
    await this.#answerHub(url, { range, authorization, response, fault })
  }

  async #answerHub(
    url: string,
    {
      range,
      authorization,
      response,
      fault,
    }: { range?: string; authorization?: string; response: http.ServerResponse; fault: Fault },
  ): Promise<void> {
    const json = (value: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
    }
    const refuse = (status: number, code: string, message = code): void => {
      response.writeHead(status, { 'x-error-code': code, 'x-error-message': message }).end()
    }
    const { pathname, searchParams } = new URL(url, this.endpoint)
    const [, api, rest] = pathname.match(/^\/(api\/)?(.*)$/) ?? []
    const served = this.repos.find(({ repo, type }) =>
      rest.startsWith(api || type === 'dataset' ? `${type}s/${repo}/` : `${repo}/`),
    )
    if (!served) {
      refuse(authorization ? 404 : 401, 'RepoNotFound', 'Repository not found')
      return
    }
    const { repo, sha, files, gatedBy } = served
    const [verb, revision, ...names] = rest
      .slice(rest.indexOf(repo) + repo.length + 1)
      .split('/')
      .map(decodeURIComponent)
    if (!['main', 'v1', 'refs/pr/1', sha].includes(revision)) {
      refuse(404, 'RevisionNotFound', `Invalid rev id: ${revision}`)
    } else if (verb === 'revision') {
      json({ id: repo, sha, siblings: files.map((file) => ({ rfilename: file.path })) })
    } else if (verb === 'tree') {
      const from = Number(searchParams.get('cursor') ?? 0)
      const folders = [...new Set(files.map((file) => path.posix.dirname(file.path)))].filter(
        (name) => name !== '.',
      )
      const entries = [
        ...folders.map((name) => ({
          type: 'directory',
          oid: gitHash(Buffer.from(name)),
          size: 0,
          path: name,
        })),
        ...files.map(treeEntry),
      ]
      const more = from + PAGE < entries.length
      const next = `<${this.endpoint}${pathname}?recursive=true&cursor=${from + PAGE}>; rel="next"`
      json(entries.slice(from, from + PAGE), more ? { link: next } : {})
    } else {
      const file = files.find((one) => one.path === names.join('/'))
      const head = { 'x-repo-commit': sha, 'accept-ranges': 'bytes' }
      if (!file) refuse(404, 'EntryNotFound')
      else if (gatedBy && authorization !== `Bearer ${gatedBy}`)
        refuse(authorization ? 403 : 401, 'GatedRepo', `Access to ${repo} is restricted`)
      else if (file.large) {
        const linked = {
          'x-linked-size': String(file.content.length),
          'x-linked-etag': `"${largeHash(file.content)}"`,
        }
        const location = `${this.#root(this.#cdn)}/${largeHash(file.content)}?signed`
        response.writeHead(302, { ...head, ...linked, location }).end()
      } else
        await sendContent(response, file.content, range, fault, {
          ...head,
          etag: `"${gitHash(file.content)}"`,
        })
    }
  }
}

function treeEntry({ path, content, large }: ServedFile) {
  if (!large) return { type: 'file', oid: gitHash(content), size: content.length, path }
  const pointer = Buffer.from(`oid sha256:${largeHash(content)}\nsize ${content.length}\n`)
  const lfs = { oid: largeHash(content), size: content.length, pointerSize: pointer.length }
  return { type: 'file', oid: gitHash(pointer), size: content.length, lfs, path }
}

async function sendContent(
  response: http.ServerResponse,
  listed: Buffer,
  range: string | undefined,
  fault: Fault,
  headers: Record<string, string> = {},
): Promise<void> {
  const all = fault.content ?? listed
  const from = fault.noRange ? 0 : Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0)
  const part = all.subarray(from)
  const partial = from > 0 ? { 'content-range': `bytes ${from}-${all.length - 1}/${all.length}` } : {}
  response.writeHead(from > 0 ? 206 : 200, { ...headers, ...partial, 'content-length': part.length })
  const end = fault.cutAfter ?? fault.hangAfter ?? part.length
  for (let at = 0; at < end && !response.destroyed; at += 16384) {
    const piece = part.subarray(at, Math.min(at + 16384, end))
    await new Promise((done) => response.write(piece, done))
    if (fault.slow) await sleep(fault.slow)
  }
  if (fault.cutAfter !== undefined) response.destroy()
  else if (fault.hangAfter === undefined) response.end()
}

/** What lies below `folder`, links as `path -> target`. */
export function tree(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .flatMap((name) => {
      const place = path.join(folder, name)
      const entry = fs.lstatSync(place)
      if (entry.isSymbolicLink()) return [`${name} -> ${fs.readlinkSync(place)}`]
      return entry.isFile() ? [name] : []
    })
    .sort()
}
