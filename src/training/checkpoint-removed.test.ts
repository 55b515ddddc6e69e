/** A checkpoint that somebody removed. */
import fs from 'node:fs'
import { expect, it } from 'vitest'
import { checkpointSteps } from './checkpoint.js'
import { sftOptionsSchema } from './options.js'
import { runStage } from './stage.js'
import { leftBy, stageHome } from './stage-home.test-helper.js'

const { at, job } = stageHome('removed')

it.each([
  [2, [8, 11], 8],
  [1, [11], 0],
])(
  'a run whose newest of %i checkpoints was removed says so, and loses nothing but time',
  async (limit, kept, step) => {
    const options = sftOptionsSchema.parse({
      max_steps: 14,
      learning_rate: 1e-3,
      per_device_train_batch_size: 2,
      data: { spatial: 1 },
      save_total_limit: limit,
      save_seconds: 1000,
      save_steps: 4,
    })
    const out = `removed-${limit}`
    await runStage(job(`${out}-straight`, options))
    const controller = new AbortController()
    const stop = (done: number) => done >= 11 && controller.abort()
    const stopped = job(out, options, {
      signal: controller.signal,
      progress: { update: stop, end: () => {} },
    })
    await expect(runStage(stopped)).rejects.toThrow()
    expect(checkpointSteps(at(out))).toEqual(kept)
    fs.rmSync(at(out, 'checkpoint-11'), { recursive: true })
    const said: string[] = []
    const say = (text: string) => said.push(text)
    await runStage(job(out, options, { progress: { update: () => {}, say, end: () => {} } }))
    expect(said).toEqual([`${at(out)}: expected checkpoint-11, got none: going on after step ${step}`])
    expect(leftBy(at(out))).toEqual(leftBy(at(`${out}-straight`)))
  },
)
