/** Our side: `ours.ts JSON` measures one kind of step and prints what it found as one line of JSON. */
import type { Media } from '../../src/clients/client.js'
import { clearGradients } from '../../src/torch/autograd.js'
import { engineInfo } from '../../src/torch/engine.js'
import { adamW, clipGradientNorm } from '../../src/torch/optimizer.js'
import { scope } from '../../src/torch/tensor.js'
import type { Example } from '../../src/training/example.js'
import { createGrpo } from '../../src/training/grpo.js'
import { grpoOptionsSchema } from '../../src/training/options.js'
import { Pictures } from '../../src/training/pictures.js'
import { createSft } from '../../src/training/sft.js'
import { loadModel } from '../../src/vision-language/model/model.js'
import { loadProcessor } from '../../src/vision-language/processor-folder.js'
import { median } from '../median.js'
import { microSample } from './sample.js'
import { rewardOf, type Shape, wordsOf } from './shape.js'

interface Job {
  kind: 'grpo' | 'sft'
  folder: string
  pictures: string[]
  beta: number
  frozenTower: boolean
  sharePrompt: boolean
  featureCache?: 'none' | 'step' | 'run'
  shape: Shape
}
const {
  kind,
  folder,
  pictures: files,
  beta,
  frozenTower,
  sharePrompt,
  featureCache,
  shape,
} = JSON.parse(process.argv[2]) as Job

const model = loadModel(folder)
const loaded = loadProcessor(folder)
// Ends are not sampled, so that every completion has the same length on both sides.
const { special } = loaded.tokenizer
const banned = [...special.banned, special.im_end, special.pad]
const processor = { ...loaded, tokenizer: { ...loaded.tokenizer, special: { ...special, banned } } }
const pictures = new Pictures(processor.image_processor, undefined, 1, featureCache)
const exampleOf = (i: number): Example => ({
  id: String(i),
  media: [{ type: 'image', file: files[i % files.length] } satisfies Media],
  text: wordsOf(shape.questionWords, i),
  answer: wordsOf(shape.answerWords, i + 3),
  sample: microSample,
})
const total = shape.steps + 2
const schedule = (count: number): Example[][] =>
  Array.from({ length: total }, () => Array.from({ length: count }, (_, i) => exampleOf(i)))
const parts = { model, processor, pictures, frozenTower }
const trainer =
  kind === 'sft'
    ? createSft({ ...parts, schedule: schedule(shape.rows).map((step) => step.map((one) => [one])) })
    : createGrpo({
        ...parts,
        reference: beta > 0 ? loadModel(folder) : null,
        schedule: schedule(shape.prompts),
        seed: 1,
        rewards: [{ name: 'words', weight: 1, of: ({ completion }) => rewardOf(completion) }],
        options: grpoOptionsSchema.parse({
          max_steps: total,
          learning_rate: shape.learningRate,
          per_device_train_batch_size: shape.prompts * shape.generations,
          num_generations: shape.generations,
          max_completion_length: shape.completionTokens,
          beta,
          share_prompt: sharePrompt,
        }),
      })
const trained = new Map([...model.weights].filter(([name]) => !(frozenTower && name.startsWith('visual.'))))
for (const weight of trained.values()) weight.setRequiresGrad()
const optimizer = adamW(trained)
const times: number[] = []
const phases = new Map<string, number[]>()
for (let step = 0; step < total; step++) {
  await trainer.load(step)
  const began = performance.now()
  const metrics = scope(() => trainer.accumulate(step))
  const computed = performance.now()
  clipGradientNorm(trained.values(), 1)
  optimizer.step(shape.learningRate)
  clearGradients([...trained.values()])
  if (step < 2) continue
  times.push(performance.now() - began)
  const spent = { ...metrics, 'time/optimizer': (performance.now() - computed) / 1000 }
  for (const [name, value] of Object.entries(spent))
    if (name.startsWith('time/')) phases.set(name, [...(phases.get(name) ?? []), 1000 * value])
}
console.log(
  JSON.stringify({
    library: `libtorch ${engineInfo().version}`,
    ms: median(times),
    phases: Object.fromEntries([...phases].map(([name, values]) => [name, median(values)])),
    peak: process.resourceUsage().maxRSS * 1024,
  }),
)
