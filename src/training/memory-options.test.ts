/** What saves memory: checkpointing changes no number; bf16 learns, and goes on where it was stopped. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { readSafetensorsHeader } from '../torch/safetensors.js'
import { liveTensors } from '../torch/tensor.js'
import { microSamples, writePictures, writeStart } from './micro-model.test-helper.js'
import { type GrpoOptions, grpoOptionsSchema, type SftOptions, sftOptionsSchema } from './options.js'
import { runStage } from './stage.js'

let home: string
const at = (...names: string[]): string => path.join(home, ...names)
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'memory-'))
  writeStart(at('start'))
  await writePictures(at('images'))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const sft = (change: Record<string, unknown>): SftOptions =>
  sftOptionsSchema.parse({
    max_steps: 6,
    learning_rate: 3e-3,
    per_device_train_batch_size: 3,
    questions_per_row: 2,
    data: { grounding: 1, spatial: 2 },
    ...change,
  })
const grpo = (change: Record<string, unknown>): GrpoOptions =>
  grpoOptionsSchema.parse({
    max_steps: 4,
    learning_rate: 1e-3,
    per_device_train_batch_size: 8,
    num_generations: 4,
    max_completion_length: 8,
    ...change,
  })

function run(out: string, options: SftOptions | GrpoOptions, signal?: AbortSignal) {
  return runStage({
    name: 'num_generations' in options ? 'reasoning' : 'understanding',
    from: at('start'),
    out: at(out),
    samples: microSamples,
    imageRoot: at('images'),
    files: {},
    dataHash: 'data',
    style: 'compact',
    seed: 7,
    options,
    signal,
  })
}
const losses = (out: string): number[] =>
  readJsonl<{ loss: number }>(at(out, 'metrics.jsonl')).map(({ loss }) => loss)
const weights = (out: string): Buffer => fs.readFileSync(at(out, 'model.safetensors'))

it.each<[string, (change: Record<string, unknown>) => SftOptions | GrpoOptions]>([
  ['fine-tuning', sft],
  ['fine-tuning with a frozen tower', (change) => sft({ freeze_vision_modules: true, ...change })],
  ['GRPO', grpo],
])('checkpointing gives the same weights: %s', async (name, options) => {
  const before = liveTensors()
  await run(`${name} plain`, options({}))
  await run(`${name} checkpointed`, options({ gradient_checkpointing: true }))
  expect(losses(`${name} checkpointed`)).toEqual(losses(`${name} plain`))
  expect(weights(`${name} checkpointed`).equals(weights(`${name} plain`))).toBe(true)
  expect(liveTensors()).toBe(before)
})

it.each<[string, (change: Record<string, unknown>) => SftOptions | GrpoOptions]>([
  ['fine-tuning', sft],
  ['GRPO', grpo],
])('bf16 is stopped and goes on to the same bits: %s', async (name, options) => {
  const settings = options({ bf16: true, gradient_checkpointing: true, save_seconds: 1e-9 })
  await run(`${name} whole`, settings)
  const stop = new AbortController()
  stop.abort()
  await expect(run(`${name} stopped`, settings, stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
  await run(`${name} stopped`, settings)
  expect(losses(`${name} stopped`)).toEqual(losses(`${name} whole`))
  expect(weights(`${name} stopped`).equals(weights(`${name} whole`))).toBe(true)
  for (const { dtype } of readSafetensorsHeader(at(`${name} whole`, 'model.safetensors')).values())
    expect(dtype).toBe('bf16')
})

it('bf16 learns as fp32 does', async () => {
  await run('wide', sft({ max_steps: 30 }))
  await run('narrow', sft({ max_steps: 30, bf16: true }))
  const last = (out: string): number =>
    losses(out)
      .slice(-5)
      .reduce((a, b) => a + b, 0) / 5
  expect(last('narrow')).toBeLessThan(0.7 * losses('narrow')[0])
  expect(Math.abs(last('narrow') / last('wide') - 1)).toBeLessThan(0.1)
})
