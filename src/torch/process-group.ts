/**
 * Several processes that compute together, as torch.distributed has them: started by torchrun's variables, meeting
 * through its store (TCP), over Gloo. All calls block, and every process of the group makes the same calls in the same
 * order.
 */
import { environmentError, usageError } from '../common/errors.js'
import { engine, engineInfo } from './engine.js'
import { Tensor } from './tensor.js'

export interface ProcessGroup {
  /** This process, from 0. */
  readonly rank: number
  /** How many there are. */
  readonly size: number
  /** In place: each tensor becomes the sum (largest, smallest) of all processes' tensors. Contiguous tensors only. */
  allReduce(tensors: readonly Tensor[], operation?: 'sum' | 'max' | 'min'): void
  /** In place: each tensor becomes that of process `rank`, 0 if not given. */
  broadcast(tensors: readonly Tensor[], rank?: number): void
  /** Every process's tensor, in order of rank; all have one shape and type. */
  allGather(tensor: Tensor): Tensor[]
  /** Returns when all processes have come here. */
  barrier(): void
  dispose(): void
}

/** Where torchrun (or whoever sets its variables) says this process stands. */
export interface Launch {
  rank: number
  size: number
  address: string
  port: number
  /** Names of keys begin with this in a store that torchrun itself serves; empty where rank 0 serves it. */
  prefix: string
}

/**
 * Reads RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.
 * @returns null where none of them says that there is more than this process
 * @throws usage error naming the variable that is missing or no number
 */
export function launchFrom(env: NodeJS.ProcessEnv = process.env): Launch | null {
  if (env.WORLD_SIZE === undefined && env.RANK === undefined) return null
  const number = (name: string, low: number, high: number): number => {
    const value = env[name]?.trim()
    if (!value || !/^\d+$/.test(value) || Number(value) < low || Number(value) > high)
      throw usageError(name, `a whole number from ${low} to ${high}`, value ?? 'nothing')
    return Number(value)
  }
  const size = number('WORLD_SIZE', 1, 100_000)
  const rank = number('RANK', 0, size - 1)
  if (!env.MASTER_ADDR) throw usageError('MASTER_ADDR', 'the host of process 0', 'nothing')
  const port = number('MASTER_PORT', 1, 65_535)
  const agent = env.TORCHELASTIC_USE_AGENT_STORE === 'True'
  const prefix = agent ? `/worker/attempt_${env.TORCHELASTIC_RESTART_COUNT ?? 0}` : ''
  return { rank, size, address: env.MASTER_ADDR, port, prefix }
}

/**
 * Joins the group, and returns when all have joined.
 * @param launch see {@link launchFrom}
 * @param options.seconds how long to wait for the others to come, 60 if not given
 * @param options.patience how long any later call waits for them, as many seconds if not given
 * @param options.silence seconds after which a process that gives no sign of life is lost; this one then ends with a line
 *   on stderr and exit code 1, whatever it does. Not watched if absent: a process that was killed is noticed by its
 *   connections, but one that hangs, or whose machine is gone, only when patience ends
 * @throws environment error when libtorch has no Gloo, or when the others do not come in time; so does each call of
 *   the group when a process is lost
 */
export function openProcessGroup(
  launch: Launch,
  {
    seconds = 60,
    patience = seconds,
    silence = 0,
  }: { seconds?: number; patience?: number; silence?: number } = {},
): ProcessGroup {
  const { address, port, prefix, rank, size } = launch
  const native = engine()
  const { groupOpen } = native
  if (!groupOpen)
    throw environmentError(
      'process group',
      'a libtorch with torch.distributed and Gloo in it',
      `libtorch ${engineInfo().version} without`,
    )
  const guarded = <T>(what: string, limit: number, body: () => T): T => {
    try {
      return body()
    } catch (error) {
      const [line] = (error as Error).message.split('\n')
      throw environmentError(
        `process ${rank} of ${size}`,
        `all others to take part in ${what}${limit < 3600 ? ` within ${limit} s` : ''}`,
        // Gloo begins with where in its sources it was.
        line.replace(/^\[[^\]]*\.(cc|cpp|h):\d+\] /, ''),
      )
    }
  }
  const handle = guarded(`the group at ${address}:${port}`, seconds, () =>
    groupOpen(
      address,
      port,
      rank,
      size,
      1000 * seconds,
      prefix === '',
      prefix,
      1000 * patience,
      1000 * silence,
    ),
  )
  const call = <T>(what: string, body: () => T): T => guarded(what, patience, body)
  const slots = (tensors: readonly Tensor[]): number[] => tensors.map(({ slot }) => slot)
  return {
    rank,
    size,
    allReduce: (tensors, operation = 'sum') =>
      call('all-reduce', () => native.groupReduce(handle, slots(tensors), operation)),
    broadcast: (tensors, root = 0) =>
      call('broadcast', () => native.groupBroadcast(handle, slots(tensors), root)),
    allGather: (tensor) =>
      call('all-gather', () => native.groupGather(handle, tensor.slot)).map(
        (slot) => new Tensor(slot, 'allGather'),
      ),
    barrier: () => call('barrier', () => native.groupBarrier(handle)),
    dispose: () => native.groupClose(handle),
  }
}
