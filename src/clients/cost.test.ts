import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import { estimateCost } from './cost.js'
import { pictureTokens, priceOf } from './prices.js'

let folder: string
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cost-'))
  fs.writeFileSync(path.join(folder, 'a.png'), await encodePng(formulaPicture(800, 600)))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('tokens of a picture', () => {
  it.each([
    // The worked examples of OpenAI's guide.
    [1024, 1024, 765],
    [2048, 4096, 1105],
    [640, 480, 425],
    [731, 548, 765],
    [100, 100, 255],
  ])('GPT-4o: %i × %i is %i', (width, height, tokens) => {
    expect(pictureTokens('gpt-4o', { width, height })).toBe(tokens)
  })

  it('GPT-4o mini counts more of them for the same money, Gemini by its own tiles, others by patches', () => {
    expect(pictureTokens('gpt-4o-mini', { width: 1024, height: 1024 })).toBe(2833 + 4 * 5667)
    expect(pictureTokens('gemini-2.0-flash-001', { width: 384, height: 384 })).toBe(258)
    expect(pictureTokens('models/gemini-2.0-flash', { width: 1296, height: 968 })).toBe(4 * 258)
    expect(pictureTokens('Qwen/Qwen2.5-VL-7B-Instruct', { width: 644, height: 476 })).toBe(23 * 17)
  })
})

it('knows a model with its provider, version or date, and no other', () => {
  expect(priceOf('openai/gpt-4o-2024-08-06')).toEqual({ input: 2.5, output: 10 })
  expect(priceOf('gpt-4o-2024-05-13')).toEqual({ input: 5, output: 15 })
  expect(priceOf('gpt-4o-audio-preview')).toBeNull()
  expect(priceOf('constructor')).toBeNull()
})

describe('estimate of a run', () => {
  const words = 'x'.repeat(400)
  const request = (files: string[]) => ({
    id: files.join(),
    text: words,
    media: [{ type: 'video' as const, frames: files.map((file) => path.join(folder, file)) }],
  })

  it('adds up words, frames and the longest answers', async () => {
    const requests = [request(['a.png', 'a.png', 'a.png']), request(['a.png'])]
    const estimate = await estimateCost(requests, 'gpt-4o', { max_new_tokens: 100 })
    const input_tokens = 2 * (8 + 100) + 4 * (85 + 4 * 170)
    expect(estimate).toEqual({
      input_tokens,
      output_tokens: 200,
      dollars: (input_tokens * 2.5 + 200 * 10) / 1e6,
      assumed_pictures: 0,
    })
  })

  it('assumes a size for frames that are not there yet, and says of how many', async () => {
    const requests = [request(['later.png', 'later-too.png'])]
    const estimate = await estimateCost(requests, 'gpt-4o', {
      max_new_tokens: 1,
      assumedSize: { width: 512, height: 512 },
    })
    expect(estimate.input_tokens).toBe(108 + 2 * 255)
    expect(estimate.assumed_pictures).toBe(2)
  })

  it('has no price for an unknown model unless it is told', async () => {
    expect((await estimateCost([request([])], 'mine', { max_new_tokens: 1 })).dollars).toBeNull()
    const told = { max_new_tokens: 1, pricePerMillion: { input: 1, output: 2 } }
    expect((await estimateCost([request([])], 'mine', told)).dollars).toBeCloseTo((108 + 2) / 1e6)
  })
})
