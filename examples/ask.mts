/**
 * Asks a model folder about a picture and writes the answer as it comes.
 *
 *   npx tsx examples/ask.mts models/micro-base room.jpg "where is the chair ?"
 */
import { loadModel, loadProcessor } from 'spatial-ladder'

const [folder, picture, question] = process.argv.slice(2)
const processor = loadProcessor(folder)
const inputs = await processor.process(
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

const model = loadModel(folder)
const [{ ids }] = model.generate(inputs, {
  max_new_tokens: 128,
  // Pictures are for reading, not for writing.
  suppress_tokens: processor.tokenizer.special.banned,
})
console.log(processor.tokenizer.decode(ids, { skip_special_tokens: true }))
model.dispose()
