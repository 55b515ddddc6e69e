/** Who owns native memory: what a scope frees, what outlives it, and what happens to those who come too late. */
import { describe, expect, it } from 'vitest'
import { backward, clearGradients } from './autograd.js'
import { add, exp, matmul, mul, ones, sum } from './ops.js'
import { keep, liveTensors, scope, type Tensor, tensor } from './tensor.js'

describe('a scope', () => {
  it('frees what was made inside: as many tensors alive after a thousand steps as before', () => {
    const weights = tensor([1, 2, 3, 4], [2, 2]).setRequiresGrad()
    const before = liveTensors()
    for (let step = 0; step < 1000; step++)
      scope(() => {
        const loss = sum(exp(mul(matmul(weights, weights), 0.01)))
        backward(loss)
        expect(weights.grad?.shape).toEqual([2, 2])
        clearGradients([weights])
      })
    expect(liveTensors()).toBe(before)
    weights.dispose()
    expect(liveTensors()).toBe(before - 1)
  })

  it('hands its result on: alone, in arrays, objects and maps, however deep', () => {
    const before = liveTensors()
    scope(() => {
      const kept = scope(() => {
        const dead = tensor([0])
        return {
          one: add(dead, 1),
          list: [add(dead, 2), [add(dead, 3)]],
          map: new Map([['x', { deep: add(dead, 4) }]]),
          number: 5,
        }
      })
      const values = [kept.one, kept.list[0], (kept.list[1] as Tensor[])[0], kept.map.get('x')?.deep]
      expect(values.map((value) => (value as Tensor).item())).toEqual([1, 2, 3, 4])
      expect(liveTensors()).toBe(before + 4)
    })
    expect(liveTensors()).toBe(before)
  })

  it('passes a result on only to the scope around it', () => {
    let middle: Tensor | undefined
    scope(() => {
      middle = scope(() => scope(() => tensor([7])))
      expect(middle.item()).toBe(7)
    })
    expect(middle?.disposed).toBe(true)
  })

  it('leaves alone what was made before it', () => {
    scope(() => {
      const outer = tensor([1])
      scope(() => add(outer, 1))
      expect(outer.item()).toBe(1)
    })
  })

  it('frees everything when its body throws', () => {
    const before = liveTensors()
    expect(() =>
      scope(() => {
        tensor([1])
        scope(() => tensor([2]))
        throw new Error('in the middle')
      }),
    ).toThrow('in the middle')
    expect(liveTensors()).toBe(before)
    // The scopes themselves are closed too: what is made now belongs to nobody's scope.
    const after = tensor([1])
    scope(() => tensor([2]))
    expect(after.item()).toBe(1)
    after.dispose()
  })

  it('refuses a promise, whose tensors would be freed before it is done', () => {
    const before = liveTensors()
    expect(() => scope(async () => tensor([1]))).toThrow(/scope: expected a synchronous body, got a promise/)
    expect(liveTensors()).toBe(before)
  })
})

describe('keep', () => {
  it('takes a tensor out of all scopes until it is disposed', () => {
    const before = liveTensors()
    const kept = scope(() => scope(() => keep(tensor([3]))))
    const unreturned: Tensor[] = []
    scope(() => {
      scope(() => {
        unreturned.push(keep(tensor([4])))
      })
    })
    expect([kept.item(), unreturned[0].item()]).toEqual([3, 4])
    kept.dispose()
    unreturned[0].dispose()
    expect(liveTensors()).toBe(before)
  })
})

describe('a tensor used too late', () => {
  it('says which operator made it', () => {
    scope(() => {
      const late = scope(() => {
        const inner = exp(tensor([1]))
        return { inner: () => inner }
      }).inner()
      expect(late.disposed).toBe(true)
      expect(() => add(late, 1)).toThrow('tensor from exp: expected a live tensor, got one already disposed')
      expect(() => late.floats()).toThrow(/tensor from exp/)
    })
  })

  it('may be disposed twice, and its slot then belongs to another', () => {
    const first = ones([2])
    first.dispose()
    const second = tensor([5, 6])
    first.dispose()
    expect(second.numbers()).toEqual([5, 6])
    second.dispose()
  })
})

describe('values', () => {
  it('come back in row-major order whatever the strides', () => {
    scope(() => {
      const x = tensor([1, 2, 3, 4, 5, 6], [2, 3])
      expect(x.numbers()).toEqual([1, 2, 3, 4, 5, 6])
      expect([...scope(() => matmul(x, tensor([1, 0, 0, 1, 0, 0], [3, 2]))).floats()]).toEqual([1, 2, 4, 5])
    })
  })

  it('must be as many as the shape holds, and of the type asked for', () => {
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow('tensor: expected 4 values for [2,2], got 3')
    scope(() => {
      expect(() => tensor([1], undefined, 'i64').floats()).toThrow('floats: expected an f32 tensor, got i64')
      expect(() => tensor([1], undefined, 'bf16')).toThrow(/expected f32 values to be cast, got bf16/)
    })
  })
})
