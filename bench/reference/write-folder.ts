/**
 * Writes the folder that folder_golden.py opens with transformers: a word tokenizer of a small corpus, our
 * chat template, picture settings, config and fresh weights, the same in shards (`shards/`), an adapter (`adapter/`),
 * and (`ours.json`) what our processor and model make of a conversation with two pictures, with the adapter and without.
 * Usage: npx tsx bench/reference/write-folder.ts FOLDER
 */
import fs from 'node:fs'
import path from 'node:path'
import { sha256, writeJsonAtomic } from '../../src/common/files.js'
import { formulaPicture } from '../../src/images/formula-picture.js'
import { noGrad } from '../../src/torch/autograd.js'
import { copy_ } from '../../src/torch/ops.js'
import { tensor } from '../../src/torch/tensor.js'
import { createChatTemplate, qwenChatTemplate } from '../../src/vision-language/chat-template.js'
import { parseConfig } from '../../src/vision-language/config.js'
import { parseImageProcessorConfig } from '../../src/vision-language/image-processor.js'
import { writeWeights } from '../../src/vision-language/model/folder.js'
import {
  freshAdapters,
  LORA_TARGETS,
  mergeAdapters,
  writeAdapter,
} from '../../src/vision-language/model/lora.js'
import { freshModel, Qwen2_5_VL } from '../../src/vision-language/model/model.js'
import { createProcessor } from '../../src/vision-language/processor.js'
import { saveProcessor } from '../../src/vision-language/processor-folder.js'
import { configTokenIds, createTokenizer } from '../../src/vision-language/tokenizer.js'
import { buildWordTokenizer } from '../../src/vision-language/word-tokenizer.js'

const [folder] = process.argv.slice(2)
const corpus: string[] = JSON.parse(fs.readFileSync(new URL('./corpus.json', import.meta.url), 'utf8')).corpus
const built = buildWordTokenizer(corpus)
const tokenizer = createTokenizer(built.tokenizerJson, built.tokenizerConfig)
const imageProcessor = parseImageProcessorConfig({ min_pixels: 3136, max_pixels: 50176 })
const processor = createProcessor(tokenizer, imageProcessor, createChatTemplate(qwenChatTemplate))
saveProcessor(folder, processor)

const config = parseConfig({
  model_type: 'qwen2_5_vl',
  ...configTokenIds(tokenizer),
  vocab_size: built.vocab_size,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  rope_scaling: { mrope_section: [2, 3, 3] },
  tie_word_embeddings: true,
  initializer_range: 0.2,
  vision_config: {
    depth: 2,
    hidden_size: 16,
    num_heads: 2,
    intermediate_size: 20,
    out_hidden_size: 32,
    fullatt_block_indexes: [1],
    initializer_range: 0.2,
  },
})
const model = freshModel(config, 7)
writeWeights(folder, config, model.weights)

const sizes = [
  [300, 200],
  [90, 150],
]
const text = 'How many chairs are in this room?'
const content = [
  ...sizes.map(([width, height]) => ({ type: 'image' as const, image: formulaPicture(width, height) })),
  { type: 'text' as const, text },
]
const inputs = await processor.process([{ role: 'user', content }], { add_generation_prompt: true })
const { input_ids, pixel_values = new Float32Array(), image_grid_thw } = inputs
const lastLogits = (one: Qwen2_5_VL): number[] => {
  const { logits } = one.forward({
    input_ids: [input_ids],
    pixel_values: tensor(pixel_values, [pixel_values.length / 1176, 1176]),
    image_grid_thw,
  })
  return [...logits.floats().slice(-built.vocab_size)]
}

fs.mkdirSync(path.join(folder, 'shards'))
writeWeights(path.join(folder, 'shards'), config, model.weights, 20_000)

const lora = { r: 4, alpha: 8, targets: LORA_TARGETS }
const { all, trained } = freshAdapters(model.weights, lora, 5)
// As if trained: B is no longer zero.
for (const [name, value] of trained)
  if (name.endsWith('lora_B.weight'))
    noGrad(() =>
      copy_(
        value,
        tensor(
          Float32Array.from({ length: value.size }, (_, i) => Math.sin(i)),
          value.shape,
        ),
      ),
    )
fs.mkdirSync(path.join(folder, 'adapter'))
writeAdapter(path.join(folder, 'adapter'), trained, lora, folder)
const adapted = new Qwen2_5_VL(config, new Map([...model.weights, ...all]))
writeJsonAtomic(path.join(folder, 'ours.json'), {
  sizes,
  text,
  input_ids,
  image_grid_thw,
  pixel_values_sha256: sha256(pixel_values),
  last_logits: lastLogits(model),
  last_logits_adapted: lastLogits(adapted),
  last_logits_merged: lastLogits(new Qwen2_5_VL(config, mergeAdapters(adapted.weights))),
})
