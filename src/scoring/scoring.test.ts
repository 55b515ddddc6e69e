import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accuracyReward } from './accuracy.js'
import { cleanAnswer, parseNumber } from './answer.js'
import { boxIou, localizationScore, parseBoxes } from './boxes.js'
import { choiceScore } from './choice.js'
import { formatReward } from './format.js'
import { MRA_THRESHOLDS, meanRelativeAccuracy } from './numeric.js'
import { pythonFloat, pythonStrip } from './python.js'

describe('the answer in a model text', () => {
  it.each([
    ['B', 'b'],
    ['<answer>A</answer> no, <answer> C. </answer>', 'c'],
    ['<answer>A', '<answer>a'],
    ['one\ntwo', 'one two'],
    ['one \ntwo', 'one two'],
    ['one\n\ntwo', 'one two'],
    ['one\r\ntwo', 'one two'],
    ['A...', 'a'],
    ['A .', 'a '],
    ['A. left', 'a. left'],
    ['<answer></answer>', ''],
  ])('%j is cleaned to %j', (text, clean) => expect(cleanAnswer(text)).toBe(clean))

  it.each([
    ['4\n', 4],
    ['1e1', 10],
    ['.5', 0.5],
    ['5.', 5],
    ['1_0', 10],
    ['４', 4],
    ['\u0664\u0662', 42],
    ['-3.25', -3.25],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['', null],
    ['0x10', null],
    ['1,200', null],
    ['4m', null],
    ['1__0', null],
    ['_1', null],
    ['.', null],
    ['two', null],
  ])('float(%j) is %j as in Python', (text, value) => expect(pythonFloat(text)).toBe(value))

  it('nan is a float, and white space is what Python calls white space', () => {
    expect(pythonFloat(' NaN ')).toBeNaN()
    expect(pythonStrip('\u001c\u0085 a\ufeff')).toBe('a\ufeff')
    expect(parseNumber('<answer>42.</answer>')).toBe(42)
    expect(parseNumber('42 cm')).toBeNull()
  })
})

describe('mean relative accuracy', () => {
  it("has numpy's ten thresholds to the bit", () => {
    expect(MRA_THRESHOLDS).toEqual([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95])
    expect(MRA_THRESHOLDS.map((t) => 1 - t)).toEqual([
      0.5, 0.44999999999999996, 0.4, 0.35, 0.30000000000000004, 0.25, 0.19999999999999996,
      0.15000000000000002, 0.10000000000000009, 0.050000000000000044,
    ])
  })

  // Recorded from the original function.
  it.each([
    [3.8, 4, 1],
    [4.2, 4, 1],
    [9.5, 10, 1],
    [95, 100, 1],
    [1.9, 2, 1],
    [9, 10, 0.9],
    [11, 10, 0.9],
    [0.9, 1, 0.9],
    [1.1, 1, 0.9],
    [3.2, 4, 0.7],
    [8, 10, 0.6],
    [12, 10, 0.6],
    [7, 10, 0.5],
    [13, 10, 0.5],
    [2, 4, 0.1],
    [6, 4, 0.1],
    [6.1, 4, 0],
  ])('%d for %d scores %d', (prediction, target, score) =>
    expect(meanRelativeAccuracy(prediction, target)).toBe(score),
  )

  it('scores what is no number 0, and a target of 0 by the named rule', () => {
    for (const bad of [null, Number.NaN, Number.POSITIVE_INFINITY])
      expect(meanRelativeAccuracy(bad, 3)).toBe(0)
    expect([0, 0.3, 0.5, 0.6].map((p) => meanRelativeAccuracy(p, 0))).toEqual([1, 0.5, 0.1, 0])
    expect([0, 0.01].map((p) => meanRelativeAccuracy(p, 0, 'exact'))).toEqual([1, 0])
    expect(() => meanRelativeAccuracy(1, 0, 'throw')).toThrow('expected a target other than 0, got 0')
  })

  it('never rises as the answer moves away', () => {
    const positive = fc.double({ min: 0.01, max: 1e4, noNaN: true })
    fc.assert(
      fc.property(positive, positive, positive, (target, near, more) => {
        const closer = meanRelativeAccuracy(target + near, target)
        expect(meanRelativeAccuracy(target + near + more, target)).toBeLessThanOrEqual(closer)
      }),
    )
  })
})

describe('format reward', () => {
  it.each([
    ['<think>a</think><answer>B</answer>', 1],
    [' <think>a\nb</think> \n <answer></answer>\n', 1],
    ['<think></think><answer>B</answer></answer>', 1],
    ['<think>a</think>b</think><answer>B</answer>', 1],
    ['<think>a</think> so <answer>B</answer>', 0],
    ['<think>a</think><answer>B</answer> done', 0],
    ['<think>a<think>b</think><answer>B</answer>', 0],
    ['<think>a</think><answer>A</answer><answer>B</answer>', 0],
    ['<answer>B</answer>', 0],
    ['<think>a</think><answer>B', 0],
    ['<think></answer>', 0],
    ['', 0],
  ])('%j is %d', (text, reward) => expect(formatReward(text)).toBe(reward))
})

describe('boxes', () => {
  it('are compared as continuous rectangles', () => {
    expect(boxIou([0, 0, 10, 10], [0, 0, 10, 10])).toBe(1)
    expect(boxIou([0, 0, 10, 10], [5, 0, 15, 10])).toBeCloseTo(50 / 150, 12)
    expect(boxIou([0, 0, 10, 10], [10, 0, 20, 10])).toBe(0)
    expect(boxIou([5, 5, 5, 9], [5, 5, 5, 9])).toBe(0)
  })

  const chair = { bbox_2d: [1, 2, 30, 40], label: 'chair' }
  const lamp = { bbox_2d: [5.5, 6, 7, 8], label: 'lamp' }
  const json = JSON.stringify([chair, lamp])
  it.each([
    ['fenced', `Here:\n\`\`\`json\n${JSON.stringify([chair, lamp], null, 2)}\n\`\`\``, [chair, lamp]],
    ['bare', json, [chair, lamp]],
    ['label first', '{"label": "chair", "bbox_2d": [1, 2, 30, 40]}', [chair]],
    ['encoded twice', JSON.stringify(JSON.stringify([chair, lamp], null, 4)), [chair, lamp]],
    ['cut in the second box', json.slice(0, json.indexOf('5.5') + 5), [chair]],
    ['cut before the label', '[{"bbox_2d": [1, 2, 30, 40], "la', [{ ...chair, label: '' }]],
    ['numbers only', 'it is at [1, 2, 30, 40].', [{ ...chair, label: '' }]],
    ['prose', 'there is no chair', []],
  ])('are found in %s text', (_, text, boxes) => expect(parseBoxes(text)).toEqual(boxes))

  it('are scored label by label, a missing one as 0, the first of a label only', () => {
    const target = [
      { bbox_2d: [0, 0, 10, 10] as [number, number, number, number], label: 'chair' },
      { bbox_2d: [20, 20, 40, 40] as [number, number, number, number], label: 'lamp' },
    ]
    const box = (x: number, label: string) => ({
      bbox_2d: [x, 0, x + 10, 10] as [number, number, number, number],
      label,
    })
    expect(localizationScore([box(0, 'Chair')], target)).toEqual({ iou: 0.5, share_at_50: 0.5 })
    expect(localizationScore([box(50, 'chair'), box(0, 'chair')], target).iou).toBe(0)
    expect(localizationScore([], target)).toEqual({ iou: 0, share_at_50: 0 })
  })
})

describe('accuracy reward', () => {
  it('takes the rule of the kind of answer', () => {
    const options = ['A. left', 'B. right']
    expect(accuracyReward({ answer: 'B', options }, '<think>A</think><answer>b.</answer>')).toBe(1)
    expect(accuracyReward({ answer: 'B', options }, 'B. right')).toBe(0)
    expect(accuracyReward({ answer: '2.0', options: null }, '<answer>1.8</answer>')).toBe(0.9)
    expect(accuracyReward({ answer: '2.0', options: null }, 'about two')).toBe(0)
    const answer = [{ bbox_2d: [0, 0, 10, 10] as [number, number, number, number], label: 'chair' }]
    expect(accuracyReward({ answer, options: null }, '[{"bbox_2d": [0, 0, 10, 5], "label": "chair"}]')).toBe(
      0.5,
    )
    expect(choiceScore('<answer>A</answer>', 'A')).toBe(1)
  })

  it('names the sample whose own answer is no number', () => {
    expect(() => accuracyReward({ answer: 'many', options: null, question_id: 7 }, '3')).toThrow(
      'sample 7: expected a number as answer, got "many"',
    )
  })
})
