/** Features of a frozen tower, kept or not: the same losses and gradients, and fewer passes through the tower. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clearGradients } from '../torch/autograd.js'
import { liveTensors, scope, type Tensor, tensor } from '../torch/tensor.js'
import { freshModel, type Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { FeatureCache } from './feature-cache.js'
import { createGrpo } from './grpo.js'
import {
  examplesAt,
  microConfig,
  microProcessor,
  microSamples,
  writePictures,
} from './micro-model.test-helper.js'
import { type CommonOptions, grpoOptionsSchema } from './options.js'
import { Pictures } from './pictures.js'
import { createSft } from './sft.js'
import type { StepTrainer } from './trainer.js'

let home: string
let processor: Processor
let model: Qwen2_5_VL
let reference: Qwen2_5_VL
/** Items that went through the tower of the policy or of the reference. */
let passes = 0
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'features-'))
  await writePictures(home)
  processor = microProcessor()
  ;[model, reference] = [3, 3].map((seed) => freshModel(microConfig(processor.tokenizer), seed))
  for (const one of [model, reference]) {
    const tower = one.visionFeatures.bind(one)
    one.visionFeatures = (...args) => {
      passes += args[1].length
      return tower(...args)
    }
  }
})
afterAll(() => {
  for (const one of [model, reference]) one.dispose()
  fs.rmSync(home, { recursive: true, force: true })
})

type Kept = CommonOptions['vision_feature_cache']
const trained = (): Tensor[] =>
  [...model.weights].filter(([name]) => !name.startsWith('visual.')).map(([, value]) => value)

interface Outcome {
  loss: number
  gradient: number[]
  passes: number
}
/** Two steps without updates. */
async function outcomes(kept: Kept, make: (pictures: Pictures) => StepTrainer): Promise<Outcome[]> {
  const before = liveTensors()
  const pictures = new Pictures(processor.image_processor, undefined, 1, kept)
  const weights = trained()
  for (const value of weights) value.setRequiresGrad()
  const trainer = make(pictures)
  const found: Outcome[] = []
  for (const step of [0, 1]) {
    await trainer.load(step)
    passes = 0
    const { loss } = scope(() => trainer.accumulate(step))
    const gradient = scope(() => weights.flatMap((value) => value.grad?.numbers() ?? []))
    found.push({ loss, gradient, passes })
    clearGradients(weights)
  }
  for (const value of weights) value.setRequiresGrad(false)
  pictures.dispose()
  expect(liveTensors()).toBe(before)
  return found
}
const distance = (a: readonly number[], b: readonly number[]): number => {
  const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
  expect(a).toHaveLength(b.length)
  return norm(a.map((x, i) => x - b[i])) / norm(b)
}
const same = (some: readonly Outcome[], others: readonly Outcome[]): void =>
  some.forEach(({ gradient, loss }, i) => {
    // A batch of other pictures is summed in another order: some units in the last place.
    expect(Math.abs(loss / others[i].loss - 1)).toBeLessThan(1e-6)
    expect(distance(gradient, others[i].gradient)).toBeLessThan(1e-5)
  })

describe('vision_feature_cache', () => {
  it('leaves fine-tuning as it is; over a run, what was seen before is not computed again', async () => {
    const examples = examplesAt(home, processor)
    // The same question twice in a step, and again in the next with one more.
    const schedule = [
      [1, 1, 5],
      [5, 1, 9],
    ].map((step) => step.map((i) => [examples[i]]))
    const run = (kept: Kept) =>
      outcomes(kept, (pictures) => createSft({ model, processor, pictures, schedule, frozenTower: true }))
    const [none, step, whole] = [await run('none'), await run('step'), await run('run')]
    same(step, none)
    same(whole, none)
    expect(none.map((one) => one.passes)).toEqual([3, 3])
    expect(step.map((one) => one.passes)).toEqual([2, 3])
    expect(whole.map((one) => one.passes)).toEqual([2, 1])
  })

  it('leaves reinforcement as it is; within a step rollout, reference and loss share', async () => {
    const examples = examplesAt(home, processor, microSamples, 'think')
    const schedule = [
      [1, 6],
      [13, 6],
    ].map((step) => step.map((i) => examples[i]))
    const options = grpoOptionsSchema.parse({
      max_steps: 2,
      learning_rate: 1e-3,
      per_device_train_batch_size: 8,
      num_generations: 4,
      max_completion_length: 10,
      beta: 0.1,
    })
    const rewards = [
      { name: 'uneven', weight: 1, of: ({ completion }: { completion: string }) => completion.length % 7 },
    ]
    const run = (kept: Kept) =>
      outcomes(kept, (pictures) =>
        createGrpo({
          model,
          reference,
          processor,
          pictures,
          frozenTower: true,
          schedule,
          options,
          seed: 5,
          rewards,
        }),
      )
    const [none, step, whole] = [await run('none'), await run('step'), await run('run')]
    same(step, none)
    same(whole, none)
    // One picture and two pictures; then another one and the same two.
    expect(none.map((one) => one.passes)).toEqual([9, 9])
    expect(step.map((one) => one.passes)).toEqual([3, 3])
    expect(whole.map((one) => one.passes)).toEqual([3, 1])
  })
})

describe('a cache over the run', () => {
  it('keeps what was used last, within its bytes, and always what is asked for', () => {
    const before = liveTensors()
    // Two items of 100 bytes.
    const cache = new FeatureCache('run', 1, 200)
    const made: string[] = []
    const ask = (...keys: string[]): number[] =>
      scope(() =>
        cache
          .featuresOf(keys, keys, (items) =>
            items.map((item) => {
              made.push(item)
              return tensor(new Float32Array(25).fill(item.charCodeAt(0)))
            }),
          )
          .map((one) => one.numbers()[24]),
      )
    expect(ask('a', 'b')).toEqual([97, 98])
    expect(ask('a', 'c', 'a')).toEqual([97, 99, 97])
    expect(made).toEqual(['a', 'b', 'c'])
    expect(liveTensors()).toBe(before + 2)
    expect(ask('b', 'd', 'e')).toEqual([98, 100, 101])
    expect(liveTensors()).toBe(before + 3)
    expect(ask('e')).toEqual([101])
    expect(made).toEqual(['a', 'b', 'c', 'b', 'd', 'e'])
    cache.dispose()
    expect(liveTensors()).toBe(before)
  })
})
