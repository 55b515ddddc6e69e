/**
 * Generation: one prefill for the prompts, the cache forked to the samples of each prompt, then one token a
 * step for all rows; rows that are finished leave the batch. The draw of a token depends only on its
 * counters, so an answer does not change with its batch-mates.
 */
import { hashUniform } from '../../common/random.js'
import { noGrad } from '../../torch/autograd.js'
import { cast, contiguous, indexSelect, maskedFill, narrow, select, view } from '../../torch/ops.js'
import { keep, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { eosTokenIds } from '../config.js'
import { ropeIndex } from '../rope-index.js'
import { cachedAttention } from './attention.js'
import { causalBias } from './attention-bias.js'
import { KvCache } from './kv-cache.js'
import type { ModelInputs, Qwen2_5_VL } from './model.js'
import { markSeen, penaliseRepetition, type SamplingOptions, sampleTokens } from './sampling.js'

export interface GenerateOptions extends SamplingOptions {
  max_new_tokens: number
  /** Above 1 makes ids of the prompt and of the answer so far less likely; 1 changes nothing. */
  repetition_penalty?: number
  /** Ids that end an answer; those of the model's config if not given. */
  stop?: readonly number[]
  /** Completions per prompt. */
  samples?: number
  /** Never sampled, e.g. vision placeholders. */
  banned?: readonly number[]
  /** Counters of each prompt's draws, e.g. [seed, step, prompt]; sample and token follow. */
  counters?: readonly (readonly number[])[]
  /** Told each id as soon as it is drawn. */
  onToken?: (id: number, prompt: number, sample: number) => void
}

export interface Completion {
  /** Ends with the end-of-text id unless cut off. */
  ids: number[]
  finished: boolean
}

/** Rows of ids made as long as the longest: on the left to generate, on the right to train. */
export function padded(
  rows: readonly number[][],
  pad: number,
  side: 'left' | 'right' = 'left',
): { input_ids: number[][]; attention_mask: number[][] } {
  const length = Math.max(...rows.map((ids) => ids.length))
  const widened = (ids: readonly number[], fill: number): number[] => {
    const padding = new Array<number>(length - ids.length).fill(fill)
    return side === 'left' ? [...padding, ...ids] : [...ids, ...padding]
  }
  return {
    input_ids: rows.map((ids) => widened(ids, pad)),
    attention_mask: rows.map((ids) =>
      widened(
        ids.map(() => 1),
        0,
      ),
    ),
  }
}

interface Row {
  prompt: number
  sample: number
  ids: number[]
  /** Position, on all axes, of the next token. */
  position: number
}

/**
 * @param inputs prompts of equal length, padded on the left
 * @returns completions [prompt][sample]
 */
export function generate(model: Qwen2_5_VL, inputs: ModelInputs, options: GenerateOptions): Completion[][] {
  // What lives longer than a step is freed here, also when a step fails.
  const held: { dispose(): void }[] = []
  const hold: Hold = (one) => {
    held.push(one)
    return one
  }
  try {
    return noGrad(() => run(model, inputs, options, hold))
  } finally {
    for (const one of held) one.dispose()
  }
}

/** Notes what has to be freed in the end; freeing it earlier is fine. */
type Hold = <T extends { dispose(): void }>(one: T) => T

function run(model: Qwen2_5_VL, inputs: ModelInputs, options: GenerateOptions, hold: Hold): Completion[][] {
  const { samples = 1, max_new_tokens: limit, repetition_penalty: penalty = 1 } = options
  const { config } = model
  const prompts = inputs.input_ids.length
  const length = inputs.input_ids[0].length
  const { positions, next } = ropeIndex(inputs, config, model.rope)
  const ends = new Set(options.stop ?? eosTokenIds(config))
  const bannedMask = options.banned?.length ? hold(keep(maskOf(options.banned, config.vocab_size))) : null

  // Prefill: one row a prompt.
  const prompt = scope(() => {
    const embeds = model.embedInputs(inputs)
    const cache = hold(KvCache.create(config, prompts, length + limit, embeds))
    const attend = cachedAttention(prompts, causalBias(length, inputs.attention_mask), cache)
    const hidden = model.decoder.forward(embeds, model.decoder.rotaryFor(positions), attend)
    cache.length = length
    const last = select(view(hidden, [prompts, length, config.hidden_size]), 1, length - 1)
    return { cache, last: model.logits(last) }
  })
  let rows: Row[] = Array.from({ length: prompts * samples }, (_, i) => {
    const p = Math.floor(i / samples)
    return { prompt: p, sample: i % samples, ids: [], position: next[p] }
  })
  const results: Completion[][] = Array.from({ length: prompts }, () => [])
  let cache = prompt.cache
  let logits = hold(keep(prompt.last))
  if (samples > 1) {
    const owners = rows.map((row) => row.prompt)
    cache = hold(scope(() => prompt.cache.pick(rowIds(owners))))
    logits = hold(keep(scope(() => indexSelect(prompt.last, 0, rowIds(owners)))))
    prompt.cache.dispose()
    prompt.last.dispose()
  }
  let padding = hold(paddingBias(rows, inputs, length + limit))
  const seenNow = (): Tensor | null =>
    penalty === 1 ? null : hold(keep(seenIds(rows, inputs, config.vocab_size)))
  let seen = seenNow()
  /** Which batch row of the cache each unfinished row has; equal to its index right after a compaction. */
  let slots = rows.map((_, i) => i)

  for (let step = 0; step < limit && rows.length > 0; step++) {
    const tokens = scope(() => {
      const wide = cast(logits, 'f32')
      const penalised = seen ? penaliseRepetition(wide, seen, penalty) : wide
      const masked = bannedMask ? maskedFill(penalised, bannedMask, Number.NEGATIVE_INFINITY) : penalised
      const uniforms: number[] = new Array(masked.shape[0]).fill(0)
      rows.forEach((row, i) => {
        uniforms[slots[i]] = hashUniform(...(options.counters?.[row.prompt] ?? [0]), row.sample, step)
      })
      return sampleTokens(masked, options, uniforms)
    })
    logits.dispose()
    const going: number[] = []
    rows.forEach((row, i) => {
      const id = tokens[slots[i]]
      row.ids.push(id)
      options.onToken?.(id, row.prompt, row.sample)
      if (ends.has(id) || step === limit - 1)
        results[row.prompt][row.sample] = { ids: row.ids, finished: ends.has(id) }
      else going.push(i)
    })
    rows = going.map((i) => rows[i])
    slots = going.map((i) => slots[i])
    if (rows.length === 0) break
    const batch = cache.rows
    if (rows.length <= 0.75 * batch) {
      const wide = cache
      cache = hold(scope(() => wide.pick(rowIds(slots))))
      wide.dispose()
      padding.dispose()
      padding = hold(paddingBias(rows, inputs, length + limit))
      slots = rows.map((_, i) => i)
      seen?.dispose()
      seen = seenNow()
    } else if (seen) {
      const marked = seen
      scope(() => markSeen(marked, tokens))
    }
    logits = hold(keep(scope(() => decode(model, cache, padding, rows, slots))))
  }
  return results
}

/** Logits [R, V] after feeding every row its last token; batch rows that are finished get a dummy. */
function decode(model: Qwen2_5_VL, cache: KvCache, padding: Tensor, rows: Row[], slots: number[]): Tensor {
  const ids = new Int32Array(cache.rows)
  const at = new Array<number>(cache.rows).fill(0)
  rows.forEach((row, i) => {
    ids[slots[i]] = row.ids[row.ids.length - 1]
    at[slots[i]] = row.position++
  })
  const bias = contiguous(narrow(padding, 2, 0, cache.length + 1))
  const attend = cachedAttention(cache.rows, bias, cache)
  const hidden = model.decoder.forward(
    model.embedText(ids),
    model.decoder.rotaryFor([...at, ...at, ...at]),
    attend,
  )
  cache.length++
  return model.logits(hidden)
}

/** Bias [R, 1, capacity] that hides each prompt's padding. */
function paddingBias(rows: Row[], inputs: ModelInputs, capacity: number): Tensor {
  const bias = new Float32Array(rows.length * capacity)
  rows.forEach((row, r) => {
    const mask = inputs.attention_mask?.[row.prompt]
    if (mask) for (let i = 0; i < mask.length; i++) if (mask[i] === 0) bias[r * capacity + i] = -1e30
  })
  return keep(tensor(bias, [rows.length, 1, capacity]))
}

/** [R, V]: what each row has in its prompt, padding aside, and its answer so far. */
function seenIds(rows: Row[], inputs: ModelInputs, size: number): Tensor {
  const seen = new Uint8Array(rows.length * size)
  rows.forEach(({ prompt, ids }, r) => {
    const mask = inputs.attention_mask?.[prompt]
    const given = inputs.input_ids[prompt]
    for (let i = 0; i < given.length; i++) if (mask?.[i] !== 0) seen[r * size + given[i]] = 1
    for (const id of ids) seen[r * size + id] = 1
  })
  return tensor(seen, [rows.length, size], 'bool')
}

const rowIds = (rows: readonly number[]): Tensor => tensor(rows, undefined, 'i32')

function maskOf(ids: readonly number[], size: number): Tensor {
  const mask = new Uint8Array(size)
  for (const id of ids) mask[id] = 1
  return tensor(mask, [1, size], 'bool')
}
