/**
 * Sizes of the released Qwen2.5-VL models, as their config.json on the hub has them, so that what a model takes
 * can be told before it is here. The paper's SpatialLadder-3B is a fine-tuned 3B.
 */
import { parseConfig, type Qwen2_5_VLConfig } from '../config.js'

const text = {
  model_type: 'qwen2_5_vl',
  max_position_embeddings: 128000,
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
}
const vision = {
  depth: 32,
  hidden_size: 1280,
  num_heads: 16,
  intermediate_size: 3420,
  in_chans: 3,
  patch_size: 14,
  temporal_patch_size: 2,
  spatial_merge_size: 2,
  window_size: 112,
  fullatt_block_indexes: [7, 15, 23, 31],
  tokens_per_second: 2,
}

const published = [
  {
    name: 'Qwen2.5-VL-3B',
    pattern: /qwen2[._]?5[-_]vl[-_]3b|spatialladder[-_]3b/i,
    json: {
      ...text,
      hidden_size: 2048,
      intermediate_size: 11008,
      num_hidden_layers: 36,
      num_attention_heads: 16,
      num_key_value_heads: 2,
      vocab_size: 151936,
      tie_word_embeddings: true,
      vision_config: { ...vision, out_hidden_size: 2048 },
    },
  },
  {
    name: 'Qwen2.5-VL-7B',
    pattern: /qwen2[._]?5[-_]vl[-_]7b/i,
    json: {
      ...text,
      hidden_size: 3584,
      intermediate_size: 18944,
      num_hidden_layers: 28,
      num_attention_heads: 28,
      num_key_value_heads: 4,
      vocab_size: 152064,
      tie_word_embeddings: false,
      vision_config: { ...vision, out_hidden_size: 3584 },
    },
  },
]

export interface PublishedModel {
  name: string
  config: Qwen2_5_VLConfig
}

/** The released model that a folder's or a hub's name speaks of; null for any other name. */
export function publishedModel(name: string): PublishedModel | null {
  const found = published.find(({ pattern }) => pattern.test(name))
  return found ? { name: found.name, config: parseConfig(found.json, found.name) } : null
}
