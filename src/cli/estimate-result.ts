/** Puts an estimate together: of a recipe by its stages, of a model by one sample. */
import fs from 'node:fs'
import { readRecipe, stagesOf } from '../ladder/recipe.js'
import type { Qwen2_5_VLConfig } from '../vision-language/config.js'
import { type CheckpointCount, countCheckpoint } from '../vision-language/estimate/checkpoint.js'
import { countParameters, type ParameterCounts } from '../vision-language/estimate/parameters.js'
import { singleSample, visualTokens } from '../vision-language/estimate/row.js'
import { type EstimatedModel, namedModel, recipeModel } from './estimate-model.js'
import {
  answeringBytes,
  type MemoryOf,
  type SampleEstimate,
  type SampleFlags,
  sampleOf,
} from './estimate-sample.js'
import { estimateStage, kindsOf, SCANNET_FRAME, type StageEstimate } from './estimate-stages.js'

export interface EstimateFlags extends SampleFlags {
  /** Overrides of the recipe. */
  set?: string[]
  maxPixels?: number
}

/** What `--json` prints: bytes, FLOP and counts as numbers. */
export interface Estimate {
  subject: string
  model: Pick<EstimatedModel, 'name' | 'source' | 'folder'> & {
    config: Qwen2_5_VLConfig
    pixels: { min: number; max: number }
  }
  parameters: ParameterCounts
  /** Null where the weights are not (all) here. */
  checkpoint: CheckpointCount | null
  /** Answering one question: of a recipe the longest kind. */
  inference: MemoryOf[]
  /** A model: one sample. Null for a recipe. */
  sample: SampleEstimate | null
  /** A recipe. Null for a model. */
  stages: StageEstimate[] | null
  assumed: string[]
}

/** All stages of a recipe, and the longest question of its tests. */
function recipeEstimate(file: string, flags: EstimateFlags): Estimate {
  const recipe = readRecipe(file, flags.set)
  const model = recipeModel(recipe, flags.maxPixels)
  const { config, processor } = model
  const kinds = kindsOf(recipe, processor)
  const stages = stagesOf(recipe).map((name) => estimateStage(config, recipe, name, kinds, flags.loraRank))
  const longest = kinds.reduce((a, b) =>
    visualTokens(config, b.grids) > visualTokens(config, a.grids) ? b : a,
  )
  const asked = singleSample(longest.grids, 250, recipe.evaluation.max_new_tokens.think)
  const { scans } = recipe.data.train
  const assumed = [
    ...model.assumed,
    ...(!('rooms' in scans)
      ? [`pictures of ${SCANNET_FRAME.width} × ${SCANNET_FRAME.height}, as ScanNet's`]
      : []),
    'one process; each of several takes the memory of one and adds as many rows to a step',
    'rows with all the questions they may have, texts of the usual length, completions as long as they may be',
  ]
  const inference = answeringBytes(config, asked)
  return { ...baseOf(file, model), inference, sample: null, stages, assumed }
}

function modelEstimate(name: string, flags: EstimateFlags): Estimate {
  const model = namedModel(name, { max_pixels: flags.maxPixels })
  const { sample, inference } = sampleOf(model, flags)
  return { ...baseOf(name, model), inference, sample, stages: null, assumed: model.assumed }
}

function baseOf(
  subject: string,
  { name, source, folder, config, processor }: EstimatedModel,
): Pick<Estimate, 'subject' | 'model' | 'parameters' | 'checkpoint'> {
  const pixels = { min: processor.min_pixels, max: processor.max_pixels }
  return {
    subject,
    model: { name, source, folder, config, pixels },
    parameters: countParameters(config),
    checkpoint: folder === null ? null : countCheckpoint(folder, config),
  }
}

/** What is estimated for `target`: a recipe file, or a model by folder or name. */
export const estimate = (target: string, flags: EstimateFlags): Estimate =>
  fs.statSync(target, { throwIfNoEntry: false })?.isFile() || /\.ya?ml$/.test(target)
    ? recipeEstimate(target, flags)
    : modelEstimate(target, flags)
