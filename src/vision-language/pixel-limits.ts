/** Other limits of pixels for a model folder: how many visual tokens a picture may become. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { readJson, writeJsonAtomic } from '../common/files.js'
import { readImageProcessorConfig } from './image-processor.js'

/** Areas of a picture, and of every frame of a video, in pixels (Hugging Face's names). */
export interface PixelLimits {
  min_pixels?: number
  max_pixels?: number
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Old keys and new: transformers before 4.50 reads the first, later ones `size`. */
const limited = (settings: Json, limits: Required<PixelLimits>): Json => ({
  ...settings,
  ...limits,
  size: { shortest_edge: limits.min_pixels, longest_edge: limits.max_pixels },
})

/**
 * Writes the limits into the processor files of `folder`; one that is not given stays as it is.
 * @throws data error when the smallest area would be above the largest
 */
export function writePixelLimits(folder: string, limits: PixelLimits): void {
  const { min_pixels, max_pixels } = { ...readImageProcessorConfig(folder), ...definedOf(limits) }
  if (min_pixels > max_pixels)
    throw dataError('min_pixels', `at most max_pixels ${max_pixels}`, `${min_pixels}`)
  const wanted = { min_pixels, max_pixels }
  for (const name of ['preprocessor_config.json', 'video_preprocessor_config.json']) {
    const file = path.join(folder, name)
    if (fs.existsSync(file)) writeJsonAtomic(file, limited(readJson(file) as Json, wanted))
  }
  // transformers 5 keeps all settings in one file.
  const file = path.join(folder, 'processor_config.json')
  const whole = fs.existsSync(file) ? (readJson(file) as Json) : {}
  const parts = Object.entries(whole).filter(
    ([name, value]) => /^(image|video)_processor$/.test(name) && isObject(value),
  )
  if (parts.length > 0)
    writeJsonAtomic(file, {
      ...whole,
      ...Object.fromEntries(parts.map(([name, value]) => [name, limited(value as Json, wanted)])),
    })
}

/** The limits that are given. */
export const definedOf = ({ min_pixels, max_pixels }: PixelLimits): PixelLimits => ({
  ...(min_pixels === undefined ? {} : { min_pixels }),
  ...(max_pixels === undefined ? {} : { max_pixels }),
})
