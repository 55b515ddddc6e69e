/** The first rung: a model folder copied as it is, or fresh weights with a vocabulary made for the data. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { geometricReasoning } from '../dataset/teacher.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import { directAnswer, plainMode, promptText } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import { writeStageFile } from '../training/stage.js'
import { createChatTemplate, qwenChatTemplate } from '../vision-language/chat-template.js'
import { parseConfig } from '../vision-language/config.js'
import { parseImageProcessorConfig } from '../vision-language/image-processor.js'
import { writeWeights } from '../vision-language/model/folder.js'
import { freshModel } from '../vision-language/model/model.js'
import { createProcessor } from '../vision-language/processor.js'
import { saveProcessor } from '../vision-language/processor-folder.js'
import { configTokenIds, createTokenizer } from '../vision-language/tokenizer.js'
import { buildWordTokenizer } from '../vision-language/word-tokenizer.js'
import type { Recipe } from './recipe.js'

/** Every text a micro model will read or write about these samples. */
function* corpus(recipe: Recipe, samples: readonly Sample[], captions?: string): Generator<string> {
  yield 'system\nYou are a helpful assistant.\nuser\nassistant\n'
  for (const sample of samples) {
    yield promptText(sample, plainMode(sample), recipe.prompt_style)
    yield directAnswer(sample.answer, recipe.prompt_style)
    if (Array.isArray(sample.answer)) continue
    yield promptText(sample, 'think', recipe.prompt_style)
    yield geometricReasoning(sample) ?? ''
  }
  for (const { prompt, solution } of captions ? readJsonl<PromptedRow>(captions) : []) {
    yield prompt
    yield solution
  }
}

/** @throws data error when `folder` is no model */
export function checkModelFolder(folder: string): void {
  if (!fs.existsSync(path.join(folder, 'config.json')))
    throw dataError(folder, 'a model folder with config.json', 'none')
}

/**
 * Leaves a complete stage folder in `out`.
 * @param captions file of captions, where the model will be pretrained on them
 */
export function prepareStartModel(
  recipe: Recipe,
  out: string,
  samples: readonly Sample[],
  captions?: string,
): void {
  if (fs.existsSync(path.join(out, 'stage.json'))) return
  fs.mkdirSync(out, { recursive: true })
  const { model } = recipe
  if ('name_or_path' in model) {
    checkModelFolder(model.name_or_path)
    for (const name of fs.readdirSync(model.name_or_path))
      fs.copyFileSync(path.join(model.name_or_path, name), path.join(out, name))
  } else {
    const { tokenizerJson, tokenizerConfig } = buildWordTokenizer(corpus(recipe, samples, captions))
    const tokenizer = createTokenizer(tokenizerJson, tokenizerConfig)
    const { min_pixels, max_pixels } = model
    saveProcessor(
      out,
      createProcessor(
        tokenizer,
        parseImageProcessorConfig({ min_pixels, max_pixels }),
        createChatTemplate(qwenChatTemplate),
      ),
    )
    const config = parseConfig(
      {
        model_type: 'qwen2_5_vl',
        ...model.config,
        ...configTokenIds(tokenizer),
        vocab_size: tokenizer.vocab_size,
      },
      `recipe ${recipe.name} model.config`,
    )
    const fresh = freshModel(config, recipe.seed)
    writeWeights(out, config, fresh.weights)
    fresh.dispose()
  }
  writeStageFile(out, { name: 'start', fingerprint: '', parent: null, steps: 0, seconds: 0 })
}
