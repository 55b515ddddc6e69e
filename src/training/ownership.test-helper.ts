/** Trains a micro model for so many steps and prints, now and then, what is alive: `helper.ts HOME KIND STEPS`. */
import path from 'node:path'
import { clearGradients } from '../torch/autograd.js'
import { adamW, clipGradientNorm } from '../torch/optimizer.js'
import { liveTensors, scope } from '../torch/tensor.js'
import { loadModel } from '../vision-language/model/model.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import { createGrpo } from './grpo.js'
import { examplesAt, microSamples } from './micro-model.test-helper.js'
import { grpoOptionsSchema } from './options.js'
import { Pictures } from './pictures.js'
import { createSft } from './sft.js'

const [home, kind, count] = process.argv.slice(2)
const steps = Number(count)
const model = loadModel(path.join(home, 'start'))
const processor = loadProcessor(path.join(home, 'start'))
const pictures = new Pictures(processor.image_processor)
const samples = microSamples.filter(({ answer }) => kind === 'sft' || !Array.isArray(answer))
const examples = examplesAt(
  path.join(home, 'images'),
  processor,
  samples,
  kind === 'sft' ? undefined : 'think',
)
const parts = { model, processor, pictures, frozenTower: false }
const at = (step: number, n: number) =>
  Array.from({ length: n }, (_, i) => examples[(3 * step + i) % examples.length])
const trainer =
  kind === 'sft'
    ? createSft({
        ...parts,
        schedule: Array.from({ length: steps }, (_, step) => at(step, 2).map((one) => [one])),
      })
    : createGrpo({
        ...parts,
        reference: null,
        schedule: Array.from({ length: steps }, (_, step) => at(step, 2)),
        options: grpoOptionsSchema.parse({
          max_steps: steps,
          learning_rate: 1e-5,
          per_device_train_batch_size: 4,
          num_generations: 2,
          max_completion_length: 6,
          beta: 0,
        }),
        seed: 1,
      })
for (const weight of model.weights.values()) weight.setRequiresGrad()
const optimizer = adamW(model.weights)
const seen: { step: number; live: number; megabytes: number }[] = []
for (let step = 0; step < steps; step++) {
  await trainer.load(step)
  scope(() => trainer.accumulate(step))
  clipGradientNorm(model.weights.values(), 1)
  optimizer.step(1e-5)
  clearGradients([...model.weights.values()])
  if ((step + 1) % Math.floor(steps / 20) === 0) {
    global.gc?.()
    seen.push({ step: step + 1, live: liveTensors(), megabytes: process.memoryUsage.rss() / 2 ** 20 })
  }
}
console.log(JSON.stringify(seen))
