/** Many like jobs on worker threads, one job a thread; the order of results is that of the jobs. */
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'

export interface PoolOptions<R> {
  threads: number
  /** Called as each job ends, in whatever order they do. */
  finished?: (result: R) => void
  /** Aborting lets the running jobs end, and starts no more. */
  signal?: AbortSignal
}

/** A pool whose workers read TypeScript, whatever way this process was started. */
const startPool = (worker: URL, threads: number): Piscina =>
  new Piscina({
    filename: fileURLToPath(worker),
    minThreads: threads,
    maxThreads: threads,
    // Resolved from here: the user's own folder need not have tsx.
    execArgv: worker.href.endsWith('.ts')
      ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
      : [],
  })

/** Runs `job` on each of `jobs`, `width` at a time; the first failure ends it when the others at work have ended. */
async function inTurns<J, R>(
  jobs: readonly J[],
  width: number,
  job: (job: J) => Promise<R>,
  { finished, signal }: Omit<PoolOptions<R>, 'threads'>,
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
 * The results of the default export of `worker` for all `jobs`; one thread or one job is done by `here`, in
 * this process.
 * @throws what the first failing job threw, AbortError when `signal` is aborted
 */
export async function mapInThreads<J, R>(
  worker: URL,
  jobs: readonly J[],
  here: (job: J) => Promise<R>,
  options: PoolOptions<R>,
): Promise<R[]> {
  const threads = Math.min(options.threads, jobs.length)
  if (threads <= 1) return inTurns(jobs, 1, here, options)
  const pool = startPool(worker, threads)
  try {
    return await inTurns(jobs, threads, (job) => pool.run(job) as Promise<R>, options)
  } finally {
    await pool.destroy()
  }
}
