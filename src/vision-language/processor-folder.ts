/** The files of a model folder that belong to the processor: read, written, or carried to another folder. */
import fs from 'node:fs'
import path from 'node:path'
import { writeFileAtomic, writeJsonAtomic } from '../common/files.js'
import { loadChatTemplate } from './chat-template.js'
import { readImageProcessorConfig, toPreprocessorConfig } from './image-processor.js'
import { createProcessor, type Processor } from './processor.js'
import { loadTokenizer } from './tokenizer.js'

/** The processor of a Hugging Face folder. */
export const loadProcessor = (folder: string): Processor =>
  createProcessor(loadTokenizer(folder), readImageProcessorConfig(folder), loadChatTemplate(folder))

/**
 * Writes tokenizer, template, image settings and generation defaults (greedy, so that no sampling value of
 * a folder ever steers a rollout).
 */
export function saveProcessor(folder: string, processor: Processor): void {
  const { tokenizer, chat_template, image_processor } = processor
  const { special } = tokenizer
  const write = (name: string, value: unknown): void => writeJsonAtomic(path.join(folder, name), value)
  write('tokenizer.json', tokenizer.tokenizerJson)
  write('tokenizer_config.json', { ...tokenizer.tokenizerConfig, chat_template: chat_template.source })
  writeFileAtomic(path.join(folder, 'chat_template.jinja'), chat_template.source)
  // Processors of transformers before 4.52 look only here.
  write('chat_template.json', { chat_template: chat_template.source })
  write('preprocessor_config.json', toPreprocessorConfig(image_processor))
  write('generation_config.json', {
    bos_token_id: special.pad,
    do_sample: false,
    eos_token_id: special.stop,
    pad_token_id: special.pad,
  })
}

/** All files that transformers and vLLM may look for beside config and weights. */
const carried = [
  'tokenizer.json',
  'tokenizer_config.json',
  'vocab.json',
  'merges.txt',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'chat_template.json',
  'preprocessor_config.json',
  'video_preprocessor_config.json',
  'processor_config.json',
  'generation_config.json',
]

/** Copies the processor's files, byte for byte, from a base model to one trained from it. */
export function copyProcessorFiles(from: string, to: string): void {
  for (const name of carried) {
    const file = path.join(from, name)
    if (fs.existsSync(file)) writeFileAtomic(path.join(to, name), fs.readFileSync(file))
  }
}
