/** AdamW, clipping and schedules against torch and transformers (bench/reference/torch_golden.py). */
import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { backward, clearGradients } from './autograd.js'
import { add, copy_, mul, sum } from './ops.js'
import { adamW, clipGradientNorm } from './optimizer.js'
import { type Schedule, scheduleFactor } from './schedule.js'
import { liveTensors, scope, type Tensor, tensor } from './tensor.js'

interface Golden {
  adamw: {
    betas: [number, number]
    eps: number
    weight_decay: number
    rates: number[]
    parameters: number[][]
  }[]
  clip: { scale: number; limit: number; norm: number; after: number[] }[]
  schedules: { name: Schedule; warmup: number; total: number; factors: number[] }[]
}
const golden = JSON.parse(
  fs.readFileSync(new URL('fixtures/optimizer.json', import.meta.url), 'utf8'),
) as Golden

const SHAPES: [string, number[]][] = [
  ['weight', [2, 3]],
  ['bias', [3]],
]
const formula = (shape: number[], phase: number): Tensor =>
  tensor(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(1.7 * i + phase)),
    shape,
  )
const parameters = (): Map<string, Tensor> =>
  new Map(SHAPES.map(([name, shape], i) => [name, formula(shape, 0.3 + i).setRequiresGrad()]))

/** Gives every parameter the reference's gradient of a step, through autograd. */
function giveGradients(all: ReadonlyMap<string, Tensor>, step: number, scale = 1): void {
  scope(() => {
    const parts = [...all.values()].map((p, i) =>
      sum(mul(mul(p, formula([...p.shape], 0.9 * step + 2 * i)), scale)),
    )
    backward(parts.reduce((a, b) => add(a, b)))
  })
}
const flat = (all: Iterable<Tensor>): number[] => [...all].flatMap((value) => value.numbers())
const largestGap = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i])))

describe('AdamW', () => {
  it.each(golden.adamw)('follows torch for ten steps: betas $betas, eps $eps, decay $weight_decay', (one) => {
    scope(() => {
      const all = parameters()
      const optimizer = adamW(all, one)
      one.rates.forEach((rate, step) => {
        giveGradients(all, step)
        optimizer.step(rate)
        clearGradients([...all.values()])
        expect(largestGap(flat(all.values()), one.parameters[step])).toBeLessThan(2e-6)
      })
      optimizer.dispose()
    })
  })

  it('goes on from its saved state as if it had never stopped', () => {
    scope(() => {
      const [{ rates, parameters: want, ...settings }] = golden.adamw
      let all = parameters()
      let optimizer = adamW(all, settings)
      rates.forEach((rate, step) => {
        const state = new Map([...optimizer.state()].map(([name, value]) => [name, value.numbers()]))
        const values = new Map([...all].map(([name, value]) => [name, value.numbers()]))
        const { steps } = optimizer
        optimizer.dispose()
        all = new Map(
          SHAPES.map(([name, shape]) => [name, tensor(values.get(name) ?? [], shape).setRequiresGrad()]),
        )
        optimizer = adamW(all, settings)
        for (const [name, value] of optimizer.state())
          copy_(value, tensor(state.get(name) ?? [], value.shape))
        optimizer.steps = steps
        giveGradients(all, step)
        optimizer.step(rate)
        expect(largestGap(flat(all.values()), want[step])).toBeLessThan(2e-6)
      })
      optimizer.dispose()
    })
  })

  it('leaves a parameter without a gradient alone, and holds two tensors a parameter', () => {
    scope(() => {
      const all = parameters()
      const before = liveTensors()
      const optimizer = adamW(all, { weight_decay: 0.5 })
      expect(liveTensors()).toBe(before + 4)
      const start = flat(all.values())
      optimizer.step(0.1)
      expect(flat(all.values())).toEqual(start)
      scope(() => backward(sum(all.get('bias') as Tensor)))
      clipGradientNorm(all.values(), 1)
      for (let i = 0; i < 100; i++) optimizer.step(1e-3)
      expect(flat([all.get('weight') as Tensor])).toEqual(start.slice(0, 6))
      expect(flat([all.get('bias') as Tensor])).not.toEqual(start.slice(6))
      optimizer.dispose()
      clearGradients([...all.values()])
      expect(liveTensors()).toBe(before)
    })
  })
})

describe('clipGradientNorm', () => {
  it.each(golden.clip)(
    'scales by $scale to at most $limit as torch does',
    ({ scale, limit, norm, after }) => {
      scope(() => {
        const all = parameters()
        giveGradients(all, 0, scale)
        const got = clipGradientNorm(all.values(), limit)
        expect(Math.abs(got / norm - 1)).toBeLessThan(1e-6)
        const grads = flat([...all.values()].map((p) => p.grad as Tensor))
        expect(largestGap(grads, after)).toBeLessThan(1e-6 * Math.max(1, limit))
      })
    },
  )

  it('of no gradients is 0', () => {
    scope(() => {
      expect(clipGradientNorm(parameters().values(), 1)).toBe(0)
    })
  })
})

describe("learning rates are those of transformers' get_scheduler", () => {
  it.each(golden.schedules)('$name, $warmup of $total steps warm-up', ({ name, warmup, total, factors }) => {
    factors.forEach((want, step) => {
      expect(scheduleFactor(name, step, warmup, total)).toBeCloseTo(want, 12)
    })
    if (warmup > 0 && name !== 'constant') expect(scheduleFactor(name, 0, warmup, total)).toBe(0)
  })
})
