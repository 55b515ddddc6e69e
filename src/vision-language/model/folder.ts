/** Weights of a model: from a Hugging Face folder, fresh from a seed, and back to a folder. */
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { sha256, sha256File, writeJsonAtomic } from '../../common/files.js'
import { rng } from '../../common/random.js'
import { to } from '../../torch/device.js'
import type { Dtype } from '../../torch/dtype.js'
import { readCheckpointIndex, readTensor, writeCheckpoint } from '../../torch/safetensors.js'
import { currentDevice, keep, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { type Qwen2_5_VLConfig, toHuggingFaceConfig } from '../config.js'
import { canonicalName, parameterShapes } from './names.js'

/**
 * Reads the weights a config asks for, tensor by tensor, cast to `dtype`, to the current device.
 * @throws data error naming the tensor, what was expected and what is there
 */
export function readWeights(folder: string, config: Qwen2_5_VLConfig, dtype: Dtype): Map<string, Tensor> {
  const entries = new Map(
    [...readCheckpointIndex(folder)].map(([name, entry]) => [canonicalName(name), entry]),
  )
  // All are looked for before the first is read, so that a refused folder leaves nothing in memory.
  const wanted = [...parameterShapes(config)].map(([name, shape]) => {
    const entry = entries.get(name)
    if (!entry) throw dataError(`${folder} tensor ${name}`, `shape [${shape}]`, 'no such tensor')
    if (entry.shape.join() !== shape.join())
      throw dataError(`${folder} tensor ${name}`, `shape [${shape}]`, `[${entry.shape}]`)
    return { name, entry }
  })
  const weights = new Map<string, Tensor>()
  for (const { name, entry } of wanted)
    weights.set(name, keep(scope(() => to(readTensor(entry, dtype), currentDevice()))))
  return weights
}

/**
 * Fresh weights as transformers initialises them: normal(0, initializer_range) for matrices, zero biases,
 * norms at one. The same seed gives the same weights.
 */
export function initialWeights(config: Qwen2_5_VLConfig, seed: number): Map<string, Tensor> {
  const weights = new Map<string, Tensor>()
  for (const [name, shape] of parameterShapes(config)) {
    const values = new Float32Array(shape.reduce((product, n) => product * n, 1))
    const norm = shape.length === 1 && name.endsWith('.weight')
    if (norm) values.fill(1)
    else if (!name.endsWith('.bias')) {
      const random = rng(seed, 'initial-weights', name)
      const std = name.startsWith('visual.')
        ? config.vision_config.initializer_range
        : config.initializer_range
      for (let i = 0; i < values.length; i++) values[i] = std * random.normal()
    }
    weights.set(name, keep(tensor(values, shape)))
  }
  return weights
}

/**
 * Writes config.json and the weights (under the hub's names) into an existing folder: one file, or shards of at
 * most `shardBytes` and their index.
 */
export function writeWeights(
  folder: string,
  config: Qwen2_5_VLConfig,
  weights: ReadonlyMap<string, Tensor>,
  shardBytes?: number,
): void {
  const [first] = weights.values()
  const dtype = { f32: 'float32', bf16: 'bfloat16', f16: 'float16' }[first.dtype as string] as
    | 'float32'
    | 'bfloat16'
  writeJsonAtomic(path.join(folder, 'config.json'), toHuggingFaceConfig(config, dtype))
  writeCheckpoint(folder, weights, shardBytes)
}

/** Hash of a folder's weights: of the one file, or of all shards that the index names. */
export function hashWeights(folder: string): string {
  const files = [...new Set([...readCheckpointIndex(folder).values()].map(({ file }) => file))].sort()
  const hashes = files.map(sha256File)
  return hashes.length === 1 ? hashes[0] : sha256(hashes.join())
}
