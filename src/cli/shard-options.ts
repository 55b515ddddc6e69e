/** Work in parts: `--shard i/n`, or what a job scheduler's environment says. */
import { InvalidArgumentError } from 'commander'

/** Parser of `i/n`, counted from 0. */
export function shardOption(text: string): { index: number; count: number } {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (index === undefined || Number(index) >= Number(count))
    throw new InvalidArgumentError('a shard i/n with i from 0 to n - 1')
  return { index: Number(index), count: Number(count) }
}

/** The shard that a job scheduler asks for by its environment; undefined outside one. */
export function shardFromEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
): { index: number; count: number } | undefined {
  const { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_COUNT } = environment
  const { JOB_COMPLETION_INDEX, JOB_COMPLETIONS } = environment
  if (SLURM_ARRAY_TASK_ID && SLURM_ARRAY_TASK_COUNT)
    return {
      index: Number(SLURM_ARRAY_TASK_ID) - Number(SLURM_ARRAY_TASK_MIN ?? 0),
      count: Number(SLURM_ARRAY_TASK_COUNT),
    }
  // Kubernetes gives the index; how many there are, the job file must say.
  if (JOB_COMPLETION_INDEX && JOB_COMPLETIONS)
    return { index: Number(JOB_COMPLETION_INDEX), count: Number(JOB_COMPLETIONS) }
  return undefined
}
