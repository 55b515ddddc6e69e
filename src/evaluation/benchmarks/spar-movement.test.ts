/** How SPAR-Bench's own parser takes movements apart, where whole scores do not tell. */
import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from './benchmark.js'
import { sparBench } from './spar-bench.js'
import { overAxes, readMovements } from './spar-movement.js'

const read = (text: string): [string, number][] | null => {
  const movements = readMovements(text)
  return movements && [...movements]
}

describe('movements', () => {
  it.each<[string, string, [string, number][] | null]>([
    [
      'keep the blank before a key',
      'move_up:1, move_up:2',
      [
        ['move_up', 1],
        [' move_up', 2],
      ],
    ],
    ['may be named twice, the last counts', 'move_up:1,move_up:2', [['move_up', 2]]],
    [
      'have any number that Python reads',
      'move_up: +1e1\n,move_left:٤',
      [
        ['move_up', 10],
        ['move_left', 4],
      ],
    ],
    ['may be unknown ones', 'jump:3', [['jump', 3]]],
    ['with a unit are none, nor are the others', 'move_up:1,move_left:2m', null],
    ['with two colons are none', 'move_up:1:2', null],
    ['without a number are none', 'move_up:', null],
    ['end without a comma', 'move_up:1,', null],
    ['are not empty', '', null],
  ])('%s', (_, text, movements) => expect(read(text)).toEqual(movements))

  it('along one axis are the difference of the two ways', () => {
    const said = readMovements('move_right:3,move_left:1,rotate_up:5') ?? new Map()
    const amounts: number[] = []
    overAxes(said, new Map(), (amount) => amounts.push(amount))
    expect(amounts).toEqual([2, 0, 0, 0, 5])
  })

  it.each([
    ['nan', 0.8],
    ['inf', 0.8],
  ])('of %s are lost on their axis only', (amount, score) => {
    const item: BenchmarkItem = {
      id: '0',
      row: 0,
      type: 'view_change_infer',
      kind: 'movement',
      scene: 's',
      question: '?',
      options: null,
      answer: 'move_up:1',
      media: [],
      fields: {},
    }
    const { official } = sparBench.protocols
    expect(official.judge(item, `move_up:${amount}`, { promptType: 'default' }).score).toBeCloseTo(score, 12)
  })
})
