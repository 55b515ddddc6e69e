/**
 * Makes rooms and writes them as ScanNet scans. Each scan is a pure function of (options, index), so the
 * bytes do not depend on the number of workers, and a run that was cut short goes on where it stopped.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'
import { dataError, LadderError } from '../../common/errors.js'
import { removeTemporaries, sha256, writeJsonAtomic } from '../../common/files.js'
import { type Progress, silentProgress } from '../../common/progress.js'
import { type SynthOptions, scanName } from './options.js'
import { writeSynthetic } from './scan-data.js'
import type { SynthJob, SynthReply } from './synthesize-worker.js'

/** What is written beside the scans: what they were made with. */
export const MANIFEST = 'synth.json'
/** Raise when the same options give other bytes. */
const GENERATOR = 1

export interface SynthesizeRequest {
  /** Folder that gets one folder per scan. */
  out: string
  options: SynthOptions
  /** Threads that make rooms; 1: this one. */
  workers?: number
  progress?: Progress
}

export interface SynthesizeResult {
  /** Names of all scans, made now or found complete. */
  scans: string[]
  made: number
  skipped: number
}

/** The number of rooms may change from run to run; what one scan holds may not. */
function checkManifest(out: string, { rooms: _, ...options }: SynthOptions): void {
  const file = path.join(out, MANIFEST)
  const hash = sha256(JSON.stringify({ generator: GENERATOR, ...options }))
  if (!fs.existsSync(file)) writeJsonAtomic(file, { hash, generator: GENERATOR, options })
  else if (!fs.readFileSync(file, 'utf8').includes(`"${hash}"`))
    throw dataError(out, 'rooms made with the same options (or an empty folder)', 'rooms made with others')
}

/**
 * Makes `options.rooms` scans in `out`. Complete ones are skipped; `out` made with other options is refused.
 */
export async function synthesizeScans(request: SynthesizeRequest): Promise<SynthesizeResult> {
  const { out, options, workers = 1, progress = silentProgress } = request
  fs.mkdirSync(out, { recursive: true })
  checkManifest(out, options)
  removeTemporaries(out)
  const scans = Array.from({ length: options.rooms }, (_, index) => scanName(options, index))
  const missing = scans.flatMap((name, index) => (fs.existsSync(path.join(out, name)) ? [] : [index]))
  const skipped = scans.length - missing.length
  let done = skipped
  const finish = (): void => progress.update(++done)
  if (workers <= 1 || missing.length <= 1) {
    for (const index of missing) {
      await writeSynthetic(out, options, index)
      finish()
    }
  } else {
    const pool = startPool(Math.min(workers, missing.length))
    try {
      await Promise.all(
        missing.map(async (index) => {
          const job: SynthJob = { out, options, index }
          const { failure } = (await pool.run(job)) as SynthReply
          if (failure) throw new LadderError(failure.kind, failure.message)
          finish()
        }),
      )
    } finally {
      await pool.destroy()
    }
  }
  progress.end()
  return { scans, made: missing.length, skipped }
}

/** Worker threads that run this program's TypeScript where it runs from source. */
function startPool(threads: number): Piscina {
  const source = import.meta.url.endsWith('.ts')
  const worker = new URL(source ? './synthesize-worker.ts' : './synthesize-worker.js', import.meta.url)
  const tsx = source ? pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href : undefined
  return new Piscina({
    filename: fileURLToPath(worker),
    minThreads: threads,
    maxThreads: threads,
    execArgv: tsx ? ['--import', tsx] : [],
  })
}
