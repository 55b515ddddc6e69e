/** Parameters in bf16 follow, by their fp32 masters, what fp32 parameters do with the same gradients. */
import { describe, expect, it } from 'vitest'
import { backward, clearGradients, noGrad } from './autograd.js'
import { muon } from './muon.js'
import { add, cast, copy_, mul, sum } from './ops.js'
import { adamW, clipGradientNorm, type Optimizer } from './optimizer.js'
import { liveTensors, scope, type Tensor, tensor } from './tensor.js'

const values = (phase: number): Tensor =>
  cast(
    cast(
      tensor(
        Float32Array.from({ length: 12 }, (_, i) => Math.sin(1.7 * i + phase)),
        [3, 4],
      ),
      'bf16',
    ),
    'f32',
  )
/** A trainable copy in bf16. */
const leaf = (value: Tensor): Tensor => noGrad(() => cast(add(value, 0), 'bf16')).setRequiresGrad()
const kinds: [string, (all: Map<string, Tensor>) => Optimizer][] = [
  ['AdamW', (all) => adamW(all, { weight_decay: 0.1 })],
  ['Muon', (all) => muon(all, (name) => name === 'w', { weight_decay: 0.1 })],
]
/** A gradient of the given step that bf16 can say exactly. */
const give = (parameter: Tensor, step: number): void =>
  scope(() => backward(sum(mul(parameter, cast(values(step), parameter.dtype)))))

describe.each(kinds)('%s', (_, make) => {
  it('moves a master by steps that bf16 would lose, and rounds it', () => {
    scope(() => {
      const wide = new Map([
        ['w', values(0).setRequiresGrad()],
        ['b', values(1).setRequiresGrad()],
      ])
      const narrow = new Map([...wide].map(([name, value]) => [name, leaf(value)]))
      const [a, b] = [make(wide), make(narrow)]
      const start = new Map([...narrow].map(([name, value]) => [name, cast(value, 'f32').numbers()]))
      for (let step = 0; step < 40; step++) {
        for (const value of [...wide.values(), ...narrow.values()]) give(value, 7)
        a.step(1e-4)
        b.step(1e-4)
        clearGradients([...wide.values(), ...narrow.values()])
      }
      const state = b.state()
      for (const [name, value] of wide) {
        expect((state.get(`${name}.master`) as Tensor).numbers()).toEqual(value.numbers())
        const rounded = cast(cast(value, 'bf16'), 'f32').numbers()
        expect(cast(narrow.get(name) as Tensor, 'f32').numbers()).toEqual(rounded)
        expect(rounded).not.toEqual(start.get(name))
      }
      a.dispose()
      b.dispose()
    })
  })

  it('goes on from a saved state', () => {
    scope(() => {
      const fresh = (): Map<string, Tensor> => new Map([['w', leaf(values(0))]])
      const run = (all: Map<string, Tensor>, optimizer: Optimizer, from: number, to: number): void => {
        for (let step = from; step < to; step++) {
          give(all.get('w') as Tensor, step)
          optimizer.step(1e-3)
          clearGradients([...all.values()])
        }
      }
      const [whole, first] = [fresh(), fresh()]
      const one = make(whole)
      run(whole, one, 0, 10)
      const two = make(first)
      run(first, two, 0, 5)
      const second = new Map([['w', leaf(first.get('w') as Tensor)]])
      const three = make(second)
      for (const [name, value] of three.state()) copy_(value, two.state().get(name) as Tensor)
      three.steps = two.steps
      run(second, three, 5, 10)
      expect(second.get('w')?.data()).toEqual(whole.get('w')?.data())
      for (const optimizer of [one, two, three]) optimizer.dispose()
    })
  })
})

it('the norm of bf16 gradients is taken in fp32, and nothing is left behind', () => {
  scope(() => {
    const all = new Map([['w', leaf(values(0))]])
    const before = liveTensors()
    const optimizer = adamW(all)
    give(all.get('w') as Tensor, 3)
    const wanted = scope(() => Math.hypot(...values(3).numbers()))
    expect(Math.abs(clipGradientNorm(all.values(), 1e9) / wanted - 1)).toBeLessThan(1e-6)
    clearGradients([...all.values()])
    optimizer.dispose()
    expect(liveTensors()).toBe(before)
  })
})
