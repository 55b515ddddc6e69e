/** One token a step: the native pass against operators, and what it promises about rows beside one another. */
import { describe, expect, it } from 'vitest'
import { noGrad } from '../../torch/autograd.js'
import { scope, type Tensor } from '../../torch/tensor.js'
import { parseConfig } from '../config.js'
import { cachedAttention } from './attention.js'
import { causalBias } from './attention-bias.js'
import { KvCache } from './kv-cache.js'
import { freshModel } from './model.js'
import { nativeSteps, operatorSteps, type Row } from './token-steps.js'

/** Sizes that are no multiples of anything a kernel takes at once, and sizes that are. */
const SHAPES = [
  { hidden_size: 36, intermediate_size: 29, num_attention_heads: 3, num_key_value_heads: 1, vocab_size: 101 },
  {
    hidden_size: 64,
    intermediate_size: 112,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    vocab_size: 300,
  },
  {
    hidden_size: 192,
    intermediate_size: 512,
    num_attention_heads: 6,
    num_key_value_heads: 2,
    vocab_size: 1000,
  },
  {
    hidden_size: 128,
    intermediate_size: 96,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    vocab_size: 257,
  },
]

const modelOf = (shape: (typeof SHAPES)[number]) => {
  const half = shape.hidden_size / shape.num_attention_heads / 2
  return freshModel(
    parseConfig({
      model_type: 'qwen2_5_vl',
      ...shape,
      num_hidden_layers: 2,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      rope_scaling: { type: 'mrope', mrope_section: [half - 4, 2, 2] },
      tie_word_embeddings: true,
      initializer_range: 0.1,
      bos_token_id: 90,
      eos_token_id: 91,
      pad_token_id: 90,
      vision_start_token_id: 92,
      vision_end_token_id: 93,
      image_token_id: 95,
      video_token_id: 96,
      vision_config: {
        depth: 1,
        hidden_size: 16,
        num_heads: 2,
        intermediate_size: 16,
        out_hidden_size: shape.hidden_size,
      },
    }),
    3,
  )
}

const LENGTH = 37
/** Two prompts, the first with five places of padding. */
const prompts = {
  input_ids: [0, 1].map((p) => Array.from({ length: LENGTH }, (_, i) => (i * 17 + p * 5) % 90)),
  attention_mask: [0, 1].map((p) => Array.from({ length: LENGTH }, (_, i) => (p === 0 && i < 5 ? 0 : 1))),
}
const STEPS = 20

type Steps = typeof nativeSteps

/**
 * Logits of each row over several steps, each fed ids by rule.
 * @param owners prompt of each row
 * @param leaves step after which a row is no longer asked for
 */
function logitsOf(
  model: ReturnType<typeof modelOf>,
  make: Steps,
  owners: readonly number[],
  leaves: (row: number) => number = () => STEPS,
  asked: readonly number[] = [0, 1],
): number[][][] {
  return noGrad(() =>
    scope(() => {
      const input_ids = asked.map((p) => prompts.input_ids[p])
      const mask = asked.map((p) => prompts.attention_mask[p])
      const embeds = model.embedInputs({ input_ids })
      const room = make === nativeSteps ? 0 : STEPS
      const cache = KvCache.create(model.config, asked.length, LENGTH + room, embeds)
      const at = [0, 1, 2].flatMap(() => mask.flatMap((row) => row.map((_, i) => i)))
      model.decoder.forward(
        embeds,
        model.decoder.rotaryFor(at),
        cachedAttention(asked.length, causalBias(LENGTH, mask), cache),
      )
      cache.length = LENGTH
      const rows: Row[] = owners.map((prompt, index) => ({
        index,
        prompt,
        sample: 0,
        ids: [],
        position: LENGTH,
      }))
      const steps = make(model, { cache, mask }, rows, STEPS)
      const all: number[][][] = owners.map(() => [])
      for (let step = 0; step < STEPS; step++) {
        const going = rows.filter(({ index }) => step < leaves(index))
        for (const { ids, index } of going) ids.push((7 * step + 3 * owners[index] + index) % 90)
        const { lines, logits } = steps.next(going)
        const values = (logits as Tensor).floats()
        const V = model.config.vocab_size
        going.forEach(({ index }, i) => {
          all[index].push([...values.subarray(lines[i] * V, (lines[i] + 1) * V)])
        })
      }
      steps.dispose()
      return all
    }),
  )
}

describe.each(SHAPES)('the native step, hidden size $hidden_size', (shape) => {
  const model = modelOf(shape)
  const owners = [0, 0, 0, 1, 1, 0, 1]
  const leaves = (row: number): number => [STEPS, 3, STEPS, STEPS, 9, 4, STEPS][row]

  it('gives the logits of operators, also while rows leave', () => {
    const native = logitsOf(model, nativeSteps, owners, leaves)
    const composed = logitsOf(model, operatorSteps, owners, leaves)
    const gaps = native.flatMap((row, r) => {
      expect(row).toHaveLength(leaves(r))
      return row.flatMap((values, step) => values.map((x, i) => Math.abs(x - composed[r][step][i])))
    })
    const largest = Math.max(...composed.flat().map((values) => Math.max(...values.map(Math.abs))))
    expect(largest).toBeGreaterThan(0.1)
    expect(gaps.reduce((a, b) => Math.max(a, b))).toBeLessThan(1e-5)
  })

  it('gives a row the same bits alone as among others', () => {
    const together = logitsOf(model, nativeSteps, owners, leaves)
    // Row 0 alone is row 0 among seven: the same prompt, the same ids.
    expect(logitsOf(model, nativeSteps, [0])[0]).toEqual(together[0])
  })
})
