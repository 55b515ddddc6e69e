/**
 * AdamW with decoupled weight decay and bias correction, as torch.optim.AdamW, in fp32 (`master-weights.ts` for
 * parameters in fewer bits); the same operator over all of them at once. The state has names, so that a checkpoint
 * can carry it.
 */
import { noGrad } from './autograd.js'
import { masterWeights } from './master-weights.js'
import { cast, foreach, zeros } from './ops.js'
import { keep, scope, type Tensor } from './tensor.js'
import { groupsOf } from './update-groups.js'

export interface AdamWOptions {
  betas?: [number, number]
  eps?: number
  weight_decay?: number
}

export interface Optimizer {
  /** One update with the parameters' accumulated gradients (those without one are left alone). */
  step(learningRate: number): void
  /** Tensors to save, by `<parameter>.<slot>`; loading is `copy_` into them. */
  state(): Map<string, Tensor>
  /** Number of updates so far; settable on resume. */
  steps: number
  dispose(): void
}

export function adamW(parameters: ReadonlyMap<string, Tensor>, options: AdamWOptions = {}): Optimizer {
  const { betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0 } = options
  const names = [...parameters.keys()]
  const masters = noGrad(() => masterWeights(parameters))
  const values = names.map((name) => masters.values.get(name) as Tensor)
  const like = (value: Tensor): Tensor => keep(zeros(value.shape, 'f32', value.device))
  const first = values.map(like)
  const second = values.map(like)
  const groups = groupsOf(values)
  const update = (group: readonly number[], learningRate: number): void => {
    const found = new Map(group.map((i) => [i, masters.grad(names[i])]))
    const used = group.filter((i) => found.get(i))
    if (used.length === 0) return
    const pick = <T>(items: readonly T[]): T[] => used.map((i) => items[i])
    const [p, m, v] = [pick(values), pick(first), pick(second)]
    const g = used.map((i) => found.get(i) as Tensor)
    if (weight_decay !== 0) foreach.mul_(p, 1 - learningRate * weight_decay)
    foreach.mul_(m, betas[0])
    foreach.add_(m, g, 1 - betas[0])
    foreach.mul_(v, betas[1])
    foreach.addcmul_(v, g, g, 1 - betas[1])
    const correction1 = 1 - betas[0] ** optimizer.steps
    const correction2 = 1 - betas[1] ** optimizer.steps
    const denominator = foreach.sqrt(v)
    foreach.div_(denominator, Math.sqrt(correction2))
    foreach.addScalar_(denominator, eps)
    foreach.addcdiv_(p, m, denominator, -learningRate / correction1)
    masters.store(pick(names))
  }
  const optimizer: Optimizer = {
    steps: 0,
    step(learningRate) {
      optimizer.steps++
      noGrad(() => {
        for (const group of groups) scope(() => update(group, learningRate))
      })
    },
    state: () =>
      new Map([
        ...names.flatMap(
          (name, i) =>
            [
              [`${name}.exp_avg`, first[i]],
              [`${name}.exp_avg_sq`, second[i]],
            ] as [string, Tensor][],
        ),
        ...masters.state(),
      ]),
    dispose() {
      masters.dispose()
      for (const tensor of [...first, ...second]) tensor.dispose()
    },
  }
  return optimizer
}

const wide = (x: Tensor): Tensor => (x.dtype === 'f32' ? x : cast(x, 'f32'))

/**
 * Scales the gradients so that their global L2 norm is at most `maxNorm` (torch's `clip_grad_norm_`:
 * coefficient maxNorm / (norm + 1e-6), never above 1).
 * @returns the norm before clipping
 */
export function clipGradientNorm(parameters: Iterable<Tensor>, maxNorm: number): number {
  return noGrad(() =>
    scope(() => {
      const grads = [...parameters].map((p) => p.grad).filter((g): g is Tensor => g !== null)
      if (grads.length === 0) return 0
      let squares = 0
      for (const group of groupsOf(grads))
        scope(() => {
          // In fewer bits a norm has few digits.
          for (const norm of foreach.norm(group.map((i) => wide(grads[i])))) squares += norm.item() ** 2
        })
      const total = Math.sqrt(squares)
      const coefficient = maxNorm / (total + 1e-6)
      if (coefficient < 1) foreach.mul_(grads, coefficient)
      return total
    }),
  )
}
