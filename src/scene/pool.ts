/**
 * Many like jobs in processes of their own, one job at a time in each; the order of results is that of the jobs.
 * Processes rather than threads: they share no heap, and each can be told to collect its garbage by itself, whose
 * helpers otherwise take the cores from the other workers (docs/experiments.md).
 */
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Tinypool } from 'tinypool'

export interface PoolOptions<R> {
  workers: number
  /** Called as each job ends, in whatever order they do. */
  finished?: (result: R) => void
  /** Aborting lets the running jobs end, and starts no more. */
  signal?: AbortSignal
}

/** A worker goes on when Ctrl-C reaches it too: the parent decides what is ended. */
const KEEP_ON = "data:text/javascript,process.on('SIGINT',()=>{})"

/** A pool whose workers read TypeScript, whatever way this process was started. */
const startPool = (worker: URL, processes: number): Tinypool =>
  new Tinypool({
    runtime: 'child_process',
    serialization: 'advanced',
    filename: fileURLToPath(worker),
    minThreads: processes,
    maxThreads: processes,
    execArgv: [
      '--single-threaded',
      ...['--import', KEEP_ON],
      // Resolved from here: the user's own folder need not have tsx.
      ...(worker.href.endsWith('.ts')
        ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
        : []),
    ],
  })

/** Runs `job` on each of `jobs`, `width` at a time; the first failure ends it when the others at work have ended. */
async function inTurns<J, R>(
  jobs: readonly J[],
  width: number,
  job: (job: J) => Promise<R>,
  { finished, signal }: Omit<PoolOptions<R>, 'workers'>,
): Promise<R[]> {
  const results: R[] = []
  const turns = jobs.entries()
  let failed = false
  const runner = async (): Promise<void> => {
    try {
      for (const [index, next] of turns) {
        signal?.throwIfAborted()
        if (failed) return
        results[index] = await job(next)
        finished?.(results[index])
      }
    } catch (error) {
      failed = true
      throw error
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: width }, runner))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
  return results
}

/**
 * The results of the default export of `worker` for all `jobs`; one worker or one job is done by `here`, in
 * this process.
 * @throws what the first failing job threw, AbortError when `signal` is aborted
 */
export async function mapInProcesses<J, R>(
  worker: URL,
  jobs: readonly J[],
  here: (job: J) => Promise<R>,
  options: PoolOptions<R>,
): Promise<R[]> {
  const workers = Math.min(options.workers, jobs.length)
  if (workers <= 1) return inTurns(jobs, 1, here, options)
  const pool = startPool(worker, workers)
  try {
    return await inTurns(jobs, workers, (job) => pool.run(job) as Promise<R>, options)
  } finally {
    await pool.destroy()
  }
}
