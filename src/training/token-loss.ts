/**
 * Log-probabilities and losses of chosen tokens, in chunks: logits exist for a few hundred tokens at a time,
 * never for a whole batch. Backward goes through the head chunk by chunk and then once through the model.
 */
import { backward, noGrad } from '../torch/autograd.js'
import {
  cast,
  detach,
  div,
  exp,
  gather,
  indexSelect,
  logSoftmax,
  mul,
  narrow,
  neg,
  squeeze,
  sum,
  unsqueeze,
} from '../torch/ops.js'
import { scope, type Tensor, tensor } from '../torch/tensor.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Packed } from './pack.js'

/** Tokens of one chunk of logits: 256 of Qwen's vocabulary; of a smaller one as many as make 16 MB. */
const chunkRows = (vocabulary: number): number => Math.max(256, Math.floor((1 << 22) / vocabulary))

type Tokens = Pick<Packed, 'sources' | 'targets'>

const ids64 = (values: readonly number[]): Tensor => cast(tensor(values, undefined, 'i32'), 'i64')

function* chunks(count: number, vocabulary: number): Generator<[start: number, length: number]> {
  const rows = chunkRows(vocabulary)
  for (let start = 0; start < count; start += rows) yield [start, Math.min(rows, count - start)]
}

/**
 * fp32 log-probabilities [n] of the tokens, and the log-softmax [n, V] they come from.
 * @param temperature divides the logits: what was sampled at another than 1 is scored by the distribution it came from
 */
function logProbabilities(
  model: Qwen2_5_VL,
  rows: Tensor,
  targets: Tensor,
  temperature: number,
): { chosen: Tensor; all: Tensor } {
  const logits = cast(model.logits(rows), 'f32')
  const all = logSoftmax(temperature === 1 ? logits : div(logits, temperature), -1)
  return { chosen: squeeze(gather(all, 1, unsqueeze(targets, 1)), 1), all }
}

const pickRows = (hidden: Tensor, sources: readonly number[]): Tensor =>
  indexSelect(hidden, 0, ids64(sources))

/** Log-probability of every token, without gradients: for old and reference policies. */
export function scoreTokens(
  model: Qwen2_5_VL,
  hidden: Tensor,
  { sources, targets }: Tokens,
  temperature = 1,
): Float32Array {
  const out = new Float32Array(sources.length)
  noGrad(() =>
    scope(() => {
      const rows = pickRows(hidden, sources)
      for (const [start, length] of chunks(sources.length, model.config.vocab_size))
        scope(() => {
          const wanted = ids64(targets.slice(start, start + length))
          const part = narrow(rows, 0, start, length)
          out.set(logProbabilities(model, part, wanted, temperature).chosen.floats(), start)
        })
    }),
  )
  return out
}

export interface TokenLoss {
  /** Sum over chunks. */
  loss: number
  /** Log-probability of every token. */
  logp: Float32Array
  /** Mean entropy of the distributions, nats. */
  entropy: number
}

/**
 * Accumulates gradients of Σ chunkLoss into the model's parameters.
 * @param chunkLoss a scalar from the log-probabilities [n] of tokens `start ..`
 */
export function backwardTokens(
  model: Qwen2_5_VL,
  hidden: Tensor,
  { sources, targets }: Tokens,
  chunkLoss: (logp: Tensor, start: number) => Tensor,
  temperature = 1,
): TokenLoss {
  return scope(() => {
    const rows = pickRows(hidden, sources)
    const leaf = detach(rows).setRequiresGrad()
    const logp = new Float32Array(sources.length)
    let loss = 0
    let entropy = 0
    for (const [start, length] of chunks(sources.length, model.config.vocab_size))
      scope(() => {
        const wanted = ids64(targets.slice(start, start + length))
        const { chosen, all } = logProbabilities(model, narrow(leaf, 0, start, length), wanted, temperature)
        const value = chunkLoss(chosen, start)
        backward(value)
        loss += value.item()
        logp.set(detach(chosen).floats(), start)
        entropy += noGrad(() => neg(sum(mul(exp(all), all))).item())
      })
    const gradient = leaf.grad
    if (gradient) backward(rows, gradient)
    return { loss, logp, entropy: entropy / Math.max(1, sources.length) }
  })
}
