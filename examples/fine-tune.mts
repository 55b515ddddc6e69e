/**
 * Teaches a model folder one answer and saves it as a folder that transformers loads: bf16 weights with fp32 masters,
 * the loss on the answer only, the learning rate warmed up and let down.
 *
 *   npx tsx examples/fine-tune.mts models/micro-base room.jpg "what is in the picture ?" "a chair ." my-model
 */
import {
  adamW,
  backward,
  clearGradients,
  clipGradientNorm,
  loadModel,
  loadProcessor,
  scheduleFactor,
  scope,
} from 'spatial-ladder'

const [folder, picture, question, answer, out] = process.argv.slice(2)
const STEPS = 20
const LEARNING_RATE = 1e-3

const processor = loadProcessor(folder)
const { input_ids: asked, ...media } = await processor.process(
  [
    {
      role: 'user',
      content: [
        { type: 'image', image: picture },
        { type: 'text', text: question },
      ],
    },
  ],
  { add_generation_prompt: true },
)
const answered = processor.tokenizer.encode(`${answer}<|im_end|>`)
const inputs = {
  ...media,
  input_ids: [...asked, ...answered],
  labels: [...asked.map(() => -100), ...answered],
}

const model = loadModel(folder, { dtype: 'bf16' })
const parameters = [...model.weights.values()]
for (const parameter of parameters) parameter.setRequiresGrad()
const optimizer = adamW(model.weights)
for (let step = 0; step < STEPS; step++) {
  // Whatever is made inside is freed at the end, gradients aside.
  scope(() => {
    const { loss } = model.forward(inputs)
    if (!loss) throw new Error('a loss was asked for')
    console.log(`step ${step + 1}  loss ${loss.item().toFixed(4)}`)
    backward(loss)
  })
  clipGradientNorm(parameters, 1)
  optimizer.step(LEARNING_RATE * scheduleFactor('cosine', step, 2, STEPS))
  clearGradients(parameters)
}
await model.save(out)
optimizer.dispose()
model.dispose()
