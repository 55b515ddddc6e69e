/**
 * How generation goes on from its prefill, one token a step: in one native call for fp32 on the CPU
 * (`native/decode.cpp`), else through operators.
 */
import { engine } from '../../torch/engine.js'
import { contiguous, empty, narrow } from '../../torch/ops.js'
import { keep, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { cachedAttention } from './attention.js'
import type { KvCache } from './kv-cache.js'
import { weight } from './layers.js'
import type { Qwen2_5_VL } from './model.js'

/** A completion under way. */
export interface Row {
  /** Its place among all completions. */
  index: number
  prompt: number
  sample: number
  ids: number[]
  /** Position, on all axes, of the next token. */
  position: number
}

/** Logits of several rows: that of row i is line `lines[i]` of `logits` [.., V]. */
export interface Scores {
  logits: Tensor
  lines: Int32Array
}

export interface TokenSteps {
  /**
   * Feeds each row its last token and moves its position on. Rows of an earlier call that are missing have left
   * for good. What is returned is valid until the next call.
   */
  next(rows: readonly Row[]): Scores
  dispose(): void
}

/** What the prefill left, which the steps take over, and which of its places hold tokens. */
export interface Prefilled {
  /** For native steps no longer than the prompts, else with room for the answers. */
  cache: KvCache
  /** [P][length], 0 for padding; all ones if absent. */
  mask?: readonly ArrayLike<number>[]
}

/** Whether the native step can take this model. */
export function decodesNatively({ weights }: Qwen2_5_VL): boolean {
  for (const [name, value] of weights) {
    if (name.startsWith('visual.')) continue
    if (/\.lora_/.test(name) || value.dtype !== 'f32' || value.device !== 'cpu') return false
  }
  return true
}

const LAYER = [
  'input_layernorm.weight',
  'self_attn.q_proj.weight',
  'self_attn.q_proj.bias',
  'self_attn.k_proj.weight',
  'self_attn.k_proj.bias',
  'self_attn.v_proj.weight',
  'self_attn.v_proj.bias',
  'self_attn.o_proj.weight',
  'post_attention_layernorm.weight',
  'mlp.gate_proj.weight',
  'mlp.up_proj.weight',
  'mlp.down_proj.weight',
]

/** Weights where they lie; a prompt's keys once for all its samples; rows leave without a copy. */
export function nativeSteps(
  model: Qwen2_5_VL,
  { cache, mask }: Prefilled,
  rows: readonly Row[],
  limit: number,
): TokenSteps {
  const { config, decoder, head, weights } = model
  const of = (name: string): number => weight(weights, name).slot
  const visible = new Uint8Array(cache.rows * cache.length).fill(1)
  mask?.forEach((row, p) => {
    for (let i = 0; i < cache.length; i++) visible[p * cache.length + i] = row[i] === 0 ? 0 : 1
  })
  const handle = engine().decoderCreate({
    heads: config.num_attention_heads,
    keyHeads: config.num_key_value_heads,
    eps: config.rms_norm_eps,
    limit,
    weights: [
      of('model.embed_tokens.weight'),
      head.slot,
      of('model.norm.weight'),
      ...Array.from({ length: config.num_hidden_layers }, (_, i) =>
        LAYER.map((name) => of(`model.layers.${i}.${name}`)),
      ).flat(),
    ],
    keys: cache.keys.map(({ slot }) => slot),
    values: cache.values.map(({ slot }) => slot),
    owners: rows.map(({ prompt }) => prompt),
    visible,
    length: cache.length,
  })
  // The prompts' keys have been taken over, in an order that suits the steps.
  cache.dispose()
  const logits = keep(empty([rows.length, config.vocab_size]))
  return {
    next(going) {
      const { cos, sin } = decoder.rotaryAt(going.map((row) => row.position++))
      engine().decoderStep(
        handle,
        Int32Array.from(going, ({ index }) => index),
        Int32Array.from(going, ({ ids }) => ids[ids.length - 1]),
        cos,
        sin,
        logits.slot,
      )
      return { logits, lines: Int32Array.from(going.keys()) }
    },
    dispose() {
      engine().decoderFree(handle)
      logits.dispose()
    },
  }
}

/** Any element type and device, and adapters. Finished rows stay in the batch until they are a quarter of it. */
export function operatorSteps(
  model: Qwen2_5_VL,
  prefilled: Prefilled,
  all: readonly Row[],
  limit: number,
): TokenSteps {
  const { mask } = prefilled
  const capacity = prefilled.cache.length + limit
  const pick = (from: KvCache, lines: readonly number[]): KvCache => {
    const picked = scope(() => from.pick(tensor(lines, undefined, 'i32')))
    from.dispose()
    return picked
  }
  let { cache } = prefilled
  const owners = all.map(({ prompt }) => prompt)
  if (owners.some((prompt, i) => prompt !== i)) cache = pick(cache, owners)
  let padding = paddingBias(all, mask, capacity)
  /** Line of the cache by row. */
  let lineOf = new Map(all.map(({ index }, i) => [index, i]))
  let logits: Tensor | undefined
  return {
    next(rows) {
      logits?.dispose()
      const before = rows.map(({ index }) => lineOf.get(index) as number)
      if (rows.length <= 0.75 * cache.rows) {
        cache = pick(cache, before)
        padding.dispose()
        padding = paddingBias(rows, mask, capacity)
        lineOf = new Map(rows.map(({ index }, i) => [index, i]))
      }
      const lines = Int32Array.from(rows, ({ index }) => lineOf.get(index) as number)
      // Lines of finished rows get a dummy.
      const ids = new Int32Array(cache.rows)
      const at = new Array<number>(cache.rows).fill(0)
      rows.forEach((row, i) => {
        ids[lines[i]] = row.ids[row.ids.length - 1]
        at[lines[i]] = row.position++
      })
      logits = keep(
        scope(() => {
          const bias = contiguous(narrow(padding, 2, 0, cache.length + 1))
          const hidden = model.decoder.forward(
            model.embedText(ids),
            model.decoder.rotaryFor([...at, ...at, ...at]),
            cachedAttention(cache.rows, bias, cache),
          )
          cache.length++
          return model.logits(hidden)
        }),
      )
      return { logits, lines }
    },
    dispose() {
      logits?.dispose()
      cache.dispose()
      padding.dispose()
    },
  }
}

/** Bias [R, 1, capacity] that hides each prompt's padding. */
function paddingBias(rows: readonly Row[], mask: Prefilled['mask'], capacity: number): Tensor {
  const bias = new Float32Array(rows.length * capacity)
  rows.forEach(({ prompt }, r) => {
    const row = mask?.[prompt]
    if (row) for (let i = 0; i < row.length; i++) if (row[i] === 0) bias[r * capacity + i] = -1e30
  })
  return keep(tensor(bias, [rows.length, 1, capacity]))
}
