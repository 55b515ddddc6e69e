import { describe, expect, it } from 'vitest'
import { backward, clearGradients } from './autograd.js'
import { add, matmul, mul, silu, sum } from './ops.js'
import { createTape, type Segment } from './tape.js'
import { liveTensors, scope, type Tensor, tensor } from './tensor.js'

const values = (shape: number[], phase: number): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(1.3 * i + phase)),
    shape,
  )

describe('a tape', () => {
  it('gives every parameter and the input the gradients of a graph that is kept, and leaves nothing behind', () => {
    const before = liveTensors()
    scope(() => {
      const weights = [0, 1, 2, 3].map((k) => values([4, 4], k).setRequiresGrad())
      const input = values([3, 4], 9).setRequiresGrad()
      const segments = weights.map(
        (w): Segment =>
          (x) =>
            add(x, silu(matmul(x, w))),
      )
      const all = [...weights, input]
      const gradients = (use: (x: Tensor) => { output: Tensor; after(): void }): number[][] => {
        scope(() => {
          // A graph before the tape, and one behind it.
          const { output, after } = use(mul(input, 2))
          backward(sum(mul(output, output)))
          after()
        })
        const found = all.map(({ grad }) => grad?.numbers() ?? [])
        clearGradients(all)
        return found
      }
      const kept = gradients((x) => ({
        output: segments.reduce((y, segment) => segment(y), x),
        after: () => {},
      }))
      const tape = createTape()
      const taped = gradients((x) => ({
        output: tape.run(segments.slice(2), tape.run(segments.slice(0, 2), x)),
        after: tape.backward,
      }))
      expect(taped).toEqual(kept)
      expect(kept.every((one) => one.some((value) => value !== 0))).toBe(true)
    })
    expect(liveTensors()).toBe(before)
  })

  it('keeps what goes into segments, and not what they make inside', () => {
    scope(() => {
      const w = values([4, 4], 0).setRequiresGrad()
      const tape = createTape()
      const start = liveTensors()
      const segment: Segment = (x) => silu(silu(silu(matmul(x, w))))
      tape.run([segment, segment, segment], values([2, 4], 1))
      // The input, its detached twin, what goes into the second and third segment, what comes out, as a leaf.
      expect(liveTensors() - start).toBeLessThanOrEqual(6)
    })
  })

  it('of an output that nobody used does nothing', () => {
    scope(() => {
      const w = values([2, 2], 0).setRequiresGrad()
      const tape = createTape()
      tape.run([(x) => matmul(x, w)], values([2, 2], 1))
      tape.backward()
      expect(w.grad).toBeNull()
    })
  })
})
