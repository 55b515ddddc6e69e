/** Limits of pixels that a recipe gives a model folder: read by us and by old and new transformers alike. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readJson, writeJsonAtomic } from '../common/files.js'
import { readImageProcessorConfig } from './image-processor.js'
import { writePixelLimits } from './pixel-limits.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'pixels-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))
const write = (name: string, value: unknown): void => writeJsonAtomic(path.join(folder, name), value)
const read = (name: string): unknown => readJson(path.join(folder, name))
/** The hub's file of Qwen2.5-VL-3B. */
const HUB = {
  min_pixels: 3136,
  max_pixels: 12845056,
  patch_size: 14,
  image_processor_type: 'Qwen2VLImageProcessor',
}

it('stand under old and new keys, in every file that has them; the rest stays', () => {
  write('preprocessor_config.json', HUB)
  write('video_preprocessor_config.json', { size: { shortest_edge: 3136, longest_edge: 12845056 }, fps: 2 })
  write('processor_config.json', { image_processor: { size: {}, do_resize: true }, processor_class: 'Q' })
  writePixelLimits(folder, { min_pixels: 12544, max_pixels: 100352 })
  const limits = {
    min_pixels: 12544,
    max_pixels: 100352,
    size: { shortest_edge: 12544, longest_edge: 100352 },
  }
  expect(read('preprocessor_config.json')).toEqual({ ...HUB, ...limits })
  expect(read('video_preprocessor_config.json')).toEqual({ fps: 2, ...limits })
  expect(read('processor_config.json')).toEqual({
    image_processor: { do_resize: true, ...limits },
    processor_class: 'Q',
  })
  expect(readImageProcessorConfig(folder)).toMatchObject({ min_pixels: 12544, max_pixels: 100352 })
})

it('one of them leaves the other; above one another they are refused', () => {
  write('preprocessor_config.json', HUB)
  writePixelLimits(folder, { max_pixels: 100352 })
  expect(readImageProcessorConfig(folder)).toMatchObject({ min_pixels: 3136, max_pixels: 100352 })
  expect(() => writePixelLimits(folder, { max_pixels: 784 })).toThrow(
    'min_pixels: expected at most max_pixels 784, got 3136',
  )
})
