/** The pieces both halves of Qwen2.5-VL are made of. Weights are found by the checkpoint's own names. */
import { gated } from '../../torch/fused.js'
import { add, linear } from '../../torch/ops.js'
import type { Tensor } from '../../torch/tensor.js'
import { adapted, type Weights } from './lora.js'

export type { Weights }

/** @throws when the checkpoint has no such tensor */
export function weight(weights: Weights, name: string): Tensor {
  const tensor = weights.get(name)
  if (!tensor) throw new Error(`weights: expected tensor ${name}, got none`)
  return tensor
}

/** x [..., in] -> [..., out]; the bias is used where the checkpoint has one, and an adapter where there is one. */
export function project(weights: Weights, name: string, x: Tensor): Tensor {
  const y = linear(x, weight(weights, `${name}.weight`), weights.get(`${name}.bias`) ?? null)
  const low = adapted(weights, name, x)
  return low ? add(y, low) : y
}

/** down(silu(gate(x)) * up(x)). */
export const gatedMlp = (weights: Weights, name: string, x: Tensor): Tensor =>
  project(
    weights,
    `${name}.down_proj`,
    gated(project(weights, `${name}.gate_proj`, x), project(weights, `${name}.up_proj`, x)),
  )
