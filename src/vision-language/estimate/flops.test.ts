/** Work: against products listed one by one for a small model, and against figures worked out for the 3B. */
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../config.js'
import type { GridThw } from '../window-index.js'
import {
  decoderFlops,
  forwardFlops,
  grpoAloneFlops,
  grpoSharedFlops,
  headFlops,
  trainFlops,
  visionFlops,
} from './flops.js'
import { publishedModel } from './published.js'
import { singleSample } from './row.js'

const tiny = parseConfig({
  model_type: 'qwen2_5_vl',
  hidden_size: 24,
  intermediate_size: 40,
  num_hidden_layers: 3,
  num_attention_heads: 3,
  num_key_value_heads: 1,
  vocab_size: 50,
  rope_scaling: { mrope_section: [2, 1, 1] },
  tie_word_embeddings: true,
  vision_config: {
    depth: 3,
    hidden_size: 16,
    num_heads: 2,
    intermediate_size: 20,
    patch_size: 4,
    window_size: 16,
    fullatt_block_indexes: [1],
    out_hidden_size: 24,
  },
})

/** [m, k] times [k, n]. */
const product = (m: number, k: number, n: number): number => 2 * m * k * n

describe('a small model, product by product', () => {
  it('decoder', () => {
    const [before, S] = [5, 7]
    let count = 0
    for (let layer = 0; layer < 3; layer++) {
      count += product(S, 24, 24) + 2 * product(S, 24, 8) + product(S, 24, 24)
      for (let token = 0; token < S; token++)
        for (let head = 0; head < 3; head++)
          // One query on the keys it sees, its shares on their values.
          count += product(1, 8, before + token + 1) + product(1, before + token + 1, 8)
      count += 2 * product(S, 24, 40) + product(S, 40, 24)
    }
    expect(decoderFlops(tiny, before, S)).toBe(count)
  })

  it('tower: windows of four units, one block over whole frames', () => {
    // Windows are 2 by 2 units of 2 by 2 patches. A video of two frames of 4 by 6 patches: per frame a window of
    // 4 units and one of 2; a picture of 2 by 4: one of 2.
    const grids: GridThw[] = [
      [2, 4, 6],
      [1, 2, 4],
    ]
    const windows = [16, 8, 16, 8, 8]
    const frames = [24, 24, 8]
    const N = 56
    let count = product(N, 3 * 2 * 4 * 4, 16)
    for (let block = 0; block < 3; block++) {
      count += product(N, 16, 48) + product(N, 16, 16) + 2 * product(N, 16, 20) + product(N, 20, 16)
      for (const n of block === 1 ? frames : windows)
        for (let head = 0; head < 2; head++) count += product(n, 8, n) + product(n, n, 8)
    }
    count += product(N / 4, 64, 64) + product(N / 4, 64, 24)
    expect(visionFlops(tiny, grids)).toBe(count)
  })

  it('a row with branches: the prefix once, each branch after it, logits of answers only', () => {
    const row = { grids: [[1, 2, 4]] as GridThw[], text: 3, branches: 2, question: 4, answer: 6 }
    const flops = forwardFlops(tiny, row)
    expect(flops.vision).toBe(visionFlops(tiny, row.grids))
    expect(flops.decoder).toBe(decoderFlops(tiny, 0, 5) + 2 * decoderFlops(tiny, 5, 10))
    expect(flops.head).toBe(product(12, 24, 50))
    expect(flops.total).toBe(flops.vision + flops.decoder + flops.head)
  })

  it('no pictures: no work for the tower', () => {
    expect(visionFlops(tiny, [])).toBe(0)
  })

  it('cutting a text in two costs as much as the whole', () => {
    expect(decoderFlops(tiny, 0, 4) + decoderFlops(tiny, 4, 9)).toBe(decoderFlops(tiny, 0, 13))
  })
})

describe('the 3B', () => {
  const config = publishedModel('Qwen2.5-VL-3B')?.config ?? expect.fail('unknown')
  const frame: GridThw = [1, 18, 26]
  const within = (value: number, expected: number, share = 0.03): void =>
    expect(Math.abs(value / expected - 1)).toBeLessThan(share)

  it('a token of text, of the head, of a picture', () => {
    within(decoderFlops(config, 0, 1), 5.55e9, 0.001)
    within(headFlops(config, 1), 0.622e9, 0.001)
    // Attention of a text of S tokens: 0.147 MFLOP times S for each of them.
    const S = 1500
    within(decoderFlops(config, 0, S) - S * decoderFlops(config, 0, 1), 0.147e6 * S * S, 0.005)
    within(visionFlops(config, [frame]) / 468, 1.3e9, 0.005)
    within(visionFlops(config, [frame]) / 117, 5.2e9, 0.005)
  })

  it('one picture, 250 tokens of question, 300 of answer', () => {
    const row = { ...singleSample([frame], 250, 300), branches: 8 }
    const F = forwardFlops(config, singleSample([frame], 250, 300)).total
    within(F, 4.5e12)
    const cost = { checkpointing: true, reference: true, iterations: 1 }
    within(grpoAloneFlops(config, row, { ...cost, frozenTower: false }), 27e12)
    within(grpoSharedFlops(config, row, { ...cost, frozenTower: true }), 13e12, 0.06)
  })

  it('eight pictures: sharing prompt and features saves three quarters', () => {
    const grids = Array.from({ length: 8 }, () => frame)
    const row = { ...singleSample(grids, 250, 300), branches: 8 }
    within(forwardFlops(config, singleSample(grids, 250, 300)).total, 13.3e12)
    const cost = { checkpointing: true, reference: true, iterations: 1 }
    const alone = grpoAloneFlops(config, row, { ...cost, frozenTower: false })
    within(alone, 80e12)
    const shared = grpoSharedFlops(config, row, { ...cost, frozenTower: true })
    within(alone / shared, 4.4, 0.07)
  })

  it('training: three forwards, four with checkpointing, one of the tower where it is frozen', () => {
    const row = singleSample([frame], 250, 300)
    const { vision, decoder, head, total } = forwardFlops(config, row)
    const step = (frozenTower: boolean, checkpointing: boolean): number =>
      trainFlops(config, row, { frozenTower, checkpointing })
    expect(step(false, false)).toBe(3 * total)
    expect(step(false, true)).toBe(4 * (vision + decoder) + 3 * head)
    expect(step(true, false)).toBe(vision + 3 * (decoder + head))
    // Adapters: no gradients of the weights.
    expect(trainFlops(config, row, { frozenTower: false, checkpointing: false, adapters: true })).toBe(
      vision + 2 * (decoder + head),
    )
  })

  it('GRPO: what each option adds', () => {
    const row = { ...singleSample([frame], 250, 300), branches: 4 }
    const plain = { frozenTower: false, checkpointing: false, reference: false, iterations: 1 }
    const one = { ...row, branches: 1 }
    const F = forwardFlops(config, one).total
    expect(grpoAloneFlops(config, row, plain)).toBe(4 * F)
    expect(grpoAloneFlops(config, row, { ...plain, reference: true })).toBe(5 * F)
    // A second update: the old policy scores, and the loss is computed again.
    expect(grpoAloneFlops(config, row, { ...plain, iterations: 2 })).toBe(8 * F)
    // Alone in its group a completion gains nothing from sharing.
    expect(grpoSharedFlops(config, one, plain)).toBe(4 * F)
    const frozen = { ...plain, frozenTower: true, reference: true }
    const { vision, decoder, head } = forwardFlops(config, row)
    expect(grpoSharedFlops(config, row, frozen)).toBeCloseTo((vision + 5 * (decoder + head)) / 4, -3)
  })
})
