/** Parameters by part: of the released models, and of the folders that come with the program. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseConfig, readConfig, toHuggingFaceConfig } from '../config.js'
import { countCheckpoint } from './checkpoint.js'
import { countParameters, loraParameters, muonSizes, sumOf, trainedParameters } from './parameters.js'
import { publishedModel } from './published.js'

const folder = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url))
const configOf = (name: string) => publishedModel(name)?.config ?? expect.fail(name)

describe('released models', () => {
  it('3B: tied embeddings, counts of its meta-device instantiation in transformers', () => {
    expect(countParameters(configOf('Qwen/Qwen2.5-VL-3B-Instruct'))).toEqual({
      visual: 668_684_288,
      patch_embed: 1_505_280,
      blocks: 32 * 19_702_200,
      merger: 36_708_608,
      embedding: 311_164_928,
      layers: 36 * 77_076_992,
      norm: 2048,
      head: 0,
      total: 3_754_622_976,
      tensors: 824,
    })
  })

  it('7B: a head of its own', () => {
    expect(countParameters(configOf('models/qwen2_5-vl-7b'))).toMatchObject({
      visual: 676_550_144,
      embedding: 544_997_376,
      layers: 28 * 233_057_792,
      head: 544_997_376,
      total: 8_292_166_656,
      tensors: 729,
    })
  })

  it('are known by their names, those fine-tuned by the paper too, and no others', () => {
    expect(publishedModel('hongxingli/SpatialLadder-3B')?.name).toBe('Qwen2.5-VL-3B')
    expect(publishedModel('Qwen/Qwen2-VL-2B-Instruct')).toBeNull()
    expect(publishedModel('Qwen/Qwen2.5-VL-72B-Instruct')).toBeNull()
  })

  it('LoRA of rank 64 on every linear of the 3B decoder: 119.7 M', () => {
    expect(loraParameters(configOf('Qwen2.5-VL-3B'), 64)).toBe(119_734_272)
    const some = ['q_proj', 'v_proj']
    expect(loraParameters(configOf('Qwen2.5-VL-3B'), 64, some)).toBe(36 * 64 * (4096 + 2304))
  })

  it('with a frozen tower the rest is trained, and Muon has all its matrices but the embeddings', () => {
    const config = configOf('Qwen2.5-VL-3B')
    const counts = countParameters(config)
    expect(trainedParameters(config, true)).toBe(counts.total - counts.visual)
    const [matrices, rest] = Object.values(muonSizes(config, true)).map(sumOf)
    // Of a layer all but three biases and two norms.
    expect(matrices).toBe(36 * (77_076_992 - 2048 - 256 - 256 - 2 * 2048))
    expect(matrices + rest).toBe(counts.total - counts.visual)
  })
})

describe('folders', () => {
  it.each([
    ['models/micro-base', 'bf16'],
    ['src/vision-language/fixtures/tiny', 'f32'],
    ['src/vision-language/fixtures/tiny-tied', 'f32'],
  ])('%s holds what its config says', (name, dtype) => {
    const config = readConfig(folder(name))
    const { total, tensors } = countParameters(config)
    const count = countCheckpoint(folder(name), config)
    expect(count).toMatchObject({ parameters: total, tensors, dtypes: { [dtype]: total }, equal: true })
  })

  it('micro-base has the parameters and bytes of its file', () => {
    const config = readConfig(folder('models/micro-base'))
    const { bytes } = countCheckpoint(folder('models/micro-base'), config) ?? expect.fail('no weights')
    expect(countParameters(config).total).toBe(2_226_304)
    expect(bytes).toBe(2 * 2_226_304)
    const { size } = fs.statSync(path.join(folder('models/micro-base'), 'model.safetensors'))
    expect(size - bytes).toBeLessThan(20_000)
  })

  it('the flat and the nested form of a config count alike', () => {
    const nested = readConfig(folder('src/vision-language/fixtures/tiny'))
    const flat = parseConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(nested))))
    expect(countParameters(flat)).toEqual(countParameters(nested))
  })

  it('says which tensors are missing, of another shape, or not the model’s', () => {
    const config = readConfig(folder('src/vision-language/fixtures/tiny'))
    const other = { ...config, num_hidden_layers: config.num_hidden_layers - 1, vocab_size: 299 }
    const fewer = countCheckpoint(folder('src/vision-language/fixtures/tiny'), other)
    expect(fewer).toMatchObject({
      missing: [],
      reshaped: ['model.embed_tokens.weight', 'lm_head.weight'],
      equal: false,
    })
    expect(fewer?.unexpected).toContain('model.layers.2.mlp.up_proj.weight')
    const more = { ...config, num_hidden_layers: config.num_hidden_layers + 1 }
    const count = countCheckpoint(folder('src/vision-language/fixtures/tiny'), more)
    expect(count?.missing).toHaveLength(12)
  })

  it('has no count where weights, or some of their shards, are not there', () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'estimate-'))
    try {
      const config = readConfig(folder('models/micro-base'))
      expect(countCheckpoint(home, config)).toBeNull()
      const weight_map = { 'model.norm.weight': 'model-00001-of-00002.safetensors' }
      fs.writeFileSync(path.join(home, 'model.safetensors.index.json'), JSON.stringify({ weight_map }))
      expect(countCheckpoint(home, config)).toBeNull()
    } finally {
      fs.rmSync(home, { recursive: true, force: true })
    }
  })
})
