/** Commands that train may be started several times, by torchrun's variables: see `scripts/launch.mjs` and `launch`. */
import type { Ranks } from '../training/data-parallel.js'

/** Whether this process is the one that writes and prints. */
export const isFirst = (): boolean => Number(process.env.RANK ?? 0) === 0

/** Runs `body` together with the other processes, if there are any; all end together. */
export async function withRanks<T>(body: (ranks: Ranks) => Promise<T>): Promise<T> {
  const { launchFrom } = await import('../torch/process-group.js')
  const { ALONE, openRanks } = await import('../training/data-parallel.js')
  const launch = launchFrom()
  const ranks = launch && launch.size > 1 ? openRanks(launch) : ALONE
  const result = await body(ranks)
  // Who has nothing left to do stays alive for those who have.
  ranks.barrier()
  ranks.dispose()
  return result
}
