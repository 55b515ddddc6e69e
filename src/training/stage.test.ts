/** One rung of the ladder: killed at any moment and continued, it is the run that was never killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { rng } from '../common/random.js'
import { liveTensors } from '../torch/tensor.js'
import { loadModel } from '../vision-language/model/model.js'
import { checkpointSteps } from './checkpoint.js'
import { coldStartRows, microSamples, writePictures } from './micro-model.test-helper.js'
import { type GrpoOptions, grpoOptionsSchema, type SftOptions, sftOptionsSchema } from './options.js'
import { runStage } from './stage.js'
import { readStageFile } from './stage-file.js'
import { leftBy, stageHome, UNEVEN, untilSteps } from './stage-home.test-helper.js'
import type { StageJob } from './stage-job.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const helper = fileURLToPath(new URL('train-stage.test-helper.ts', import.meta.url))

const { at, job } = stageHome('stage')
beforeAll(() => writeJsonl(at('cold.jsonl'), coldStartRows))

const sft = (change: Record<string, unknown> = {}): SftOptions =>
  sftOptionsSchema.parse({
    max_steps: 14,
    learning_rate: 3e-3,
    per_device_train_batch_size: 3,
    questions_per_row: 2,
    data: { grounding: 1, spatial: 2, coldstart: 1 },
    // After every step, so that a kill comes upon a checkpoint being written.
    save_seconds: 1e-9,
    ...change,
  })
const grpo = (change: Record<string, unknown> = {}): GrpoOptions =>
  grpoOptionsSchema.parse({
    max_steps: 12,
    learning_rate: 1e-3,
    per_device_train_batch_size: 8,
    num_generations: 4,
    max_completion_length: 8,
    num_iterations: 2,
    // What earns nothing at all moves no weights, and would prove nothing.
    reward_funcs: ['accuracy', 'format', at(UNEVEN)],
    save_seconds: 1e-9,
    ...change,
  })

const jobOf = (out: string, options: SftOptions | GrpoOptions, change: Partial<StageJob> = {}): StageJob =>
  job(out, options, {
    name: 'num_generations' in options ? 'reasoning' : 'perception',
    files: { coldstart: at('cold.jsonl') },
    ...change,
  })

function startChild(job: StageJob): {
  child: ChildProcess
  ended: Promise<number | string>
  errors: () => string
} {
  const { samples: _, ...rest } = job
  const child = spawn(process.execPath, ['--import', 'tsx', helper, JSON.stringify(rest)], {
    cwd: repository,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let text = ''
  child.stderr?.on('data', (data) => {
    text += data
  })
  const ended = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'nothing')),
  )
  return { child, ended, errors: () => text }
}

const kinds: [string, () => SftOptions | GrpoOptions][] = [
  ['fine-tuning', () => sft()],
  [
    'fine-tuning with a frozen tower, in batches',
    () =>
      sft({
        freeze_vision_modules: true,
        vision_feature_cache: 'run',
        per_device_train_batch_size: 2,
        gradient_accumulation_steps: 2,
      }),
  ],
  [
    'reinforcement with a frozen tower, in batches',
    () =>
      grpo({ freeze_vision_modules: true, per_device_train_batch_size: 4, gradient_accumulation_steps: 2 }),
  ],
]
describe.each(kinds)('%s', (name, options) => {
  const id = name.replaceAll(/\W+/g, '-')

  it('killed again and again gives the same numbers and weights, to the bit, as never killed', async () => {
    await runStage(jobOf(`${id}-straight`, options()))
    const job = jobOf(`${id}-killed`, options())
    const random = rng(1, 'test/kill', name)
    const total = options().max_steps
    for (const aim of [random.int(3, 4), random.int(6, 7)]) {
      const { child, ended } = startChild(job)
      await untilSteps(job.out, aim, child)
      // Anywhere within a step: while computing, logging or saving.
      await new Promise((done) => setTimeout(done, random.uniform(0, 20)))
      child.kill('SIGKILL')
      expect(await ended).toBe('SIGKILL')
      expect(checkpointSteps(job.out).length).toBeGreaterThan(0)
    }
    const { ended, errors } = startChild(job)
    expect([await ended, errors()]).toEqual([0, ''])
    const [straight, killed] = [leftBy(at(`${id}-straight`)), leftBy(job.out)]
    expect(killed.metrics).toHaveLength(total)
    expect(killed.metrics).toEqual(straight.metrics)
    expect(killed.rollouts).toBe(straight.rollouts)
    expect(killed.weights.equals(straight.weights)).toBe(true)
    const untrained = fs.readFileSync(path.join(at('start'), 'model.safetensors'))
    expect(straight.weights.equals(untrained)).toBe(false)
    // Nothing that only served to go on is left.
    const names = fs.readdirSync(job.out)
    expect(names.filter((entry) => /checkpoint|tmp/.test(entry))).toEqual([])
    expect(names.sort()).toEqual(fs.readdirSync(at(`${id}-straight`)).sort())
  })
})

describe('a stopped run', () => {
  it('saves where it is, says so by an AbortError, and goes on from there', async () => {
    const options = grpo({ save_seconds: 1000 })
    await runStage(jobOf('stop-straight', options))
    const controller = new AbortController()
    const job = jobOf('stop', options, {
      signal: controller.signal,
      progress: { update: (done) => done >= 3 && controller.abort(), end: () => {} },
    })
    const before = liveTensors()
    await expect(runStage(job)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    expect(liveTensors()).toBe(before)
    // A rollout serves two steps: it stops after the fourth, where one starts.
    expect(checkpointSteps(job.out)).toEqual([4])
    expect(readJsonl(path.join(job.out, 'metrics.jsonl'))).toHaveLength(4)
    await runStage(jobOf('stop', options))
    expect(leftBy(job.out)).toEqual(leftBy(at('stop-straight')))
  })

  it('by Ctrl-C ends with 130 and has lost nothing', async () => {
    const job = jobOf('ctrl-c', sft({ save_seconds: 1000, max_steps: 200 }))
    const { child, ended } = startChild(job)
    await untilSteps(job.out, 3, child)
    child.kill('SIGINT')
    expect(await ended).toBe(130)
    const rows = readJsonl<{ step: number }>(path.join(job.out, 'metrics.jsonl'))
    expect(checkpointSteps(job.out)).toEqual([rows.length])
  })

  it('stopped during its last step is complete', async () => {
    const controller = new AbortController()
    const job = jobOf('last', sft({ max_steps: 3 }), {
      signal: controller.signal,
      progress: { update: (done) => done >= 3 && controller.abort(), end: () => {} },
    })
    expect((await runStage(job)).steps).toBe(3)
  })
})

const short = () => sft({ max_steps: 2 })

describe('a complete stage', () => {
  it('says what it was made from, and is found and not made again', async () => {
    const first = await runStage(jobOf('done', short()))
    expect(first.parent).toEqual({
      folder: 'start',
      weights_sha256: readStageFile(at('start')).weights_sha256,
    })
    const stamp = fs.statSync(path.join(at('done'), 'model.safetensors')).mtimeMs
    fs.mkdirSync(path.join(at('done'), 'checkpoint-1'))
    expect(await runStage(jobOf('done', short()))).toEqual(first)
    expect(fs.statSync(path.join(at('done'), 'model.safetensors')).mtimeMs).toBe(stamp)
    // A run killed while it tidied up left this.
    expect(checkpointSteps(at('done'))).toEqual([])
  })

  it('has learnt: other weights than its parent, and a frozen tower the same', async () => {
    await runStage(jobOf('frozen', sft({ max_steps: 2, freeze_vision_modules: true })))
    const [before, after] = [at('start'), at('frozen')].map((folder) => loadModel(folder))
    for (const [name, value] of after.weights) {
      const same = String(value.numbers()) === String(before.weights.get(name)?.numbers())
      if (name.startsWith('visual.')) expect([name, same]).toEqual([name, true])
    }
    const embeddings = 'model.embed_tokens.weight'
    expect(after.weights.get(embeddings)?.numbers()).not.toEqual(before.weights.get(embeddings)?.numbers())
    before.dispose()
    after.dispose()
  })
})

describe('a stage refuses, in one line', () => {
  const refusal = async (job: StageJob): Promise<string> => {
    const before = liveTensors()
    try {
      await runStage(job)
    } catch (error) {
      expect(error).toMatchObject({ kind: 'data' })
      expect((error as Error).message).not.toContain('\n')
      expect(liveTensors()).toBe(before)
      return (error as Error).message
    }
    throw new Error('expected a refusal, got a stage')
  }

  it('a parent that is not complete', async () => {
    fs.mkdirSync(at('empty'))
    expect(await refusal(jobOf('x', short(), { from: at('empty') }))).toBe(
      `${at('empty')}: expected a complete stage, got no stage.json in it`,
    )
    expect(fs.existsSync(at('x'))).toBe(false)
  })

  it('a parent whose weights were altered', async () => {
    fs.cpSync(at('start'), at('altered'), { recursive: true })
    const file = path.join(at('altered'), 'model.safetensors')
    const bytes = fs.readFileSync(file)
    bytes[bytes.length - 1] ^= 1
    fs.writeFileSync(file, bytes)
    expect(await refusal(jobOf('x', short(), { from: at('altered') }))).toMatch(
      / weights: expected hash [0-9a-f]{12}, got [0-9a-f]{12}$/,
    )
  })

  it('a parent whose record is no record', async () => {
    fs.cpSync(at('start'), at('garbled'), { recursive: true })
    for (const text of ['{', '{"complete": false}']) {
      fs.writeFileSync(path.join(at('garbled'), 'stage.json'), text)
      expect(await refusal(jobOf('x', short(), { from: at('garbled') }))).toMatch(/stage.json: expected/)
    }
  })

  const changes: [string, Partial<StageJob>][] = [
    ['another learning rate', { options: sft({ max_steps: 2, learning_rate: 1e-4 }) }],
    ['another seed', { seed: 8 }],
    ['other data', { dataHash: 'other' }],
    ['a frozen tower', { options: sft({ max_steps: 2, freeze_vision_modules: true }) }],
  ]
  it.each(changes)('to go on with the finished stage of %s', async (_, change) => {
    await runStage(jobOf('finished', short()))
    expect(await refusal(jobOf('finished', short(), change))).toBe(
      `${at('finished')}: expected a stage of this recipe, data and engine, got one of another; use a fresh run folder`,
    )
  })

  it.each(changes)('to go on with a checkpoint of %s', async (name, change) => {
    const out = `half-${name.replaceAll(' ', '-')}`
    const controller = new AbortController()
    const stopped = jobOf(out, short(), {
      signal: controller.signal,
      progress: { update: (done) => done >= 1 && controller.abort(), end: () => {} },
    })
    await expect(runStage(stopped)).rejects.toThrow()
    expect(await refusal(jobOf(out, short(), change))).toBe(
      `${at(out)}/checkpoint-1: expected a checkpoint of this recipe, data and engine, got one of another; use a fresh run folder`,
    )
  })

  it('a picture that is not there, or is no picture', async () => {
    await writePictures(at('broken'))
    fs.writeFileSync(at('broken/2.png'), 'no picture')
    expect(await refusal(jobOf('y', short(), { imageRoot: at('broken') }))).toMatch(
      /broken\/2.png: expected a complete picture/,
    )
  })

  it('a stage without examples, or without its cold-start file', async () => {
    const none = jobOf('z', sft({ data: { grounding: 1 } }), { samples: microSamples.slice(1, 4) })
    expect(await refusal(none)).toBe('stage perception: expected grounding examples, got none')
    expect(await refusal(jobOf('z', short(), { files: {} }))).toBe(
      'stage perception: expected a file of coldstart for its data, got none',
    )
  })

  it('a batch that is no whole number of groups', async () => {
    expect(await refusal(jobOf('z', grpo({ per_device_train_batch_size: 6 })))).toBe(
      'per_device_train_batch_size: expected a multiple of num_generations 4, got 6',
    )
  })
})
