/**
 * The model against transformers: fixtures/tiny* hold checkpoints and what transformers 5.18 computed with
 * them (bench/reference/tiny_checkpoint.py makes both).
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { backward, clearGradients } from '../../torch/autograd.js'
import { cast, gather, logSoftmax, mul, narrow, neg, reshape, sum, unsqueeze } from '../../torch/ops.js'
import { readSafetensors } from '../../torch/safetensors.js'
import { scope, type Tensor, tensor } from '../../torch/tensor.js'
import { ropeIndex } from '../rope-index.js'
import type { GridThw } from '../window-index.js'
import { loadModel, type ModelInputs, type Qwen2_5_VL } from './model.js'

const fixtures = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
const CASES = ['text', 'image', 'images', 'video', 'videos', 'both', 'padded', 'rates', 'mixed'] as const

const l2 = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((total, x) => total + x * x, 0))

interface Golden {
  get(name: string): Tensor | undefined
  rows(name: string): number[][] | undefined
}

function golden(file: string, name: string): Golden {
  const tensors = readSafetensors(file)
  const get = (key: string): Tensor | undefined => tensors.get(`${name}.${key}`)
  return {
    get,
    rows: (key) => {
      const value = get(key)
      if (!value) return undefined
      const width = value.shape[1]
      const flat = value.numbers()
      return Array.from({ length: value.shape[0] }, (_, i) => flat.slice(i * width, (i + 1) * width))
    },
  }
}

function inputsOf(data: Golden): ModelInputs {
  return {
    input_ids: data.rows('input_ids') ?? [],
    attention_mask: data.rows('attention_mask'),
    pixel_values: data.get('pixel_values'),
    image_grid_thw: data.rows('image_grid_thw') as GridThw[] | undefined,
    pixel_values_videos: data.get('pixel_values_videos'),
    video_grid_thw: data.rows('video_grid_thw') as GridThw[] | undefined,
    second_per_grid_ts: data.get('second_per_grid_ts')?.numbers(),
  }
}

/** Largest difference where the mask holds: rows of padding mean nothing. */
function largestDifference(a: Tensor, b: Tensor, mask: readonly ArrayLike<number>[]): number {
  const [x, y] = [a.floats(), b.floats()]
  const width = a.shape[2]
  let largest = 0
  mask.forEach((row, r) => {
    for (let t = 0; t < row.length; t++)
      for (let i = 0; row[t] === 1 && i < width; i++) {
        const at = (r * row.length + t) * width + i
        largest = Math.max(largest, Math.abs(x[at] - y[at]))
      }
  })
  return largest
}

/** Mean cross-entropy over labelled positions, shifted by one, as transformers' loss. */
function lossOf(logits: Tensor, labels: number[][]): Tensor {
  const [B, S] = logits.shape
  const targets = labels.flatMap((row) => row.slice(1).map((id) => Math.max(id, 0)))
  const mask = labels.flatMap((row) => row.slice(1).map((id): number => (id >= 0 ? 1 : 0)))
  const count = mask.reduce((a, b) => a + b, 0)
  const log = reshape(logSoftmax(narrow(logits, 1, 0, S - 1), -1), [B * (S - 1), -1])
  const picked = gather(log, 1, unsqueeze(cast(tensor(targets, undefined, 'i32'), 'i64'), 1))
  return neg(sum(mul(mul(picked, unsqueeze(tensor(mask), 1)), 1 / count)))
}

/** Sixteen sums of all elements, signs from the bits of a hash of their places: as in tiny_checkpoint.py. */
function sketch(values: ArrayLike<number>): number[] {
  const sums = new Array<number>(16).fill(0)
  for (let i = 0; i < values.length; i++) {
    let h = Math.imul(i + 1, 2654435761)
    h = Math.imul(h ^ (h >>> 15), 2246822519)
    h = Math.imul(h ^ (h >>> 13), 3266489917)
    h ^= h >>> 16
    for (let k = 0; k < 16; k++) sums[k] += (h >>> k) & 1 ? -values[i] : values[i]
  }
  return sums
}

/**
 * Every parameter's gradient against the reference's: what sketches differ by is, in the root mean square, the
 * norm of the difference, within some twenty percent.
 */
function expectGradients(model: Qwen2_5_VL, data: Golden): void {
  const keys = [...model.weights.keys()].sort()
  const norms = data.get('gradient_norms')?.numbers() ?? []
  const sketches = data.rows('gradient_sketches') ?? []
  expect([norms.length, sketches.length]).toEqual([keys.length, keys.length])
  const all = l2(norms)
  keys.forEach((key, i) => {
    const ours = model.weights.get(key)?.grad?.floats() ?? new Float32Array(1)
    const most = 1e-5 * Math.max(norms[i], 1e-6 * all)
    expect(Math.abs(l2(ours) - norms[i]), key).toBeLessThanOrEqual(most)
    const off = sketch(ours).map((sum, k) => sum - sketches[i][k])
    expect(l2(off) / 4, key).toBeLessThanOrEqual(most)
  })
}

/** Whole logits of a case, or the last ones where the golden file has no more, then loss and gradients. */
function expectCase(model: Qwen2_5_VL, inputs: ModelInputs, labels: number[][], expected: Golden): void {
  const parameters = [...model.weights.values()].map((weight) => weight.setRequiresGrad())
  scope(() => {
    const { logits } = model.forward(inputs)
    const wanted = expected.get('logits') as Tensor
    const [from, kept] = [logits.shape[1] - wanted.shape[1], wanted.shape[1]]
    const compared = narrow(logits, 1, from, kept)
    expect(compared.shape).toEqual(wanted.shape)
    const mask = inputs.attention_mask ?? inputs.input_ids.map((row) => Array.from(row, () => 1))
    const keptMask = mask.map((row) => Array.from(row).slice(from))
    expect(largestDifference(compared, wanted, keptMask)).toBeLessThanOrEqual(1e-5)
    const loss = lossOf(logits, labels)
    expect(Math.abs(loss.item() - (expected.get('loss') as Tensor).item())).toBeLessThan(1e-5)
    backward(loss)
    expectGradients(model, expected)
  })
  clearGradients(parameters)
}

for (const name of ['tiny', 'tiny-tied']) {
  describe(`a checkpoint written by transformers (${name})`, () => {
    const file = `${fixtures(name)}/golden.safetensors`
    const model = loadModel(fixtures(name), { rope: '5.x' })
    for (const each of CASES) {
      it(`gives the same logits, loss and gradients: ${each}`, () => {
        scope(() => {
          const data = golden(file, each)
          expectCase(model, inputsOf(data), data.rows('labels') ?? [], data)
        })
      })
    }

    it('gives the same logits, loss and gradients: rates, by the positions of 4.49', () => {
      const old = loadModel(fixtures(name), { rope: '4.49' })
      scope(() => {
        const data = golden(file, 'rates')
        const inputs = inputsOf(data)
        const { positions } = ropeIndex(inputs, old.config, '4.49')
        expect([...positions]).toEqual(data.get('4.49.position_ids')?.numbers())
        expectCase(old, inputs, data.rows('labels') ?? [], golden(file, 'rates.4.49'))
      })
      old.dispose()
    })
  })
}
