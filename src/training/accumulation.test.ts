/** A step in batches is the step computed at once; what its loss is a mean of goes by name. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clearGradients } from '../torch/autograd.js'
import { scope } from '../torch/tensor.js'
import { freshModel, type Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import type { Example } from './example.js'
import { createGrpo } from './grpo.js'
import { examplesAt, microConfig, microProcessor, writePictures } from './micro-model.test-helper.js'
import { type GrpoOptions, grpoOptionsSchema, LOSS_TYPES, type LossNormalization } from './options.js'
import { Pictures } from './pictures.js'
import { createSft } from './sft.js'
import type { StepTrainer } from './trainer.js'

let home: string
let processor: Processor
let model: Qwen2_5_VL
let reference: Qwen2_5_VL
let pictures: Pictures
let direct: Example[]
let thinking: Example[]
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'accumulation-'))
  await writePictures(home)
  processor = microProcessor()
  const config = microConfig(processor.tokenizer)
  model = freshModel(config, 3)
  reference = freshModel(config, 4)
  direct = examplesAt(home, processor)
  thinking = examplesAt(home, processor, undefined, 'think')
  pictures = new Pictures(processor.image_processor, undefined, 4)
  await pictures.load(direct.flatMap(({ media }) => media))
})
afterAll(() => {
  pictures.dispose()
  model.dispose()
  reference.dispose()
  fs.rmSync(home, { recursive: true, force: true })
})

interface Outcome {
  loss: number
  metrics: Record<string, number>
  /** All gradients, one after another. */
  gradient: number[]
}

function outcome(trainer: StepTrainer): Outcome {
  const weights = [...model.weights.values()]
  for (const value of weights) value.setRequiresGrad()
  try {
    const metrics = scope(() => trainer.accumulate(0))
    const gradient = scope(() => weights.flatMap((value) => value.grad?.numbers() ?? []))
    return { loss: metrics.loss, metrics, gradient }
  } finally {
    clearGradients(weights)
    for (const value of weights) value.setRequiresGrad(false)
  }
}

const norm = (values: readonly number[]): number => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
const distance = (a: readonly number[], b: readonly number[]): number =>
  norm(a.map((x, i) => x - b[i])) / norm(b)

describe('fine-tuning', () => {
  /** A long answer (boxes) and short ones (letters), so that means of means differ from means. */
  const step = (): Example[][] => [direct[0], direct[1], direct[3], direct[5]].map((one) => [one])
  const run = (rows: Example[][], batchSize?: number, normalization?: LossNormalization): Outcome =>
    outcome(
      createSft({
        model,
        processor,
        pictures,
        schedule: [rows],
        frozenTower: false,
        batchSize,
        normalization,
      }),
    )

  it('num_items_in_batch: any batches give the loss and gradient of all rows at once', () => {
    const whole = run(step())
    for (const size of [1, 2]) {
      const parts = run(step(), size, 'num_items_in_batch')
      expect(parts.loss / whole.loss).toBeCloseTo(1, 6)
      expect(distance(parts.gradient, whole.gradient)).toBeLessThan(1e-5)
      expect(parts.metrics.entropy / whole.metrics.entropy).toBeCloseTo(1, 6)
    }
  })

  it('batch_mean: the mean of what the batches lose by themselves', () => {
    const rows = step()
    const alone = rows.map((row) => run([row]))
    const parts = run(rows, 1, 'batch_mean')
    expect(parts.loss).toBeCloseTo(alone.reduce((sum, { loss }) => sum + loss, 0) / 4, 6)
    const mean = alone[0].gradient.map(
      (_, i) => alone.reduce((sum, { gradient }) => sum + gradient[i], 0) / 4,
    )
    expect(distance(parts.gradient, mean)).toBeLessThan(1e-5)
    // With answers of unlike length that is not the mean over tokens.
    expect(Math.abs(parts.loss / run(rows).loss - 1)).toBeGreaterThan(0.01)
  })

  it('answer_mean: the mean of what the answers lose by themselves, in any batches and rows', () => {
    const rows = step()
    const alone = rows.map((row) => run([row]))
    const mean = alone[0].gradient.map(
      (_, i) => alone.reduce((sum, { gradient }) => sum + gradient[i], 0) / 4,
    )
    const one = direct[0].media
    // Two of the answers behind one picture, as if it were theirs.
    const shared = [[...rows[0], { ...rows[1][0], media: one }], rows[2], rows[3]]
    const apart = run([...shared[0].map((example) => [example]), rows[2], rows[3]], 4, 'answer_mean')
    for (const [parts, expected] of [
      [
        run(rows, 4, 'answer_mean'),
        { loss: alone.reduce((sum, { loss }) => sum + loss, 0) / 4, gradient: mean },
      ],
      [
        run(rows, 1, 'answer_mean'),
        { loss: alone.reduce((sum, { loss }) => sum + loss, 0) / 4, gradient: mean },
      ],
      [run(shared, 2, 'answer_mean'), apart],
    ] as const) {
      expect(parts.loss / expected.loss).toBeCloseTo(1, 6)
      expect(distance(parts.gradient, expected.gradient)).toBeLessThan(1e-5)
    }
  })
})

describe('reinforcement', () => {
  const run = (change: Partial<GrpoOptions>, frozenTower = false): Outcome & { records: unknown } => {
    const trainer = createGrpo({
      model,
      reference,
      processor,
      pictures,
      frozenTower,
      schedule: [[1, 3, 2, 5].map((i) => thinking[i])],
      options: grpoOptionsSchema.parse({
        max_steps: 1,
        learning_rate: 1e-3,
        per_device_train_batch_size: 16,
        num_generations: 4,
        // Long enough that some end before: completions of unlike length.
        max_completion_length: 40,
        beta: 0.5,
        ...change,
      }),
      seed: 9,
    })
    return { ...outcome(trainer), records: trainer.records?.() }
  }
  const inBatches = { per_device_train_batch_size: 4, gradient_accumulation_steps: 4 }

  it.each(LOSS_TYPES.filter((type) => type !== 'bnpo'))(
    '%s: prompts in four batches sample, lose and push as at once',
    (loss_type) => {
      const whole = run({ loss_type })
      const parts = run({ loss_type, ...inBatches })
      expect(parts.records).toEqual(whole.records)
      expect(parts.loss / whole.loss).toBeCloseTo(1, 5)
      expect(parts.metrics.kl / whole.metrics.kl).toBeCloseTo(1, 5)
      expect(distance(parts.gradient, whole.gradient)).toBeLessThan(1e-4)
    },
  )

  it('bnpo is a mean over the tokens of each batch, so batches make a difference', () => {
    const [whole, parts] = [run({ loss_type: 'bnpo' }), run({ loss_type: 'bnpo', ...inBatches })]
    expect(parts.records).toEqual(whole.records)
    expect(run({ loss_type: 'dapo' }).loss).toBeCloseTo(whole.loss, 6)
    expect(Math.abs(parts.loss / whole.loss - 1)).toBeGreaterThan(1e-4)
  })

  it.each([false, true])(
    'a prompt computed with each completion pushes as one that is shared, frozen tower: %s',
    (frozen) => {
      const shared = run({}, frozen)
      const apart = run({ share_prompt: false }, frozen)
      expect(apart.records).toEqual(shared.records)
      expect(apart.loss / shared.loss).toBeCloseTo(1, 5)
      expect(distance(apart.gradient, shared.gradient)).toBeLessThan(1e-4)
      expect(apart.metrics.num_tokens).toBeGreaterThan(1.5 * shared.metrics.num_tokens)
    },
  )

  it('with a frozen tower too, its features kept for every batch of the step', () => {
    const whole = run({}, true)
    const parts = run(inBatches, true)
    expect(parts.loss / whole.loss).toBeCloseTo(1, 5)
  })
})
