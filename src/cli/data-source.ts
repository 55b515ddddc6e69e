/** Where `data build` takes scenes from: scans, scene records, or VSI-Bench's meta files; records as files where they are. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError, usageError } from '../common/errors.js'
import { startProgress } from '../common/progress.js'
import type { RecordOptions } from '../scene/record.js'
import type { SceneRecord } from '../schema/scene-record.js'

export const SOURCES = ['scenes', 'scans', 'records'] as const
export type SourceKind = (typeof SOURCES)[number]
export type SourcePaths = Partial<Record<SourceKind, string>>

export interface SceneSource {
  /** File or folder it comes from. */
  place: string
  names: string[]
  /** The records of `names`, in their order. */
  open(names: readonly string[]): Promise<OpenSource>
}

export interface OpenSource {
  /** Records, or the files they are in. */
  records: readonly (SceneRecord | string)[]
  /** Where their pictures are. */
  images?: string
  problems: string[]
}

/** @throws usage or data error unless exactly one source is given, exists, and is of the right kind */
function checkPaths(paths: SourcePaths): { kind: SourceKind; place: string } {
  const given = SOURCES.filter((name) => paths[name] !== undefined)
  const [kind] = given
  const place = paths[kind]
  if (given.length !== 1 || place === undefined)
    throw usageError(
      'data build',
      'one of --scenes, --scans, --records',
      given.length === 0 ? 'none' : given.map((name) => `--${name}`).join(' and '),
    )
  const wanted = kind === 'scenes' ? 'a JSON file' : 'a folder'
  const found = fs.statSync(place, { throwIfNoEntry: false })
  if (!found) throw dataError(place, wanted, 'nothing there')
  if (kind === 'scenes' ? !found.isFile() : !found.isDirectory())
    throw dataError(place, wanted, found.isDirectory() ? 'a folder' : 'a file')
  return { kind, place }
}

async function metaSource(file: string): Promise<SceneSource> {
  const { readVsiMeta } = await import('../scene/vsi-meta.js')
  const records = new Map(readVsiMeta(file).map((record) => [record.scene_name, record]))
  return {
    place: file,
    names: [...records.keys()],
    open: async (names) => ({ records: names.flatMap((name) => records.get(name) ?? []), problems: [] }),
  }
}

/** Records lie in the folder or its `records/`, named after their scenes. */
function recordSource(folder: string): SceneSource {
  const inner = path.join(folder, 'records')
  const root = fs.existsSync(inner) ? inner : folder
  const names = fs
    .readdirSync(root)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => name.slice(0, -'.json'.length))
  if (names.length === 0) throw dataError(folder, 'scene records (*.json)', 'none')
  return {
    place: folder,
    names,
    open: async (chosen) => ({
      records: chosen.map((name) => path.join(root, `${name}.json`)),
      images: path.join(folder, 'images'),
      problems: [],
    }),
  }
}

interface ScanJob {
  out: string
  workers: number
  options?: RecordOptions
  /** Aborting stops after the scans at work. */
  signal: AbortSignal
}

async function scanSource(folder: string, { options, out, signal, workers }: ScanJob): Promise<SceneSource> {
  const { listScans } = await import('../scene/scannet/scan.js')
  const scans = new Map(listScans(folder).map((scan) => [path.basename(path.resolve(scan)), scan]))
  return {
    place: folder,
    names: [...scans.keys()],
    open: async (names) => {
      const { buildRecords } = await import('../scene/records.js')
      const chosen = names.flatMap((name) => scans.get(name) ?? [])
      const progress = startProgress('scans', chosen.length, { unit: 'scans' })
      const made = await buildRecords({ scans: chosen, out, options, workers, progress, signal })
      signal.throwIfAborted()
      progress.end()
      return {
        records: made.map(({ file }) => file),
        images: path.join(out, 'images'),
        problems: made.flatMap(({ problems, scene }) => problems.map((problem) => `${scene}: ${problem}`)),
      }
    },
  }
}

/** @throws usage or data error for paths that are no source */
export async function openSource(paths: SourcePaths, job: ScanJob): Promise<SceneSource> {
  const { kind, place } = checkPaths(paths)
  if (kind === 'scenes') return metaSource(place)
  return kind === 'records' ? recordSource(place) : scanSource(place, job)
}
