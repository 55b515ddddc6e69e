/** Work in parts: `--shard i/n`, or what a job scheduler's environment says. */
import { InvalidArgumentError } from 'commander'
import { usageError } from '../common/errors.js'

/** Parser of `i/n`, counted from 0. */
export function shardOption(text: string): { index: number; count: number } {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  if (index === undefined || Number(index) >= Number(count))
    throw new InvalidArgumentError('a shard i/n with i from 0 to n - 1')
  return { index: Number(index), count: Number(count) }
}

/**
 * The shard that a job scheduler asks for by its environment; undefined outside one.
 * @throws usage error for an array whose tasks are not numbered in even steps: parts would be left out
 */
export function shardFromEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
): { index: number; count: number } | undefined {
  const { SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_STEP, SLURM_ARRAY_TASK_COUNT } =
    environment
  const { JOB_COMPLETION_INDEX, JOB_COMPLETIONS } = environment
  if (SLURM_ARRAY_TASK_ID && SLURM_ARRAY_TASK_COUNT) {
    const offset = Number(SLURM_ARRAY_TASK_ID) - Number(SLURM_ARRAY_TASK_MIN ?? 0)
    const index = offset / Number(SLURM_ARRAY_TASK_STEP || 1)
    return checked('SLURM_ARRAY_TASK_ID', SLURM_ARRAY_TASK_ID, index, Number(SLURM_ARRAY_TASK_COUNT))
  }
  // Kubernetes gives the index; how many there are, the job file must say.
  if (JOB_COMPLETION_INDEX && JOB_COMPLETIONS)
    return checked(
      'JOB_COMPLETION_INDEX',
      JOB_COMPLETION_INDEX,
      Number(JOB_COMPLETION_INDEX),
      Number(JOB_COMPLETIONS),
    )
  return undefined
}

function checked(
  name: string,
  value: string,
  index: number,
  count: number,
): { index: number; count: number } {
  if (Number.isInteger(index) && index >= 0 && index < count) return { index, count }
  throw usageError(name, `one of ${count} tasks in even steps, or --shard i/n`, value)
}
