/** Adapters of a PEFT folder as input: beside the weights, in them, and what is refused. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import {
  backward,
  type LadderError,
  loadModel,
  type Model,
  readSafetensors,
  writeSafetensors,
} from '../../index.js'
import { noGrad } from '../../torch/autograd.js'
import { copy_, sum } from '../../torch/ops.js'
import { liveTensors, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { freshAdapters, LORA_TARGETS, writeAdapter } from './lora.js'
import { Qwen2_5_VL, loadModel as readModel } from './model.js'

const tiny = fileURLToPath(new URL('../fixtures/tiny', import.meta.url))
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'adapter-'))
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const lora = { r: 3, alpha: 6, targets: LORA_TARGETS }
const inputs = { input_ids: [[5, 17, 200, 31, 8, 250]] }

/** An adapter whose B is not zero, and the logits of the model with it. */
function written(name: string): { folder: string; logits: Float32Array } {
  const folder = path.join(home, name)
  fs.mkdirSync(folder)
  const base = readModel(tiny, { rope: '5.x' })
  const { all, trained } = freshAdapters(base.weights, lora, 5)
  for (const [key, value] of trained)
    if (key.endsWith('lora_B.weight'))
      noGrad(() =>
        scope(() =>
          copy_(
            value,
            tensor(
              Float32Array.from({ length: value.size }, (_, i) => Math.sin(i)),
              value.shape,
            ),
          ),
        ),
      )
  writeAdapter(folder, trained, lora, tiny)
  const model = new Qwen2_5_VL(base.config, new Map([...base.weights, ...all]), { rope: '5.x' })
  const logits = scope(() => noGrad(() => model.forward(inputs).logits.floats()))
  model.dispose()
  return { folder, logits }
}
const { folder, logits } = written('good')
const logitsOf = (model: Model): Float32Array =>
  scope(() => noGrad(() => model.forward(inputs).logits.floats()))
const gap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0)

describe('adapters of a folder', () => {
  it('are added into the weights', () => {
    const before = liveTensors()
    const plain = loadModel(tiny, { rope: '5.x' })
    const count = plain.weights.size
    expect(gap(logitsOf(plain), logits)).toBeGreaterThan(0.1)
    plain.dispose()
    const model = loadModel(tiny, { rope: '5.x', adapter: folder })
    expect(model.weights.size).toBe(count)
    expect(gap(logitsOf(model), logits)).toBeLessThan(1e-5)
    model.dispose()
    expect(liveTensors()).toBe(before)
  })

  it('stand beside the weights, are trained alone, and are in what is saved', async () => {
    const model = loadModel(tiny, { rope: '5.x', adapter: folder, merge_adapter: false })
    expect(gap(logitsOf(model), logits)).toBeLessThan(1e-6)
    scope(() => backward(sum(model.forward(inputs).logits)))
    const moved = [...model.weights]
      .filter(([, value]) => scope(() => value.grad) !== null)
      .map(([name]) => name)
    expect(moved).toHaveLength(2 * LORA_TARGETS.length * 3)
    expect(moved.every((name) => /lora_[AB]\.weight$/.test(name))).toBe(true)
    const target = path.join(home, 'saved')
    await model.save(target)
    model.dispose()
    const again = loadModel(target, { rope: '5.x' })
    expect(gap(logitsOf(again), logits)).toBeLessThan(1e-5)
    again.dispose()
  })

  it('name their model, and may carry the names of older transformers', () => {
    const model = loadModel(folder, { rope: '5.x' })
    expect(gap(logitsOf(model), logits)).toBeLessThan(1e-5)
    model.dispose()
    const old = written('old').folder
    const file = path.join(old, 'adapter_model.safetensors')
    const tensors = readSafetensors(file)
    const renamed = new Map([...tensors].map(([name, value]) => [name.replace('.language_model', ''), value]))
    writeSafetensors(file, renamed)
    const same = loadModel(tiny, { rope: '5.x', adapter: old })
    expect(gap(logitsOf(same), logits)).toBeLessThan(1e-5)
    same.dispose()
  })

  const broken: [string, (tensors: Map<string, Tensor>) => void, RegExp][] = [
    [
      'a tensor of no module',
      (tensors) =>
        tensors.set(
          'base_model.model.model.language_model.layers.9.mlp.up_proj.lora_A.weight',
          tensor([1], [1, 1]),
        ),
      /layers\.9\.mlp\.up_proj\.lora_A\.weight: expected lora_A or lora_B of a linear layer of the model, got none$/,
    ],
    [
      'another shape',
      (tensors) => {
        const [name] = [...tensors.keys()]
        tensors.set(name, tensor([1, 2], [1, 2]))
      },
      /tensor base_model\.model\.\S+: expected shape \[\d+,\d+\], got \[1,2\]$/,
    ],
    [
      'a half alone',
      (tensors) => {
        const name = [...tensors.keys()].find((one) => one.endsWith('lora_B.weight')) as string
        tensors.delete(name)
      },
      /module model\.layers\.\d+\.\S+: expected lora_B\.weight beside its partner, got none$/,
    ],
  ]
  it.each(broken)('are refused with %s, by name', (name, change, message) => {
    const { folder: bad } = written(name.replaceAll(' ', '-'))
    const file = path.join(bad, 'adapter_model.safetensors')
    const tensors = readSafetensors(file)
    change(tensors)
    writeSafetensors(file, tensors)
    const before = liveTensors()
    expect(() => loadModel(tiny, { adapter: bad })).toThrow(message)
    expect(liveTensors()).toBe(before)
  })

  it('are refused when their settings ask for what is not done here', () => {
    const { folder: bad } = written('dora')
    const file = path.join(bad, 'adapter_config.json')
    fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, 'utf8')), use_dora: true }))
    let told: LadderError | undefined
    try {
      loadModel(tiny, { adapter: bad })
    } catch (error) {
      told = error as LadderError
    }
    expect(told?.kind).toBe('data')
    expect(told?.message).toMatch(/adapter_config\.json use_dora: expected? ?[^\n]+, got true$/i)
  })
})
