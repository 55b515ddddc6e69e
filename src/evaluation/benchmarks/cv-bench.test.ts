import { describe, expect, it } from 'vitest'
import type { BenchmarkItem, ProtocolName, Tally } from './benchmark.js'
import { cvBench } from './cv-bench.js'

const item = (source: string, answer = '(A)', choices = ['left', 'right']): BenchmarkItem => ({
  id: '0',
  row: 0,
  type: 'Relation',
  kind: 'choice',
  scene: 'img/2D/relation/x.png',
  question: 'Where?',
  options: choices,
  answer,
  media: [],
  fields: { source, type: '2D', prompt: 'Where? Select from the following choices.\n(A) left\n(B) right' },
})
const { official, paper, strict } = cvBench.protocols
const scoreOf = (one: BenchmarkItem, raw: string, name: ProtocolName): number =>
  cvBench.protocols[name].judge(one, raw, { promptType: name === 'official' ? 'default' : 'thinking' }).score

describe('answers', () => {
  // Recorded from the original functions: Cambrian's for ADE20K and COCO, for Omni3D, and the paper's.
  it.each([
    ['A', 1, 1, 1],
    ['a', 1, 1, 1],
    ['(A)', 1, 1, 1],
    ['(a)', 1, 1, 1],
    ['A.', 1, 1, 1],
    ['(A).', 1, 1, 1],
    ['A)', 1, 1, 1],
    ['[A]', 0, 0, 1],
    ['{A}', 0, 0, 1],
    ['A:', 1, 1, 0],
    ['(A) left', 1, 1, 1],
    ['A left', 1, 1, 1],
    ['A. left', 1, 1, 1],
    ['(A)left', 1, 1, 0],
    ['left', 0, 0, 0],
    ['Answer: A', 1, 1, 0],
    ['The answer is (A)', 1, 1, 0],
    ['The answer is: (A) left', 0, 0, 0],
    ['**A**', 0, 0, 0],
    ['', 0, 0, 0],
    ['An object', 1, 1, 0],
    ['(A) (B)', 1, 1, 1],
    ['<answer>A</answer>', 0, 0, 1],
    ['<think>..</think><answer>(A) left</answer>', 0, 0, 1],
    ['above', 1, 1, 0],
    ['\n(A)', 1, 1, 1],
  ])('%j scores %d for ADE20K and COCO, %d for Omni3D, %d in the paper', (raw, flat, omni, upstream) => {
    for (const source of ['ADE20K', 'COCO']) expect(scoreOf(item(source), raw, 'official')).toBe(flat)
    expect(scoreOf(item('Omni3D'), raw, 'official')).toBe(omni)
    expect(scoreOf(item('ADE20K'), raw, 'paper')).toBe(upstream)
  })

  it('after several leads count from the last one, and Omni3D takes an option of one character by its text', () => {
    expect(scoreOf(item('COCO'), 'The answer is B. No, the answer is A', 'official')).toBe(1)
    expect(scoreOf(item('Omni3D', '(B)', ['2', '4']), '4', 'official')).toBe(1)
    expect(scoreOf(item('ADE20K', '(B)', ['2', '4']), '4', 'official')).toBe(0)
  })

  it('E and F are right in the paper only as published', () => {
    const five = item('ADE20K', '(E)', ['0', '1', '2', '3', '4'])
    expect(['E', 'E.', '(E)', '<answer>(E)</answer>'].map((raw) => scoreOf(five, raw, 'paper'))).toEqual([
      0, 0, 1, 1,
    ])
    expect(scoreOf(five, 'E', 'official')).toBe(1)
    expect(scoreOf(five, 'E', 'strict')).toBe(1)
    expect(paper.judge(five, 'E.', { promptType: 'default' })).toEqual({ score: 0, parsed: 'E.' })
  })

  it('keep their tags in the paper when no reasoning was asked for', () => {
    expect(paper.judge(item('COCO'), '<answer>A</answer>', { promptType: 'default' }).score).toBe(0)
  })

  it.each([
    ['[A]', 1],
    ['The answer is: (A) left', 1],
    ['**A**', 1],
    ['<answer>A</answer>', 1],
    ['above', 0],
    ['An object', 0],
    ['', 0],
  ])('%j scores %d strictly', (raw, score) => {
    expect(scoreOf(item('COCO'), raw, 'strict')).toBe(score)
  })
})

describe('averages', () => {
  const tally = (type: string, source: string, sum: number, n: number): Tally => ({
    type,
    fields: { source },
    sum,
    n,
  })
  const all = [
    tally('Count', 'ADE20K', 100, 200),
    tally('Relation', 'ADE20K', 0, 200),
    tally('Count', 'COCO', 75, 100),
    tally('Depth', 'Omni3D', 9, 10),
    tally('Distance', 'Omni3D', 5, 10),
  ]

  it('are over sources: 2D is the mean of two, the whole the mean of 2D and 3D', () => {
    for (const { average, tallied } of [official, paper, strict]) {
      expect(tallied).toEqual(['source'])
      expect(average(all)).toEqual({
        overall: (0.5 + 0.7) / 2,
        groups: { ADE20K: 0.25, COCO: 0.75, Omni3D: 0.7, '2D': 0.5, '3D': 0.7, '2D micro': 175 / 500 },
      })
    }
  })

  it('leave a source out that is not in the data', () => {
    expect(paper.average(all.slice(0, 2))).toEqual({
      overall: 0.25,
      groups: { ADE20K: 0.25, COCO: null, Omni3D: null, '2D': 0.25, '3D': null, '2D micro': 0.25 },
    })
  })
})

describe('prompts', () => {
  it('are the row’s own prompt and a sentence, to the byte', () => {
    const prompt = 'Where? Select from the following choices.\n(A) left\n(B) right'
    const how = { promptType: 'default', family: 'local' } as const
    expect(official.prompt(item('COCO'), how)).toBe(
      `${prompt}\nAnswer with the option's letter from the given choices directly.`,
    )
    expect(paper.prompt(item('COCO'), how)).toBe(
      `Question: ${prompt}\n\nPlease answer with the option's letter from the given choices directly.`,
    )
    expect(paper.prompt(item('COCO'), { ...how, promptType: 'thinking' })).toMatch(
      /^Question: Where\?[\s\S]*process\. \n\nPlease provide your detailed reasoning between the <think> <\/think> tags, and then answer the question with the option's letter from the given choices \(e\.g\., A, B, etc\.\) within the <answer> <\/answer> tags\.$/,
    )
    expect(official.generation(how)).toMatchObject({ max_new_tokens: 512, temperature: 0 })
    expect([official.textFirst?.('local'), official.textFirst?.('api')]).toEqual([false, true])
    expect(paper.media).toEqual({
      pixels: { min_pixels: 12544, max_pixels: 401408, resize_twice: true },
    })
  })
})
