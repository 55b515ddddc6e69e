/** Gradients: `backward` into leaves, `gradients` of chosen tensors, `noGrad` for everything else. */
import { engine } from './engine.js'
import { Tensor } from './tensor.js'

/** Runs `body` without recording for autograd. */
export function noGrad<T>(body: () => T): T {
  const before = engine().setGradEnabled(false)
  try {
    return body()
  } finally {
    engine().setGradEnabled(before)
  }
}

/** Accumulates d(output)/d(leaf) into every leaf that requires it; `gradient` defaults to 1 for scalars. */
export function backward(output: Tensor, gradient?: Tensor): void {
  engine().backward([output.slot], [gradient?.slot ?? null])
}

/** Gradients of `outputs` with respect to `inputs`; null where an input was not used. */
export function gradients(
  outputs: Tensor[],
  inputs: Tensor[],
  outputGradients: (Tensor | null)[] = [],
): (Tensor | null)[] {
  const slots = engine().grad(
    outputs.map((t) => t.slot),
    inputs.map((t) => t.slot),
    outputs.map((_, i) => outputGradients[i]?.slot ?? null),
  )
  return slots.map((slot) => (slot === null ? null : new Tensor(slot, 'gradients')))
}

/** Forgets the accumulated gradients. */
export const clearGradients = (tensors: Tensor[]): void => engine().clearGrad(tensors.map((t) => t.slot))
