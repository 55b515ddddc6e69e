/** What VSI-Bench's and SpatialLadder's own functions gave, text by text. */
import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from './benchmark.js'
import { vsiBench } from './vsi-bench.js'

const item = (answer: string, options: string[] | null): BenchmarkItem => ({
  id: '7',
  row: 0,
  type: options ? 'object_rel_distance' : 'object_abs_distance',
  kind: options ? 'choice' : 'number',
  scene: 'scene0000_00',
  question: '?',
  options,
  answer,
  media: [],
  fields: {},
})
const choice = item('A', ['A. chair', 'B. table', 'C. sofa', 'D. lamp'])
const number = (answer: string): BenchmarkItem => item(answer, null)

const { official, paper, strict } = vsiBench.protocols
/** Official, paper with reasoning, paper asked directly. */
const scores = (of: BenchmarkItem, raw: string): number[] => [
  official.judge(of, raw, { promptType: 'default' }).score,
  paper.judge(of, raw, { promptType: 'thinking' }).score,
  paper.judge(of, raw, { promptType: 'default' }).score,
]

describe('letters, the answer being A', () => {
  it.each<[string, number, number, number]>([
    ['A', 1, 1, 1],
    ['A.', 1, 1, 1],
    ['a', 1, 1, 1],
    ['A. chair', 1, 1, 1],
    ['A.chair', 0, 0, 0],
    ['A)', 0, 0, 0],
    ['(A)', 0, 0, 0],
    ['**A**', 0, 0, 0],
    ['Answer: A', 0, 1, 1],
    ['Answer: A.', 0, 0, 0],
    ['Answer:A.', 0, 1, 1],
    ['Answer: A. chair', 0, 0, 0],
    ['The answer is A', 0, 0, 0],
    ['A\nchair', 0, 0, 0],
    ['A,', 0, 0, 0],
    [' A', 0, 1, 1],
    ['', 0, 0, 0],
    ['<answer>A</answer>', 0, 1, 0],
    ['<think>x</think><answer>A. chair</answer>', 0, 1, 0],
    ['<answer>A', 0, 0, 0],
    ['<think>..</think>\n<answer>\nA\n</answer>', 0, 1, 0],
    ['<answer>B</answer> <answer>A</answer>', 0, 0, 0],
    ['A: chair', 0, 0, 0],
    // By the rules: all full stops go, but not those before white space; lower case with one is no letter.
    ['A... chair', 1, 0, 0],
    ['A.\n', 0, 1, 1],
    ['a. chair', 1, 0, 0],
  ])('%j: official %d, paper %d, asked directly %d', (raw, ...expected) =>
    expect(scores(choice, raw)).toEqual(expected),
  )
})

describe('numbers', () => {
  it.each<[string, string, number, number, number]>([
    ['4', '4', 1, 1, 1],
    ['4.0', '4', 1, 1, 1],
    ['4.', '4', 1, 1, 1],
    ['4 meters', '4', 1, 1, 1],
    ['4meters', '4', 0, 1, 1],
    ['four', '4', 0, 1, 1],
    ['Four', '4', 0, 1, 1],
    ['twenty one', '21', 0, 0, 0],
    ['twenty-one', '21', 0, 0, 0],
    ['a chair', '1', 0, 1, 1],
    ['about 4', '4', 0, 1, 1],
    ['3.2', '4', 0.7, 0.7, 0.7],
    ['8', '10', 0.6, 0.6, 0.6],
    ['9', '10', 0.9, 0.9, 0.9],
    ['-4', '4', 0, 1, 1],
    ['1,200', '1200', 0, 0, 0],
    ['1e1', '10', 1, 0, 0],
    ['.5', '0.5', 1, 0, 0],
    ['inf', '4', 0, 0, 0],
    ['nan', '4', 0, 0, 0],
    ['1_0', '10', 1, 0, 0],
    ['', '4', 0, 0, 0],
    ['<answer>4</answer>', '4', 0, 1, 1],
    ['<think>a b 3</think><answer>about 4.5 m</answer>', '4.5', 0, 1, 0],
    ['<answer>4', '4', 0, 0, 1],
    ['<think>It is 4 m, a guess', '4', 0, 0, 0],
    ['I count 4.', '4', 0, 1, 1],
    ['4\n', '4', 1, 1, 1],
    ['4\nmeters', '4', 0, 1, 1],
    ['４', '4', 1, 1, 1],
    ['between 3 and 5', '4', 0, 0.6, 0.6],
    ['one or 4', '4', 0, 0, 0],
    // No full word, by Unicode's idea of one.
    ['x 4 oneé', '4', 0, 1, 1],
    ['zero', '4', 0, 0, 0],
  ])('%j for %s: official %d, paper %d, asked directly %d', (raw, answer, ...expected) =>
    expect(scores(number(answer), raw)).toEqual(expected),
  )

  it.each(['4', '0'])('%s for 0 stops both, as it stops the originals, naming the item', (raw) => {
    for (const protocol of [official, paper])
      for (const promptType of ['thinking', 'default'] as const)
        expect(() => protocol.judge(number('0'), raw, { promptType })).toThrow(
          'item 7 answer: expected a target other than 0 (the original divides by it), got 0',
        )
  })

  it('against 0 what is no number is 0, and strictly only 0 is right', () => {
    expect(scores(number('0'), 'many')).toEqual([0, 0, 0])
    const strictly = (raw: string) => strict.judge(number('0'), raw, { promptType: 'thinking' }).score
    expect(['0', '0.0 m', 'zero', '0.01', 'many', ''].map(strictly)).toEqual([1, 1, 1, 0, 0, 0])
  })

  it('any number is perfect against a negative one, as nothing keeps the denominator positive', () => {
    expect(scores(number('-1'), '100')).toEqual([1, 1, 1])
    expect(strict.judge(number('-1'), '100', { promptType: 'thinking' }).score).toBe(0)
  })
})

describe('strict answers', () => {
  const strictly = (of: BenchmarkItem, raw: string) => strict.judge(of, raw, { promptType: 'thinking' })
  it.each([
    '(A)',
    'A)',
    '**A**',
    'Answer: A.',
    'The answer is A',
    'chair',
    'A\nchair',
    '<answer>A',
    '<answer>B</answer> <answer>A</answer>',
  ])('%j is A', (raw) => expect(strictly(choice, raw)).toEqual({ score: 1, parsed: 'A' }))
  it.each(['', 'A or B', 'An object', 'A. table'])('%j is nothing, and wrong', (raw) =>
    expect(strictly(choice, raw)).toEqual({ score: 0, parsed: null }),
  )
  it('numbers keep sign, commas and units apart', () => {
    expect(strictly(number('4'), '-4')).toEqual({ score: 0, parsed: '-4' })
    expect(strictly(number('1200'), '1,200 cm')).toEqual({ score: 1, parsed: '1200' })
    expect(strictly(number('21'), 'twenty-one')).toEqual({ score: 1, parsed: '21' })
    expect(strictly(number('4'), 'between 3 and 5')).toEqual({ score: 0, parsed: null })
    expect(strictly(number('1'), 'a chair')).toEqual({ score: 0, parsed: null })
  })
})

describe('what was read', () => {
  const parsed = (of: BenchmarkItem, raw: string) => [
    official.judge(of, raw, { promptType: 'default' }).parsed,
    paper.judge(of, raw, { promptType: 'thinking' }).parsed,
  ]
  it('is a letter of the question, or a number as it stands', () => {
    expect(parsed(choice, 'b. table')).toEqual(['B', null])
    expect(parsed(choice, '(A)')).toEqual([null, null])
    expect(parsed(choice, 'E')).toEqual([null, null])
    expect(parsed(number('4'), '3.50 m')).toEqual(['3.50', '3.50'])
    expect(parsed(number('4'), 'about three')).toEqual([null, '3'])
    expect(parsed(number('4'), '<answer>none</answer>')).toEqual([null, null])
  })
})
