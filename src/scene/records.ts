/**
 * Folders of scans to folders of records: `<out>/records/<scene>.json`, `<out>/images/<scene>/<frame>.jpg`.
 * One scan is one job; the files are the same bytes for any number of workers, and a second run makes only
 * what is missing.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'
import { dataError, LadderError, usageError } from '../common/errors.js'
import { removeTemporaries } from '../common/files.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { type SceneRecord, sceneRecordSchema } from '../schema/scene-record.js'
import { type RecordOptionsInput, recordOptionsSchema } from './record.js'
import { type JobReply, type RecordJob, type RecordResult, runRecordJob } from './record-job.js'

export interface BuildRecordsOptions {
  /** Folders of single scans, as `listScans` gives them. */
  scans: readonly string[]
  out: string
  options?: RecordOptionsInput
  /** 1 works in this process. */
  workers?: number
  progress?: Progress
}

/** A pool whose workers read TypeScript, whatever way this process was started. */
const startPool = (threads: number): Piscina =>
  new Piscina({
    filename: fileURLToPath(new URL('./record-job.ts', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    // Resolved from here: the user's own folder need not have tsx.
    execArgv: ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href],
  })

const unpack = (reply: JobReply): RecordResult => {
  if ('result' in reply) return reply.result
  throw new LadderError(reply.failure.kind, reply.failure.message)
}

async function runAll(
  jobs: readonly RecordJob[],
  workers: number,
  progress: Progress,
): Promise<RecordResult[]> {
  let done = 0
  const report = (result: RecordResult): RecordResult => {
    progress.update(++done, result.scene)
    return result
  }
  if (workers <= 1 || jobs.length === 1) {
    const results: RecordResult[] = []
    for (const job of jobs) results.push(report(await runRecordJob(job)))
    return results
  }
  const pool = startPool(Math.min(workers, jobs.length))
  try {
    return await Promise.all(jobs.map(async (job) => report(unpack(await pool.run(job)))))
  } finally {
    await pool.destroy()
  }
}

/**
 * Makes the records of all scans, in their order.
 * @throws data error of the first scan that cannot be read; what is complete stays
 */
export async function buildRecords(build: BuildRecordsOptions): Promise<RecordResult[]> {
  const { scans, out, workers = 1, progress = silentProgress } = build
  const options = recordOptionsSchema.parse(build.options ?? {})
  const names = scans.map((scan) => path.basename(path.resolve(scan)))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw usageError('scans', 'a different name for each', `${twice} twice`)
  for (const folder of ['records', 'images']) removeTemporaries(path.join(out, folder))
  return runAll(
    scans.map((scan) => ({ scan, out, options })),
    workers,
    progress,
  )
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
