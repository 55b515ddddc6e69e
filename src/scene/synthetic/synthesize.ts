/**
 * Makes rooms and writes them as ScanNet scans. Each scan is a pure function of (options, index), so the
 * bytes do not depend on the number of workers, and a run that was cut short goes on where it stopped.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { removeTemporaries, sha256, writeJsonAtomic } from '../../common/files.js'
import { type Progress, silentProgress } from '../../common/progress.js'
import { type Reply, unpack } from '../../common/reply.js'
import { mapInProcesses } from '../pool.js'
import { type SynthOptions, scanName } from './options.js'
import makeScan, { type SynthJob } from './synthesize-worker.js'

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
  /** Aborting stops after the rooms at work. */
  signal?: AbortSignal
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
 * @throws AbortError when stopped; complete scans stay
 */
export async function synthesizeScans(request: SynthesizeRequest): Promise<SynthesizeResult> {
  const { out, options, workers = 1, progress = silentProgress, signal } = request
  fs.mkdirSync(out, { recursive: true })
  checkManifest(out, options)
  removeTemporaries(out)
  const scans = Array.from({ length: options.rooms }, (_, index) => scanName(options, index))
  const missing = scans.flatMap((name, index) => (fs.existsSync(path.join(out, name)) ? [] : [index]))
  const skipped = scans.length - missing.length
  let done = skipped
  progress.update(done)
  const source = import.meta.url.endsWith('.ts')
  await mapInProcesses<SynthJob, Reply<void>>(
    new URL(source ? './synthesize-worker.ts' : './synthesize-worker.js', import.meta.url),
    missing.map((index) => ({ out, options, index })),
    makeScan,
    {
      workers,
      signal,
      finished: (reply) => {
        unpack(reply)
        progress.update(++done)
      },
    },
  )
  progress.end()
  return { scans, made: missing.length, skipped }
}
