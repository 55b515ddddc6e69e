/**
 * Writes the folder that processor_text_golden.py opens with transformers: a word tokenizer of a small
 * corpus, our chat template, picture settings, generation defaults, and the config of a model for them.
 * Usage: npx tsx bench/reference/write-processor-folder.ts FOLDER
 */
import fs from 'node:fs'
import path from 'node:path'
import { writeJsonAtomic } from '../../src/common/files.js'
import { createChatTemplate, qwenChatTemplate } from '../../src/vision-language/chat-template.js'
import { parseConfig, toHuggingFaceConfig } from '../../src/vision-language/config.js'
import { parseImageProcessorConfig } from '../../src/vision-language/image-processor.js'
import { createProcessor } from '../../src/vision-language/processor.js'
import { saveProcessor } from '../../src/vision-language/processor-folder.js'
import { configTokenIds, createTokenizer } from '../../src/vision-language/tokenizer.js'
import { buildWordTokenizer } from '../../src/vision-language/word-tokenizer.js'

const [folder] = process.argv.slice(2)
const corpus: string[] = JSON.parse(fs.readFileSync(new URL('./corpus.json', import.meta.url), 'utf8')).corpus
const built = buildWordTokenizer(corpus)
const tokenizer = createTokenizer(built.tokenizerJson, built.tokenizerConfig)
const imageProcessor = parseImageProcessorConfig({ min_pixels: 3136, max_pixels: 50176 })
saveProcessor(folder, createProcessor(tokenizer, imageProcessor, createChatTemplate(qwenChatTemplate)))
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
  vision_config: { depth: 1, hidden_size: 16, num_heads: 2, intermediate_size: 20, out_hidden_size: 32 },
})
writeJsonAtomic(path.join(folder, 'config.json'), toHuggingFaceConfig(config, 'float32'))
