/**
 * Ways for tokens to attend to one another, for `Decoder.forward`.
 * Shape letters: B rows, S new tokens a row, T all tokens a row, h query heads, K key/value heads, g = h / K,
 * D head size.
 */
import { attend, attendWithShares } from '../../torch/fused.js'
import { cat, copy_, indexSelect, narrow, permute, reshape, view } from '../../torch/ops.js'
import { keep, type Tensor, tensor } from '../../torch/tensor.js'
import { rowBias } from './attention-bias.js'
import type { Attention } from './decoder.js'
import type { KvCache } from './kv-cache.js'

/** q [B, S, h, D] on k, v [B, K, T, D] -> [B, S, h * D]; bias [B or 1, S, T]. */
const mix = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor): Tensor =>
  attend(q, k, v, bias, q.shape[3] ** -0.5)

/** [B * S, n, D] -> [B, n, S, D]. */
const rowsOf = (x: Tensor, B: number): Tensor => {
  const [N, n, D] = x.shape
  return permute(view(x, [B, N / B, n, D]), [0, 2, 1, 3])
}

/** Whole rows of equal length: token i of row b is number b * S + i. */
export const denseAttention =
  (rows: number, bias: Tensor): Attention =>
  (q, k, v) => {
    const [N, h, D] = q.shape
    return view(mix(view(q, [rows, N / rows, h, D]), rowsOf(k, rows), rowsOf(v, rows), bias), [N, h * D])
  }

/** As {@link denseAttention}; the weights of each layer [B, h, S, S] are kept in `shares`. */
export const watchedAttention =
  (rows: number, bias: Tensor, shares: Tensor[]): Attention =>
  (q, k, v, layer) => {
    const [N, h, D] = q.shape
    const queries = view(q, [rows, N / rows, h, D])
    const result = attendWithShares(queries, rowsOf(k, rows), rowsOf(v, rows), bias, D ** -0.5)
    shares[layer] = keep(result.shares)
    return view(result.mixed, [N, h * D])
  }

/**
 * As {@link denseAttention}, after the tokens in `cache`, which gets these too (the caller advances its length). There
 * may be fewer queries than keys: those of each row's last tokens.
 */
export const cachedAttention =
  (rows: number, bias: Tensor, cache: KvCache): Attention =>
  (q, k, v, layer) => {
    const [N, h, D] = q.shape
    const S = k.shape[0] / rows
    const queries = N / rows
    const end = cache.length + S
    copy_(narrow(cache.keys[layer], 2, cache.length, S), rowsOf(k, rows))
    copy_(narrow(cache.values[layer], 2, cache.length, S), rowsOf(v, rows))
    const [allKeys, allValues] = [cache.keys[layer], cache.values[layer]].map((x) => narrow(x, 2, 0, end))
    const own = queries === S ? bias : narrow(bias, 1, S - queries, queries)
    return view(mix(view(q, [rows, queries, h, D]), allKeys, allValues, own), [N, h * D])
  }

export interface BranchLayout {
  /** Tokens of each prefix; they come first in the flat list, prefix by prefix. */
  prefixes: readonly number[]
  /** Branches after them, in order: their tokens and the prefix they continue. */
  branches: readonly { length: number; prefix: number }[]
}

/**
 * Shared prefixes and the branches that continue them: a branch sees its prefix and itself, so it computes
 * exactly what it would compute alone, and the prefix is computed once.
 */
export function branchAttention({ prefixes, branches }: BranchLayout): Attention {
  const ids = (values: readonly number[]): Tensor => tensor(values, undefined, 'i32')
  const B = prefixes.length
  const P = Math.max(...prefixes)
  const R = branches.length
  const L = Math.max(1, ...branches.map(({ length }) => length))
  // Where each token of the flat list lies in the padded rows, and which token fills each padded place.
  const places: number[] = []
  const lay = (lengths: readonly number[], width: number, offset: number): Tensor => {
    const fill: number[] = []
    for (const [row, length] of lengths.entries())
      for (let i = 0; i < width; i++) {
        fill.push(i < length ? places.length : 0)
        if (i < length) places.push(offset + row * width + i)
      }
    return ids(fill)
  }
  const fromPrefixes = lay(prefixes, P, 0)
  const fromBranches =
    R > 0
      ? lay(
          branches.map(({ length }) => length),
          L,
          B * P,
        )
      : null
  const home = ids(places)
  const prefixBias = rowBias(
    prefixes.map((length) => ({ before: 0, own: length })),
    0,
    P,
  )
  const branchBias = rowBias(
    branches.map(({ length, prefix }) => ({ before: prefixes[prefix], own: length })),
    P,
    L,
  )
  const owner = ids(branches.map(({ prefix }) => prefix))
  return (q, k, v) => {
    const [, h, D] = q.shape
    const padded = (x: Tensor, from: Tensor, rows: number): Tensor => rowsOf(indexSelect(x, 0, from), rows)
    const queries = (from: Tensor, rows: number, width: number): Tensor =>
      view(indexSelect(q, 0, from), [rows, width, h, D])
    const [prefixKeys, prefixValues] = [padded(k, fromPrefixes, B), padded(v, fromPrefixes, B)]
    const parts = [
      reshape(mix(queries(fromPrefixes, B, P), prefixKeys, prefixValues, prefixBias), [B * P, h * D]),
    ]
    if (fromBranches) {
      const own = (x: Tensor, shared: Tensor): Tensor =>
        cat([indexSelect(shared, 0, owner), padded(x, fromBranches, R)], 2)
      const mixed = mix(queries(fromBranches, R, L), own(k, prefixKeys), own(v, prefixValues), branchBias)
      parts.push(reshape(mixed, [R * L, h * D]))
    }
    return indexSelect(cat(parts, 0), 0, home)
  }
}
