/** The missing contents of a repository: one process at a time, a few files at once, each linked as it is whole. */
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LadderError } from '../common/errors.js'
import { lockFolder } from '../common/lock.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { blobPath, type HubFile, hasBlob, linkFile, oidOf, type Repo } from './cache.js'
import { checkRoom } from './disk.js'
import { download, incompletePath } from './download.js'
import type { HubSettings } from './settings.js'

export interface FetchOptions {
  /** Makes the bar for `total` bytes. */
  progress?: (label: string, total: number) => Progress
  /** Told what it waits for. */
  note?: (line: string) => void
}

/** Takes the repository's lock; another process that has it is waited for. */
export async function lockWhenFree(folder: string, note?: (line: string) => void): Promise<() => void> {
  for (let told = false; ; told = true) {
    try {
      return lockFolder(folder)
    } catch (error) {
      if (!(error instanceof LadderError) || error.kind !== 'environment') throw error
      if (!told) note?.(`waiting for another process: ${error.message}`)
      await sleep(200)
    }
  }
}

/** Bytes of a content that are still to come. */
function bytesToCome(blob: string, size: number): number {
  const there = fs.statSync(incompletePath(blob), { throwIfNoEntry: false })?.size ?? 0
  return there > size ? size : size - there
}

/**
 * Fetches the contents of `files` that are missing and links all of them into the snapshot of `sha`.
 * @returns the bytes that were still to come
 * @throws as `download` does, the first failure; environment error when the disk is too full
 */
export async function fetchFiles(
  hub: HubSettings,
  repo: Repo,
  sha: string,
  files: readonly HubFile[],
  options: FetchOptions,
): Promise<number> {
  const byContent = new Map<string, HubFile[]>()
  for (const file of files) byContent.set(oidOf(file), [...(byContent.get(oidOf(file)) ?? []), file])
  const waiting = [...byContent.values()].filter(([file]) => !hasBlob(hub.cache, repo, file))
  const link = (same: readonly HubFile[]): void => {
    for (const file of same) linkFile(hub.cache, repo, sha, file)
  }
  for (const same of byContent.values()) if (!waiting.includes(same)) link(same)
  const total = waiting.reduce((sum, [{ size }]) => sum + size, 0)
  const toCome = waiting.reduce(
    (sum, [file]) => sum + bytesToCome(blobPath(hub.cache, repo, file), file.size),
    0,
  )
  checkRoom(hub.cache, toCome)
  const bar = waiting.length > 0 ? options.progress?.(repo.repo.split('/')[1], total) : undefined
  const progress = bar ?? silentProgress
  const stop = new AbortController()
  let failure: unknown
  let there = total - toCome
  progress.update(there)
  const work = async (): Promise<void> => {
    for (let same = waiting.shift(); same && !stop.signal.aborted; same = waiting.shift()) {
      const file = same[0]
      try {
        await download(hub, { ...repo, revision: sha }, file, blobPath(hub.cache, repo, file), {
          onBytes: (count) => {
            there += count
            progress.update(there, file.path)
          },
          note: (line) => progress.update(there, line),
          signal: stop.signal,
        })
        link(same)
      } catch (error) {
        // The first failure tells; the others follow from it.
        if (!stop.signal.aborted) failure = error
        stop.abort()
      }
    }
  }
  await Promise.all(Array.from({ length: hub.concurrency }, work))
  progress.end('')
  if (failure !== undefined) throw failure
  return toCome
}
