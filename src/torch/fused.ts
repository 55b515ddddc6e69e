/**
 * Pieces of a transformer block as one native pass each for fp32 on the CPU: those bound by memory
 * (`native/fused.cpp`) and attention (`native/attention.cpp`). Elsewhere they are composed from operators.
 * Both give the same numbers to rounding.
 */
import { engine } from './engine.js'
import {
  add,
  bmm,
  cast,
  cat,
  chunk,
  contiguous,
  mean,
  mul,
  permute,
  pow,
  reshape,
  rsqrt,
  silu,
  softmax,
  sub,
  transpose,
  unsqueeze,
  view,
} from './ops.js'
import { Tensor } from './tensor.js'

const native = (x: Tensor): boolean => x.dtype === 'f32' && x.device === 'cpu'

/** RMSNorm over the last dimension: normalised in fp32, cast back, then scaled (transformers' order). */
export function rmsNorm(x: Tensor, scale: Tensor, eps: number): Tensor {
  if (native(x)) return new Tensor(engine().rmsNorm(x.slot, scale.slot, eps), 'rmsNorm')
  const wide = cast(x, 'f32')
  const normalised = mul(wide, rsqrt(add(mean(pow(wide, 2), [-1], true), eps)))
  return mul(cast(normalised, x.dtype), scale)
}

/**
 * Rotary embedding in the half-split layout: channel c of D turns with channel c + D/2.
 * @param x [N, heads, D]
 * @param cos, sin [N, D/2], fp32
 */
export function rotate(x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  if (native(x)) return new Tensor(engine().rotate(x.slot, cos.slot, sin.slot), 'rotate')
  const [low, high] = chunk(x, 2, -1)
  const [c, s] = [unsqueeze(cast(cos, x.dtype), 1), unsqueeze(cast(sin, x.dtype), 1)]
  return cat([sub(mul(low, c), mul(high, s)), add(mul(high, c), mul(low, s))], -1)
}

/** silu(gate) * up, of equal shapes. */
export const gated = (gate: Tensor, up: Tensor): Tensor =>
  native(gate) ? new Tensor(engine().gated(gate.slot, up.slot), 'gated') : mul(silu(gate), up)

/**
 * softmax(scale * scores + bias) over the last dimension, in fp32.
 * @param scores [R, heads, T, S]
 * @param bias [R or 1, T, S], fp32; no gradient flows into it
 */
export function biasedSoftmax(scores: Tensor, bias: Tensor | null, scale: number): Tensor {
  if (native(scores))
    // The native pass reads the bias row after row: a part of a wider one is copied first.
    return new Tensor(
      engine().biasedSoftmax(scores.slot, bias ? contiguous(bias).slot : null, scale),
      'biasedSoftmax',
    )
  const wide = mul(cast(scores, 'f32'), scale)
  return cast(softmax(bias ? add(wide, unsqueeze(bias, 1)) : wide, -1), scores.dtype)
}

/**
 * softmax(scale * q kᵀ + bias) v. Query heads that share a key head are its neighbours.
 * Shape letters: B rows, S queries, T keys, h query heads, K key heads (h a multiple), D head size.
 * @param q [B, S, h, D]
 * @param k [B, K, T, D], and v: also as a part of a longer cache
 * @param bias [B or 1, S, T], fp32; no gradient flows into it
 * @returns [B, S, h * D]
 */
export function attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | null, scale: number): Tensor {
  const mask = bias ? contiguous(bias) : null
  if (native(q))
    return new Tensor(engine().attend(q.slot, k.slot, v.slot, mask?.slot ?? null, scale), 'attend')
  return attendWithShares(q, k, v, mask, scale).mixed
}

/** As {@link attend}, with the shares themselves: [B, h, S, T], of the type of q. */
export function attendWithShares(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  bias: Tensor | null,
  scale: number,
): { mixed: Tensor; shares: Tensor } {
  const [B, S, h, D] = q.shape
  const [, K, T] = k.shape
  const g = h / K
  const queries = reshape(permute(view(q, [B, S, K, g, D]), [0, 2, 3, 1, 4]), [B * K, g * S, D])
  const scores = view(bmm(queries, transpose(reshape(k, [B * K, T, D]), 1, 2)), [B, h, S, T])
  const shares = biasedSoftmax(scores, bias && contiguous(bias), scale)
  const mixed = view(bmm(view(shares, [B * K, g * S, T]), reshape(v, [B * K, T, D])), [B, K, g, S, D])
  return { mixed: reshape(permute(mixed, [0, 3, 1, 2, 4]), [B, S, h * D]), shares }
}
