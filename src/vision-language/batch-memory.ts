/**
 * Bytes that a batch of questions takes, from the model's sizes, so that as many as fit are answered
 * together. Weights are not counted: they are there already. Shape letters: L tokens of the longest prompt,
 * H hidden size, I inner size, V vocabulary.
 */
import fs from 'node:fs'
import os from 'node:os'
import type { Qwen2_5_VLConfig, VisionConfig } from './config.js'
import type { GridThw } from './window-index.js'

/** Bytes that pictures and videos need on their way to features. */
export interface PictureBytes {
  /** Their patches, with the decoded pictures they are cut from. */
  patches: number
  /** The tower at work on them. */
  tower: number
}

/** What a prompt weighs. */
export interface PromptSize {
  /** Tokens, visual ones included. */
  tokens: number
  /** Visual tokens among them. */
  visual: number
  /** All its pictures and videos together. */
  pictures: PictureBytes
  /** What cannot be taken apart: the largest picture or video, and the largest frame. */
  largest: PictureBytes
}

/** Patches of pictures (at least one picture or video) are read, and the tower runs on, this many bytes at a time. */
export const PICTURE_BYTES = 256 * 2 ** 20

/** Numbers of one patch row. */
export const patchWidth = ({ in_channels, temporal_patch_size, patch_size }: VisionConfig): number =>
  in_channels * temporal_patch_size * patch_size ** 2

/** Bytes the tower takes for one temporal patch of `rows` × `columns` patches: one block, full attention. */
export function towerBytes(config: VisionConfig, rows: number, columns: number, bytes = 4): number {
  const patches = rows * columns
  const { hidden_size, intermediate_size, num_heads } = config
  // Patches as numbers and as a tensor; a block's hidden states, queries, keys, values (rotated, and copies by head) and inner layers.
  const perPatch = 2 * 4 * patchWidth(config) + bytes * (14 * hidden_size + 3 * intermediate_size)
  return patches * perPatch + 4 * num_heads * patches ** 2
}

/**
 * Bytes of patches of one picture or video, with the decoded pictures they are cut from.
 * @param source pixels of all its frames
 */
export const patchBytes = (config: VisionConfig, [t, h, w]: GridThw, source: number): number =>
  4 * t * h * w * patchWidth(config) + 2 * 3 * source

/**
 * Most bytes in use while `prompts` are answered together with up to `limit` new tokens each: first their
 * pictures, then the prefill, whose largest parts are the attention of one layer and the cache.
 * @param bytes of one weight
 */
export function batchBytes(
  config: Qwen2_5_VLConfig,
  prompts: readonly PromptSize[],
  limit: number,
  bytes = 4,
): number {
  const B = prompts.length
  const L = Math.max(...prompts.map(({ tokens }) => tokens))
  const { hidden_size: H, intermediate_size: I, vocab_size: V, num_attention_heads: heads } = config
  const D = H / heads
  const keys = config.num_key_value_heads * D
  const visual = prompts.reduce((sum, prompt) => sum + prompt.visual, 0)
  // Features of the pictures, and once more as one piece.
  const features = 2 * visual * H * bytes
  // Through operators a batch that shrinks is copied into a smaller one, three quarters as large at most.
  const cache = 1.75 * 2 * config.num_hidden_layers * B * keys * (L + limit) * bytes
  // What may be attended to, as numbers and as a tensor; the shares of one layer.
  const attention = B * L * L * (8 + heads * (bytes === 4 ? 4 : 12))
  const layer = B * L * (10 * H + 4 * keys + 3 * I) * bytes
  // Logits in their own type, in fp32 and through top-k, top-p and the running sum in fp64.
  const logits = B * V * (bytes + 48)
  // Pictures are worked through in pieces: one alone if it is larger, else some together.
  const piece = (part: keyof PictureBytes): number => {
    const all = prompts.reduce((sum, { pictures }) => sum + pictures[part], 0)
    return Math.max(...prompts.map(({ largest }) => largest[part]), Math.min(all, PICTURE_BYTES))
  }
  const tower = piece('patches') + piece('tower')
  return features + Math.max(tower, cache + Math.max(attention + layer, logits))
}

const GROUP_LIMITS = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
const GROUP_USAGE = ['/sys/fs/cgroup/memory.current', '/sys/fs/cgroup/memory/memory.usage_in_bytes']

const numberIn = (file: string): number =>
  fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8')) : Number.NaN

/** Bytes this process can still have: what the machine has left, or a container's limit if that is less. */
export function freeMemory(): number {
  let free = os.freemem()
  GROUP_LIMITS.forEach((file, i) => {
    const left = numberIn(file) - numberIn(GROUP_USAGE[i])
    // A file without a number (`max`) sets no limit.
    if (left >= 0) free = Math.min(free, left)
  })
  return free
}

/** Whether `error` says that memory ran out: libtorch's allocators (CPU, CUDA), C++, and JavaScript's arrays. */
export const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error &&
  /can't allocate memory|out of memory|not enough memory|bad_alloc|Array buffer allocation failed|Invalid typed array length/i.test(
    error.message,
  )

/** 3221225472 -> "3.0 GB", 5000000 -> "4.8 MB". */
export const bytesInWords = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GB` : `${(bytes / 2 ** 20).toFixed(1)} MB`
