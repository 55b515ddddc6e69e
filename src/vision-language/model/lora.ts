/**
 * Low-rank adapters (Hu et al. 2021) in the manner of PEFT: y = W x + (alpha / r) B A x beside frozen weights. They
 * stand in the map of weights under `<module>.lora_A.weight`, `.lora_B.weight` and `.lora_scaling`, where `project`
 * finds them.
 */
import path from 'node:path'
import { writeJsonAtomic } from '../../common/files.js'
import { rng } from '../../common/random.js'
import { noGrad } from '../../torch/autograd.js'
import { add, cast, linear, matmul, mul } from '../../torch/ops.js'
import { writeSafetensors } from '../../torch/safetensors.js'
import { keep, scope, type Tensor, tensor } from '../../torch/tensor.js'

export type Weights = ReadonlyMap<string, Tensor>

/** All linear layers of the language model. */
export const LORA_TARGETS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const
export type LoraTarget = (typeof LORA_TARGETS)[number]

export interface LoraOptions {
  r: number
  alpha: number
  targets: readonly LoraTarget[]
}

/** What an adapter consists of, behind the name of its module. */
export const ADAPTER_PARTS = { A: 'lora_A.weight', B: 'lora_B.weight', SCALING: 'lora_scaling' } as const
const { A, B, SCALING } = ADAPTER_PARTS

/** Modules of the language model that end in one of `targets`, with their weights [out, in]. */
function* modules(weights: Weights, targets: readonly string[]): Generator<[string, Tensor]> {
  for (const [name, weight] of weights) {
    const [, module, last] = /^(model\.layers\.\d+\..+\.(\w+))\.weight$/.exec(name) ?? []
    if (module && targets.includes(last)) yield [module, weight]
  }
}

/**
 * Fresh adapters, fp32 as PEFT keeps them: A uniform in ±1/√in, B zero, so that nothing changes at first. The same
 * seed gives the same.
 * @returns trainable tensors by name, and with them the scalings, which are not trained
 */
export function freshAdapters(
  weights: Weights,
  { alpha, r, targets }: LoraOptions,
  seed: number,
): { trained: Map<string, Tensor>; all: Map<string, Tensor> } {
  const trained = new Map<string, Tensor>()
  const all = new Map<string, Tensor>()
  for (const [module, { shape }] of modules(weights, targets)) {
    const [outputs, inputs] = shape
    const random = rng(seed, 'lora', module)
    const bound = 1 / Math.sqrt(inputs)
    const values = Float32Array.from({ length: r * inputs }, () => random.uniform(-bound, bound))
    trained.set(`${module}.${A}`, keep(tensor(values, [r, inputs])))
    trained.set(`${module}.${B}`, keep(tensor(new Float32Array(outputs * r), [outputs, r])))
    all.set(`${module}.${SCALING}`, keep(tensor([alpha / r])))
  }
  for (const [name, value] of trained) all.set(name, value.setRequiresGrad())
  return { trained, all }
}

/** What an adapter adds to the output of `module` for x [..., in], in the type of x; null where there is none. */
export function adapted(weights: Weights, module: string, x: Tensor): Tensor | null {
  const a = weights.get(`${module}.${A}`)
  // Most modules have none, and are many.
  if (!a) return null
  const [b, scaling] = [weights.get(`${module}.${B}`), weights.get(`${module}.${SCALING}`)]
  if (!b || !scaling) return null
  const wide = x.dtype === a.dtype ? x : cast(x, a.dtype)
  const low = mul(linear(linear(wide, a), b), scaling)
  return x.dtype === low.dtype ? low : cast(low, x.dtype)
}

/** The weights alone, with what their adapters do added to them; new tensors where there is an adapter. */
export function mergeAdapters(weights: Weights): Map<string, Tensor> {
  const merged = new Map<string, Tensor>()
  for (const [name, weight] of weights) {
    if (/\.lora_/.test(name)) continue
    const module = name.replace(/\.weight$/, '')
    const [a, b] = [weights.get(`${module}.${A}`), weights.get(`${module}.${B}`)]
    const scaling = weights.get(`${module}.${SCALING}`)
    merged.set(
      name,
      a && b && scaling
        ? keep(
            noGrad(() =>
              scope(() => cast(add(cast(weight, 'f32'), mul(matmul(b, a), scaling)), weight.dtype)),
            ),
          )
        : weight,
    )
  }
  return merged
}

/**
 * Writes adapters as PEFT reads them, for a base loaded by transformers 4.52 or later (names of its module tree).
 * @param base what `base_model_name_or_path` says
 */
export function writeAdapter(
  folder: string,
  adapters: ReadonlyMap<string, Tensor>,
  { alpha, r, targets }: LoraOptions,
  base: string,
): void {
  const named = [...adapters]
    .filter(([name]) => name.endsWith(A) || name.endsWith(B))
    .map(([name, value]): [string, Tensor] => [
      `base_model.model.${name.replace(/^model\./, 'model.language_model.')}`,
      value,
    ])
  writeSafetensors(path.join(folder, 'adapter_model.safetensors'), new Map(named))
  writeJsonAtomic(path.join(folder, 'adapter_config.json'), {
    base_model_name_or_path: base,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: 0,
    modules_to_save: null,
    peft_type: 'LORA',
    r,
    // The tower has modules of the same names.
    target_modules: `.*language_model.*\\.(${targets.join('|')})`,
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  })
}
