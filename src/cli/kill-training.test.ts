/**
 * All four stages of a tiny ladder, killed with `kill -9` at random moments and started again with the same command, end as
 * a run never killed, bit for bit: metrics but for times, rollouts, the weights of every stage and of its best step. A kill a
 * stage here; SPATIAL_LADDER_KILLS sets another number (`npm run test:kill`: 20).
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { sha256File } from '../common/files.js'
import { readJsonl } from '../common/jsonl.js'
import { rng } from '../common/random.js'
import { UNEVEN_REWARD } from '../training/stage-home.test-helper.js'
import { isMeasured } from '../training/step-log.js'
import { writeTinyRecipe } from './tiny-recipe.test-helper.js'

const KILLS = Number(process.env.SPATIAL_LADDER_KILLS ?? 4)
const STAGES = ['1-perception', '2-understanding', '3-cold-start', '4-reasoning'] as const
const STEPS = 24
const program = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kill-training-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const at = (...names: string[]): string => path.join(folder, ...names)

/** Unlike each other in what a checkpoint must bring back: optimisers, batches, precision, adapters, several updates. */
const changes: Record<string, unknown> = {
  'perception.optim': 'muon',
  'understanding.gradient_accumulation_steps': 2,
  'understanding.bf16': true,
  'cold-start.use_peft': true,
  'cold-start.lora_r': 2,
  'cold-start.vision_feature_cache': 'run',
  'reasoning.num_iterations': 2,
  'reasoning.freeze_vision_modules': true,
  'reasoning.reward_funcs': `[accuracy, format, ${at('uneven.mjs')}]`,
}
const settings = (): string[] => {
  const all = ['perception', 'understanding', 'cold-start', 'reasoning'].flatMap((stage) => [
    `${stage}.max_steps=${STEPS}`,
    `${stage}.save_steps=4`,
    `${stage}.metric_for_best_model=loss`,
  ])
  return [...all, ...Object.entries(changes).map(([key, value]) => `${key}=${value}`)].flatMap((one) => [
    '--set',
    `stages.${one}`,
  ])
}

/** Trains all stages into `run`. @param moment when to kill it, unless it is over */
async function train(
  run: string,
  moment?: (over: () => boolean) => Promise<void>,
): Promise<[number | string, string]> {
  const words = ['train', at('tiny.yaml'), '--stage', 'reasoning', '--out', run, ...settings()]
  const child = spawn(process.execPath, [program, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  const ended = new Promise<[number | string, string]>((resolve) =>
    child.on('close', (code, signal) => resolve([code ?? signal ?? 'nothing', errors])),
  )
  if (moment) {
    let over = false
    ended.then(() => {
      over = true
    })
    await moment(() => over)
    if (!over) process.kill(-(child.pid as number), 'SIGKILL')
  }
  return ended
}

const stepsDone = (run: string, stage: string): number => {
  const file = path.join(run, 'stages', stage, 'metrics.jsonl')
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n').length - 1 : 0
}
const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds))

/** Everything a stage leaves that does not tell the time. */
function leftBy(run: string): unknown {
  return STAGES.map((stage) => {
    const inStage = (...names: string[]): string => path.join(run, 'stages', stage, ...names)
    const rows = readJsonl<Record<string, unknown>>(inStage('metrics.jsonl'))
    const files = fs
      .readdirSync(inStage(), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^(metrics\.jsonl|stage\.json|events\.out.*)$/.test(entry.name))
      .map((entry) => path.relative(inStage(), path.join(entry.parentPath, entry.name)))
    return {
      metrics: rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !isMeasured(name))),
      ),
      files: Object.fromEntries(files.sort().map((file) => [file, sha256File(inStage(file))])),
    }
  })
}

it(`four stages killed ${KILLS} times end as if never killed`, async () => {
  writeTinyRecipe(at('tiny.yaml'))
  fs.writeFileSync(at('uneven.mjs'), UNEVEN_REWARD)
  const [calm, killed] = [at('calm'), at('killed')]
  const [code, errors] = await train(calm)
  expect(code, errors).toBe(0)
  const expected = leftBy(calm) as { metrics: Record<string, number>[]; files: Record<string, string> }[]
  for (const [i, { files, metrics }] of expected.entries()) {
    expect(metrics).toHaveLength(STEPS)
    expect(Object.keys(files)).toContain('best/model.safetensors')
    // Every stage has learnt something, or this would prove nothing.
    const before =
      i === 0
        ? sha256File(path.join(calm, 'stages/0-start/model.safetensors'))
        : expected[i - 1].files['model.safetensors']
    expect(files['model.safetensors']).not.toBe(before)
  }

  const random = rng(1, 'test/kill-training')
  // So many in each stage, in order; in the last one early enough that the run is not over before.
  const moments = STAGES.flatMap((stage, i) => {
    const count = Math.floor(((i + 1) * KILLS) / STAGES.length) - Math.floor((i * KILLS) / STAGES.length)
    return Array.from({ length: count }, () => random.int(1, i === STAGES.length - 1 ? STEPS / 2 : STEPS))
      .sort((a, b) => a - b)
      .map((step) => ({ stage, step }))
  })
  for (const { stage, step } of moments) {
    const [ended, lines] = await train(killed, async (over) => {
      // An earlier kill may have come that late: then while it loads.
      while (!over() && stepsDone(killed, stage) < step) await pause(2)
      await pause(random.uniform(0, 60))
    })
    expect(ended, lines).toBe('SIGKILL')
  }
  const [last, lines] = await train(killed)
  expect(last, lines).toBe(0)
  expect(leftBy(killed)).toEqual(expected)
}, 600_000)
