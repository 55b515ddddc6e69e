/**
 * What may attend to what, as a bias on attention scores: 0 where allowed, -1e30 elsewhere (finite, so that
 * rows of padding stay finite too).
 */
import { type Tensor, tensor } from '../../torch/tensor.js'

const BLOCKED = -1e30

/**
 * Causal attention that ignores padding: [1, 1, 1, S, S] without a mask, else [B, 1, 1, S, S].
 * @param mask [B][S], 1 for tokens
 */
export function causalBias(length: number, mask?: readonly ArrayLike<number>[]): Tensor {
  return mask
    ? treeBias(mask.map((row) => Array.from(row, (value) => (value ? 0 : PAD))))
    : treeBias([new Array<number>(length).fill(0)])
}

/** Marks padding in `treeBias`. */
export const PAD = -1

/**
 * Attention over a shared prefix and its branches: a token sees the earlier tokens of segment 0 (the
 * prefix) and of its own segment, so several questions about one picture, or several completions of one
 * prompt, share one row. Exactly what each branch alone would compute.
 * @param segments [B][S]: 0 prefix, 1.. branches, PAD padding
 * @returns [B, 1, 1, S, S]
 */
export function treeBias(segments: readonly ArrayLike<number>[]): Tensor {
  const [B, S] = [segments.length, segments[0].length]
  const bias = new Float32Array(B * S * S).fill(BLOCKED)
  for (let b = 0; b < B; b++) {
    const row = segments[b]
    for (let i = 0; i < S; i++) {
      const own = row[i]
      const base = (b * S + i) * S
      for (let j = 0; j <= i; j++) {
        const other = row[j]
        if (other === 0 || (other === own && other !== PAD)) bias[base + j] = 0
      }
      // Padding sees itself, so that its softmax has something to weigh.
      if (own === PAD) bias[base + i] = 0
    }
  }
  return tensor(bias, [B, 1, 1, S, S])
}
