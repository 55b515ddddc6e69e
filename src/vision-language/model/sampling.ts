/**
 * From logits to tokens: Hugging Face's order (repetition penalty, banned ids, temperature, top-k, top-p, min-p), one
 * uniform number per token. On the CPU one native pass (`native/sample.cpp`), elsewhere operators; both keep the same
 * tokens.
 */
import { engine } from '../../torch/engine.js'
import {
  argmax,
  cast,
  contiguous,
  cumsum,
  div,
  full,
  ge,
  indexSelect,
  le,
  maskedFill,
  mul,
  narrow,
  select,
  softmax,
  sortDescending,
  sub,
  sum,
  topk,
  unsqueeze,
  where,
} from '../../torch/ops.js'
import { type Tensor, tensor } from '../../torch/tensor.js'

export interface SamplingOptions {
  /** 0 takes the likeliest token. */
  temperature: number
  /** Keep the k likeliest; 0 keeps all. */
  top_k?: number
  /** Keep the smallest set whose probability reaches p; 1 keeps all. */
  top_p?: number
  /** Keep what is at least this share as likely as the likeliest; 0 keeps all. */
  min_p?: number
  /** Above 1 makes ids of the prompt and of the answer so far less likely; 1 changes nothing. */
  repetition_penalty?: number
}

/**
 * Transformers' repetition penalty: what was written before becomes less likely, by division where its logit is
 * positive and by multiplication where it is negative.
 * @param seen [R, V] bool
 */
export const penaliseRepetition = (logits: Tensor, seen: Tensor, penalty: number): Tensor =>
  where(seen, where(le(logits, 0), mul(logits, penalty), div(logits, penalty)), logits)

/** Logits with everything outside top-k, top-p and min-p at -inf, after temperature. */
export function shapeLogits(logits: Tensor, options: SamplingOptions): Tensor {
  const { min_p = 0, temperature, top_k = 0, top_p = 1 } = options
  let x = temperature === 1 ? logits : div(logits, temperature)
  if (top_k > 0 && top_k < x.shape[1]) {
    const [values] = topk(x, top_k, -1)
    x = where(ge(x, narrow(values, 1, top_k - 1, 1)), x, full([1], Number.NEGATIVE_INFINITY, 'f32', x.device))
  }
  if (top_p < 1) {
    const [sorted] = sortDescending(x, -1)
    const probabilities = softmax(sorted, -1)
    // A token stays while the mass before it is below p; the likeliest always does.
    const before = sub(cumsum(probabilities, -1), probabilities)
    const kept = maskedFill(sorted, ge(before, top_p), Number.POSITIVE_INFINITY)
    const smallest = unsqueeze(select(sortDescending(kept, -1)[0], 1, -1), 1)
    x = where(ge(x, smallest), x, full([1], Number.NEGATIVE_INFINITY, 'f32', x.device))
  }
  if (min_p > 0) {
    const shares = softmax(x, -1)
    const least = mul(narrow(sortDescending(shares, -1)[0], 1, 0, 1), min_p)
    x = where(ge(shares, least), x, full([1], Number.NEGATIVE_INFINITY, 'f32', x.device))
  }
  return x
}

/**
 * One token per row.
 * @param logits [R, V], fp32
 * @param uniforms R numbers in [0, 1): the row's place in its cumulative distribution
 * @returns [R] ids
 */
export function sampleTokens(
  logits: Tensor,
  options: SamplingOptions,
  uniforms: readonly number[],
): number[] {
  if (options.temperature === 0) return argmax(logits, -1).numbers()
  const cdf = cumsum(cast(softmax(shapeLogits(logits, options), -1), 'f64'), -1)
  const V = logits.shape[1]
  const total = narrow(cdf, 1, V - 1, 1)
  const wanted = tensor(uniforms, [uniforms.length, 1], 'f64', logits.device)
  // The first token whose cumulative share exceeds the draw.
  const below = sum(cast(le(div(cdf, total), wanted), 'i64'), [-1])
  return below.numbers().map((index) => Math.min(index, V - 1))
}

/** What a draw depends on beside the logits. */
export interface Draws {
  /** Row of the logits that each token comes from. */
  lines: Int32Array
  /** In [0, 1), one a token. */
  uniforms: Float64Array
  /** [V], 1 for ids that are never drawn. */
  banned: Uint8Array | null
  /** [tokens * V], 1 for ids that were written before; null without a repetition penalty. */
  seen: Uint8Array | null
}

/**
 * One token for each of `lines`.
 * @param logits [N, V]
 */
export function drawTokens(logits: Tensor, options: SamplingOptions, draws: Draws): ArrayLike<number> {
  const { banned, lines, seen, uniforms } = draws
  const { min_p = 0, repetition_penalty = 1, temperature, top_k = 0, top_p = 1 } = options
  const wide = contiguous(cast(logits, 'f32'))
  if (wide.device === 'cpu')
    return engine().sampleTokens(
      wide.slot,
      lines,
      uniforms,
      banned,
      seen,
      temperature,
      top_k,
      top_p,
      min_p,
      repetition_penalty,
    )
  return drawByOperators(wide, options, draws)
}

/** {@link drawTokens} where the logits are not on the CPU. */
export function drawByOperators(logits: Tensor, options: SamplingOptions, draws: Draws): number[] {
  const { banned, lines, seen, uniforms } = draws
  const [, V] = logits.shape
  const { device } = logits
  let x = indexSelect(logits, 0, tensor(lines, undefined, 'i32', device))
  if (seen)
    x = penaliseRepetition(
      x,
      tensor(seen, [lines.length, V], 'bool', device),
      options.repetition_penalty ?? 1,
    )
  if (banned) x = maskedFill(x, tensor(banned, [1, V], 'bool', device), Number.NEGATIVE_INFINITY)
  return sampleTokens(x, options, Array.from(uniforms))
}
