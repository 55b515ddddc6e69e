/** For tests: a folder with a first rung and pictures, in which stages are trained; gone after the tests. */
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { microSamples, writePictures, writeStart } from './micro-model.test-helper.js'
import type { StageJob } from './stage-job.js'
import { isMeasured } from './step-log.js'

/** A reward that completions of a model that knows nothing earn unevenly. */
export const UNEVEN = 'uneven.mjs'
export const UNEVEN_REWARD = 'export default ({ completion }) => (completion.length % 7) / 7\n'

export interface StageHome {
  at(...names: string[]): string
  /** A stage on all samples, into the folder `out`. */
  job(out: string, options: StageJob['options'], change?: Partial<StageJob>): StageJob
}

export function stageHome(name: string): StageHome {
  let home: string
  const at = (...names: string[]): string => path.join(home, ...names)
  beforeAll(async () => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`))
    writeStart(at('start'))
    await writePictures(at('images'))
    fs.writeFileSync(at(UNEVEN), UNEVEN_REWARD)
  })
  afterAll(() => fs.rmSync(home, { recursive: true, force: true }))
  return {
    at,
    job: (out, options, change = {}) => ({
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
      ...change,
    }),
  }
}

/** What a run leaves, without what tells the time. */
export function leftBy(folder: string): {
  metrics: Record<string, number>[]
  rollouts: string
  weights: Buffer
} {
  const rows = readJsonl<Record<string, number>>(path.join(folder, 'metrics.jsonl'))
  const rollouts = path.join(folder, 'rollouts.jsonl')
  return {
    metrics: rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => !isMeasured(key)))),
    rollouts: fs.existsSync(rollouts) ? fs.readFileSync(rollouts, 'utf8') : '',
    weights: fs.readFileSync(path.join(folder, 'model.safetensors')),
  }
}

/** Waits until the run has done `steps` steps by its metrics, or has ended. */
export async function untilSteps(folder: string, steps: number, child: ChildProcess): Promise<void> {
  const file = path.join(folder, 'metrics.jsonl')
  while (child.exitCode === null && child.signalCode === null) {
    if (fs.existsSync(file) && fs.readFileSync(file, 'utf8').split('\n').length > steps) return
    await new Promise((done) => setTimeout(done, 3))
  }
}
