/** Which model an estimate is of: a folder, a recipe's fresh weights, or a released model that is not here. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { cachedSnapshot } from '../hub/pull.js'
import type { Recipe } from '../ladder/recipe.js'
import { modelFolder } from '../ladder/start-model.js'
import { parseConfig, type Qwen2_5_VLConfig, readConfig } from '../vision-language/config.js'
import { publishedModel } from '../vision-language/estimate/published.js'
import {
  type ImageProcessorConfig,
  parseImageProcessorConfig,
  readImageProcessorConfig,
} from '../vision-language/image-processor.js'
import { definedOf, type PixelLimits } from '../vision-language/pixel-limits.js'

/** SpatialLadder's limits in training, 16 and 128 visual tokens, where no folder says others. */
export const ASSUMED_PIXELS = { min_pixels: 16 * 28 * 28, max_pixels: 128 * 28 * 28 }
/** Words that fresh weights get, about: the vocabulary is made from the texts. */
const FRESH_VOCABULARY = 1500

export interface EstimatedModel {
  name: string
  source: 'folder' | 'published sizes' | 'fresh weights'
  /** Where its files are; null for none. */
  folder: string | null
  config: Qwen2_5_VLConfig
  processor: ImageProcessorConfig
  /** What was taken for granted. */
  assumed: string[]
}

const hasConfig = (folder: string): boolean => fs.existsSync(path.join(folder, 'config.json'))

/** A model's folder by name, as the ladder and `local:` find it; null where it is nowhere. */
function findFolder(name: string): string | null {
  if (hasConfig(name)) return name
  try {
    return modelFolder(name)
  } catch {
    return /^[\w.-]+\/[\w.-]+$/.test(name) ? cachedSnapshot({ repo: name, type: 'model' }) : null
  }
}

/** Limits of pictures: what was asked for, what a folder says, or those of SpatialLadder's training. */
function processorOf(
  config: Qwen2_5_VLConfig,
  folder: string | null,
  limits: PixelLimits,
  assumed: string[],
): ImageProcessorConfig {
  const { patch_size, temporal_patch_size, spatial_merge_size: merge_size } = config.vision_config
  const there = folder !== null && fs.existsSync(path.join(folder, 'preprocessor_config.json'))
  const said = there
    ? readImageProcessorConfig(folder)
    : parseImageProcessorConfig({ ...ASSUMED_PIXELS, patch_size, temporal_patch_size, merge_size })
  const { max_pixels = said.max_pixels, min_pixels = Math.min(said.min_pixels, max_pixels) } = limits
  if (!there && limits.max_pixels === undefined)
    assumed.push(
      `pictures of at most ${said.max_pixels.toLocaleString('en')} pixels, as in SpatialLadder's training (--max-pixels); the hub's own folder of Qwen2.5-VL allows 12,845,056`,
    )
  return { ...said, min_pixels, max_pixels }
}

/**
 * The model called `name`: its folder, or the sizes published under that name.
 * @throws data error when there is neither
 */
export function namedModel(name: string, limits: PixelLimits = {}): EstimatedModel {
  const assumed: string[] = []
  const folder = findFolder(name)
  if (folder !== null) {
    const config = readConfig(folder)
    const processor = processorOf(config, folder, limits, assumed)
    return { name, source: 'folder', folder, config, processor, assumed }
  }
  const known = publishedModel(name)
  if (!known)
    throw dataError(name, 'a model folder with config.json, or the name of Qwen2.5-VL-3B or -7B', 'neither')
  assumed.push(`sizes of the released ${known.name}: ${name} is not here`)
  const processor = processorOf(known.config, null, limits, assumed)
  return {
    name: known.name,
    source: 'published sizes',
    folder: null,
    config: known.config,
    processor,
    assumed,
  }
}

/** The model a recipe starts from. @throws data error when its folder is nowhere and its name unknown */
export function recipeModel({ name, model }: Recipe, maxPixels?: number): EstimatedModel {
  if ('name_or_path' in model)
    // What the command line says goes before the recipe, limit by limit.
    return namedModel(model.name_or_path, {
      ...definedOf(model),
      ...(maxPixels === undefined ? {} : { min_pixels: undefined, max_pixels: maxPixels }),
    })
  const assumed: string[] = []
  const vocabulary = model.config.vocab_size === undefined ? { vocab_size: FRESH_VOCABULARY } : {}
  const json = { model_type: 'qwen2_5_vl', ...model.config, ...vocabulary }
  const config = parseConfig(json, `recipe ${name} model.config`)
  if ('vocab_size' in vocabulary)
    assumed.push(`a vocabulary of ${FRESH_VOCABULARY} words; the real one is made from the texts`)
  const { min_pixels, max_pixels } = model
  const { patch_size, temporal_patch_size, spatial_merge_size: merge_size } = config.vision_config
  const sizes = { patch_size, temporal_patch_size, merge_size }
  const processor = parseImageProcessorConfig({ min_pixels, max_pixels: maxPixels ?? max_pixels, ...sizes })
  return {
    name: `fresh weights of ${name}`,
    source: 'fresh weights',
    folder: null,
    config,
    processor,
    assumed,
  }
}
