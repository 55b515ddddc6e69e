import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sha256 } from '../common/files.js'
import { formulaPicture } from '../images/formula-picture.js'
import {
  gridOf,
  imagePatches,
  joinVisionInputs,
  parseImageProcessorConfig,
  resizedSize,
  toPreprocessorConfig,
  type VisionInput,
  videoPatches,
} from './image-processor.js'

interface Golden {
  width: number
  height: number
  grid: number[]
  shape: number[]
  sha256: string
  sum: number
  samples: [number, number][]
}
type Picture = Golden & { min_pixels: number; max_pixels: number }
const golden: {
  pictures: Picture[]
  /** Resized by Pillow as qwen-vl-utils' loader does, then by the processor. */
  twice: Picture[]
  videos: (Golden & { frames: number; twice: boolean })[]
} = JSON.parse(fs.readFileSync(new URL('./fixtures/processor.json', import.meta.url), 'utf8'))

function expectEqual({ pixel_values, grid_thw }: VisionInput, expected: Golden): void {
  expect(grid_thw).toEqual(expected.grid)
  expect(pixel_values.length).toBe(expected.shape[0] * expected.shape[1])
  for (const [at, value] of expected.samples) expect(pixel_values[at]).toBe(value)
  let sum = 0
  for (const value of pixel_values) sum += value
  expect(Math.abs(sum - expected.sum)).toBeLessThan(1e-6 * pixel_values.length)
  expect(sha256(pixel_values)).toBe(expected.sha256)
}

describe('patches of pictures and videos', () => {
  it.each(golden.pictures)(
    'a $width×$height picture gives the float32 values of transformers',
    (expected) => {
      const config = parseImageProcessorConfig(expected)
      const image = formulaPicture(expected.width, expected.height)
      expectEqual(imagePatches(image, config), expected)
      expect(gridOf(image, 1, config)).toEqual(expected.grid)
    },
  )

  it.each(golden.twice)(
    'a $width×$height picture resized twice gives what two resizes of Pillow give',
    (expected) => {
      const config = { ...parseImageProcessorConfig(expected), resize_twice: true }
      expectEqual(imagePatches(formulaPicture(expected.width, expected.height), config), expected)
    },
  )

  it.each(golden.videos)('a video of $frames frames of $width×$height, twice: $twice', (expected) => {
    const config = {
      ...parseImageProcessorConfig({ min_pixels: 3136, max_pixels: 100352 }),
      resize_twice: expected.twice,
    }
    const frames = Array.from({ length: expected.frames }, (_, shift) =>
      formulaPicture(expected.width, expected.height, shift),
    )
    expectEqual(videoPatches(frames, config), expected)
  })

  it('follows one another in the order given', () => {
    const config = parseImageProcessorConfig({})
    const [a, b] = [formulaPicture(60, 60), formulaPicture(90, 60)].map((image) =>
      imagePatches(image, config),
    )
    const { pixel_values, grid_thw } = joinVisionInputs([a, b])
    expect(grid_thw).toEqual([a.grid_thw, b.grid_thw])
    expect([...pixel_values.slice(-3)]).toEqual([...b.pixel_values.slice(-3)])
    expect(pixel_values.length).toBe(a.pixel_values.length + b.pixel_values.length)
  })

  it('resizes twice on request, as the loader of the original does', () => {
    const config = parseImageProcessorConfig({ min_pixels: 12544, max_pixels: 100352 })
    const scan = { width: 1296, height: 968 }
    expect(resizedSize(scan, config)).toEqual({ width: 364, height: 252 })
    expect(resizedSize(scan, { ...config, resize_twice: true })).toEqual({ width: 336, height: 252 })
    expect(imagePatches(formulaPicture(1296, 968), { ...config, resize_twice: true }).grid_thw).toEqual([
      1, 18, 24,
    ])
  })
})

describe('preprocessor_config.json', () => {
  it('reads old and new keys', () => {
    const old = parseImageProcessorConfig({ min_pixels: 3136, max_pixels: 12845056 })
    const now = parseImageProcessorConfig({ size: { shortest_edge: 3136, longest_edge: 12845056 } })
    expect(now).toEqual(old)
    expect(parseImageProcessorConfig({ size: null }).max_pixels).toBe(1003520)
  })

  it('is written so that it reads back the same', () => {
    const config = parseImageProcessorConfig({ min_pixels: 784, max_pixels: 50176, patch_size: 7 })
    expect(parseImageProcessorConfig(JSON.parse(JSON.stringify(toPreprocessorConfig(config))))).toEqual(
      config,
    )
  })

  it('names a key that is wrong', () => {
    expect(() => parseImageProcessorConfig({ patch_size: 'big' })).toThrow(
      /preprocessor_config\.json patch_size: .* got "big"/,
    )
  })
})
