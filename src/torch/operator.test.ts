/** Any ATen operator by name, and one line naming it when it is used wrongly. */
import { describe, expect, it } from 'vitest'
import { engine } from './engine.js'
import { hasOperator, inplace, operator, operators } from './operator.js'
import { add, cat, copy_, matmul, narrow, split, view } from './ops.js'
import { liveTensors, scope, type Tensor, tensor } from './tensor.js'

const line = (body: () => unknown): string => {
  try {
    scope(body)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('expected an error, got none')
}

describe('an operator used wrongly names itself', () => {
  const x = (): Tensor => tensor([1, 2, 3, 4, 5, 6], [2, 3])
  const cases: [string, () => unknown, RegExp][] = [
    ['shapes that do not fit', () => matmul(x(), x()), /^aten::matmul: .*2x3/],
    [
      'a view of another size',
      () => view(x(), [5]),
      /^aten::view: .*shape '\[5\]' is invalid for input of size 6/,
    ],
    ['a range outside', () => narrow(x(), 0, 1, 2), /^aten::narrow: /],
    [
      'an argument of another kind',
      () => operator('narrow')(x(), 0, 'one', 1),
      /^aten::narrow: argument 'start': expected an integer/,
    ],
    [
      'a tensor left out',
      () => operator('add.Tensor')(x()),
      /^aten::add.Tensor: argument 'other': expected a value, got none/,
    ],
    [
      'a number where tensors are due',
      () => operator('cat')(3, 0),
      /^aten::cat: argument 'tensors': expected an array/,
    ],
    ['none where a tensor is due', () => operator('mm')(x(), null), /^aten::mm: argument 'mat2': expected/],
  ]
  it.each(cases)('%s', (_, body, message) => {
    const before = liveTensors()
    expect(line(body)).toMatch(message)
    expect(liveTensors()).toBe(before)
  })

  it('says when this libtorch has no such operator', () => {
    expect(hasOperator('add.Tensor')).toBe(true)
    expect(hasOperator('warp_drive')).toBe(false)
    expect(line(() => operator('warp_drive.fast')())).toBe(
      `operator warp_drive.fast: expected libtorch ${engine().version()} to have it, got none`,
    )
  })
})

it('reaches operators nobody wrapped, with defaults for what is left out', () => {
  scope(() => {
    expect(operator('flip')(tensor([1, 2, 3]), [0]).numbers()).toEqual([3, 2, 1])
    expect(operators('frexp.Tensor')(tensor([8])).map((t) => t.numbers())).toEqual([[0.5], [4]])
    const y = tensor([1, 2])
    const before = liveTensors()
    inplace('add_.Scalar')(y, 10, 2)
    expect([y.numbers(), liveTensors()]).toEqual([[21, 22], before])
  })
})

it('views share memory with what they are of', () => {
  scope(() => {
    const x = tensor([1, 2, 3, 4])
    const [low] = split(x, [2, 2], 0)
    copy_(low, tensor([9, 8]))
    expect(x.numbers()).toEqual([9, 8, 3, 4])
    expect(cat([low, add(low, 0.5)], 0).numbers()).toEqual([9, 8, 9.5, 8.5])
  })
})
