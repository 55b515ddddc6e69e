/**
 * Data parallel training: processes with the same weights, each on its share of the batches of every step. Gradients are
 * summed, numbers are exchanged, and so every process makes the same update; process 0 alone writes. A step of N processes
 * is that of one process with N times their `gradient_accumulation_steps`, up to the order of sums.
 */
import { deserialize, serialize } from 'node:v8'
import { environmentError } from '../common/errors.js'
import { backward, noGrad } from '../torch/autograd.js'
import { cast, cat, copy_, reshape, split, zeros } from '../torch/ops.js'
import { type Launch, openProcessGroup, type ProcessGroup } from '../torch/process-group.js'
import { scope, type Tensor, tensor } from '../torch/tensor.js'
import { groupsOf } from '../torch/update-groups.js'

export interface Ranks {
  /** This process, from 0, and how many there are. */
  readonly rank: number
  readonly size: number
  /** Every process's value, in order of rank: whatever can be cloned, but tensors. */
  gather<T>(value: T): T[]
  /** Element by element the largest of all processes. */
  greatest(values: readonly number[]): number[]
  /** Every gradient becomes the sum of all processes' (none counts as zeros, unless all have none). */
  sumGradients(parameters: Iterable<Tensor>): void
  /** Returns when all have come here. */
  barrier(): void
  dispose(): void
}

/** One process, which has nobody to wait for. */
export const ALONE: Ranks = {
  rank: 0,
  size: 1,
  gather: (value) => [value],
  greatest: (values) => [...values],
  sumGradients: () => {},
  barrier: () => {},
  dispose: () => {},
}

/** The batches that are this process's: every `size`th, as transformers shards them. */
export const shareOf = <T>(batches: readonly T[], { rank, size }: Pick<Ranks, 'rank' | 'size'>): T[] =>
  batches.filter((_, i) => i % size === rank)

/** The reverse: what all processes have of their batches, in the order of the batches. */
export const joinShares = <T>(shares: readonly T[][]): T[] =>
  shares[0].flatMap((_, i) => shares.flatMap((share) => (i < share.length ? [share[i]] : [])))

/**
 * Makes sure that all processes have the same value.
 * @throws environment error naming the first that has another than process 0
 */
export function agree(ranks: Ranks, what: string, value: string | number): void {
  const values = ranks.gather(value)
  const other = values.findIndex((one) => one !== values[0])
  if (other > 0)
    throw environmentError(
      `process ${other} of ${ranks.size}`,
      `${what} ${values[0]} as process 0`,
      `${values[other]}`,
    )
}

/** Seconds: for all to come; without a sign of life, after which a process is lost; any wait for one that lives. */
const WAITS = { seconds: 600, silence: 45, patience: 7 * 86_400 }

/** Joins the processes that torchrun (or who sets its variables) started. @throws environment error without Gloo */
export const openRanks = (launch: Launch): Ranks => ranksOf(openProcessGroup(launch, WAITS))

/** What training needs of a process group. */
export function ranksOf(group: ProcessGroup): Ranks {
  const { rank, size } = group
  return {
    rank,
    size,
    gather: <T>(value: T) => gather(group, value),
    greatest: (values) =>
      scope(() => {
        const all = tensor(Float64Array.from(values), undefined, 'f64')
        group.allReduce([all], 'max')
        return all.numbers()
      }),
    sumGradients: (parameters) => noGrad(() => scope(() => sumGradients(group, [...parameters]))),
    barrier: () => group.barrier(),
    dispose: () => group.dispose(),
  }
}

function gather<T>(group: ProcessGroup, value: T): T[] {
  const bytes = serialize(value)
  return scope(() => {
    const lengths = group.allGather(tensor([bytes.length], undefined, 'i64')).map((one) => one.item())
    const padded = new Uint8Array(Math.max(...lengths))
    padded.set(bytes)
    return group
      .allGather(tensor(padded, undefined, 'u8'))
      .map((one, i) => deserialize((one.data() as Uint8Array).subarray(0, lengths[i])) as T)
  })
}

function sumGradients(group: ProcessGroup, parameters: readonly Tensor[]): void {
  const present = tensor(
    parameters.map(({ grad }) => (grad ? 1 : 0)),
    undefined,
    'i32',
  )
  group.allReduce([present], 'max')
  const some = present.numbers()
  const used = parameters.filter((_, i) => some[i] === 1)
  // Some at a time: what is sent is a copy, in fp32 whatever the parameters are in.
  for (const indices of groupsOf(used))
    scope(() => {
      const bucket = indices.map((i) => used[i])
      const sizes = bucket.map(({ size }) => size)
      const flat = cat(
        bucket.map(({ grad, size }) => (grad ? reshape(cast(grad, 'f32'), [size]) : zeros([size]))),
        0,
      )
      group.allReduce([flat])
      for (const [i, sum] of split(flat, sizes, 0).entries()) {
        const parameter = bucket[i]
        const { grad } = parameter
        const shaped = reshape(sum, parameter.shape)
        if (grad) copy_(grad, shaped)
        // A leaf takes the gradient as it is given.
        else backward(parameter, cast(cat([shaped], 0), parameter.dtype))
      }
    })
}
