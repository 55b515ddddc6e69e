/**
 * Generation: one prefill for the prompts, whose keys and values serve all samples of each, then one token a step
 * for all rows; rows that are finished leave. The draw of a token depends only on its counters, so an answer does not
 * change with its batch-mates.
 */
import { hashUniform } from '../../common/random.js'
import { noGrad } from '../../torch/autograd.js'
import { keep, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { eosTokenIds } from '../config.js'
import { ropeIndex } from '../rope-index.js'
import { cachedAttention } from './attention.js'
import { causalBias } from './attention-bias.js'
import { KvCache } from './kv-cache.js'
import type { ModelInputs, Qwen2_5_VL } from './model.js'
import { drawTokens, type SamplingOptions } from './sampling.js'
import { decodesNatively, nativeSteps, operatorSteps, type Row, type Scores } from './token-steps.js'

export interface GenerateOptions extends SamplingOptions {
  max_new_tokens: number
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
  const V = config.vocab_size
  const prompts = inputs.input_ids.length
  const { next } = ropeIndex(inputs, config, model.rope)
  const ends = new Set(options.stop ?? eosTokenIds(config))
  const banned = options.banned?.length ? flags(V, options.banned) : null
  let rows: Row[] = Array.from({ length: prompts * samples }, (_, index) => {
    const prompt = Math.floor(index / samples)
    return { index, prompt, sample: index % samples, ids: [], position: next[prompt] }
  })
  const results: Completion[][] = Array.from({ length: prompts }, () => [])

  const native = decodesNatively(model)
  const { cache, last } = prefill(model, inputs, native ? 0 : limit, hold)
  const steps = hold(
    (native ? nativeSteps : operatorSteps)(model, { cache, mask: inputs.attention_mask }, rows, limit),
  )
  const seen = penalty === 1 ? null : rows.map((row) => flags(V, promptIds(inputs, row.prompt)))
  let scores: Scores = { logits: last, lines: Int32Array.from(rows, ({ prompt }) => prompt) }
  for (let step = 0; ; step++) {
    const ids = scope(() =>
      drawTokens(scores.logits, options, {
        lines: scores.lines,
        uniforms: Float64Array.from(rows, ({ prompt, sample }) =>
          hashUniform(...(options.counters?.[prompt] ?? [0]), sample, step),
        ),
        banned,
        seen: seen && joined(rows.map(({ index }) => seen[index])),
      }),
    )
    rows = rows.filter((row, i) => {
      const id = ids[i]
      row.ids.push(id)
      if (seen) seen[row.index][id] = 1
      options.onToken?.(id, row.prompt, row.sample)
      const ended = ends.has(id)
      if (!ended && step < limit - 1) return true
      results[row.prompt][row.sample] = { ids: row.ids, finished: ended }
      return false
    })
    if (rows.length === 0) return results
    scores = steps.next(rows)
  }
}

/** One row a prompt: its keys and values, with room for `room` more tokens, and the logits of its last token [P, V]. */
function prefill(
  model: Qwen2_5_VL,
  inputs: ModelInputs,
  room: number,
  hold: Hold,
): { cache: KvCache; last: Tensor } {
  const { config } = model
  const prompts = inputs.input_ids.length
  const length = inputs.input_ids[0].length
  return scope(() => {
    const { positions } = ropeIndex(inputs, config, model.rope)
    const embeds = model.embedInputs(inputs)
    const cache = hold(KvCache.create(config, prompts, length + room, embeds))
    const attend = cachedAttention(prompts, causalBias(length, inputs.attention_mask), cache)
    const last = tensor(
      Array.from({ length: prompts }, (_, p) => (p + 1) * length - 1),
      undefined,
      'i32',
    )
    const hidden = model.decoder.forward(embeds, model.decoder.rotaryFor(positions), attend, null, last)
    cache.length = length
    return { cache, last: hold(keep(model.logits(hidden))) }
  })
}

/** What a prompt is made of, padding aside. */
const promptIds = ({ attention_mask, input_ids }: ModelInputs, prompt: number): number[] =>
  Array.from(input_ids[prompt]).filter((_, i) => attention_mask?.[prompt][i] !== 0)

function flags(size: number, ids: readonly number[]): Uint8Array {
  const set = new Uint8Array(size)
  for (const id of ids) set[id] = 1
  return set
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [{ length }] = parts
  const all = new Uint8Array(parts.length * length)
  parts.forEach((part, i) => {
    all.set(part, i * length)
  })
  return all
}
