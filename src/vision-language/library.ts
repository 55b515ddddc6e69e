/**
 * What the package gives to other programs: a model folder that is asked, trained and saved. Inputs carry
 * transformers' names, as numbers or as tensors.
 */
import path from 'node:path'
import { usageError } from '../common/errors.js'
import { writeFolderAtomic } from '../common/files.js'
import { hashString } from '../common/random.js'
import { deviceOf, onDevice, to } from '../torch/device.js'
import { cast, gather, indexSelect, logSoftmax, mean, neg, reshape, unsqueeze } from '../torch/ops.js'
import { scope, Tensor, tensor } from '../torch/tensor.js'
import { patchWidth } from './batch-memory.js'
import type { Qwen2_5_VLConfig } from './config.js'
import { baseOf, isAdapterFolder, readAdapter } from './model/adapter-folder.js'
import { writeWeights } from './model/folder.js'
import { type Completion, generate } from './model/generate.js'
import { mergeAdapters } from './model/lora.js'
import { type ModelInputs, Qwen2_5_VL, loadModel as readModel } from './model/model.js'
import { copyProcessorFiles } from './processor-folder.js'
import type { RopeRule } from './rope-index.js'
import type { GridThw } from './window-index.js'

export interface LoadOptions {
  /** `cpu` if not given; `auto` is a GPU where libtorch has one. */
  device?: 'auto' | 'cpu' | 'cuda'
  /** Element type of the weights in memory; `f32` if not given. */
  dtype?: 'f32' | 'bf16' | 'f16'
  /** How text positions go on after a video: as transformers 4.49 (what SpatialLadder used), or 5. */
  rope?: RopeRule
  /** A PEFT folder of adapters (LoRA) for this model. Where `folder` itself is one, it names its model. */
  adapter?: string
  /** Whether adapters are added into the weights; false keeps them beside, to be trained. True if not given. */
  merge_adapter?: boolean
}

type Ids = ArrayLike<number> | readonly ArrayLike<number>[] | Tensor

/** Names and shapes as transformers has them; one row may stand without its batch dimension. */
export interface Inputs {
  /** [B, S] */
  input_ids: Ids
  /** [B, S], 1 for tokens and 0 for padding; all ones if absent. */
  attention_mask?: Ids
  /** [patches, 1176] of all images in the order of the text; flat numbers will do. */
  pixel_values?: Float32Array | Tensor
  /** [images, 3] */
  image_grid_thw?: readonly GridThw[]
  pixel_values_videos?: Float32Array | Tensor
  video_grid_thw?: readonly GridThw[]
  second_per_grid_ts?: ArrayLike<number>
  /** [B, S], what each token should be; -100 where nothing is asked. */
  labels?: Ids
}

/** Names of transformers' `GenerationConfig`. Nothing comes from the folder's own: what is not given is off. */
export interface GenerationOptions {
  max_new_tokens: number
  /** False if not given: the likeliest token is taken. */
  do_sample?: boolean
  /** 1 if not given. */
  temperature?: number
  /** 0, all, if not given. */
  top_k?: number
  /** 1, all, if not given. */
  top_p?: number
  /** 0, all, if not given: what is less likely than this share of the likeliest is left out. */
  min_p?: number
  repetition_penalty?: number
  num_return_sequences?: number
  /** Ids that end an answer; those of `config.json` if not given. */
  eos_token_id?: number | readonly number[]
  /** Ids that are never written. */
  suppress_tokens?: readonly number[]
  /** Of the draws; the same seed gives the same answers, whatever stands beside them in the batch. */
  seed?: number
  /** Told each id as it is written. */
  onToken?: (id: number, prompt: number, sample: number) => void
}

export interface Model {
  readonly config: Qwen2_5_VLConfig
  /** By checkpoint name; `setRequiresGrad` makes them trainable. */
  readonly weights: ReadonlyMap<string, Tensor>
  /**
   * Logits [B, S, V], and with `labels` the mean cross-entropy of each token after the one before it. Tensors belong
   * to the caller's `scope`.
   * @throws when shapes do not fit, or as many pad tokens as features are not there
   */
  forward(
    inputs: Inputs,
    options?: {
      /** Whether `attentions` holds the weights of every layer of the language model, [B, heads, S, S]; else empty. */
      output_attentions?: boolean
    },
  ): { logits: Tensor; loss: Tensor | null; attentions: Tensor[] }
  /** Answers, samples of a prompt side by side; ids of the answers alone, with the id that ended them. */
  generate(inputs: Inputs, options: GenerationOptions): Completion[]
  /** Writes weights, config and processor files as a folder that transformers and vLLM load. */
  save(folder: string, options?: { shardBytes?: number }): Promise<void>
  /** Frees the weights. */
  dispose(): void
}

const isRow = (ids: Exclude<Ids, Tensor>): ids is ArrayLike<number> => typeof ids[0] === 'number'

/** Rows of numbers. @throws usage error naming what is ragged or of another rank */
function rowsOf(ids: Ids, name: string): ArrayLike<number>[] {
  if (ids instanceof Tensor) {
    const { shape } = ids
    if (shape.length > 2) throw usageError(name, 'shape [batch, tokens]', `[${shape}]`)
    const [rows, length] = shape.length === 2 ? shape : [1, shape[0]]
    const flat = ids.numbers()
    return Array.from({ length: rows }, (_, i) => flat.slice(i * length, (i + 1) * length))
  }
  if (ids.length === 0) throw usageError(name, 'at least one token', 'none')
  const rows = isRow(ids) ? [ids] : [...ids]
  const other = rows.find(({ length }) => length !== rows[0].length)
  if (other)
    throw usageError(name, `rows of ${rows[0].length} tokens, as the first`, `one of ${other.length}`)
  return rows
}

function checkSame(
  rows: readonly ArrayLike<number>[],
  ids: readonly ArrayLike<number>[],
  name: string,
): void {
  const shape = (one: readonly ArrayLike<number>[]): string => `[${one.length}, ${one[0].length}]`
  if (shape(rows) !== shape(ids)) throw usageError(name, `shape ${shape(ids)}, as input_ids`, shape(rows))
}

/** -log p of each label, averaged over those that are not -100, in fp32. @throws usage error when there is none */
function crossEntropy(logits: Tensor, labels: readonly ArrayLike<number>[]): Tensor {
  const [, length, vocabulary] = logits.shape
  const at: number[] = []
  const wanted: number[] = []
  labels.forEach((row, b) => {
    for (let i = 1; i < length; i++)
      if (row[i] !== -100) {
        at.push(b * length + i - 1)
        wanted.push(row[i])
      }
  })
  if (at.length === 0) throw usageError('labels', 'a token that is not -100 after the first', 'none')
  const index = (values: number[]): Tensor => cast(tensor(values, undefined, 'i32'), 'i64')
  const rows = reshape(logits, [-1, vocabulary])
  const chosen = cast(indexSelect(rows, 0, index(at)), 'f32')
  return neg(mean(gather(logSoftmax(chosen, -1), 1, unsqueeze(index(wanted), 1))))
}

/** A model over weights that are there; `folder` has the processor's files. */
function modelOf(core: Qwen2_5_VL, folder: string, device: string): Model {
  const { config } = core
  const here = <T>(body: () => T): T => onDevice(device, () => scope(body))
  const patches = (values: Float32Array | Tensor | undefined, name: string): Tensor | undefined => {
    if (values instanceof Tensor) return to(values, device)
    if (values === undefined) return undefined
    const width = patchWidth(config.vision_config)
    if (values.length % width !== 0)
      throw usageError(name, `rows of ${width} numbers, one a patch`, `${values.length} numbers`)
    return tensor(values, [values.length / width, width])
  }
  const coreInputs = (inputs: Inputs): ModelInputs => {
    const input_ids = rowsOf(inputs.input_ids, 'input_ids')
    const attention_mask = inputs.attention_mask && rowsOf(inputs.attention_mask, 'attention_mask')
    if (attention_mask) checkSame(attention_mask, input_ids, 'attention_mask')
    const { image_grid_thw, second_per_grid_ts, video_grid_thw } = inputs
    return {
      input_ids,
      attention_mask,
      pixel_values: patches(inputs.pixel_values, 'pixel_values'),
      image_grid_thw,
      pixel_values_videos: patches(inputs.pixel_values_videos, 'pixel_values_videos'),
      video_grid_thw,
      second_per_grid_ts,
    }
  }
  return {
    config,
    weights: core.weights,
    forward: (inputs, { output_attentions } = {}) =>
      here(() => {
        const given = coreInputs(inputs)
        const labels = inputs.labels && rowsOf(inputs.labels, 'labels')
        if (labels) checkSame(labels, given.input_ids, 'labels')
        const { logits, attentions } = core.forward(given, output_attentions)
        return { logits, loss: labels ? crossEntropy(logits, labels) : null, attentions }
      }),
    generate: (inputs, options) =>
      here(() => {
        const { do_sample = false, seed = 42, temperature = 1, eos_token_id } = options
        const given = coreInputs(inputs)
        return generate(core, given, {
          max_new_tokens: options.max_new_tokens,
          temperature: do_sample ? temperature : 0,
          top_k: options.top_k,
          top_p: options.top_p,
          min_p: options.min_p,
          repetition_penalty: options.repetition_penalty,
          samples: options.num_return_sequences,
          banned: options.suppress_tokens,
          ...(eos_token_id !== undefined && { stop: [eos_token_id].flat() }),
          // By what is asked, not by its place in the batch.
          counters: given.input_ids.map((ids) => [seed, hashString(Array.from(ids).join())]),
          onToken: options.onToken,
        }).flat()
      }),
    save: (target, { shardBytes } = {}) =>
      writeFolderAtomic(target, (fresh) => {
        copyProcessorFiles(folder, fresh)
        const merged = mergeAdapters(core.weights)
        writeWeights(fresh, config, merged, shardBytes)
        for (const [name, value] of merged) if (value !== core.weights.get(name)) value.dispose()
      }),
    dispose: () => core.dispose(),
  }
}

/**
 * Opens a Hugging Face folder of Qwen2.5-VL or SpatialLadder, of any version's tensor names, in shards or not; or a
 * PEFT folder of adapters for one.
 * @throws data error naming the tensor or key that is missing or has another shape; environment error without an
 *   engine, or for a device that is not there
 */
export function loadModel(folder: string, options: LoadOptions = {}): Model {
  const { device: wish = 'cpu', dtype = 'f32', merge_adapter: merge = true, rope } = options
  const alone = options.adapter === undefined && isAdapterFolder(folder)
  const adapter = alone ? folder : options.adapter
  const home = alone ? baseOf(folder) : folder
  const device = deviceOf(wish)
  return onDevice(device, () => {
    const base = readModel(home, { dtype, rope })
    const core = adapter === undefined ? base : withAdapter(base, adapter, merge)
    return modelOf(core, path.resolve(home), device)
  })
}

/** `base` with adapters beside its weights, to be trained while those stay as they are, or in them. */
function withAdapter(base: Qwen2_5_VL, folder: string, merge: boolean): Qwen2_5_VL {
  const { config, rope, weights } = base
  let adapters: Map<string, Tensor>
  try {
    adapters = readAdapter(folder, weights)
  } catch (error) {
    base.dispose()
    throw error
  }
  const all = new Map([...weights, ...adapters])
  if (!merge) {
    for (const [name, value] of adapters) if (name.endsWith('.weight')) value.setRequiresGrad()
    return new Qwen2_5_VL(config, all, { rope })
  }
  const merged = mergeAdapters(all)
  for (const [name, value] of all) if (value !== merged.get(name)) value.dispose()
  return new Qwen2_5_VL(config, merged, { rope })
}
