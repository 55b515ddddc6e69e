/** Model folders: written and read again, by other versions' names, in shards, and broken. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noGrad } from '../../torch/autograd.js'
import { cast } from '../../torch/ops.js'
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from '../../torch/safetensors.js'
import { liveTensors, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { readConfig } from '../config.js'
import type { GridThw } from '../window-index.js'
import { initialWeights, readWeights, writeWeights } from './folder.js'
import { loadModel, type ModelInputs, Qwen2_5_VL } from './model.js'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
let home: string
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'model-folder-'))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

/** A fresh folder with the config of the fixture. */
function folderOf(name: string, from: string): string {
  const folder = path.join(home, name)
  fs.mkdirSync(folder)
  fs.copyFileSync(path.join(fixture(from), 'config.json'), path.join(folder, 'config.json'))
  return folder
}

/** Text with one picture: a whole pass through tower and decoder. */
function logitsOf(model: Qwen2_5_VL): number[] {
  return scope(() => {
    const { config } = model
    const { patch_size, in_channels, temporal_patch_size } = config.vision_config
    const grid: GridThw = [1, 4, 6]
    const width = in_channels * temporal_patch_size * patch_size ** 2
    const inputs: ModelInputs = {
      input_ids: [[5, config.vision_start_token_id, ...Array(6).fill(config.image_token_id), 9, 11]],
      pixel_values: tensor(
        Array.from({ length: 24 * width }, (_, i) => Math.sin(i)),
        [24, width],
      ),
      image_grid_thw: [grid],
    }
    return noGrad(() => model.forward(inputs)).logits.numbers()
  })
}

describe.each(['tiny', 'tiny-tied'])('%s', (name) => {
  it('written and loaded again gives the same logits, bit for bit', () => {
    const before = liveTensors()
    const model = loadModel(fixture(name))
    const folder = path.join(home, `${name}-copy`)
    fs.mkdirSync(folder)
    writeWeights(folder, model.config, model.weights)
    const again = loadModel(folder)
    expect(again.config).toEqual(model.config)
    expect(logitsOf(again)).toEqual(logitsOf(model))
    // Under the names that every transformers and vLLM reads; no copy of tied embeddings.
    const names = [...readSafetensorsHeader(path.join(folder, 'model.safetensors')).keys()]
    expect(names.every((n) => /^(visual|model|lm_head)\./.test(n) && !n.startsWith('model.visual'))).toBe(
      true,
    )
    expect(names.includes('lm_head.weight')).toBe(name === 'tiny')
    model.dispose()
    again.dispose()
    expect(liveTensors()).toBe(before)
  })

  it('reads the tensor names of transformers 4.52 and later, and shards', () => {
    const model = loadModel(fixture(name))
    const folder = folderOf(`${name}-new`, name)
    scope(() => {
      const renamed = [...readSafetensors(path.join(fixture(name), 'model.safetensors'))].map(
        ([old, value]): [string, Tensor] => [
          old.startsWith('visual.') || old.startsWith('lm_head.')
            ? old.replace(/^visual\./, 'model.visual.')
            : old.replace(/^model\./, 'model.language_model.'),
          value,
        ],
      )
      const half = renamed.length >> 1
      const shards = [renamed.slice(0, half), renamed.slice(half)]
      const weight_map: Record<string, string> = {}
      shards.forEach((shard, i) => {
        const file = `model-0000${i + 1}-of-00002.safetensors`
        writeSafetensors(path.join(folder, file), new Map(shard))
        for (const [tensorName] of shard) weight_map[tensorName] = file
      })
      fs.writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map }))
    })
    const again = loadModel(folder)
    expect(logitsOf(again)).toEqual(logitsOf(model))
    model.dispose()
    again.dispose()
  })
})

describe('a folder whose weights are not those of its config is one line', () => {
  const broken = (name: string, change: (weights: Map<string, Tensor>) => void): string => {
    const folder = folderOf(name, 'tiny')
    scope(() => {
      const weights = readSafetensors(path.join(fixture('tiny'), 'model.safetensors'))
      change(weights)
      writeSafetensors(path.join(folder, 'model.safetensors'), weights)
    })
    return folder
  }

  it('naming the tensor of another shape, what was expected and what is there', () => {
    const folder = broken('wrong-shape', (weights) => {
      weights.set('model.layers.1.mlp.up_proj.weight', tensor(new Float32Array(64), [8, 8]))
    })
    expect(() => loadModel(folder)).toThrow(
      `${folder} tensor model.layers.1.mlp.up_proj.weight: expected shape [112,64], got [8,8]`,
    )
  })

  it('naming the tensor that is missing', () => {
    const folder = broken('missing', (weights) => {
      weights.delete('visual.merger.ln_q.weight')
    })
    expect(() => loadModel(folder)).toThrow(
      `${folder} tensor visual.merger.ln_q.weight: expected shape [32], got no such tensor`,
    )
  })

  it('or leaves no half a model in memory', () => {
    const folder = broken('missing-last', (weights) => {
      weights.delete('lm_head.weight')
    })
    const before = liveTensors()
    expect(() => loadModel(folder)).toThrow(/lm_head.weight/)
    expect(liveTensors()).toBe(before)
  })
})

it('weights of another type are cast on reading', () => {
  const config = readConfig(fixture('tiny'))
  const folder = folderOf('bf16', 'tiny')
  scope(() => {
    const weights = readSafetensors(path.join(fixture('tiny'), 'model.safetensors'))
    const words = new Map([...weights].map(([name, value]) => [name, cast(value, 'bf16')]))
    writeWeights(folder, config, words)
    expect(JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')).torch_dtype).toBe('bfloat16')
  })
  const wide = readWeights(folder, config, 'f32')
  const exact = readWeights(fixture('tiny'), config, 'f32')
  for (const [name, value] of wide) {
    const want = exact.get(name) as Tensor
    const values = want.numbers()
    const worst = Math.max(...value.numbers().map((x, i) => Math.abs(x - values[i]) / (Math.abs(x) + 1e-20)))
    // bf16 keeps eight bits: half a unit in the last place is 2^-9 of the value.
    expect([name, worst <= 2 ** -8]).toEqual([name, true])
    value.dispose()
    want.dispose()
  }
})

describe('fresh weights', () => {
  it('are the same for the same seed, spread as transformers spreads them', () => {
    scope(() => {
      const config = readConfig(fixture('tiny'))
      const [a, b, c] = [1, 1, 2].map((seed) => initialWeights(config, seed))
      const flat = (weights: Map<string, Tensor>): number[] =>
        [...weights.values()].flatMap((t) => t.numbers())
      expect(flat(a)).toEqual(flat(b))
      expect(flat(a)).not.toEqual(flat(c))
      const matrix = a.get('model.embed_tokens.weight')?.numbers() ?? []
      const std = Math.sqrt(matrix.reduce((sum, x) => sum + x * x, 0) / matrix.length)
      expect(std / config.initializer_range).toBeCloseTo(1, 1)
      expect(new Set(a.get('model.norm.weight')?.numbers())).toEqual(new Set([1]))
      expect(new Set(a.get('model.layers.0.self_attn.q_proj.bias')?.numbers())).toEqual(new Set([0]))
      for (const weights of [a, b, c]) new Qwen2_5_VL(config, weights).dispose()
    })
  })
})
