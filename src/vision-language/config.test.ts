import { describe, expect, it } from 'vitest'
import { eosTokenIds, parseConfig, toHuggingFaceConfig } from './config.js'

const flat = {
  model_type: 'qwen2_5_vl',
  hidden_size: 2048,
  intermediate_size: 11008,
  num_hidden_layers: 36,
  num_attention_heads: 16,
  num_key_value_heads: 2,
  vocab_size: 151936,
  rms_norm_eps: 1e-6,
  rope_theta: 1e6,
  rope_scaling: { type: 'mrope', mrope_section: [16, 24, 24] },
  tie_word_embeddings: true,
  use_sliding_window: false,
  bos_token_id: 151643,
  eos_token_id: 151645,
  vision_config: { depth: 32, hidden_size: 1280, in_chans: 3, tokens_per_second: 2, out_hidden_size: 2048 },
}

describe('config.json', () => {
  it('reads the flat layout of the hub', () => {
    const config = parseConfig(flat)
    expect(config.mrope_section).toEqual([16, 24, 24])
    expect(config.vision_config).toMatchObject({ hidden_size: 1280, in_channels: 3, tokens_per_second: 2 })
    expect(config.vision_config.fullatt_block_indexes).toEqual([7, 15, 23, 31])
    expect(config.tie_word_embeddings).toBe(true)
    expect(eosTokenIds(config)).toEqual([151645])
  })

  it('reads text_config and rope_parameters of later versions into the same object', () => {
    const { vision_config, model_type, tie_word_embeddings, rope_scaling, rope_theta, ...text } = flat
    const nested = {
      model_type,
      vision_config,
      text_config: {
        ...text,
        model_type: 'qwen2_5_vl_text',
        pad_token_id: null,
        tie_word_embeddings,
        rope_parameters: { rope_theta, rope_type: 'default', ...rope_scaling },
      },
    }
    expect(parseConfig(nested)).toEqual(parseConfig(flat))
  })

  it('writes a file that reads back the same', () => {
    const config = parseConfig({ ...flat, bos_token_id: null, pad_token_id: 7 })
    expect(config).toMatchObject({ bos_token_id: null, pad_token_id: 7 })
    expect(parseConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config))))).toEqual(config)
  })

  it('uses the defaults of the class, not of the released models, for missing keys', () => {
    const { rms_norm_eps: _, ...rest } = flat
    const vision_config = { out_hidden_size: 2048 }
    const config = parseConfig({ ...rest, vision_config })
    expect(config.rms_norm_eps).toBe(1e-5)
    expect(config.vision_config.tokens_per_second).toBe(4)
  })

  it.each([
    [{ model_type: 'llama' }, 'config.json model_type: expected "qwen2_5_vl", got "llama"'],
    [{ ...flat, hidden_size: undefined }, /config\.json hidden_size: expected .*, got nothing/],
    [{ ...flat, hidden_size: 2050 }, /hidden_size: expected a multiple of num_attention_heads 16, got 2050/],
    [{ ...flat, rope_scaling: { mrope_section: [1, 2, 3] } }, /mrope_section: expected a sum of 64/],
    [{ ...flat, use_sliding_window: true }, /use_sliding_window/],
    [[], 'config.json: expected a JSON object, got []'],
  ])('names the key that is wrong', (json, message) => {
    expect(() => parseConfig(json)).toThrow(message)
  })
})
