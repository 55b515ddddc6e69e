/** What saves memory: checkpointing changes no number; bf16 learns, and goes on where it was stopped. */
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { readSafetensors, readSafetensorsHeader } from '../torch/safetensors.js'
import { liveTensors, scope } from '../torch/tensor.js'
import { type GrpoOptions, grpoOptionsSchema, type SftOptions, sftOptionsSchema } from './options.js'
import { runStage } from './stage.js'
import { stageHome } from './stage-home.test-helper.js'

const { at, job } = stageHome('memory')

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

const run = (out: string, options: SftOptions | GrpoOptions, signal?: AbortSignal) =>
  runStage(job(out, options, { signal }))
const losses = (out: string): number[] =>
  readJsonl<{ loss: number }>(at(out, 'metrics.jsonl')).map(({ loss }) => loss)
const weights = (out: string): Buffer => fs.readFileSync(at(out, 'model.safetensors'))

it.each<[string, (change: Record<string, unknown>) => SftOptions | GrpoOptions]>([
  ['fine-tuning', sft],
  ['fine-tuning with a frozen tower', (change) => sft({ freeze_vision_modules: true, ...change })],
  [
    'fine-tuning with frozen layers',
    (change) =>
      sft({ freeze_vision_modules: true, frozen_parameters: ['model.layers.0.', 'model.embed'], ...change }),
  ],
  ['GRPO', grpo],
])('checkpointing gives the same weights: %s', async (name, options) => {
  const before = liveTensors()
  await run(`${name} plain`, options({}))
  await run(`${name} checkpointed`, options({ gradient_checkpointing: true }))
  expect(losses(`${name} checkpointed`)).toEqual(losses(`${name} plain`))
  expect(weights(`${name} checkpointed`).equals(weights(`${name} plain`))).toBe(true)
  expect(liveTensors()).toBe(before)
})

it('frozen parameters keep their bits, the others move', async () => {
  await run('some frozen', sft({ frozen_parameters: ['model.layers.0.', 'visual.patch_embed'] }))
  scope(() => {
    const [before, after] = ['start', 'some frozen'].map((folder) =>
      readSafetensors(at(folder, 'model.safetensors')),
    )
    const kept = [...before].filter(
      ([name, value]) => value.numbers().join() === after.get(name)?.numbers().join(),
    )
    const names = [...before.keys()].filter((name) => /^model\.layers\.0\.|^visual\.patch_embed/.test(name))
    expect(kept.map(([name]) => name)).toEqual(names)
    expect(names.length).toBeGreaterThan(5)
  })
})

it.each([
  [['model.layer.'], /^frozen_parameters: expected beginnings of names such as \S+, got model\.layer\.$/],
  [['model.', 'visual.'], 'frozen_parameters: expected some parameters left to train, got none'],
])('%s: not to be frozen', async (frozen_parameters, line) => {
  await expect(run('frozen wrongly', sft({ frozen_parameters }))).rejects.toThrow(line)
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

const lora = { use_peft: true, lora_r: 4, lora_alpha: 8, save_seconds: 1e-9 }

it('adapters leave the weights alone; merged, they are the folder, and apart, what PEFT reads', async () => {
  const out = 'adapters'
  const before = liveTensors()
  await run(out, sft(lora))
  expect(liveTensors()).toBe(before)
  scope(() => {
    const [start, end] = ['start', out].map((folder) => readSafetensors(at(folder, 'model.safetensors')))
    const adapter = readSafetensors(at(out, 'adapter/adapter_model.safetensors'))
    const moved = [...start].filter(
      ([key, value]) =>
        !Buffer.from(value.data().buffer).equals(Buffer.from(end.get(key)?.data().buffer as ArrayBuffer)),
    )
    // Seven modules a layer, two layers, and nothing else.
    expect(moved.map(([key]) => key).every((key) => /^model\.layers\.\d\..*_proj\.weight$/.test(key))).toBe(
      true,
    )
    expect(moved).toHaveLength(14)
    expect(adapter.size).toBe(28)
    const key = 'base_model.model.model.language_model.layers.1.mlp.down_proj.lora_'
    const [a, b] = ['A', 'B'].map((part) => adapter.get(`${key}${part}.weight`))
    expect([a?.shape, b?.shape]).toEqual([
      [4, 48],
      [32, 4],
    ])
    // W' = W + (8 / 4) B A, element 0.
    const row = [0, 1, 2, 3].map((i) => (b?.numbers()[i] ?? 0) * (a?.numbers()[i * 48] ?? 0))
    const weight = 'model.layers.1.mlp.down_proj.weight'
    const wanted = (start.get(weight)?.numbers()[0] ?? 0) + 2 * row.reduce((sum, x) => sum + x, 0)
    expect(end.get(weight)?.numbers()[0]).toBeCloseTo(wanted, 6)
  })
  const config = JSON.parse(fs.readFileSync(at(out, 'adapter/adapter_config.json'), 'utf8'))
  expect(config).toMatchObject({ peft_type: 'LORA', r: 4, lora_alpha: 8, base_model_name_or_path: 'start' })
})

describe.each<[string, (change: Record<string, unknown>) => SftOptions | GrpoOptions]>([
  ['fine-tuning', sft],
  ['GRPO', (change) => grpo({ beta: 0.1, ...change })],
])('adapters: %s', (name, options) => {
  const out = `${name} adapters`

  it('are stopped and go on to the same bits, from checkpoints that hold them alone', async () => {
    const settings = options({ ...lora, max_steps: 4 })
    await run(`${out} whole`, settings)
    const stop = new AbortController()
    stop.abort()
    await expect(run(`${out} stopped`, settings, stop.signal)).rejects.toMatchObject({ name: 'AbortError' })
    const [checkpoint] = fs
      .readdirSync(at(`${out} stopped`))
      .filter((entry) => entry.startsWith('checkpoint-'))
    expect(readSafetensorsHeader(at(`${out} stopped`, checkpoint, 'model.safetensors')).size).toBe(28)
    await run(`${out} stopped`, settings)
    expect(losses(`${out} stopped`)).toEqual(losses(`${out} whole`))
    expect(weights(`${out} stopped`).equals(weights(`${out} whole`))).toBe(true)
  })
})
