/** Commands that train may be started several times, by torchrun's variables: see `scripts/launch.mjs` and `launch`. */
import { setTimeout } from 'node:timers/promises'
import type { Ranks } from '../training/data-parallel.js'
import { interruptSignal } from './interrupt.js'

/** Ends this process when `scripts/launch.mjs`, that started it, was killed and can pass no Ctrl-C on any more. */
function endWithLauncher(): void {
  const launcher = Number(process.env.SPATIAL_LADDER_LAUNCHER ?? 0)
  if (launcher === 0) return
  const watch = setInterval(() => {
    try {
      process.kill(launcher, 0)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return
      clearInterval(watch)
      process.kill(process.pid, 'SIGINT')
    }
  }, 1000)
  watch.unref()
}

/** Runs `body` together with the other processes, if there are any; all end together. */
export async function withRanks<T>(body: (ranks: Ranks) => Promise<T>): Promise<T> {
  const { launchFrom } = await import('../torch/process-group.js')
  const { ALONE, openRanks } = await import('../training/data-parallel.js')
  const launch = launchFrom()
  const ranks = launch && launch.size > 1 ? openRanks(launch) : ALONE
  const signal = interruptSignal()
  endWithLauncher()
  const result = await body(ranks).catch(async (error) => {
    // Who waited for the others hears of Ctrl-C when they are gone: that is then why.
    await setTimeout(20)
    signal.throwIfAborted()
    throw error
  })
  // Who has nothing left to do stays alive for those who have.
  ranks.barrier()
  ranks.dispose()
  return result
}
