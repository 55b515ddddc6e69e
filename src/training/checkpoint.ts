/**
 * Checkpoints of a running stage: `checkpoint-<step>/` with weights, optimiser state and trainer state,
 * written whole or not at all. Continuing from one gives the numbers of a run that never stopped.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson, removeTemporaries, writeFolderAtomic, writeJsonAtomic } from '../common/files.js'
import { noGrad } from '../torch/autograd.js'
import { copy_ } from '../torch/ops.js'
import type { Optimizer } from '../torch/optimizer.js'
import { readSafetensors, writeSafetensors } from '../torch/safetensors.js'
import { scope, type Tensor } from '../torch/tensor.js'

const trainerStateSchema = z.object({
  /** Optimizer steps done. */
  step: z.int().min(0),
  /** Hash of everything that decides the result: options, data, parent, engine, threads. */
  fingerprint: z.string(),
  /** Processes that trained together. */
  processes: z.int().min(1).default(1),
  /** Seconds of training so far, over all sittings. */
  seconds: z.number(),
})
export type TrainerState = z.infer<typeof trainerStateSchema>

interface Parts {
  weights: ReadonlyMap<string, Tensor>
  optimizer: Optimizer
}

/** `1 process`, `2 processes`. */
export const countOf = (processes: number): string => `${processes} process${processes === 1 ? '' : 'es'}`

const nameOf = (step: number): string => `checkpoint-${step}`

/** Steps of the complete checkpoints in `folder`, ascending. */
export function checkpointSteps(folder: string): number[] {
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder)
    .flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** Saves, then removes the oldest beyond `limit`. */
export async function saveCheckpoint(
  folder: string,
  parts: Parts,
  state: TrainerState,
  limit: number,
): Promise<void> {
  removeTemporaries(folder)
  await writeFolderAtomic(path.join(folder, nameOf(state.step)), (target) => {
    writeSafetensors(path.join(target, 'model.safetensors'), parts.weights)
    writeSafetensors(path.join(target, 'optimizer.safetensors'), parts.optimizer.state())
    writeJsonAtomic(path.join(target, 'trainer_state.json'), state)
  })
  pointTo(path.join(folder, LAST), nameOf(state.step))
  for (const step of checkpointSteps(folder).slice(0, -limit))
    fs.rmSync(path.join(folder, nameOf(step)), { recursive: true })
}

/** Link to the newest checkpoint, while a stage is unfinished. */
export const LAST = 'last'

/** Makes `link` point to `target`, at once. */
function pointTo(link: string, target: string): void {
  const temporary = `${link}.tmp-${process.pid}-0`
  fs.rmSync(temporary, { force: true })
  fs.symlinkSync(target, temporary)
  fs.renameSync(temporary, link)
}

/** Name of the checkpoint that was the newest, where somebody has removed it; else null. */
export function goneCheckpoint(folder: string): string | null {
  const link = path.join(folder, LAST)
  if (!fs.lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() || fs.existsSync(link)) return null
  return fs.readlinkSync(link)
}

/** Copies saved tensors into live ones. @throws data error naming the tensor that is missing */
function restore(file: string, live: ReadonlyMap<string, Tensor>): void {
  noGrad(() =>
    scope(() => {
      const saved = readSafetensors(file)
      for (const [name, value] of live) {
        const source = saved.get(name)
        if (!source) throw dataError(`${file} tensor ${name}`, 'a saved value', 'no such tensor')
        copy_(value, source)
      }
    }),
  )
}

/** @throws data error when the file is not what `saveCheckpoint` wrote */
function readState(file: string): TrainerState {
  const parsed = trainerStateSchema.safeParse(readJson(file))
  if (!parsed.success) throw dataError(file, 'the state of a run', parsed.error.issues[0].message)
  return parsed.data
}

/**
 * Restores the latest checkpoint into `parts`; null when there is none.
 * @throws data error when it is another run's, or of another number of processes, whose sums have another order and
 *   whose batches are others; nothing is restored then
 */
export function loadCheckpoint(
  folder: string,
  parts: Parts,
  fingerprint: string,
  processes = 1,
): TrainerState | null {
  const step = checkpointSteps(folder).at(-1)
  if (step === undefined) return null
  const source = path.join(folder, nameOf(step))
  const state = readState(path.join(source, 'trainer_state.json'))
  if (state.processes !== processes)
    throw dataError(
      source,
      `a checkpoint of ${countOf(processes)}`,
      `one of ${state.processes}; start as many`,
    )
  if (state.fingerprint !== fingerprint)
    throw dataError(
      source,
      'a checkpoint of this recipe, data and engine',
      'one of another; use a fresh run folder',
    )
  restore(path.join(source, 'model.safetensors'), parts.weights)
  restore(path.join(source, 'optimizer.safetensors'), parts.optimizer.state())
  parts.optimizer.steps = state.step
  return state
}
