import { describe, expect, it } from 'vitest'
import { baselinesSchema, type Scores } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import {
  baselines,
  bestConstant,
  bestConstantRow,
  chanceRow,
  frequentAnswerRow,
  frequentLetterRow,
} from './baselines.js'
import { makeBoxes, makeNumber, makeSample } from './sample-for-tests.js'

const scoreOf = (scores: Scores, type: string): number | null =>
  scores.types.find((one) => one.question_type === type)?.score ?? null

const chairs = (label: string): Sample['evidence'] => ({
  objects: [{ id: 0, label, image_index: null, bbox_2d: null, position_camera: null }],
  numbers: {},
})

// Letters are shuffled: `left` is right three times of four, letter B three times of four.
const train = [
  makeSample({ question_id: 0, options: ['A. left', 'B. right'], answer: 'A' }),
  makeSample({ question_id: 1, options: ['A. right', 'B. left'], answer: 'B' }),
  makeSample({ question_id: 2, options: ['A. right', 'B. left'], answer: 'B' }),
  makeSample({ question_id: 3, options: ['A. left', 'B. right'], answer: 'B' }),
]
const test = [
  makeSample({ question_id: 0, options: ['A. left', 'B. right'], answer: 'A' }),
  makeSample({ question_id: 1, options: ['A. right', 'B. left', 'C. behind', 'D. in front'], answer: 'D' }),
]

describe('chance', () => {
  it('is the mean of one over the number of options', () => {
    expect(scoreOf(chanceRow(test), 'relative direction')).toBe((1 / 2 + 1 / 4) / 2)
  })
  it('has nothing to say on numbers, hence no overall score', () => {
    const scores = chanceRow([...test, makeNumber(2, '4')])
    expect(scoreOf(scores, 'object count')).toBeNull()
    expect(scores.overall.score).toBeNull()
    expect(scores.choices.score).toBe(0.375)
  })
})

describe('most frequent', () => {
  it('letter: B, which is right for none of these', () => {
    expect(scoreOf(frequentLetterRow(train, test), 'relative direction')).toBe(0)
  })
  it('answer: the option text, wherever its letter stands', () => {
    expect(scoreOf(frequentAnswerRow(train, test), 'relative direction')).toBe(0.5)
  })
  it('answer: shares the point among options never seen in training', () => {
    const unseen = [makeSample({ options: ['A. x', 'B. y', 'C. z'], answer: 'C' })]
    expect(scoreOf(frequentAnswerRow(train, unseen), 'relative direction')).toBeCloseTo(1 / 3, 12)
  })
  it('number: the value seen most often', () => {
    const numbers = [makeNumber(0, '4'), makeNumber(1, '4'), makeNumber(2, '2')]
    expect(
      scoreOf(frequentAnswerRow(numbers, [makeNumber(3, '4'), makeNumber(4, '1')]), 'object count'),
    ).toBe(0.5)
  })
  it('box: the mean box of the label, as a share of the picture', () => {
    const boxes = [makeBoxes(0, [['bed', [0, 0, 100, 100]]]), makeBoxes(1, [['bed', [0, 0, 100, 50]]])]
    const larger = makeBoxes(2, [['bed', [0, 0, 200, 150]]], {
      images: [{ width: 400, height: 200, frame_id: 0 }],
    })
    // Mean box [0, 0, 0.5, 0.75] of 400x200 is [0, 0, 200, 150].
    expect(scoreOf(frequentAnswerRow(boxes, [larger]), 'object localization')).toBe(1)
  })
})

describe('best constant', () => {
  it('beats every other constant on what it was fitted to', () => {
    // No value is within a factor that scores for 2 and 10 alike, and 2 is there twice.
    expect(bestConstant([2, 2, 10])).toBe(2)
  })
  it('is fitted per category, from training answers only', () => {
    const trained = Array.from({ length: 10 }, (_, i) =>
      makeNumber(i, i % 2 ? '6' : '1', { evidence: chairs(i % 2 ? 'chair' : 'bed') }),
    )
    const tested = [
      makeNumber(0, '6', { evidence: chairs('chair') }),
      makeNumber(1, '1', { evidence: chairs('bed') }),
    ]
    expect(scoreOf(bestConstantRow(trained, tested), 'object count')).toBe(1)
  })
})

it('all rows together fit the file they are written to', () => {
  const all = baselines({ train, test })
  expect(baselinesSchema.parse(JSON.parse(JSON.stringify(all)))).toEqual(all)
  expect(all.rows.map(({ scores }) => scores.name)).toEqual([
    'chance',
    'most frequent letter',
    'most frequent answer',
    'best constant',
  ])
})
