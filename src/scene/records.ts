/**
 * Folders of scans to folders of records: `<out>/records/<scene>.json`, `<out>/images/<scene>/<frame>.jpg`.
 * One scan is one job; the files are the same bytes for any number of workers, and a second run makes only
 * what is missing.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError, usageError } from '../common/errors.js'
import { removeTemporaries } from '../common/files.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { type Reply, unpack } from '../common/reply.js'
import { type SceneRecord, sceneRecordSchema } from '../schema/scene-record.js'
import { mapInProcesses } from './pool.js'
import { type RecordOptionsInput, recordOptionsSchema } from './record.js'
import replyToJob, { type RecordJob, type RecordResult } from './record-job.js'

export interface BuildRecordsOptions {
  /** Folders of single scans, as `listScans` gives them. */
  scans: readonly string[]
  out: string
  options?: RecordOptionsInput
  /** 1 works in this process. */
  workers?: number
  progress?: Progress
  /** Aborting stops after the scans at work. */
  signal?: AbortSignal
}

/**
 * Makes the records of all scans, in their order.
 * @throws data error of the first scan that cannot be read, AbortError when stopped; what is complete stays
 */
export async function buildRecords(build: BuildRecordsOptions): Promise<RecordResult[]> {
  const { scans, out, workers = 1, progress = silentProgress, signal } = build
  const options = recordOptionsSchema.parse(build.options ?? {})
  const names = scans.map((scan) => path.basename(path.resolve(scan)))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw usageError('scans', 'a different name for each', `${twice} twice`)
  // Those of these scans only: another shard may be at work in the same folder.
  removeTemporaries(path.join(out, 'records'), new Set(names.map((name) => `${name}.json`)))
  removeTemporaries(path.join(out, 'images'), new Set(names))
  const jobs = scans.map((scan): RecordJob => ({ scan, out, options }))
  let done = 0
  progress.update(done)
  const replies = await mapInProcesses<RecordJob, Reply<RecordResult>>(
    new URL('./record-job.ts', import.meta.url),
    jobs,
    replyToJob,
    { workers, signal, finished: (reply) => progress.update(++done, unpack(reply).scene) },
  )
  return replies.map(unpack)
}

/** Reads one record. @throws data error naming the file and the field */
export function readRecord(file: string): SceneRecord {
  let value: unknown
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw dataError(file, 'JSON', error.message)
    throw error
  }
  const parsed = sceneRecordSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path: field, message } = parsed.error.issues[0]
  throw dataError(`${file}: ${field.join('.') || 'top level'}`, 'a scene record', message)
}

/** The records in `folder` (or its `records/`), sorted by file name. */
export function readRecords(folder: string): SceneRecord[] {
  const inner = path.join(folder, 'records')
  const source = fs.existsSync(inner) ? inner : folder
  if (!fs.existsSync(source)) throw dataError(folder, 'a folder of scene records', 'nothing there')
  const files = fs.readdirSync(source).filter((name) => name.endsWith('.json'))
  if (files.length === 0) throw dataError(folder, 'scene records (*.json)', 'none')
  return files.sort().map((name) => readRecord(path.join(source, name)))
}
