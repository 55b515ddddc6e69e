/**
 * Two processes, for real, train what one process trains with the same batches: losses, rollouts, metrics and weights.
 * And when one of them is killed, the other ends with a line, and both go on from where they were.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { readSafetensors } from '../torch/safetensors.js'
import { scope } from '../torch/tensor.js'
import { checkpointSteps } from './checkpoint.js'
import {
  type GrpoOptions,
  grpoOptionsSchema,
  LOSS_TYPES,
  type SftOptions,
  sftOptionsSchema,
} from './options.js'
import { runStage } from './stage.js'
import { readStageFile } from './stage-file.js'
import { leftBy, stageHome, UNEVEN, untilSteps } from './stage-home.test-helper.js'
import type { StageJob } from './stage-job.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const helper = fileURLToPath(new URL('train-stage.test-helper.ts', import.meta.url))
const home = stageHome('data-parallel')

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

interface Started {
  child: ChildProcess
  /** Exit code or signal, and what it wrote to stderr. */
  ended: Promise<[number | string, string]>
}

/** Starts `size` processes on one job, or one process for each of several. */
async function start(job: StageJob | readonly StageJob[], size = 2): Promise<Started[]> {
  const port = await freePort()
  const jobs = Array.isArray(job) ? job : Array.from({ length: size }, () => job)
  return jobs.map(({ samples: _, ...rest }, rank) => {
    const child = spawn(process.execPath, ['--import', 'tsx', helper, JSON.stringify(rest)], {
      cwd: repository,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        OMP_NUM_THREADS: '1',
        RANK: String(rank),
        WORLD_SIZE: String(size),
        MASTER_ADDR: '127.0.0.1',
        MASTER_PORT: String(port),
      },
    })
    let text = ''
    child.stderr.on('data', (data) => {
      text += data
    })
    const ended = new Promise<[number | string, string]>((resolve) =>
      child.on('close', (code, signal) => resolve([code ?? signal ?? 'nothing', text])),
    )
    return { child, ended }
  })
}

async function trainTogether(job: StageJob, size = 2): Promise<void> {
  const ended = await Promise.all((await start(job, size)).map((one) => one.ended))
  expect(ended).toEqual(Array.from({ length: size }, () => [0, '']))
}

type Metrics = Record<string, number>
const textOf = (folder: string, name: string): string => fs.readFileSync(path.join(folder, name), 'utf8')

/** Of every tensor that `a` trained: how far it has moved from the start, and how far that of `b` is from it (L2). */
function distances(a: string, b: string): Map<string, { apart: number; moved: number }> {
  const between = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Math.hypot(...Array.from(x, (value, i) => value - y[i]))
  return scope(() => {
    const [one, two, before] = [a, b, home.at('start')].map((folder) =>
      readSafetensors(path.join(folder, 'model.safetensors')),
    )
    const found = [...one].map(([name, tensor]) => {
      const [x, y, z] = [tensor, two.get(name), before.get(name)].map((t) => t?.numbers() ?? [])
      return [name, { apart: between(x, y), moved: between(x, z) }] as const
    })
    return new Map(found)
  })
}

/** Trains the same batches by one process and by two, and compares all that they leave. */
async function compare(name: string, alone: SftOptions | GrpoOptions, size = 2): Promise<Metrics[]> {
  const [one, two] = [home.job(`${name}-1`, alone), home.job(`${name}-${size}`, alone)]
  two.options = { ...alone, gradient_accumulation_steps: alone.gradient_accumulation_steps / size }
  await runStage(one)
  await trainTogether(two, size)
  const [a, b] = [leftBy(one.out).metrics, leftBy(two.out).metrics]
  expect(b).toHaveLength(alone.max_steps)
  a.forEach((row, step) => {
    expect(Object.keys(b[step])).toEqual(Object.keys(row))
    expect(Math.abs(b[step].loss - row.loss)).toBeLessThanOrEqual(1e-6)
    for (const [key, value] of Object.entries(row))
      expect(Math.abs(b[step][key] - value), `step ${step}: ${key}`).toBeLessThanOrEqual(
        2e-6 * Math.max(1, Math.abs(value)),
      )
  })
  if (alone.adam_epsilon === AS_DESCENT.adam_epsilon)
    for (const [name, { apart, moved }] of distances(one.out, two.out))
      expect(apart, name).toBeLessThanOrEqual(1e-3 * moved)
  expect(readStageFile(two.out).processes).toBe(size)
  expect(textOf(two.out, 'first-batch.txt')).toBe(textOf(one.out, 'first-batch.txt'))
  // Only the first process writes, and nothing is left that served to go on.
  expect(fs.readdirSync(two.out).sort()).toEqual(fs.readdirSync(one.out).sort())
  return a
}

/**
 * AdamW's first steps take every weight as far, whatever its gradient: where a gradient is all but zero, the order of a
 * sum decides which way. With so large an epsilon a step is as long as its gradient, so that weights are as close as
 * gradients are.
 */
const AS_DESCENT = { learning_rate: 0.3, adam_epsilon: 1 }

const sft = (change: Record<string, unknown> = {}): SftOptions =>
  sftOptionsSchema.parse({
    max_steps: 6,
    learning_rate: 1e-3,
    per_device_train_batch_size: 2,
    questions_per_row: 2,
    gradient_accumulation_steps: 4,
    data: { grounding: 1, spatial: 2 },
    save_seconds: 1e-9,
    ...change,
  })
const grpo = (change: Record<string, unknown> = {}): GrpoOptions =>
  grpoOptionsSchema.parse({
    max_steps: 4,
    learning_rate: 1e-3,
    per_device_train_batch_size: 8,
    num_generations: 4,
    max_completion_length: 12,
    reward_funcs: ['accuracy', 'format', home.at(UNEVEN)],
    gradient_accumulation_steps: 4,
    save_seconds: 1e-9,
    ...change,
  })

describe('fine-tuning by two processes is fine-tuning by one', () => {
  it.each([
    ['AdamW as it is by default', { learning_rate: 1e-3, adam_epsilon: 1e-8 }],
    ['mean of means', {}],
    ['mean over tokens', { loss_normalization: 'num_items_in_batch' }],
    ['rows by length', { train_sampling_strategy: 'group_by_length', gradient_accumulation_steps: 2 }],
    ['a frozen tower, checkpointing', { freeze_vision_modules: true, gradient_checkpointing: true }],
    ['adapters', { use_peft: true, lora_r: 2, loss_normalization: 'num_items_in_batch' }],
  ])('%s', async (name, change) => {
    await compare(`sft-${name.replaceAll(' ', '-')}`, sft({ ...AS_DESCENT, ...change }))
  })
})

it('in bf16 too, whose gradients have eight bits', async () => {
  const one = home.job('bf16-1', sft({ bf16: true, max_steps: 1 }))
  const two = home.job('bf16-2', sft({ bf16: true, max_steps: 1, gradient_accumulation_steps: 2 }))
  await runStage(one)
  await trainTogether(two)
  const [[a], [b]] = [leftBy(one.out).metrics, leftBy(two.out).metrics]
  expect(Math.abs(a.loss - b.loss)).toBeLessThanOrEqual(1e-6)
  expect(Math.abs(a.grad_norm / b.grad_norm - 1)).toBeLessThan(1 / 256)
})

it('three processes share as well as two', async () => {
  await compare('three', sft({ ...AS_DESCENT, max_steps: 3, gradient_accumulation_steps: 3 }), 3)
})

describe('reinforcement by two processes samples, earns and learns what it does by one', () => {
  const kinds: [string, Record<string, unknown>][] = [
    ...LOSS_TYPES.map((loss_type): [string, Record<string, unknown>] => [loss_type, { loss_type }]),
    ['several updates', { num_iterations: 2, scale_rewards: 'batch', beta: 0, loss_type: 'dapo' }],
    ['frozen tower, boxes', { freeze_vision_modules: true, data: { spatial: 1, grounding: 1 } }],
  ]
  it.each(kinds)('%s', async (name, change) => {
    const id = `grpo-${name.replaceAll(/\W+/g, '-')}`
    await compare(id, grpo({ ...AS_DESCENT, ...change }))
    expect(textOf(home.at(`${id}-2`), 'rollouts.jsonl')).toBe(textOf(home.at(`${id}-1`), 'rollouts.jsonl'))
  })
})

describe('a process that is lost', () => {
  it.each([0, 1])('(number %s) ends the other with a line, its checkpoint whole', async (lost) => {
    const options = sft({ max_steps: 400, gradient_accumulation_steps: 1 })
    const job = home.job(`lost-${lost}`, options)
    const processes = await start(job)
    await untilSteps(job.out, 3, processes[0].child)
    processes[lost].child.kill('SIGKILL')
    const began = performance.now()
    const [code, errors] = await processes[1 - lost].ended
    expect(performance.now() - began).toBeLessThan(30_000)
    expect(code).toBe(1)
    expect(errors).toMatch(
      new RegExp(`^process ${1 - lost} of 2: expected all others to take part in [a-z-]+, got [^\\n]+\\n$`),
    )
    expect(checkpointSteps(job.out).length).toBeGreaterThan(0)
  })

  it('costs nothing: the run that goes on ends as one that lost none', async () => {
    const options = grpo({ max_steps: 20, gradient_accumulation_steps: 1 })
    const [calm, killed] = [home.job('calm', options), home.job('killed', options)]
    await trainTogether(calm)
    const processes = await start(killed)
    await untilSteps(killed.out, 4, processes[0].child)
    processes[1].child.kill('SIGKILL')
    await Promise.all(processes.map((one) => one.ended))
    expect(checkpointSteps(killed.out).length).toBeGreaterThan(0)
    await trainTogether(killed)
    expect(leftBy(killed.out)).toEqual(leftBy(calm.out))
  })
})

it('whichever process is stopped, all save and end, and go on from there', async () => {
  const options = sft({ max_steps: 12, gradient_accumulation_steps: 1, save_seconds: 1000 })
  const [calm, stopped] = [home.job('never-stopped', options), home.job('stopped', options)]
  await trainTogether(calm)
  const processes = await start(stopped)
  await untilSteps(stopped.out, 2, processes[0].child)
  processes[1].child.kill('SIGINT')
  expect((await Promise.all(processes.map((one) => one.ended))).map(([code]) => code)).toEqual([130, 130])
  expect(checkpointSteps(stopped.out)).toEqual([readJsonl(path.join(stopped.out, 'metrics.jsonl')).length])
  await trainTogether(stopped)
  expect(leftBy(stopped.out)).toEqual(leftBy(calm.out))
})

describe('refused, in one line:', () => {
  it('processes that were given different recipes', async () => {
    const jobs = [sft(), sft({ learning_rate: 1e-4 })].map((options) => home.job('unlike', options))
    for (const { ended } of await start(jobs)) {
      const [code, errors] = await ended
      expect(code).toBe(1)
      expect(errors).toMatch(
        /^process 1 of 2: expected recipe, data and engine [0-9a-f]{12} as process 0, got [0-9a-f]{12}\n$/,
      )
    }
  })

  it('to go on, or to have gone, with another number of processes', async () => {
    const job = home.job('count', sft({ max_steps: 2 }))
    await trainTogether(job)
    await expect(runStage(job)).rejects.toThrow(
      `${job.out}: expected a stage of 1 process, got one of 2; start as many`,
    )
  })
})
