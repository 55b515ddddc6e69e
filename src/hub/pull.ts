/**
 * Datasets and models from the Hugging Face hub, into its own cache: what is there is not fetched again, what was
 * interrupted goes on, and one process at a time works on a repository.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError, environmentError, usageError } from '../common/errors.js'
import {
  cachedCommit,
  filesIn,
  type HubFile,
  hasBlob,
  hasFile,
  lockPlace,
  type Repo,
  readListing,
  repoFolder,
  snapshotFolder,
  title,
  writeListing,
  writeRef,
} from './cache.js'
import { copyOut } from './copy-out.js'
import { type FetchOptions, fetchFiles, lockWhenFree } from './fetch-files.js'
import { type Selection, select } from './glob.js'
import { commitOf, filesOf } from './listing.js'
import { type HubSettings, hubSettings } from './settings.js'

/** Which files of which repository. */
export interface SnapshotRequest extends Repo, Selection {
  /** Branch, tag or commit; default `main`. */
  revision?: string
  /** Default: as the environment has them. */
  settings?: HubSettings
}

export interface PullOptions extends SnapshotRequest, FetchOptions {
  /** Also puts the files there: large ones as hard links where one disk holds both, else copies. */
  out?: string
  /** Patterns of `include` that nothing fits are told by `note` instead of refused. */
  mayLack?: boolean
}

/** What a pull would do. */
export interface PullPlan {
  sha: string
  /** The snapshot in the cache, whether or not it is there yet. */
  folder: string
  files: (HubFile & { cached: boolean })[]
}

export interface Pulled {
  /** The snapshot in the cache. */
  folder: string
  sha: string
  /** The chosen files, as paths in `folder`. */
  files: string[]
  /** Size of all of them, and how much of that was fetched now. */
  bytes: number
  fetched: number
}

/** Splits a request into its parts. @throws usage error when repository or revision cannot be ones */
function parts(request: SnapshotRequest): {
  repo: Repo
  revision: string
  hub: HubSettings
  selection: Selection
} {
  const { repo, type, revision = 'main', include, exclude, settings = hubSettings() } = request
  if (!/^[\w-][\w.-]*\/[\w-][\w.-]*$/.test(repo) || /--|\.\./.test(repo))
    throw usageError(`${type}:${repo}`, 'owner/name', repo)
  if (!/^[\w-][\w.+-]*(\/[\w-][\w.+-]*)*$/.test(revision) || revision.includes('..'))
    throw usageError(`${type}:${repo}`, 'a branch, tag or commit after @', revision)
  return { repo: { repo, type }, revision, hub: settings, selection: { include, exclude } }
}

/** @throws data error when nothing is chosen, or a pattern chose nothing and must not */
function chooseFrom(files: readonly HubFile[], request: PullOptions): HubFile[] {
  const { repo, revision, selection } = parts(request)
  const { chosen, unmatched } = select(files, selection)
  const subject = `${title(repo)}@${revision}`
  const some = files.slice(0, 3).map(({ path }) => path)
  const others = `${files.length} others${some.length > 0 ? ` (${some.join(', ')}${files.length > 3 ? ', …' : ''})` : ''}`
  if (unmatched.length > 0 && (chosen.length === 0 || !request.mayLack))
    throw dataError(subject, `files that match ${unmatched.join(', ')}`, others)
  if (unmatched.length > 0) request.note?.(`${subject} has no ${unmatched.join(', ')}`)
  if (chosen.length === 0) throw dataError(subject, 'files to fetch', `none left of ${files.length}`)
  return chosen
}

/** What the cache knows of a request, without the network. */
function lookUp(
  request: SnapshotRequest,
): { sha: string; folder: string; files: HubFile[] | null; missing: string[] } | null {
  const { repo, revision, hub, selection } = parts(request)
  const sha = cachedCommit(hub.cache, repo, revision)
  if (sha === null) return null
  const folder = snapshotFolder(hub.cache, repo, sha)
  const listed = readListing(hub.cache, repo, sha)
  if (listed === null) {
    // Fetched by an older program that keeps no listing: only patterns that find nothing are known to be missing.
    const there = filesIn(folder).map((path) => ({ path }))
    const { chosen, unmatched } = select(there, selection)
    return { sha, folder, files: null, missing: chosen.length > 0 ? unmatched : ['any of them'] }
  }
  const files = select(listed, selection).chosen
  const missing = files.filter((file) => !hasFile(hub.cache, repo, sha, file)).map(({ path }) => path)
  return { sha, folder, files, missing }
}

/**
 * The folder of a snapshot that is in the cache with all files asked for that its commit has; null where some are
 * missing, or there is none. No network.
 */
export function cachedSnapshot(request: SnapshotRequest): string | null {
  const found = lookUp(request)
  return found && found.missing.length === 0 && found.files?.length !== 0 ? found.folder : null
}

/** What `HF_HUB_OFFLINE` gives: the cache, or one line on what it lacks. */
function offlineSnapshot(request: SnapshotRequest): NonNullable<ReturnType<typeof lookUp>> {
  const { repo, revision, hub } = parts(request)
  const found = lookUp(request)
  const subject = `${title(repo)}@${revision}`
  const wanted = `its files in ${repoFolder(hub.cache, repo)} (HF_HUB_OFFLINE is set)`
  if (!found) throw environmentError(subject, wanted, 'no snapshot of this revision')
  const { missing } = found
  if (missing.length > 0) {
    const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
    throw environmentError(subject, wanted, `a snapshot without ${missing.slice(0, 3).join(', ')}${more}`)
  }
  return found
}

/** Files of an offline snapshot; where no listing is kept, with sizes as they lie there. */
function filesOffline(request: PullOptions): { sha: string; folder: string; files: HubFile[] } {
  const { sha, folder, files } = offlineSnapshot(request)
  if (files !== null) return { sha, folder, files: chooseFrom(files, request) }
  const there = filesIn(folder).map((name) => {
    const { size } = fs.statSync(path.join(folder, name))
    // The blob's name is its hash.
    const oid = path.basename(fs.realpathSync(path.join(folder, name)))
    return { path: name, size, gitHash: oid, sha256: oid.length === 64 ? oid : undefined }
  })
  return { sha, folder, files: select(there, parts(request).selection).chosen }
}

/** Commit and chosen files; asks the hub for what the cache does not know. Writes nothing. */
async function resolve(request: PullOptions): Promise<{ sha: string; listed: HubFile[]; files: HubFile[] }> {
  const { repo, revision, hub } = parts(request)
  const sha = await commitOf(hub, repo, revision, request.note)
  const listed = readListing(hub.cache, repo, sha) ?? (await filesOf(hub, repo, sha, request.note))
  return { sha, listed, files: chooseFrom(listed, request) }
}

/**
 * What `pull` would fetch, with sizes; nothing is written.
 * @throws as `pull` does before it fetches
 */
export async function planPull(request: PullOptions): Promise<PullPlan> {
  const { repo, hub } = parts(request)
  if (hub.offline) {
    const { sha, folder, files } = filesOffline(request)
    return { sha, folder, files: files.map((file) => ({ ...file, cached: true })) }
  }
  const { sha, files } = await resolve(request)
  const folder = snapshotFolder(hub.cache, repo, sha)
  const isCached = (file: HubFile): boolean =>
    hasFile(hub.cache, repo, sha, file) || hasBlob(hub.cache, repo, file)
  return { sha, folder, files: files.map((file) => ({ ...file, cached: isCached(file) })) }
}

/**
 * Fetches a snapshot, or what of it is missing.
 * @throws environment error when the hub refuses, is silent, or the disk is too full; data error when a content is
 *   not what the hub lists; all in one line
 */
export async function pull(options: PullOptions): Promise<Pulled> {
  const { repo, revision, hub } = parts(options)
  if (hub.offline) {
    const { sha, folder, files } = filesOffline(options)
    return finish(folder, sha, files, 0, options)
  }
  const { sha, listed, files } = await resolve(options)
  const isMissing = (file: HubFile): boolean => !hasFile(hub.cache, repo, sha, file)
  const keepListing = (): void => {
    if (readListing(hub.cache, repo, sha) === null) writeListing(hub.cache, repo, sha, listed)
  }
  let fetched = 0
  if (files.some(isMissing)) {
    const release = await lockWhenFree(lockPlace(hub.cache, repo), options.note)
    try {
      keepListing()
      fetched = await fetchFiles(hub, repo, sha, files.filter(isMissing), options)
      writeRef(hub.cache, repo, revision, sha)
    } finally {
      release()
    }
  } else
    whereWritable(() => {
      keepListing()
      writeRef(hub.cache, repo, revision, sha)
    })
  return finish(snapshotFolder(hub.cache, repo, sha), sha, files, fetched, options)
}

/** A cache that cannot be written is as good to read without notes on it. */
function whereWritable(write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function finish(
  folder: string,
  sha: string,
  files: readonly HubFile[],
  fetched: number,
  { out }: PullOptions,
): Promise<Pulled> {
  if (out !== undefined) await copyOut(folder, files, out)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  return { folder, sha, files: files.map(({ path }) => path), bytes, fetched }
}
