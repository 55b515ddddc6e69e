/** For tests: a folder with a first rung and pictures, in which stages are trained; gone after the tests. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { microSamples, writePictures, writeStart } from './micro-model.test-helper.js'
import type { StageJob } from './stage-job.js'

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
