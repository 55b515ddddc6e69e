/** The first rung: a model folder copied as it is, or fresh weights with a vocabulary made for the data. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataError } from '../common/errors.js'
import { writeFolderAtomic } from '../common/files.js'
import { readJsonl } from '../common/jsonl.js'
import { cellWords } from '../dataset/cells.js'
import { geometricReasoning } from '../dataset/teacher.js'
import type { CellRow } from '../schema/cell-row.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import { directAnswer, plainMode, promptText } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import { writeStageFile } from '../training/stage-file.js'
import { LOGS } from '../training/step-log.js'
import { createChatTemplate, qwenChatTemplate } from '../vision-language/chat-template.js'
import { parseConfig } from '../vision-language/config.js'
import { parseImageProcessorConfig } from '../vision-language/image-processor.js'
import { initialWeights, writeWeights } from '../vision-language/model/folder.js'
import { writePixelLimits } from '../vision-language/pixel-limits.js'
import { createProcessor } from '../vision-language/processor.js'
import { saveProcessor } from '../vision-language/processor-folder.js'
import { configTokenIds, createTokenizer } from '../vision-language/tokenizer.js'
import { buildWordTokenizer } from '../vision-language/word-tokenizer.js'
import { arrangeNumbers } from './number-embeddings.js'
import type { Recipe } from './recipe.js'

/** Every text a micro model will read or write about these samples. */
function* corpus(recipe: Recipe, samples: readonly Sample[], pretraining?: Pretraining): Generator<string> {
  yield 'system\nYou are a helpful assistant.\nuser\nassistant\n'
  for (const sample of samples) {
    yield promptText(sample, plainMode(sample), recipe.prompt_style)
    yield directAnswer(sample.answer, recipe.prompt_style)
    if (Array.isArray(sample.answer)) continue
    yield promptText(sample, 'think', recipe.prompt_style)
    yield geometricReasoning(sample) ?? ''
  }
  if (!pretraining) return
  for (const { prompt, solution } of readJsonl<PromptedRow>(pretraining.captions)) {
    yield prompt
    yield solution
  }
  const names = readJsonl<CellRow>(pretraining.cells).flatMap((row) => row.names.map(({ name }) => name))
  yield cellWords([...new Set(names)])
}

/** Files of what a model will be pretrained on. */
interface Pretraining {
  cells: string
  captions: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The folder a recipe names: from here, or among those that come with the program (`models/micro-base`).
 * @throws data error when it is no model
 */
export function modelFolder(name: string): string {
  const found = [name, path.join(repository, name)].find((folder) =>
    fs.existsSync(path.join(folder, 'config.json')),
  )
  if (!found) throw dataError(name, 'a model folder with config.json', 'none')
  return found
}

/**
 * Leaves a complete stage folder in `out`, which appears whole or not at all.
 * @param pretraining files, where the model will be pretrained
 */
export async function prepareStartModel(
  recipe: Recipe,
  out: string,
  samples: readonly Sample[],
  pretraining?: Pretraining,
): Promise<void> {
  if (fs.existsSync(path.join(out, 'stage.json'))) return
  const { model } = recipe
  await writeFolderAtomic(out, (folder) => {
    if ('name_or_path' in model) {
      copyModel(modelFolder(model.name_or_path), folder)
      if (model.min_pixels !== undefined || model.max_pixels !== undefined) writePixelLimits(folder, model)
    } else writeFreshModel(recipe.name, recipe.seed, model, corpus(recipe, samples, pretraining), folder)
    writeStageFile(folder, { name: 'start', fingerprint: '', parent: null, steps: 0, seconds: 0 })
  })
}

/** The files of a model folder; what a training run left beside them stays behind. */
function copyModel(from: string, to: string): void {
  const left = new Set(['stage.json', ...LOGS])
  for (const entry of fs.readdirSync(from, { withFileTypes: true }))
    if (entry.isFile() && !left.has(entry.name))
      fs.copyFileSync(path.join(from, entry.name), path.join(to, entry.name))
}

type FreshModel = Extract<Recipe['model'], { config: unknown }>

function writeFreshModel(
  name: string,
  seed: number,
  model: FreshModel,
  texts: Iterable<string>,
  out: string,
): void {
  const { tokenizerJson, tokenizerConfig } = buildWordTokenizer(texts)
  const tokenizer = createTokenizer(tokenizerJson, tokenizerConfig)
  const { min_pixels, max_pixels } = model
  const settings = parseImageProcessorConfig({ min_pixels, max_pixels })
  saveProcessor(out, createProcessor(tokenizer, settings, createChatTemplate(qwenChatTemplate)))
  const ids = { ...configTokenIds(tokenizer), vocab_size: tokenizer.vocab_size }
  const config = parseConfig(
    { model_type: 'qwen2_5_vl', ...model.config, ...ids },
    `recipe ${name} model.config`,
  )
  const weights = initialWeights(config, seed)
  arrangeNumbers(weights, tokenizer, config.initializer_range, seed)
  writeWeights(out, config, weights)
  for (const value of weights.values()) value.dispose()
}
