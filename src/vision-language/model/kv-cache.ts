/** Keys and values of all layers, [B, K, capacity, D] each, filled up to `length`. */
import { empty, indexSelect } from '../../torch/ops.js'
import { keep, type Tensor } from '../../torch/tensor.js'
import type { Qwen2_5_VLConfig } from '../config.js'

export class KvCache {
  length = 0

  private constructor(
    readonly keys: Tensor[],
    readonly values: Tensor[],
    readonly capacity: number,
  ) {}

  /** Room for `capacity` tokens in `rows` rows, of the type and on the device of `like`. */
  static create(config: Qwen2_5_VLConfig, rows: number, capacity: number, like: Tensor): KvCache {
    const size = config.hidden_size / config.num_attention_heads
    const one = (): Tensor =>
      keep(empty([rows, config.num_key_value_heads, capacity, size], like.dtype, like.device))
    const layers = Array.from({ length: config.num_hidden_layers })
    return new KvCache(layers.map(one), layers.map(one), capacity)
  }

  get rows(): number {
    return this.keys[0].shape[0]
  }

  /** A cache whose row i is row `rows[i]` of this one: forks prompts to their samples, drops finished rows. */
  pick(rows: Tensor): KvCache {
    const copy = (tensor: Tensor): Tensor => keep(indexSelect(tensor, 0, rows))
    const picked = new KvCache(this.keys.map(copy), this.values.map(copy), this.capacity)
    picked.length = this.length
    return picked
  }

  dispose(): void {
    for (const tensor of [...this.keys, ...this.values]) tensor.dispose()
  }
}
