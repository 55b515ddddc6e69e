/** Pictures in pieces and what a batch is thought to take. */
import { afterAll, describe, expect, it } from 'vitest'
import { formulaPicture } from '../images/formula-picture.js'
import { cat } from '../torch/ops.js'
import { liveTensors, scope, tensor } from '../torch/tensor.js'
import { microConfig, microProcessor } from '../training/micro-model.test-helper.js'
import { batchBytes, isOutOfMemory, type PromptSize, patchBytes, towerBytes } from './batch-memory.js'
import { joinVisionInputs } from './image-processor.js'
import { freshModel } from './model/model.js'
import { visionFeatures } from './picture-features.js'
import { createProcessor } from './processor.js'

const base = microProcessor()
const processor = createProcessor(
  base.tokenizer,
  { ...base.image_processor, max_pixels: 168 * 168 },
  base.chat_template,
)
const model = freshModel(microConfig(base.tokenizer), 2)
const vision = model.config.vision_config
afterAll(() => model.dispose())

describe('features in pieces', () => {
  it('are those of all pictures at once, wherever a video is cut', async () => {
    const inputs = [
      await processor.loadImage(formulaPicture(140, 84, 1)),
      await processor.loadVideo([2, 3, 4, 5, 6].map((seed) => formulaPicture(112, 168, seed))),
      await processor.loadImage(formulaPicture(56, 56, 7)),
    ]
    const { pixel_values, grid_thw } = joinVisionInputs(inputs)
    const whole = scope(() => {
      const patches = tensor(pixel_values, [pixel_values.length / 1176, 1176])
      return model.visionFeatures(patches, grid_thw).floats()
    })
    const frame = towerBytes(vision, 12, 8)
    const before = liveTensors()
    for (const limit of [1, frame, 2.5 * frame, 1e12]) {
      const parts = visionFeatures(model, inputs, limit)
      expect(parts.map(({ shape }) => shape[0])).toEqual([15, 72, 4])
      const joined = scope(() => cat(parts, 0).floats())
      for (const part of parts) part.dispose()
      const gaps = joined.map((x, i) => Math.abs(x - whole[i]))
      expect(Math.max(...gaps)).toBeLessThan(1e-5)
    }
    expect(liveTensors()).toBe(before)
  })
})

describe('memory of a batch', () => {
  const none = { patches: 0, tower: 0 }
  const words = (tokens: number): PromptSize => ({ tokens, visual: 0, pictures: none, largest: none })

  it('grows with questions, prompts and answers, and by the longest prompt', () => {
    const { config } = model
    const bytes = (tokens: number[], limit = 100): number => batchBytes(config, tokens.map(words), limit)
    expect(bytes([50, 50])).toBeCloseTo(2 * bytes([50]))
    expect(bytes([50, 10])).toBe(bytes([50, 50]))
    expect(bytes([1000])).toBeGreaterThan(2 * bytes([500]))
    // One more new token: keys and values of 2 layers, 2 heads of 8, in fp32, and a copy of three quarters.
    expect(bytes([50], 101) - bytes([50], 100)).toBeCloseTo(1.75 * 2 * 2 * 2 * 8 * 4)
  })

  it('counts pictures by pieces: many small ones together, a large one alone', () => {
    const prompt = (grid: [number, number, number]): PromptSize => {
      const pictures = {
        patches: patchBytes(vision, grid, 0),
        tower: grid[0] * towerBytes(vision, grid[1], grid[2]),
      }
      const largest = { ...pictures, tower: towerBytes(vision, grid[1], grid[2]) }
      return { tokens: 1, visual: 1, pictures, largest }
    }
    const extra = (prompts: PromptSize[]): number =>
      batchBytes(model.config, prompts, 1) - 2 * prompts.length * model.config.hidden_size * 4
    const [small, video] = [prompt([1, 20, 20]), prompt([16, 64, 64])]
    expect(extra([small, small])).toBeCloseTo(2 * extra([small]))
    // 64 × 64 patches that all attend to one another: 4 bytes for each pair and head, at a time.
    expect(extra([video])).toBeGreaterThan(4 * vision.num_heads * 4096 ** 2)
    // Its patches are read whole, but the tower never sees two of its frames at once.
    // All sixteen frames at once would be far more.
    expect(extra([video]) - video.pictures.patches).toBeLessThan(video.pictures.tower / 8)
  })

  it.each([
    ["empty.memory_format: DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes", true],
    ['CUDA out of memory. Tried to allocate 2.00 GiB', true],
    ['Array buffer allocation failed', true],
    ['expected 3 channels, got 4', false],
  ])('knows an error that says it ran out: %s', (message, expected) => {
    expect(isOutOfMemory(new Error(message))).toBe(expected)
  })
})
