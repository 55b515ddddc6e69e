/**
 * Muon (Jordan et al. 2024): matrices move along the orthogonalised momentum of their gradient, everything
 * else by AdamW. Updates are scaled by 0.2 * sqrt(max(rows, columns)) (Liu et al. 2025), so that both halves
 * take the same learning rate.
 */
import { noGrad } from './autograd.js'
import { masterWeights } from './master-weights.js'
import { add, add_, bmm, div, mul, mul_, pow, select, sqrt, stack, sum, transpose, zeros } from './ops.js'
import { type AdamWOptions, adamW, type Optimizer } from './optimizer.js'
import { keep, scope, type Tensor } from './tensor.js'
import { groupsOf } from './update-groups.js'

/** Coefficients and number of Newton-Schulz iterations. */
const [A, B, C] = [3.4445, -4.775, 2.0315]
const ITERATIONS = 5

/** Each matrix of x [n, rows, columns] with its singular values moved to about 1. */
export function orthogonalise(x: Tensor): Tensor {
  const [, rows, columns] = x.shape
  const norm = sqrt(sum(pow(x, 2), [1, 2], true))
  let y = div(rows > columns ? transpose(x, 1, 2) : x, add(norm, 1e-7))
  for (let i = 0; i < ITERATIONS; i++) {
    const gram = bmm(y, transpose(y, 1, 2))
    const polynomial = add(mul(gram, B), mul(bmm(gram, gram), C))
    y = add(mul(y, A), bmm(polynomial, y))
  }
  return rows > columns ? transpose(y, 1, 2) : y
}

export interface MuonOptions extends AdamWOptions {
  momentum?: number
}

/**
 * @param parameters by name; two-dimensional ones for which `isMatrix` holds are orthogonalised
 */
export function muon(
  parameters: ReadonlyMap<string, Tensor>,
  isMatrix: (name: string) => boolean,
  options: MuonOptions = {},
): Optimizer {
  const { momentum = 0.95, weight_decay = 0 } = options
  const entries = [...parameters]
  const matrices = entries.filter(([name, value]) => value.shape.length === 2 && isMatrix(name))
  const rest = adamW(new Map(entries.filter((entry) => !matrices.includes(entry))), options)
  const masters = noGrad(() => masterWeights(new Map(matrices)))
  const buffers = matrices.map(([, value]) => keep(zeros(value.shape, 'f32', value.device)))
  // Matrices of one shape are orthogonalised together.
  const groups = new Map<string, number[]>()
  matrices.forEach(([, { shape }], i) => {
    groups.set(shape.join(), [...(groups.get(shape.join()) ?? []), i])
  })
  // Some at a time: orthogonalising makes many copies.
  const batches = [...groups.values()].flatMap((members) =>
    groupsOf(members.map((i) => matrices[i][1])).map((places) => places.map((place) => members[place])),
  )
  const update = (members: readonly number[], learningRate: number): void => {
    const used = members.filter((i) => matrices[i][1].grad !== null)
    if (used.length === 0) return
    const directions = used.map((i) => {
      const gradient = masters.grad(matrices[i][0]) as Tensor
      mul_(buffers[i], momentum)
      add_(buffers[i], gradient)
      // Nesterov: the gradient once more on top of the momentum.
      return add(gradient, mul(buffers[i], momentum))
    })
    const steps = orthogonalise(stack(directions, 0))
    used.forEach((i, k) => {
      const value = masters.values.get(matrices[i][0]) as Tensor
      if (weight_decay !== 0) mul_(value, 1 - learningRate * weight_decay)
      add_(value, select(steps, 0, k), -learningRate * 0.2 * Math.sqrt(Math.max(...value.shape)))
    })
    masters.store(used.map((i) => matrices[i][0]))
  }
  return {
    get steps() {
      return rest.steps
    },
    set steps(value) {
      rest.steps = value
    },
    step(learningRate) {
      rest.step(learningRate)
      for (const members of batches) noGrad(() => scope(() => update(members, learningRate)))
    },
    state: () =>
      new Map([
        ...rest.state(),
        ...matrices.map(([name], i): [string, Tensor] => [`${name}.momentum`, buffers[i]]),
        ...masters.state(),
      ]),
    dispose() {
      rest.dispose()
      masters.dispose()
      for (const buffer of buffers) buffer.dispose()
    },
  }
}
