/**
 * Pictures and videos to the patches that Qwen2.5-VL's vision tower reads: resize, scale, normalise, cut.
 *
 * A patch row holds channel × temporal × y × x; rows go in 2×2 blocks, so that the rows of one merged token
 * lie together. A still picture is a clip of two equal frames. Settings are those of
 * `preprocessor_config.json`, old keys (`min_pixels`) and new (`size.shortest_edge`) alike.
 */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'
import type { RgbImage } from '../images/image.js'
import { resize } from '../images/resize.js'
import { loaderResize, type Size, smartResize } from './smart-resize.js'
import type { GridThw } from './window-index.js'

const triple = z.tuple([z.number(), z.number(), z.number()])
const positive = z.int().positive()

const imageProcessorSchema = z.object({
  /** Smallest and largest area of a picture, and of every frame of a video, in pixels. */
  min_pixels: positive.default(56 * 56),
  max_pixels: positive.default(28 * 28 * 1280),
  patch_size: positive.default(14),
  temporal_patch_size: positive.default(2),
  merge_size: positive.default(2),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  image_mean: triple.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: triple.default([0.26862954, 0.26130258, 0.27577711]),
})

export interface ImageProcessorConfig extends z.infer<typeof imageProcessorSchema> {
  /** Resize first as qwen-vl-utils' loader does, then as the processor: what upstream feeds its model. */
  resize_twice?: boolean
}

/** Patches of one picture or video. */
export interface VisionInput {
  /** [t · h · w, channels · temporal_patch_size · patch_size²], flat. */
  pixel_values: Float32Array
  grid_thw: GridThw
}

/**
 * Settings from the JSON of `preprocessor_config.json`, completed with transformers' defaults.
 * @throws data error naming the key
 */
export function parseImageProcessorConfig(
  json: unknown,
  subject = 'preprocessor_config.json',
): ImageProcessorConfig {
  const raw = z.record(z.string(), z.unknown()).safeParse(json)
  if (!raw.success) throw dataError(subject, 'a JSON object', JSON.stringify(json)?.slice(0, 40))
  const size = z.record(z.string(), z.unknown()).catch({}).parse(raw.data.size)
  const given = Object.fromEntries(Object.entries(raw.data).filter(([, value]) => value !== null))
  const parsed = imageProcessorSchema.safeParse({
    ...given,
    min_pixels: given.min_pixels ?? size.shortest_edge ?? size.min_pixels,
    max_pixels: given.max_pixels ?? size.longest_edge ?? size.max_pixels,
  })
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw dataError(
      `${subject} ${issue.path.join('.')}`,
      issue.message,
      JSON.stringify(given[String(issue.path[0])]),
    )
  }
  return parsed.data
}

/** Reads `preprocessor_config.json` of a model folder. */
export function readImageProcessorConfig(folder: string): ImageProcessorConfig {
  const file = path.join(folder, 'preprocessor_config.json')
  return parseImageProcessorConfig(readJson(file), file)
}

/** The object to write as `preprocessor_config.json`, with the keys of old and new transformers. */
export function toPreprocessorConfig(config: ImageProcessorConfig): Record<string, unknown> {
  const { resize_twice: _, ...settings } = config
  return {
    ...settings,
    size: { shortest_edge: settings.min_pixels, longest_edge: settings.max_pixels },
    resample: 3,
    do_resize: true,
    do_rescale: true,
    do_normalize: true,
    do_convert_rgb: true,
    image_processor_type: 'Qwen2VLImageProcessor',
    processor_class: 'Qwen2_5_VLProcessor',
  }
}

/** Sizes that a picture takes one after another; the last is the one the model sees. */
function resizeSteps(size: Size, config: ImageProcessorConfig): Size[] {
  const factor = config.patch_size * config.merge_size
  const first = config.resize_twice ? [loaderResize(size, factor)] : []
  return [...first, smartResize(first[0] ?? size, factor, config)]
}

/** Size at which the model sees a picture: boxes in source pixels scale by this over the source size. */
export const resizedSize = (size: Size, config: ImageProcessorConfig): Size =>
  resizeSteps(size, config).slice(-1)[0]

/** Grid of patches that a picture (`frames` 1) or video of this size becomes. */
export function gridOf(size: Size, frames: number, config: ImageProcessorConfig): GridThw {
  const { width, height } = resizedSize(size, config)
  return [
    Math.ceil(frames / config.temporal_patch_size),
    height / config.patch_size,
    width / config.patch_size,
  ]
}

/** Patches of one picture. */
export const imagePatches = (image: RgbImage, config: ImageProcessorConfig): VisionInput =>
  videoPatches([image], config)

/**
 * Patches of a video given as frames, in order. Frames are brought to the size of the first; when their
 * number is not a multiple of `temporal_patch_size` the last one is repeated.
 */
export function videoPatches(frames: readonly RgbImage[], config: ImageProcessorConfig): VisionInput {
  const { pixel_values, grid_thw } = batchPatches([frames], config)
  return { pixel_values, grid_thw: grid_thw[0] }
}

/**
 * Patches of several pictures (one frame) and videos, one after another, as the model takes them.
 * @param memory used again where it is large enough: training would otherwise leave megabytes a step
 */
export function batchPatches(
  items: readonly (readonly RgbImage[])[],
  config: ImageProcessorConfig,
  memory?: Float32Array,
): { pixel_values: Float32Array; grid_thw: GridThw[] } {
  const grid_thw = items.map((frames) => {
    if (frames.length === 0) throw dataError('video', 'at least one frame', 'none')
    return gridOf(frames[0], frames.length, config)
  })
  const width = 3 * config.temporal_patch_size * config.patch_size ** 2
  const sizes = grid_thw.map(([t, h, w]) => t * h * w * width)
  const total = sizes.reduce((a, b) => a + b, 0)
  const pixel_values = memory && memory.length >= total ? memory.subarray(0, total) : new Float32Array(total)
  let at = 0
  items.forEach((frames, i) => {
    const steps = resizeSteps(frames[0], config)
    const resized = frames.map((frame) =>
      steps.reduce<RgbImage>((image, { height, width }) => resize(image, width, height, 'bicubic'), frame),
    )
    cutPatches(resized, grid_thw[i], config, pixel_values.subarray(at, at + sizes[i]))
    at += sizes[i]
  })
  return { pixel_values, grid_thw }
}

/** Normalised value of every byte in every channel: [3, 256], in float32 steps as numpy takes them. */
function normaliseTable(config: ImageProcessorConfig): Float32Array {
  const { fround } = Math
  const table = new Float32Array(3 * 256)
  for (let c = 0; c < 3; c++) {
    const [mean, std] = [fround(config.image_mean[c]), fround(config.image_std[c])]
    for (let byte = 0; byte < 256; byte++) {
      table[c * 256 + byte] = fround(fround(byte * config.rescale_factor) - mean) / std
    }
  }
  return table
}

/** Fills `out` with the patches of frames that have their final size. */
function cutPatches(
  frames: readonly RgbImage[],
  grid: GridThw,
  config: ImageProcessorConfig,
  out: Float32Array,
): void {
  const { patch_size: patch, temporal_patch_size: depth, merge_size: merge } = config
  const [gridT, gridH, gridW] = grid
  const table = normaliseTable(config)
  const plane = patch * patch
  const rowLength = 3 * depth * plane
  for (let t = 0; t < gridT * depth; t++) {
    const { data, width } = frames[Math.min(t, frames.length - 1)]
    const repeats = t > 0 && t % depth !== 0 && t >= frames.length
    let row = Math.floor(t / depth) * gridH * gridW * rowLength + (t % depth) * plane
    for (let top = 0; top < gridH; top += merge) {
      for (let left = 0; left < gridW; left += merge) {
        for (let y = top; y < top + merge; y++) {
          for (let x = left; x < left + merge; x++, row += rowLength) {
            for (let c = 0; c < 3; c++) {
              let to = row + c * depth * plane
              if (repeats) {
                // A repeated frame: its patches lie right before, in the same rows.
                out.copyWithin(to, to - plane, to)
                continue
              }
              for (let py = 0; py < patch; py++) {
                let from = ((y * patch + py) * width + x * patch) * 3 + c
                for (let px = 0; px < patch; px++, from += 3) out[to++] = table[c * 256 + data[from]]
              }
            }
          }
        }
      }
    }
  }
}

/** Patches one after another. */
export function joinPatches(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Several pictures, one after another, as the model takes them. */
export function joinVisionInputs(inputs: readonly VisionInput[]): {
  pixel_values: Float32Array
  grid_thw: GridThw[]
} {
  const pixel_values = joinPatches(inputs.map((input) => input.pixel_values))
  return { pixel_values, grid_thw: inputs.map((input) => input.grid_thw) }
}
