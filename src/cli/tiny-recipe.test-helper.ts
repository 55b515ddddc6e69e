/** For tests: the whole ladder, four stages, in seconds. What it learns is nothing. */
import fs from 'node:fs'

const TEXT = `
name: tiny
seed: 3
prompt_style: compact
data:
  train:
    scans: { rooms: 3, frames: 6, seed: 1, style: train, width: 112, height: 84 }
    records: { dataset: synthetic, frames_per_second: 2 }
    dataset: &questions { views: 2, video_frames: 4, min_box_side: 10, appearance_gap_s: 0.4, max_per_scene: 8 }
  test:
    scans: { rooms: 2, frames: 6, seed: 2, style: test, width: 112, height: 84 }
    records: { dataset: synthetic, frames_per_second: 2 }
    dataset: *questions
model:
  config:
    hidden_size: 32
    intermediate_size: 48
    num_hidden_layers: 2
    num_attention_heads: 4
    num_key_value_heads: 2
    rope_scaling: { type: mrope, mrope_section: [2, 1, 1] }
    tie_word_embeddings: true
    vision_config: { depth: 2, hidden_size: 16, num_heads: 2, intermediate_size: 24, window_size: 112, fullatt_block_indexes: [1], tokens_per_second: 2, out_hidden_size: 32 }
  max_pixels: 3136
stages:
  perception: { data: { grounding: 1 }, max_steps: 6, per_device_train_batch_size: 2, learning_rate: 1.0e-3 }
  understanding: { data: { spatial: 1 }, max_steps: 6, per_device_train_batch_size: 2, learning_rate: 1.0e-3 }
  cold-start: { data: { coldstart: 1 }, max_steps: 6, per_device_train_batch_size: 2, learning_rate: 1.0e-3 }
  reasoning: { max_steps: 4, per_device_train_batch_size: 8, num_generations: 4, max_completion_length: 16, learning_rate: 1.0e-3 }
evaluation: { max_samples: 8, max_new_tokens: { direct: 8, think: 16 } }
`

/** Writes the recipe to `file`. */
export const writeTinyRecipe = (file: string): void => fs.writeFileSync(file, TEXT)
