/** Memory of the 3B: the figures one works out by hand, and what follows from the options. */
import { describe, expect, it } from 'vitest'
import type { GridThw } from '../window-index.js'
import { activationBytes, chunkRows, type Layout, logitChunkBytes } from './activations.js'
import {
  cacheBytesPerToken,
  inferenceBytes,
  rolloutBytes,
  stateBytes,
  stateTotal,
  type TrainingPlan,
  trainingBytes,
} from './memory.js'
import { publishedModel } from './published.js'
import { singleSample } from './row.js'

const config = publishedModel('Qwen2.5-VL-3B')?.config ?? expect.fail('unknown')
const frame: GridThw = [1, 18, 26]
const plan: TrainingPlan = {
  precision: 'bf16',
  optim: 'adamw_torch',
  frozenTower: false,
  checkpointing: false,
  adapters: null,
}
const lora: Partial<TrainingPlan> = { frozenTower: true, adapters: { rank: 64 } }
const GB = (bytes: number): number => Number((bytes / 1e9).toFixed(1))

describe('weights, gradients and optimizer', () => {
  const total = (change: Partial<TrainingPlan>): number =>
    GB(stateTotal(stateBytes(config, { ...plan, ...change })))

  it.each([
    ['bf16 weights and gradients, fp32 masters and moments: 16 bytes a parameter', {}, 60.1],
    ['the same with a frozen tower: 2 and, of what is trained, 14 more', { frozenTower: true }, 50.7],
    ['fp32 throughout: 16 bytes as well', { precision: 'fp32' }, 60.1],
    ['LoRA of rank 64: 7.5 and 1.9', lora, 9.4],
  ] as [string, Partial<TrainingPlan>, number][])('%s', (_, change, expected) => {
    expect(total(change)).toBe(expected)
  })

  it('bf16 weights take 7.5 GB, a reference as much again, which LoRA does without', () => {
    const row = singleSample([frame], 250, 300)
    expect(GB(inferenceBytes(config, row, 2).weights)).toBe(7.5)
    expect(GB(trainingBytes(config, [row], plan, { reference: true }).reference)).toBe(7.5)
    expect(trainingBytes(config, [row], plan, { reference: false }).reference).toBe(0)
    expect(trainingBytes(config, [row], { ...plan, ...lora }, { reference: true }).reference).toBe(0)
  })

  it('Muon keeps one number for a matrix’s, AdamW two', () => {
    const adamw = stateBytes(config, { ...plan, precision: 'fp32' }).optimizer
    const muon = stateBytes(config, { ...plan, precision: 'fp32', optim: 'muon' }).optimizer
    const matrices = 32 * (4 * 1280 ** 2 + 3 * 1280 * 3420) + 5120 ** 2 + 5120 * 2048
    const layers = 36 * (2 * 2048 ** 2 + 2 * 256 * 2048 + 3 * 2048 * 11008)
    expect(adamw - muon).toBe(4 * (matrices + layers))
  })
})

describe('keys and values', () => {
  it('36 KiB a token, 56 in the 7B', () => {
    const seven = publishedModel('Qwen2.5-VL-7B')?.config ?? expect.fail('unknown')
    expect(cacheBytesPerToken(config, 2)).toBe(36_864)
    expect(cacheBytesPerToken(seven, 2)).toBe(57_344)
  })

  it('1,000 completions of 1,500 tokens: 55 GB', () => {
    const row = { ...singleSample([], 500, 1000), branches: 1000 }
    expect(Math.round(rolloutBytes(config, [row], 2).cache / 1e9)).toBe(55)
  })
})

describe('activations', () => {
  const layout: Layout = { bytes: 2, kernels: 'fused', frozenTower: false, checkpointing: false }
  const text = (tokens: number) => [{ ...singleSample([], tokens, 0), branches: 0 }]
  const perToken = (change: Partial<Layout>): number => {
    const at = (tokens: number): number => activationBytes(config, text(tokens), { ...layout, ...change })
    return at(2000) - at(1999)
  }

  it('about 3.5 MB a token without checkpointing, 147 kB and a layer’s with it', () => {
    expect(perToken({}) / 3.5e6).toBeGreaterThan(0.9)
    expect(perToken({}) / 3.5e6).toBeLessThan(1.1)
    const inputs = 36 * 2048 * 2
    expect(inputs).toBe(147_456)
    const layer = perToken({}) / 36
    expect(perToken({ checkpointing: true })).toBeGreaterThan(inputs)
    expect(perToken({ checkpointing: true })).toBeLessThan(inputs + 1.2 * layer)
  })

  it('about 1.4 MB a patch in the tower, none where it is frozen', () => {
    const picture = [singleSample(Array(8).fill(frame), 200, 0)]
    const at = (change: Partial<Layout>): number => activationBytes(config, picture, { ...layout, ...change })
    const perPatch = (at({}) - at({ frozenTower: true })) / (8 * 468)
    expect(perPatch / 1.4e6).toBeGreaterThan(0.9)
    expect(perPatch / 1.4e6).toBeLessThan(1.1)
    expect(at({ checkpointing: true })).toBeLessThan(0.15 * at({}))
  })

  it('a softmax that is kept counts every pair of every head in every layer', () => {
    const S = 1000
    const kept = activationBytes(config, text(S), { ...layout, kernels: 'native' })
    expect(kept - activationBytes(config, text(S), layout)).toBe(36 * 16 * S * S * 4)
  })

  it('kernels composed of operators keep fp32 copies, silu and two softmaxes more', () => {
    const S = 1000
    const more = activationBytes(config, text(S), { ...layout, kernels: 'composed' })
    const perToken = 2 * 2048 * (4 + 2) + 11008 * 2
    expect(more - activationBytes(config, text(S), layout)).toBe(36 * (S * perToken + 16 * S * S * 6))
  })

  it('adapters keep their inputs in fp32 where the weights keep them in bf16, and their rank for each of seven', () => {
    const S = 1000
    const more = activationBytes(config, text(S), { ...layout, adapters: 8 })
    const perToken = 4 * (6 * 2048 + 11008) - 2 * (3 * 2048 + 11008) + 7 * 4 * 8
    expect(more - activationBytes(config, text(S), layout)).toBe(36 * S * perToken)
  })

  it('a prefix that branches share is counted once', () => {
    const shared = activationBytes(config, [{ ...singleSample([frame], 250, 300), branches: 8 }], layout)
    const apart = activationBytes(config, Array(8).fill(singleSample([frame], 250, 300)), layout)
    expect(shared).toBeLessThan(0.7 * apart)
  })
})

describe('logits', () => {
  it('256 of Qwen’s vocabulary at a time, more of a small one', () => {
    expect(chunkRows(151_936)).toBe(256)
    expect(chunkRows(1446)).toBe(2900)
    // One copy in fp32: 0.16 GB.
    expect(GB(256 * 151_936 * 4)).toBe(0.2)
  })

  it('do not grow with the batch, but for the hidden states', () => {
    const [few, many] = [256, 8192].map((trained) => logitChunkBytes(config, trained, 2))
    expect(many - few).toBe(2 * (8192 - 256) * 2048 * 2)
    // Whole logits of 8 completions of 1,024 tokens take 15 GB with their gradients.
    expect(many).toBeLessThan(2e9)
    expect(logitChunkBytes(config, 0, 2)).toBe(0)
  })
})

describe('a step', () => {
  const rows = Array(16).fill(singleSample(Array(8).fill(frame), 100, 10))

  it('peaks in the backward pass; an update makes copies of a group of weights only', () => {
    const plain = trainingBytes(config, rows, plan)
    const lasting = plain.weights + plain.optimizer + plain.gradients
    expect(plain.peak).toBe(lasting + plain.activations + plain.logits)
    const saved = trainingBytes(config, rows, { ...plan, checkpointing: true })
    expect(saved.peak).toBe(lasting + saved.activations + saved.logits)
    // The embedding, its gradient widened and its denominator.
    expect(saved.update).toBe(8 * 311_164_928)
    expect(saved.activations).toBeLessThan(0.15 * plain.activations)
  })

  it('grows with rows; a frozen tower, LoRA and no reference save', () => {
    const peak = (change: Partial<TrainingPlan>, reference = true): number =>
      trainingBytes(config, rows, { ...plan, ...change }, { reference }).peak
    expect(trainingBytes(config, [...rows, ...rows], plan).activations).toBeGreaterThan(
      1.9 * trainingBytes(config, rows, plan).activations,
    )
    expect(peak({ frozenTower: true })).toBeLessThan(peak({}))
    const checkpointing = true
    expect(peak({ ...lora, checkpointing })).toBeLessThan(peak({ frozenTower: true, checkpointing }))
    expect(peak({}) - peak({}, false)).toBe(2 * 3_754_622_976)
  })
})
