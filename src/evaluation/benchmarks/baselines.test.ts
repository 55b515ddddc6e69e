import { describe, expect, it } from 'vitest'
import { baselineSummary, chanceScores, frequentAnswers, optionLetters } from './baselines.js'
import { cvBench } from './cv-bench.js'
import { makeItem, plainProtocol } from './items-for-tests.js'
import { viewSpatialBench } from './viewspatial-bench.js'
import { vsiBench } from './vsi-bench.js'

const protocol = plainProtocol()
const number = (row: number, answer: string) =>
  makeItem(row, { type: 'count', kind: 'number', options: null, answer })

describe('chance', () => {
  it('is the expectation of a guess among the options an item has', () => {
    const items = [makeItem(0), makeItem(1, { options: ['A. a', 'B. b'] })]
    expect(chanceScores(items, protocol, 'default')).toEqual([1 / 4, 1 / 2])
    expect(baselineSummary('chance', items, protocol, 'default')).toMatchObject({
      overall: (1 / 4 + 1 / 2) / 2,
      interval: null,
      correct: null,
    })
  })

  it('counts the options of each question, where some have two', () => {
    const type = 'Person perspective - Relative Direction'
    const items = [4, 2, 2].map((count, row) =>
      makeItem(row, { type, answer: 'A. a', options: ['A. a', 'B. b', 'C. c', 'D. d'].slice(0, count) }),
    )
    const { official, paper } = viewSpatialBench.protocols
    for (const [protocol, promptType] of [
      [official, 'default'],
      [paper, 'thinking'],
    ] as const) {
      const summary = baselineSummary('chance', items, protocol, promptType)
      expect(summary.overall).toBeCloseTo((1 / 4 + 1 / 2 + 1 / 2) / 3, 12)
      expect(summary.groups.PC.score).toBeCloseTo(5 / 12, 12)
    }
  })

  it('says nothing of numbers, nor of averages that contain them', () => {
    const official = vsiBench.protocols.official
    const items = [makeItem(0, { type: 'route_planning' }), { ...number(1, '3'), type: 'object_counting' }]
    const summary = baselineSummary('chance', items, official, 'default')
    expect(summary.overall).toBeNull()
    expect(summary.types.object_counting.score).toBeNull()
    expect(summary.types.route_planning.score).toBe(0.25)
    expect(summary.groups).toMatchObject({ MCQ: { score: 0.25 }, NQ: { score: null } })
  })

  it('knows letters that stand in the question or in a column of choices', () => {
    expect(optionLetters(makeItem(0, { options: null, question: 'Where?\nA. left\nB. right' }))).toEqual([
      'A',
      'B',
    ])
    expect(optionLetters(makeItem(0, { options: ['left', 'right', 'up'] }))).toEqual(['A', 'B', 'C'])
  })

  it('is read by real protocols, in tags where reasoning was asked for', () => {
    const item = makeItem(0, {
      type: 'Count',
      answer: '(B)',
      options: ['3', '2'],
      fields: { source: 'COCO' },
    })
    for (const [name, type] of [
      ['official', 'default'],
      ['paper', 'thinking'],
      ['strict', 'thinking'],
    ] as const)
      expect(chanceScores([item], cvBench.protocols[name], type)).toEqual([1 / 2])
  })
})

describe('the most frequent answer', () => {
  it('is that of each type; ties go to the first in order', () => {
    const items = [
      makeItem(0, { answer: 'C' }),
      makeItem(1, { answer: 'C' }),
      makeItem(2),
      number(3, '4'),
      number(4, '2'),
    ]
    expect(frequentAnswers(items)).toEqual(
      new Map([
        ['direction', 'C'],
        ['count', '2'],
      ]),
    )
    const summary = baselineSummary('frequent', items, protocol, 'default')
    expect(summary.types.direction.score).toBe(2 / 3)
    expect(summary.types.count.score).toBe(1 / 2)
  })

  it('may be a number, worth what it is worth to the others of its type', () => {
    const items = ['2', '4', '4', '3'].map((answer, row) => ({
      ...number(row, answer),
      type: 'object_counting',
    }))
    const { official } = vsiBench.protocols
    const { types, interval } = baselineSummary('frequent', items, official, 'default')
    // 4 for 2 is off by the whole, 4 for 3 by a third: three of ten limits.
    expect(types.object_counting.score).toBeCloseTo((0 + 1 + 1 + 0.4) / 4, 12)
    expect(interval).not.toBeNull()
  })

  it('is the letter, however the benchmark writes its answers', () => {
    const type = 'Person perspective - Relative Direction'
    const items = ['B. left', 'B. right', 'A. left'].map((answer, row) => makeItem(row, { type, answer }))
    expect(frequentAnswers(items).get(type)).toBe('B')
    const { official } = viewSpatialBench.protocols
    expect(baselineSummary('frequent', items, official, 'default').overall).toBe(2 / 3)
  })
})
