/** The model a stage trains: which of its tensors move, what a checkpoint keeps, what is written in the end. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import type { Tensor } from '../torch/tensor.js'
import { writeWeights } from '../vision-language/model/folder.js'
import { freshAdapters, mergeAdapters, writeAdapter } from '../vision-language/model/lora.js'
import { loadModel, Qwen2_5_VL } from '../vision-language/model/model.js'
import type { CommonOptions } from './options.js'

export interface Policy {
  model: Qwen2_5_VL
  trained: ReadonlyMap<string, Tensor>
  /** Tensors that a checkpoint must keep: what is frozen is read from the parent again. */
  saved: ReadonlyMap<string, Tensor>
  /** No gradient reaches the vision tower, so that a picture goes through it once a step. */
  frozenTower: boolean
  /** The model as it was when the stage began: with adapters its own weights without them, else a second copy. */
  reference(): Qwen2_5_VL
  /** Writes the folder of the trained model; adapters also apart, in `adapter/`. */
  write(folder: string): void
  dispose(): void
}

/** Adapters beside the weights of `base`, which stay as they are. */
function adapterPolicy(base: Qwen2_5_VL, from: string, options: CommonOptions, seed: number): Policy {
  const lora = { r: options.lora_r, alpha: options.lora_alpha, targets: options.lora_target_modules }
  const { all, trained } = freshAdapters(base.weights, lora, seed)
  const { config, rope } = base
  return {
    model: new Qwen2_5_VL(config, new Map([...base.weights, ...all]), { rope }),
    trained,
    saved: trained,
    frozenTower: true,
    reference: () => base,
    write(folder) {
      const merged = mergeAdapters(new Map([...base.weights, ...all]))
      writeWeights(folder, config, merged)
      for (const [name, value] of merged) if (value !== base.weights.get(name)) value.dispose()
      fs.mkdirSync(path.join(folder, 'adapter'), { recursive: true })
      writeAdapter(path.join(folder, 'adapter'), trained, lora, path.basename(path.resolve(from)))
    },
    dispose() {
      base.dispose()
      for (const value of all.values()) value.dispose()
    },
  }
}

/** Tensors that are trained. @throws data error when an option freezes none, or all are frozen */
function trainedOf(weights: ReadonlyMap<string, Tensor>, options: CommonOptions): Map<string, Tensor> {
  const { freeze_vision_modules, frozen_parameters } = options
  const names = [...weights.keys()]
  const unknown = frozen_parameters.find((start) => !names.some((name) => name.startsWith(start)))
  if (unknown !== undefined)
    throw dataError('frozen_parameters', `beginnings of names such as ${names[0]}`, unknown)
  const frozen = [...(freeze_vision_modules ? ['visual.'] : []), ...frozen_parameters]
  const trained = new Map([...weights].filter(([name]) => !frozen.some((start) => name.startsWith(start))))
  if (trained.size === 0) throw dataError('frozen_parameters', 'some parameters left to train', 'none')
  return trained
}

/** Opens the parent's folder for training. @throws data error when it is no model, or for what is to be frozen */
export function openPolicy(from: string, options: CommonOptions, seed: number): Policy {
  const dtype = options.bf16 ? 'bf16' : 'f32'
  const model = loadModel(from, { dtype })
  if (options.use_peft) return adapterPolicy(model, from, options, seed)
  const frozenTower = options.freeze_vision_modules
  const trained = trainedOf(model.weights, options)
  for (const value of trained.values()) value.setRequiresGrad()
  let reference: Qwen2_5_VL | undefined
  return {
    model,
    trained,
    saved: model.weights,
    frozenTower,
    reference() {
      reference ??= loadModel(from, { dtype })
      return reference
    },
    write: (folder) => writeWeights(folder, model.config, model.weights),
    dispose() {
      reference?.dispose()
      model.dispose()
    },
  }
}
