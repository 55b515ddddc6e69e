/** The first rung: a folder as it is, but for the limits of pixels that the recipe gives. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readImageProcessorConfig } from '../vision-language/image-processor.js'
import { hashWeights } from '../vision-language/model/folder.js'
import { readRecipe } from './recipe.js'
import { modelFolder, prepareStartModel } from './start-model.js'

const micro = fileURLToPath(new URL('../../recipes/micro.yaml', import.meta.url))

it('takes max_pixels of the recipe, weights as they were; limits that cross leave nothing', async () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'start-'))
  try {
    const from = modelFolder('models/micro-base')
    const start = (name: string, settings: string[]) =>
      prepareStartModel(readRecipe(micro, settings), path.join(home, name), [])
    await start('plain', [])
    await start('small', ['model.max_pixels=9408'])
    expect(readImageProcessorConfig(path.join(home, 'plain'))).toEqual(readImageProcessorConfig(from))
    expect(readImageProcessorConfig(path.join(home, 'small'))).toEqual({
      ...readImageProcessorConfig(from),
      max_pixels: 9408,
    })
    expect(hashWeights(path.join(home, 'small'))).toBe(hashWeights(from))
    await expect(start('crossed', ['model.min_pixels=99999'])).rejects.toThrow(
      /^min_pixels: expected at most max_pixels \d+, got 99999$/,
    )
    expect(fs.readdirSync(home).sort()).toEqual(['plain', 'small'])
  } finally {
    fs.rmSync(home, { recursive: true, force: true })
  }
})
