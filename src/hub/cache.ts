/**
 * The hub's own cache layout, shared with Python's `huggingface_hub`:
 *
 *   datasets--owner--name/refs/main              the commit that `main` was when it was last fetched
 *                         blobs/<oid>            content, named by its SHA-256 (large files) or git hash
 *                         snapshots/<sha>/<path> relative links into blobs/
 *                         trees/<sha>.json       what the commit holds, so that what is missing can be told offline
 *
 * A link appears when its blob is whole, and a ref when all its files are: what is there can be used.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError, LadderError } from '../common/errors.js'
import { readJson, writeFileAtomic, writeJsonAtomic } from '../common/files.js'

export type RepoType = 'dataset' | 'model'

/** One repository of the hub. */
export interface Repo {
  /** `owner/name`. */
  repo: string
  type: RepoType
}

/** One file of a commit. */
export interface HubFile {
  path: string
  /** Bytes. */
  size: number
  /** Git's hash of the content (SHA-1 over `blob <size>\0` and the content); of a large file, of its pointer. */
  gitHash: string
  /** SHA-256 of the content, of large files only. */
  sha256?: string
  /** The hub's own further name for a large file; kept, since Python's side uses it. */
  xetHash?: string
}

/** The name of the blob: what the server calls the file's ETag. */
export const oidOf = (file: HubFile): string => file.sha256 ?? file.gitHash

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision)

/** `dataset owner/name`, for messages. */
export const title = ({ repo, type }: Repo): string => `${type} ${repo}`

export const repoFolder = (cache: string, { repo, type }: Repo): string =>
  path.join(cache, [`${type}s`, ...repo.split('/')].join('--'))

export const snapshotFolder = (cache: string, repo: Repo, sha: string): string =>
  path.join(repoFolder(cache, repo), 'snapshots', sha)

export const blobPath = (cache: string, repo: Repo, file: HubFile): string =>
  path.join(repoFolder(cache, repo), 'blobs', oidOf(file))

/** Where one process at a time fetches; Python's locks lie in the same folder, one per file. */
export const lockPlace = (cache: string, repo: Repo): string =>
  path.join(cache, '.locks', path.basename(repoFolder(cache, repo)))

/** The commit of `revision` as last fetched; null where it never was. */
export function cachedCommit(cache: string, repo: Repo, revision: string): string | null {
  if (isCommit(revision)) return fs.existsSync(snapshotFolder(cache, repo, revision)) ? revision : null
  const file = path.join(repoFolder(cache, repo), 'refs', revision)
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return null
  const sha = fs.readFileSync(file, 'utf8').trim()
  return isCommit(sha) ? sha : null
}

/** Notes that `revision` is `sha`; a commit needs no note. */
export function writeRef(cache: string, repo: Repo, revision: string, sha: string): void {
  if (isCommit(revision) || cachedCommit(cache, repo, revision) === sha) return
  writeFileAtomic(path.join(repoFolder(cache, repo), 'refs', revision), sha)
}

const listingSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size: z.number(),
      blob_id: z.string(),
      lfs_sha256: z.string().optional(),
      lfs_size: z.number().optional(),
      xet_hash: z.string().optional(),
    }),
  ),
})

const listingPath = (cache: string, repo: Repo, sha: string): string =>
  path.join(repoFolder(cache, repo), 'trees', `${sha}.json`)

/** What commit `sha` holds; null where no listing is kept, or only one that cannot be read. */
export function readListing(cache: string, repo: Repo, sha: string): HubFile[] | null {
  const file = listingPath(cache, repo, sha)
  if (!fs.existsSync(file)) return null
  let content: unknown
  try {
    content = readJson(file)
  } catch (error) {
    if (error instanceof LadderError) return null
    throw error
  }
  const parsed = listingSchema.safeParse(content)
  if (!parsed.success) return null
  return Object.entries(parsed.data.files).map(([name, entry]) =>
    checkedFile(file, {
      path: name,
      size: entry.lfs_size ?? entry.size,
      gitHash: entry.blob_id,
      sha256: entry.lfs_sha256,
      xetHash: entry.xet_hash,
    }),
  )
}

export function writeListing(cache: string, repo: Repo, sha: string, files: readonly HubFile[]): void {
  const entries = files.map(({ path, size, gitHash, sha256, xetHash }) => [
    path,
    {
      size,
      blob_id: gitHash,
      ...(sha256 ? { lfs_sha256: sha256, lfs_size: size } : {}),
      ...(xetHash ? { xet_hash: xetHash } : {}),
    },
  ])
  writeJsonAtomic(listingPath(cache, repo, sha), { format_version: 1, files: Object.fromEntries(entries) })
}

/**
 * `file`, when its path stays inside its folder and its hashes are some.
 * @throws data error naming `subject` and the path
 */
export function checkedFile(subject: string, file: HubFile): HubFile {
  const steps = file.path.split('/')
  if (steps.some((step) => ['', '.', '..'].includes(step)) || /[\\\0]/.test(file.path))
    throw dataError(subject, 'paths inside the repository', JSON.stringify(file.path))
  if (!/^[0-9a-f]{40}$/.test(file.gitHash) || !/^[0-9a-f]{64}$/.test(file.sha256 ?? '0'.repeat(64)))
    throw dataError(`${subject} ${file.path}`, 'the hash of its content', oidOf(file))
  if (!Number.isSafeInteger(file.size) || file.size < 0)
    throw dataError(`${subject} ${file.path}`, 'its size in bytes', String(file.size))
  return file
}

const sizeOf = (place: string): number | undefined => fs.statSync(place, { throwIfNoEntry: false })?.size

/** Whether the snapshot has `file`, whole. */
export const hasFile = (cache: string, repo: Repo, sha: string, file: HubFile): boolean =>
  sizeOf(path.join(snapshotFolder(cache, repo, sha), file.path)) === file.size

/** Whether the content is there, fetched for this commit or another one. */
export const hasBlob = (cache: string, repo: Repo, file: HubFile): boolean =>
  sizeOf(blobPath(cache, repo, file)) === file.size

/** Puts the link to the blob of `file` into the snapshot, in one step. */
export function linkFile(cache: string, repo: Repo, sha: string, file: HubFile): void {
  const link = path.join(snapshotFolder(cache, repo, sha), file.path)
  fs.mkdirSync(path.dirname(link), { recursive: true })
  const temporary = `${link}.tmp-${process.pid}`
  fs.rmSync(temporary, { force: true })
  fs.symlinkSync(path.relative(path.dirname(link), blobPath(cache, repo, file)), temporary)
  fs.renameSync(temporary, link)
}

/** Paths of all files in a snapshot whose links lead somewhere, sorted. */
export function filesIn(folder: string): string[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.isFile())
    .sort()
}
