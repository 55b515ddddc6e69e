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
import type { GridThw } from '../window-index.js'
import { loadModel, type ModelInputs, type Qwen2_5_VL } from './model.js'

const fixtures = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))
const CASES = ['text', 'image', 'images', 'video', 'videos', 'both', 'padded'] as const

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

for (const name of ['tiny', 'tiny-tied']) {
  describe(`a checkpoint written by transformers (${name})`, () => {
    const model: Qwen2_5_VL = loadModel(fixtures(name), { rope: '5.x' })
    const file = `${fixtures(name)}/golden.safetensors`
    for (const each of CASES) {
      it(`gives the same logits, loss and gradients: ${each}`, () => {
        const parameters = [...model.weights.values()].map((weight) => weight.setRequiresGrad())
        scope(() => {
          const data = golden(file, each)
          const inputs = inputsOf(data)
          const { logits } = model.forward(inputs)
          const expected = data.get('logits') as Tensor
          expect(logits.shape).toEqual(expected.shape)
          const mask = inputs.attention_mask ?? inputs.input_ids.map((row) => Array.from(row, () => 1))
          expect(largestDifference(logits, expected, mask)).toBeLessThanOrEqual(1e-5)
          const loss = lossOf(logits, data.rows('labels') ?? [])
          expect(Math.abs(loss.item() - (data.get('loss') as Tensor).item())).toBeLessThan(1e-5)
          backward(loss)
          const norms = new Map<string, [number, number]>()
          for (const [key, weight] of model.weights) {
            const wanted = data.get(`gradient_norm.${key}`)?.item() ?? 0
            const got = l2(weight.grad?.floats() ?? [0])
            norms.set(key, [got, wanted])
          }
          const all = l2([...norms.values()].map(([, wanted]) => wanted))
          for (const [key, [got, wanted]] of norms)
            expect(Math.abs(got - wanted), key).toBeLessThanOrEqual(1e-4 * Math.max(wanted, 1e-3 * all))
        })
        clearGradients(parameters)
      })
    }

    it('gives the same gradient in every element (image and video in one text)', () => {
      const parameters = [...model.weights.values()].map((weight) => weight.setRequiresGrad())
      scope(() => {
        const data = golden(file, 'both')
        backward(lossOf(model.forward(inputsOf(data)).logits, data.rows('labels') ?? []))
        const wanted = readSafetensors(`${fixtures(name)}/gradients.safetensors`)
        expect([...wanted.keys()].sort()).toEqual([...model.weights.keys()].sort())
        const all = l2([...wanted.values()].map((g) => l2(g.floats())))
        for (const [key, gradient] of wanted) {
          const reference = gradient.floats()
          const ours = model.weights.get(key)?.grad?.floats() ?? new Float32Array(reference.length)
          const difference = l2(ours.map((value, i) => value - reference[i]))
          expect(difference, key).toBeLessThanOrEqual(1e-5 * Math.max(l2(reference), 1e-6 * all))
        }
      })
      clearGradients(parameters)
    })
  })
}
