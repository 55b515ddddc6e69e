/**
 * One file, from the hub to its place among the blobs. What has arrived lies in `<oid>.ladder.incomplete` and is
 * continued by Range, also by a later process; the file moves to its name only when its hash is right.
 *
 * The name is not that of `huggingface_hub`'s unfinished files: those are guarded by a lock that Node cannot
 * take. Bytes are written where they belong in the file, so that two writers of the same content do no harm.
 */
import { createHash, type Hash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { dataError, LadderError } from '../common/errors.js'
import { type HubFile, oidOf, title } from './cache.js'
import { type Answer, type Asked, attempt, persist, reasonOf, Transient } from './http.js'
import type { HubSettings } from './settings.js'

export interface DownloadOptions {
  /** Told of bytes that arrived, beyond those of an earlier run; negative when some turn out useless. */
  onBytes?: (count: number) => void
  /** Told why it waits. */
  note?: (line: string) => void
  signal?: AbortSignal
}

/** Where the unfinished content of `blob` lies. */
export const incompletePath = (blob: string): string => `${blob}.ladder.incomplete`

/** Git's hash of small files, SHA-256 of large ones. */
function startHash(file: HubFile): Hash {
  if (file.sha256) return createHash('sha256')
  return createHash('sha1').update(`blob ${file.size}\0`)
}

/** Whether the file at `place` has the content of `file`. */
export async function hasContent(place: string, file: HubFile): Promise<boolean> {
  const { size } = await fs.stat(place)
  if (size !== file.size) return false
  const hash = startHash(file)
  const handle = await fs.open(place)
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer)
  } finally {
    await handle.close()
  }
  return hash.digest('hex') === oidOf(file)
}

const fileUrl = (hub: HubSettings, { repo, type, revision, path }: Required<Asked>): string =>
  `${hub.endpoint}/${type === 'dataset' ? 'datasets/' : ''}${repo}/resolve/${revision}/${path.split('/').map(encodeURIComponent).join('/')}`

/** @throws data error when the server speaks of other content than the listing did */
function checkHeaders({ linked, response }: Answer, asked: Asked, file: HubFile): void {
  const subject = `${title(asked)} ${file.path}`
  const commit = linked.get('x-repo-commit')
  if (commit && commit !== asked.revision) throw dataError(subject, `commit ${asked.revision}`, commit)
  const size = linked.get('x-linked-size')
  if (size && Number(size) !== file.size) throw dataError(subject, `${file.size} bytes as listed`, size)
  const tag = (linked.get('x-linked-etag') ?? '').replace(/^W\//, '').replaceAll('"', '')
  if (tag && tag !== oidOf(file)) throw dataError(subject, `content ${oidOf(file)} as listed`, tag)
  const whole = response.status === 200 && !response.headers.has('content-encoding')
  const length = whole ? response.headers.get('content-length') : null
  if (length && Number(length) !== file.size) throw dataError(subject, `${file.size} bytes as listed`, length)
}

/** The unfinished file: how far it is, and the hash of that much. */
class Partial {
  #hash: Hash
  have = 0
  /** Whether the first bytes are those of an earlier run. */
  inherited = false

  constructor(
    private readonly handle: fs.FileHandle,
    private readonly file: HubFile,
    private readonly onBytes: (count: number) => void,
  ) {
    this.#hash = startHash(file)
  }

  /** Takes what an earlier run left. */
  async takeUp(): Promise<void> {
    const { size } = await this.handle.stat()
    if (size > this.file.size) return
    const buffer = Buffer.alloc(1 << 20)
    while (this.have < size) {
      const { bytesRead } = await this.handle.read(
        buffer,
        0,
        Math.min(buffer.length, size - this.have),
        this.have,
      )
      if (bytesRead === 0) break
      this.#hash.update(buffer.subarray(0, bytesRead))
      this.have += bytesRead
    }
    this.inherited = this.have > 0
  }

  restart(): void {
    this.onBytes(-this.have)
    this.have = 0
    this.inherited = false
    this.#hash = startHash(this.file)
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await this.handle.write(chunk, done, chunk.length - done, this.have + done)
      done += bytesWritten
    }
    this.#hash.update(chunk)
    this.have += chunk.length
    this.onBytes(chunk.length)
  }

  digest = (): string => this.#hash.digest('hex')
}

/** One connection: from where `partial` is to the end of the file, or to where it breaks. */
async function receive(
  hub: HubSettings,
  asked: Required<Asked>,
  file: HubFile,
  partial: Partial,
  outer?: AbortSignal,
): Promise<void> {
  const stalled = new AbortController()
  const timer = setTimeout(() => stalled.abort(), hub.stall * 1000)
  const signal = AbortSignal.any([stalled.signal, ...(outer ? [outer] : [])])
  const headers: Record<string, string> = { 'accept-encoding': 'identity' }
  if (partial.have > 0) headers.range = `bytes=${partial.have}-`
  try {
    const answer = await attempt(hub, fileUrl(hub, asked), asked, { headers, signal })
    const { response } = answer
    checkHeaders(answer, asked, file)
    const from = Number(response.headers.get('content-range')?.match(/^bytes (\d+)-/)?.[1] ?? 0)
    // A server that knows no ranges sends all of it; one that refuses the range gets no second such question.
    if (partial.have > 0 && (response.status !== 206 || from !== partial.have)) partial.restart()
    if (response.status === 416 || (response.status === 206 && from !== partial.have)) {
      await response.body?.cancel()
      throw new Transient('the server sent another part of the file')
    }
    for await (const chunk of response.body ?? []) {
      timer.refresh()
      if (partial.have + chunk.length > file.size)
        throw dataError(`${title(asked)} ${file.path}`, `${file.size} bytes as listed`, 'more')
      await partial.add(chunk)
    }
  } catch (error) {
    if (stalled.signal.aborted) throw new Transient(`no byte for ${hub.stall} s`)
    // What undici throws when a body ends early or its socket breaks; a full disk is no reason to try again.
    if (error instanceof TypeError && error.cause !== undefined)
      throw new Transient(`the connection broke: ${reasonOf(error)}`)
    throw error
  } finally {
    clearTimeout(timer)
  }
  if (partial.have < file.size)
    throw new Transient(`the connection ended at byte ${partial.have} of ${file.size}`)
}

/**
 * Fetches `file` of commit `asked.revision` to `blob`.
 * @throws data error when the content is not what was listed (it is deleted); environment error when the hub
 *   refuses or stays silent
 */
export async function download(
  hub: HubSettings,
  asked: Asked,
  file: HubFile,
  blob: string,
  { onBytes = () => {}, note, signal }: DownloadOptions = {},
): Promise<void> {
  const place = incompletePath(blob)
  const subject = `${title(asked)} ${file.path}`
  await fs.mkdir(path.dirname(place), { recursive: true })
  // Not truncated: it may hold the first part.
  const handle = await fs.open(place, 'a').then(async (made) => {
    await made.close()
    return fs.open(place, 'r+')
  })
  try {
    const partial = new Partial(handle, file, onBytes)
    await partial.takeUp()
    for (;;) {
      let best = partial.have
      const gained = (): boolean => {
        const more = partial.have > best
        best = Math.max(best, partial.have)
        return more
      }
      const all = { ...asked, path: file.path }
      await persist(
        hub,
        subject,
        async () => {
          if (partial.have < file.size) await receive(hub, all, file, partial, signal)
        },
        { gained, note, signal },
      )
      const digest = partial.digest()
      if (digest === oidOf(file)) break
      // Only what an earlier run left can be at fault without the server being so.
      if (!partial.inherited)
        throw dataError(
          subject,
          `${file.sha256 ? 'SHA-256' : "git's hash"} ${oidOf(file)}`,
          `${digest}; what was fetched is deleted`,
        )
      note?.(`${file.path}: what an earlier run left does not fit; starting again`)
      partial.restart()
    }
    await handle.truncate(file.size)
    await handle.sync()
    await fs.rename(place, blob)
  } catch (error) {
    if (error instanceof LadderError && error.kind === 'data') await fs.rm(place, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}
