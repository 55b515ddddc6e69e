/**
 * From logits to tokens: Hugging Face's order (repetition penalty, temperature, top-k, top-p), one uniform
 * number per token.
 */
import { inplace } from '../../torch/operator.js'
import {
  argmax,
  cast,
  cumsum,
  div,
  full,
  ge,
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
}

/**
 * Transformers' repetition penalty: what was written before becomes less likely, by division where its logit is
 * positive and by multiplication where it is negative.
 * @param seen [R, V] bool
 */
export const penaliseRepetition = (logits: Tensor, seen: Tensor, penalty: number): Tensor =>
  where(seen, where(le(logits, 0), mul(logits, penalty), div(logits, penalty)), logits)

const scatter_ = inplace('scatter_.value')

/** Marks one more id per row in `seen` [R, V]. */
export const markSeen = (seen: Tensor, ids: readonly number[]): void =>
  scatter_(seen, 1, cast(tensor(ids, [ids.length, 1], 'i32'), 'i64'), 1)

/** Logits with everything outside top-k and top-p at -inf, after temperature. */
export function shapeLogits(logits: Tensor, options: SamplingOptions): Tensor {
  const { temperature, top_k = 0, top_p = 1 } = options
  let x = temperature === 1 ? logits : div(logits, temperature)
  if (top_k > 0 && top_k < x.shape[1]) {
    const [values] = topk(x, top_k, -1)
    x = where(ge(x, narrow(values, 1, top_k - 1, 1)), x, full([1], Number.NEGATIVE_INFINITY))
  }
  if (top_p < 1) {
    const [sorted] = sortDescending(x, -1)
    const probabilities = softmax(sorted, -1)
    // A token stays while the mass before it is below p; the likeliest always does.
    const before = sub(cumsum(probabilities, -1), probabilities)
    const kept = maskedFill(sorted, ge(before, top_p), Number.POSITIVE_INFINITY)
    const smallest = unsqueeze(select(sortDescending(kept, -1)[0], 1, -1), 1)
    x = where(ge(x, smallest), x, full([1], Number.NEGATIVE_INFINITY))
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
  const wanted = tensor(uniforms, [uniforms.length, 1], 'f64')
  // The first token whose cumulative share exceeds the draw.
  const below = sum(cast(le(div(cdf, total), wanted), 'i64'), [-1])
  return below.numbers().map((index) => Math.min(index, V - 1))
}
