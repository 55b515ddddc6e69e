/** `best/` is a model folder of the best step, the same for a run that was stopped; `last` points to what goes on. */
import fs from 'node:fs'
import { expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { loadModel } from '../vision-language/model/model.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import { readBest } from './best.js'
import { type SftOptions, sftOptionsSchema, stagesSchema } from './options.js'
import { runStage } from './stage.js'
import { stageHome } from './stage-home.test-helper.js'

const { at, job } = stageHome('best')

const base = { max_steps: 12, learning_rate: 0.3, per_device_train_batch_size: 3, data: { grounding: 1 } }
const options = (change: object = {}): SftOptions =>
  sftOptionsSchema.parse({ ...base, save_steps: 3, metric_for_best_model: 'loss', ...change })
/** Means of the loss over steps 1..3, 4..6, ... */
const means = (out: string): number[] => {
  const losses = readJsonl<{ loss: number }>(at(out, 'metrics.jsonl')).map(({ loss }) => loss)
  return [0, 3, 6, 9].map((start) => losses.slice(start, start + 3).reduce((a, b) => a + b, 0) / 3)
}

it('is the model of the best multiple of save_steps, loadable, and stays when the stage is done', async () => {
  await runStage(job('straight', options()))
  const best = readBest(at('straight')) ?? expect.fail('no best')
  const values = means('straight')
  expect(best.value).toBeCloseTo(Math.min(...values), 12)
  expect(best).toMatchObject({ metric: 'loss', step: 3 * (1 + values.indexOf(Math.min(...values))) })
  loadModel(at('straight', 'best')).dispose()
  expect(loadProcessor(at('straight', 'best')).image_processor.max_pixels).toBe(56 * 56)
  expect(fs.existsSync(at('straight', 'last'))).toBe(false)
  // The other way round it is another.
  await runStage(job('worst', options({ greater_is_better: true })))
  expect(readBest(at('worst'))?.value).toBeCloseTo(Math.max(...values), 12)
})

it('is the same for a run that was stopped and goes on; last points to where', async () => {
  for (const stop of [2, 4, 8]) {
    const controller = new AbortController()
    const watch = { update: (done: number) => done >= stop && controller.abort(), end: () => {} }
    await expect(
      runStage(job('stopped', options(), { signal: controller.signal, progress: watch })),
    ).rejects.toThrow()
    expect(fs.readlinkSync(at('stopped', 'last'))).toBe(`checkpoint-${stop}`)
    expect(fs.existsSync(at('stopped', 'last', 'trainer_state.json'))).toBe(true)
  }
  await runStage(job('stopped', options()))
  expect(readBest(at('stopped'))).toEqual(readBest(at('straight')))
  const weights = (out: string): Buffer => fs.readFileSync(at(out, 'best', 'model.safetensors'))
  expect(weights('stopped').equals(weights('straight'))).toBe(true)
})

it('a metric that is none is named, with those there are; so is one without save_steps', async () => {
  await expect(runStage(job('none', options({ metric_for_best_model: 'accuracy' })))).rejects.toThrow(
    /metric_for_best_model: expected one of step, loss, .*, got accuracy$/,
  )
  const read = stagesSchema.safeParse({ perception: { ...base, metric_for_best_model: 'loss' } })
  expect(read.error?.issues[0].message).toBe('a number of steps, as metric_for_best_model is given')
})
