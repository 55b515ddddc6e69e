/**
 * `config.json` of Qwen2.5-VL: reads the flat layout (transformers 4.49, the hub's folders) and the nested
 * one (`text_config`, 4.52 and later; `rope_parameters`, 5.x) into one type, and writes a file that every
 * transformers from 4.49 to 5.x loads. Class defaults are those of transformers; they differ from the
 * values of the released models, so what a file says always wins.
 */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'

const positive = z.int().positive()
const tokenId = z.int().nonnegative()

const visionConfigSchema = z.object({
  depth: positive.default(32),
  hidden_size: positive.default(3584),
  num_heads: positive.default(16),
  intermediate_size: positive.default(3420),
  hidden_act: z.literal('silu').default('silu'),
  in_channels: positive.default(3),
  patch_size: positive.default(14),
  temporal_patch_size: positive.default(2),
  spatial_merge_size: positive.default(2),
  /** Side of an attention window in pixels. */
  window_size: positive.default(112),
  /** Blocks that attend over a whole temporal frame; all others attend within windows. */
  fullatt_block_indexes: z.array(z.int().nonnegative()).default([7, 15, 23, 31]),
  /** Temporal M-RoPE positions per second of video. */
  tokens_per_second: z.number().positive().default(4),
  out_hidden_size: positive.default(3584),
  initializer_range: z.number().positive().default(0.02),
})

export type VisionConfig = z.infer<typeof visionConfigSchema>

const configSchema = z.object({
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive,
  vocab_size: positive,
  hidden_act: z.literal('silu').default('silu'),
  rms_norm_eps: z.number().positive().default(1e-5),
  rope_theta: z.number().positive().default(1e6),
  /** Rotary frequencies that follow the temporal, height and width position; sums to half a head. */
  mrope_section: z.tuple([z.int(), z.int(), z.int()]),
  max_position_embeddings: positive.default(32768),
  initializer_range: z.number().positive().default(0.02),
  tie_word_embeddings: z.boolean().default(false),
  vision_config: visionConfigSchema,
  image_token_id: tokenId.default(151655),
  video_token_id: tokenId.default(151656),
  vision_start_token_id: tokenId.default(151652),
  vision_end_token_id: tokenId.default(151653),
  bos_token_id: tokenId.nullable().default(151643),
  /** One id or several; the first is the one that ends a chat turn. */
  eos_token_id: z.union([tokenId, z.array(tokenId).min(1)]).default(151645),
  pad_token_id: tokenId.nullable().default(null),
})

/** Sizes and ids of a Qwen2.5-VL, under Hugging Face's key names. */
export type Qwen2_5_VLConfig = z.infer<typeof configSchema>

/** What `parseConfig` takes apart: any JSON object. */
type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The internal config of a parsed `config.json`, whatever version of transformers wrote it.
 * @param subject names the file in error messages
 * @throws data error naming the key
 */
export function parseConfig(json: unknown, subject = 'config.json'): Qwen2_5_VLConfig {
  if (!isObject(json)) throw dataError(subject, 'a JSON object', describe(json))
  if (json.model_type !== 'qwen2_5_vl') {
    throw dataError(`${subject} model_type`, '"qwen2_5_vl"', describe(json.model_type))
  }
  const nested = isObject(json.text_config) ? json.text_config : {}
  const merged: Json = { ...json, ...dropNull(nested) }
  // "No such token" is a value of its own; any other null means that the key was left at its default.
  const { bos_token_id, pad_token_id } = merged
  const text: Json = { ...dropNull(merged), bos_token_id, pad_token_id }
  const vision = isObject(json.vision_config) ? dropNull(json.vision_config) : {}
  const rope = firstObject(text.rope_parameters, text.rope_scaling)
  if (text.use_sliding_window === true) {
    throw dataError(`${subject} use_sliding_window`, 'false (every layer attends to everything)', 'true')
  }
  const parsed = configSchema.safeParse({
    ...text,
    num_key_value_heads: text.num_key_value_heads ?? text.num_attention_heads,
    rope_theta: rope.rope_theta ?? text.rope_theta,
    mrope_section: rope.mrope_section,
    // Versions before 5 nest the flag in text_config; either place may say yes.
    tie_word_embeddings: json.tie_word_embeddings === true || nested.tie_word_embeddings === true,
    vision_config: { ...vision, in_channels: vision.in_channels ?? vision.in_chans },
  })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const value = issue.path.reduce<unknown>((at, key) => (isObject(at) ? at[String(key)] : undefined), text)
    throw dataError(`${subject} ${issue.path.join('.')}`, issue.message, describe(value))
  }
  checkShapes(parsed.data, subject)
  return parsed.data
}

/** Reads `config.json` of a model folder. */
export function readConfig(folder: string): Qwen2_5_VLConfig {
  const file = path.join(folder, 'config.json')
  return parseConfig(readJson(file), file)
}

/**
 * The object to write as `config.json`: flat as on the hub, since only that layout loads in 4.49 and in
 * every later version alike.
 */
export function toHuggingFaceConfig(
  config: Qwen2_5_VLConfig,
  dtype: 'float32' | 'bfloat16' | 'float16' = 'bfloat16',
): Json {
  const { mrope_section, vision_config, ...rest } = config
  return {
    architectures: ['Qwen2_5_VLForConditionalGeneration'],
    model_type: 'qwen2_5_vl',
    ...rest,
    rope_scaling: { type: 'mrope', mrope_section },
    attention_dropout: 0,
    use_cache: true,
    use_sliding_window: false,
    sliding_window: 32768,
    max_window_layers: config.num_hidden_layers,
    torch_dtype: dtype,
    vision_config: {
      model_type: 'qwen2_5_vl',
      ...vision_config,
      // The hub's files carry both of these beside the names the code reads.
      in_chans: vision_config.in_channels,
      spatial_patch_size: vision_config.patch_size,
    },
  }
}

/** All ids that end an answer. */
export const eosTokenIds = (config: Qwen2_5_VLConfig): number[] => [config.eos_token_id].flat()

function checkShapes(config: Qwen2_5_VLConfig, subject: string): void {
  const { vision_config: vision } = config
  const divides = (total: string, a: number, part: string, b: number): void => {
    if (a % b !== 0) throw dataError(`${subject} ${total}`, `a multiple of ${part} ${b}`, String(a))
  }
  divides('hidden_size', config.hidden_size, 'num_attention_heads', config.num_attention_heads)
  divides(
    'num_attention_heads',
    config.num_attention_heads,
    'num_key_value_heads',
    config.num_key_value_heads,
  )
  divides('vision_config.hidden_size', vision.hidden_size, 'num_heads', vision.num_heads)
  divides('vision_config.hidden_size / num_heads', vision.hidden_size / vision.num_heads, 'rotary axes', 4)
  divides(
    'vision_config.window_size',
    vision.window_size,
    'patch_size × spatial_merge_size',
    vision.patch_size * vision.spatial_merge_size,
  )
  const half = config.hidden_size / config.num_attention_heads / 2
  const sum = config.mrope_section.reduce((a, b) => a + b, 0)
  if (sum !== half) throw dataError(`${subject} mrope_section`, `a sum of ${half} (half a head)`, String(sum))
  if (vision.out_hidden_size !== config.hidden_size) {
    throw dataError(
      `${subject} vision_config.out_hidden_size`,
      `hidden_size ${config.hidden_size}`,
      String(vision.out_hidden_size),
    )
  }
}

const dropNull = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null))

const firstObject = (...values: unknown[]): Json => values.find(isObject) ?? {}

const describe = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value)?.slice(0, 60) ?? String(value))
