/**
 * Qwen2.5-VL as one object: weights, vision tower, decoder. `forward` takes transformers' input names;
 * training and generation use the parts (`visionFeatures`, `embed`, `decoder`, `logits`) so that nothing is
 * computed twice and whole logits are never made unless asked for.
 */
import type { Dtype } from '../../torch/dtype.js'
import { cast, embedding, indexCopy, linear, view } from '../../torch/ops.js'
import type { Tape } from '../../torch/tape.js'
import { giveToScope, type Tensor, tensor } from '../../torch/tensor.js'
import { type Qwen2_5_VLConfig, readConfig } from '../config.js'
import { type RopeRule, ropeIndex } from '../rope-index.js'
import type { GridThw } from '../window-index.js'
import { denseAttention, watchedAttention } from './attention.js'
import { causalBias } from './attention-bias.js'
import { Decoder } from './decoder.js'
import { initialWeights, readWeights } from './folder.js'
import { weight } from './layers.js'
import { VisionTower } from './vision-tower.js'

export interface ModelInputs {
  /** [B][S] */
  input_ids: readonly ArrayLike<number>[]
  /** [B][S], 1 for tokens and 0 for padding; all ones if absent. */
  attention_mask?: readonly ArrayLike<number>[]
  /** [N, 1176] patches of all images in the order of the text. */
  pixel_values?: Tensor
  image_grid_thw?: readonly GridThw[]
  pixel_values_videos?: Tensor
  video_grid_thw?: readonly GridThw[]
  second_per_grid_ts?: ArrayLike<number>
  /** Features computed before (`visionFeatures`), in place of pixels. */
  image_features?: Tensor
  video_features?: Tensor
}

export interface ModelOptions {
  dtype?: Dtype
  /** How text positions go on after a video; see `rope-index.ts`. */
  rope?: RopeRule
}

export class Qwen2_5_VL {
  readonly vision: VisionTower
  readonly decoder: Decoder
  readonly rope: RopeRule

  constructor(
    readonly config: Qwen2_5_VLConfig,
    /** By checkpoint name; owned by the model. */
    readonly weights: ReadonlyMap<string, Tensor>,
    options: ModelOptions = {},
  ) {
    this.rope = options.rope ?? '4.49'
    this.vision = new VisionTower(weights, config.vision_config)
    this.decoder = new Decoder(weights, config)
  }

  /** Features [n, H] of patches, one row per visual token; see `VisionTower.forward` for `tape`. */
  visionFeatures(patches: Tensor, grids: readonly GridThw[], tape?: Tape | null): Tensor {
    return this.vision.forward(patches, grids, tape)
  }

  /** Embeddings [N, H] of token ids alone; a placeholder id counts as any other. */
  embedText(ids: ArrayLike<number>): Tensor {
    return embedding(weight(this.weights, 'model.embed_tokens.weight'), tensor(ids, undefined, 'i32'))
  }

  /**
   * Embeddings [N, H] with visual features in place of their pad tokens, in order.
   * @throws when the number of pad tokens and of features differ
   */
  embed(ids: ArrayLike<number>, images?: Tensor | null, videos?: Tensor | null): Tensor {
    const { config } = this
    const embeds = place(this.embedText(ids), ids, config.image_token_id, images, 'image')
    return place(embeds, ids, config.video_token_id, videos, 'video')
  }

  /** Embeddings [B * S, H] of whole inputs: the tower runs where features are not given. */
  embedInputs(inputs: ModelInputs): Tensor {
    const features = (given?: Tensor, patches?: Tensor, grids?: readonly GridThw[]): Tensor | null =>
      given ?? (patches && grids ? this.visionFeatures(patches, grids) : null)
    return this.embed(
      flatten(inputs.input_ids),
      features(inputs.image_features, inputs.pixel_values, inputs.image_grid_thw),
      features(inputs.video_features, inputs.pixel_values_videos, inputs.video_grid_thw),
    )
  }

  /** The matrix [V, H] that turns hidden states into logits: the embeddings, where tied. */
  get head(): Tensor {
    return weight(
      this.weights,
      this.config.tie_word_embeddings ? 'model.embed_tokens.weight' : 'lm_head.weight',
    )
  }

  /** Logits [..., V] of hidden states [..., H]. */
  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.head)
  }

  /**
   * Whole logits [B, S, V]: for comparison and small inputs.
   * @param watch whether to give the attention weights of the language model too, [B, heads, S, S] a layer
   */
  forward(inputs: ModelInputs, watch = false): { logits: Tensor; attentions: Tensor[] } {
    const { input_ids: ids, attention_mask: mask } = inputs
    const [B, S] = [ids.length, ids[0].length]
    const { positions } = ropeIndex(inputs, this.config, this.rope)
    const bias = causalBias(S, mask)
    const attentions: Tensor[] = []
    const attend = watch ? watchedAttention(B, bias, attentions) : denseAttention(B, bias)
    const hidden = this.decoder.forward(this.embedInputs(inputs), this.decoder.rotaryFor(positions), attend)
    // The decoder frees what a layer made; these outlive it.
    attentions.forEach(giveToScope)
    return { logits: view(this.logits(hidden), [B, S, this.config.vocab_size]), attentions }
  }

  /** Frees the weights. */
  dispose(): void {
    for (const value of this.weights.values()) value.dispose()
  }
}

/** Rows of equal length, one after another. */
export function flatten(rows: readonly ArrayLike<number>[]): Int32Array {
  const length = rows[0].length
  const flat = new Int32Array(rows.length * length)
  rows.forEach((row, i) => {
    flat.set(row, i * length)
  })
  return flat
}

function place(
  embeds: Tensor,
  ids: ArrayLike<number>,
  padId: number,
  features: Tensor | null | undefined,
  kind: string,
): Tensor {
  const at: number[] = []
  for (let i = 0; i < ids.length; i++) if (ids[i] === padId) at.push(i)
  const have = features?.shape[0] ?? 0
  if (at.length !== have)
    throw new Error(`${kind} tokens: expected one per feature (${have}), got ${at.length}`)
  if (!features || at.length === 0) return embeds
  return indexCopy(embeds, 0, cast(tensor(at, undefined, 'i32'), 'i64'), cast(features, embeds.dtype))
}

/** Loads a Hugging Face folder. @throws data error naming what is wrong */
export function loadModel(folder: string, options: ModelOptions = {}): Qwen2_5_VL {
  const config = readConfig(folder)
  return new Qwen2_5_VL(config, readWeights(folder, config, options.dtype ?? 'f32'), options)
}

/** A model with fresh weights from a seed, fp32. */
export const freshModel = (config: Qwen2_5_VLConfig, seed: number, options: ModelOptions = {}): Qwen2_5_VL =>
  new Qwen2_5_VL(config, initialWeights(config, seed), options)
