/** Adapters from a PEFT folder: `adapter_config.json` and `adapter_model.safetensors`. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { readJson } from '../../common/files.js'
import { to } from '../../torch/device.js'
import { readSafetensorsHeader, readTensor } from '../../torch/safetensors.js'
import { currentDevice, keep, scope, type Tensor, tensor } from '../../torch/tensor.js'
import { ADAPTER_PARTS, type Weights } from './lora.js'
import { canonicalName } from './names.js'

const { A, B, SCALING } = ADAPTER_PARTS

const empty = z.array(z.unknown()).max(0)
const configSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number(),
  use_rslora: z.boolean().nullish(),
  base_model_name_or_path: z.string().nullish(),
  // What changes the computation in ways this program does not know.
  use_dora: z.literal(false).nullish(),
  fan_in_fan_out: z.literal(false).nullish(),
  bias: z.literal('none').nullish(),
  modules_to_save: empty.nullish(),
  rank_pattern: z.record(z.string(), z.never()).nullish(),
  alpha_pattern: z.record(z.string(), z.never()).nullish(),
})
type AdapterConfig = z.infer<typeof configSchema>

/** @throws data error naming the key that is malformed or asks for something that is not done here */
function readAdapterConfig(folder: string): AdapterConfig {
  const file = path.join(folder, 'adapter_config.json')
  if (!fs.existsSync(file)) throw dataError(file, 'the settings of a PEFT adapter', 'no such file')
  const json = readJson(file) as Record<string, unknown> | null
  const parsed = configSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const [key] = issue.path
  throw dataError(
    `${file} ${issue.path.join('.')}`,
    issue.message,
    JSON.stringify(json?.[String(key)]) ?? 'nothing',
  )
}

/** Whether a folder holds an adapter and no model. */
export const isAdapterFolder = (folder: string): boolean =>
  fs.existsSync(path.join(folder, 'adapter_config.json')) && !fs.existsSync(path.join(folder, 'config.json'))

/**
 * The model folder that an adapter was made for, as its settings name it.
 * @throws data error when there is no such folder
 */
export function baseOf(folder: string): string {
  const { base_model_name_or_path: name } = readAdapterConfig(folder)
  const found =
    name && [name, path.resolve(folder, name)].find((one) => fs.existsSync(path.join(one, 'config.json')))
  if (!found)
    throw dataError(
      `${path.join(folder, 'adapter_config.json')} base_model_name_or_path`,
      'the folder of its model',
      name ?? 'nothing',
    )
  return found
}

/**
 * Adapters for `weights`, as `project` finds them: factors fp32, and scalings.
 * @throws data error naming the tensor that fits no module, has another shape, or lacks its partner
 */
export function readAdapter(folder: string, weights: Weights): Map<string, Tensor> {
  const config = readAdapterConfig(folder)
  const { lora_alpha, r, use_rslora } = config
  const file = path.join(folder, 'adapter_model.safetensors')
  if (!fs.existsSync(file)) throw dataError(file, 'the tensors of a PEFT adapter', 'no such file')
  const entries = readSafetensorsHeader(file)
  const found = new Map([...entries].map(([name, entry]) => [nameOf(name), { name, entry }]))
  const modules = new Set<string>()
  for (const [own, { entry, name }] of found) {
    const [, module, part] = /^(.+)\.(lora_[AB]\.weight)$/.exec(own) ?? []
    const shape = module && adaptable(module) ? weights.get(`${module}.weight`)?.shape : undefined
    if (!shape)
      throw dataError(`${file} tensor ${name}`, 'lora_A or lora_B of a linear layer of the model', 'none')
    const wanted = part === A ? [r, shape[1]] : [shape[0], r]
    if (entry.shape.join() !== wanted.join())
      throw dataError(`${file} tensor ${name}`, `shape [${wanted}]`, `[${entry.shape}]`)
    modules.add(module)
  }
  if (modules.size === 0) throw dataError(file, 'adapters', 'none')
  for (const module of modules)
    for (const part of [A, B])
      if (!found.has(`${module}.${part}`))
        throw dataError(`${file} module ${module}`, `${part} beside its partner`, 'none')
  const all = new Map<string, Tensor>()
  for (const [own, { entry }] of found)
    all.set(own, keep(scope(() => to(readTensor(entry, 'f32'), currentDevice()))))
  const scaling = use_rslora ? lora_alpha / Math.sqrt(r) : lora_alpha / r
  for (const module of modules) all.set(`${module}.${SCALING}`, keep(tensor([scaling])))
  return all
}

/** PEFT's name of a tensor to ours: `base_model.model.` goes, and the module tree of either version is understood. */
const nameOf = (name: string): string =>
  canonicalName(name.replace(/^base_model\.model\./, '')).replace(
    /\.lora_([AB])\.default\.weight$/,
    '.lora_$1.weight',
  )

/** Modules that look for an adapter. */
const adaptable = (module: string): boolean =>
  /^model\.layers\.\d+\.(self_attn|mlp)\.\w+_proj$/.test(module) ||
  /^visual\.(blocks\.\d+\.(attn\.(qkv|proj)|mlp\.\w+_proj)|merger\.mlp\.[02])$/.test(module)
