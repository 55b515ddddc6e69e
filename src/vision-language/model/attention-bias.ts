/**
 * What may attend to what, as a bias on attention scores: 0 where allowed, -1e30 elsewhere (finite, so that
 * rows of padding stay finite too).
 */
import { type Tensor, tensor } from '../../torch/tensor.js'

const BLOCKED = -1e30

/**
 * Causal attention that ignores padding: [1, S, S] without a mask, else [B, S, S].
 * @param mask [B][S], 1 for tokens
 */
export function causalBias(length: number, mask?: readonly ArrayLike<number>[]): Tensor {
  const rows = mask?.length ?? 1
  const bias = new Float32Array(rows * length * length).fill(BLOCKED)
  for (let b = 0; b < rows; b++)
    for (let i = 0; i < length; i++) {
      const base = (b * length + i) * length
      for (let j = 0; j <= i; j++) if (!mask || mask[b][j]) bias[base + j] = 0
    }
  return tensor(bias, [rows, length, length])
}

/**
 * Rows of `width` tokens that follow `room` places for earlier ones: token i of a row sees the first `before`
 * of those places and its own row up to itself. Padding sees the same, and nobody reads it.
 * @returns [rows, width, room + width]
 */
export function rowBias(
  rows: readonly { before: number; own: number }[],
  room: number,
  width: number,
): Tensor {
  const total = room + width
  const bias = new Float32Array(rows.length * width * total).fill(BLOCKED)
  rows.forEach(({ before, own }, r) => {
    for (let i = 0; i < width; i++) {
      const base = (r * width + i) * total
      bias.fill(0, base, base + before)
      bias.fill(0, base + room, base + room + Math.min(i + 1, own))
    }
  })
  return tensor(bias, [rows.length, width, total])
}
