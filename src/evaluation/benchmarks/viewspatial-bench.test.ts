import { describe, expect, it } from 'vitest'
import type { BenchmarkItem, ProtocolName, Tally } from './benchmark.js'
import { viewSpatialBench } from './viewspatial-bench.js'

const item: BenchmarkItem = {
  id: '0',
  row: 0,
  type: 'Camera perspective - Relative Direction',
  kind: 'choice',
  scene: 'scene0011_00',
  question: 'Where is the counter?',
  options: ['A. right', 'B. front-up'],
  answer: 'A. right',
  media: [],
  fields: { source: 'scannet', choices: 'A. right\nB. front-up' },
}
const { official, paper, strict } = viewSpatialBench.protocols
const scoreOf = (raw: string, name: ProtocolName): number =>
  viewSpatialBench.protocols[name].judge(item, raw, {
    promptType: name === 'official' ? 'default' : 'thinking',
  }).score

describe('answers', () => {
  // Recorded from the original functions: the authors', then the paper's with reasoning.
  it.each([
    ['A', 1, 1],
    ['a', 1, 0],
    ['A.', 1, 1],
    ['A. right', 1, 1],
    ['(A)', 1, 0],
    ['A)', 1, 0],
    ['**A**', 1, 0],
    ['Answer: A', 1, 0],
    ['It is a chair', 1, 0],
    ['right', 0, 0],
    ['', 0, 0],
    ['B\nA', 1, 0],
    ['A\nB', 0, 0],
    ['A\n', 0, 1],
    ['The answer is A', 1, 0],
    ['C. back, not A', 0, 0],
    ['<answer>A</answer>', 1, 1],
    ['<think>B</think><answer>A. right</answer>', 0, 1],
    ['<think>B</think>\n<answer>A</answer>', 1, 1],
    ['A_', 0, 0],
    ['Aright', 0, 0],
  ])('%j scores %d officially and %d in the paper', (raw, authors, upstream) => {
    expect(scoreOf(raw, 'official')).toBe(authors)
    expect(scoreOf(raw, 'paper')).toBe(upstream)
  })

  it('end at word characters of any script, and show what was read', () => {
    expect(scoreOf('选A吧', 'official')).toBe(0)
    expect(scoreOf('选 A。', 'official')).toBe(1)
    expect(official.judge(item, 'so b it is', { promptType: 'default' }).parsed).toBe('B')
    expect(official.judge(item, 'A\n', { promptType: 'default' }).parsed).toBeNull()
    expect(paper.judge(item, '(A)', { promptType: 'default' }).parsed).toBeNull()
  })

  it('keep their tags in the paper when no reasoning was asked for', () => {
    expect(paper.judge(item, '<answer>A</answer>', { promptType: 'default' }).score).toBe(0)
  })

  it.each([
    ['a', 1],
    ['(A)', 1],
    ['Answer: A', 1],
    ['A\n', 1],
    ['<think>B</think><answer>A. right</answer>', 1],
    ['It is a chair', 0],
    ['C. back, not A', 0],
    ['', 0],
  ])('%j scores %d strictly', (raw, score) => expect(scoreOf(raw, 'strict')).toBe(score))
})

describe('averages', () => {
  it('are over questions, for camera and person, ScanNet and COCO', () => {
    const tally = (type: string, source: string, sum: number, n: number): Tally => ({
      type,
      fields: { source },
      sum,
      n,
    })
    for (const { average, tallied } of [official, paper, strict]) {
      expect(tallied).toEqual(['source'])
      expect(
        average([
          tally('Camera perspective - Relative Direction', 'scannet', 5, 10),
          tally('Camera perspective - Object View Orientation', 'coco', 1, 2),
          tally('Person perspective - Object View Orientation', 'coco', 1, 4),
        ]),
      ).toEqual({ overall: 7 / 16, groups: { CC: 0.5, PC: 0.25, scannet: 0.5, coco: 2 / 6 } })
    }
  })

  it('give the published whole of SpatialLadder-3B from its two columns', () => {
    const { overall } = paper.average([
      { type: 'Camera perspective - Relative Direction', fields: {}, sum: 0.396 * 2769, n: 2769 },
      { type: 'Person perspective - Relative Direction', fields: {}, sum: 0.485 * 2943, n: 2943 },
    ])
    expect(overall?.toFixed(3)).toBe('0.442')
  })
})

describe('what a model gets', () => {
  const how = { promptType: 'default', family: 'local' } as const

  it('is the authors’ prompt, with nothing between question and choices', () => {
    expect(official.prompt(item, how)).toBe(
      'Where is the counter?A. right\nB. front-up\nReply only to the corresponding option.\nAnswer:',
    )
  })

  it('is the paper’s prompt to the byte', () => {
    expect(paper.prompt(item, how)).toBe(
      "Question: Where is the counter?\nOptions:\nA. right\nB. front-up\n\nPlease answer with the option's letter from the given choices directly.",
    )
    expect(paper.prompt(item, { ...how, promptType: 'thinking' })).toMatch(
      /^Question: Where is the counter\?\nOptions:\nA\. right\nB\. front-up\nPlease think [\s\S]*process\. \n\nPlease provide [\s\S]*letter from the given choices \(e\.g\., A, B, etc\.\) within the <answer> <\/answer> tags\.$/,
    )
  })

  it('is pictures of 420 x 280 before the text; behind an API the text comes first', () => {
    expect(official.media).toEqual({
      size: { width: 420, height: 280 },
      pixels: { min_pixels: 200704, max_pixels: 1003520 },
    })
    expect(paper.media).toEqual({ pixels: { min_pixels: 12544, max_pixels: 401408, resize_twice: true } })
    expect([official.textFirst?.('local'), official.textFirst?.('api')]).toEqual([false, true])
    expect(paper.textFirst?.('api') ?? false).toBe(false)
    expect(official.generation(how)).toEqual({ max_new_tokens: 128, defaults: 'checkpoint' })
    expect([official.missing, paper.missing, strict.missing]).toEqual(['wrong', 'left out', 'wrong'])
  })
})
