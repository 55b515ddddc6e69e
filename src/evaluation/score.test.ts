import { describe, expect, it } from 'vitest'
import { type Protocol, sampleId, scoresSchema } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { drawRooms, interval95 } from './bootstrap.js'
import { makeBoxes, makeNumber, makeSample } from './sample-for-tests.js'
import { score } from './score.js'

const answerAll = (pairs: [Sample, string][]) =>
  pairs.map(([sample, prediction]) => ({ id: sampleId(sample), prediction }))

const protocol: Protocol = {
  client: 'test',
  fingerprint: null,
  mode: 'think',
  style: 'compact',
  max_new_tokens: 8,
  temperature: 0,
  seed: 0,
  resized: { '200x100': [100, 50] },
}

describe('hand-worked scores', () => {
  const boxes = makeBoxes(0, [
    ['chair', [0, 0, 100, 100]],
    ['bed', [100, 0, 200, 100]],
  ])
  const right = makeSample({ question_id: 1 })
  const wrong = makeSample({ question_id: 2 })
  const silent = makeSample({ question_id: 3 })
  const unreadable = makeSample({ question_id: 4 })
  const close = makeNumber(5, '10')
  const far = makeNumber(6, '4')
  const samples = [boxes, right, wrong, silent, unreadable, close, far]
  const predictions = answerAll([
    // Chair: half of the true box, IoU 0.5. Bed: not named, 0.
    [boxes, '[{"bbox_2d": [0, 0, 50, 100], "label": "chair"}]'],
    [right, 'A'],
    [wrong, 'B'],
    [unreadable, 'left, I think'],
    // |9 - 10| / 10 = 0.1 meets nine of ten thresholds; |6 - 4| / 4 = 0.5 meets one.
    [close, '9'],
    [far, '6'],
  ])
  const { scores, items } = score({ name: 'model', samples, predictions })

  it('gives each type its own metric', () => {
    const found = scores.types.map((type) => [type.question_type, type.metric, type.n, type.score])
    expect(found).toEqual([
      ['object localization', 'mean IoU', 1, 0.25],
      ['relative direction', 'accuracy', 4, 0.25],
      ['object count', 'mean relative accuracy', 2, 0.5],
    ])
    expect(scores.types[0].iou_50?.score).toBe(0.5)
  })

  it('takes the overall score as the plain mean over types', () => {
    expect(scores.overall.score).toBeCloseTo((0.25 + 0.25 + 0.5) / 3, 12)
    expect(scores.choices.score).toBe(0.25)
    expect(scores.numbers.score).toBe(0.5)
  })

  it('counts missing and unreadable answers as wrong and shows them', () => {
    expect([scores.n, scores.missing, scores.unparsed]).toEqual([7, 1, 1])
    expect(items.filter((item) => item.prediction === null).map((item) => item.id)).toEqual([
      sampleId(silent),
    ])
  })

  it('leaves a file that its schema accepts', () => {
    expect(scoresSchema.parse(JSON.parse(JSON.stringify(scores)))).toEqual(scores)
  })

  it('gives no interval for a single room', () => {
    expect(scores.overall.interval).toBeNull()
  })
})

describe('reasoning', () => {
  const samples = [makeSample({ question_id: 0 }), makeSample({ question_id: 1 })]
  const predictions = answerAll([
    [samples[0], '<think>It is left.</think><answer>A</answer>'],
    [samples[1], 'A'],
  ])
  it('reads the tagged answer and counts the form', () => {
    const { scores } = score({ name: 'm', samples, predictions, protocol })
    expect(scores.overall.score).toBe(1)
    expect(scores.format).toBe(0.5)
  })
  it('asks for no form where no reasoning was asked for', () => {
    expect(score({ name: 'm', samples, predictions }).scores.format).toBeNull()
  })
})

describe('boxes are compared in source pixels', () => {
  const sample = makeBoxes(0, [['bed', [20, 10, 120, 90]]])
  // The model saw the 200x100 picture at 100x50.
  const predictions = answerAll([[sample, '[{"bbox_2d": [10, 5, 60, 45], "label": "bed"}]']])
  it('by the sizes of the protocol card', () => {
    const { scores, items } = score({ name: 'm', samples: [sample], predictions, protocol })
    expect(scores.types[0].score).toBe(1)
    expect(items[0].boxes).toEqual([{ bbox_2d: [20, 10, 120, 90], label: 'bed' }])
  })
  it('by a mapping given outright', () => {
    const modelSize = () => ({ width: 100, height: 50 })
    expect(score({ name: 'm', samples: [sample], predictions, modelSize }).scores.types[0].score).toBe(1)
  })
  it('as they are without either', () => {
    expect(score({ name: 'm', samples: [sample], predictions }).scores.types[0].score).toBeLessThan(0.25)
  })
})

describe('bad input is one clear line', () => {
  const samples = [makeSample()]
  const good = { id: sampleId(samples[0]), prediction: 'A' }
  const run = (predictions: (typeof good)[]) => () =>
    score({ name: 'm', samples, predictions, source: 'p.jsonl' })
  it('names a prediction for no item, a duplicate, and an answer to another question', () => {
    expect(run([{ ...good, id: 'x' }])).toThrow(
      'p.jsonl row 1: expected a prediction for one of the items, got one for "x"',
    )
    expect(run([good, good])).toThrow(`p.jsonl row 2: expected an id not seen before, got ${good.id}`)
    expect(run([{ ...good, asked: '000000000000' } as typeof good])).toThrow(
      /expected an answer to .* as it is/,
    )
  })
  it('names a sample whose own answer is no option', () => {
    const broken = [makeSample({ answer: 'E' })]
    expect(() => score({ name: 'm', samples: broken, predictions: [good] })).toThrow(
      'sample relative direction/single_image/0 answer: expected one of A, B, got "E"',
    )
  })
})

describe('intervals', () => {
  // 40 rooms, every other one all right: items within a room agree, so only rooms are independent.
  const samples = Array.from({ length: 400 }, (_, i) =>
    makeSample({ question_id: i, scene_name: `scene${String(i % 40).padStart(4, '0')}_00` }),
  )
  const predictions = samples.map((sample, i) => ({
    id: sampleId(sample),
    prediction: i % 2 === 0 ? 'A' : 'B',
  }))
  const run = (seed: number) => score({ name: 'm', samples, predictions, seed }).scores.overall.interval

  it('are the same for the same seed', () => {
    expect(run(3)).toEqual(run(3))
    expect(drawRooms(5, 1, 3)).toEqual(drawRooms(5, 1, 3))
    expect(drawRooms(5, 1, 3)).not.toEqual(drawRooms(5, 2, 3))
  })

  it('follow the number of rooms, not of questions', () => {
    const [low, high] = run(0) ?? [0, 0]
    // Binomial over 40 rooms: 0.5 ± 1.96 · sqrt(0.25 / 40) = 0.5 ± 0.155; over 400 questions it were ± 0.049.
    expect(low).toBeGreaterThan(0.3)
    expect(low).toBeLessThan(0.39)
    expect(high).toBeGreaterThan(0.61)
    expect(high).toBeLessThan(0.7)
  })

  it('draw as many rooms as there are', () => {
    for (const times of drawRooms(7, 0, 20)) expect(times.reduce((sum, n) => sum + n, 0)).toBe(7)
  })

  it('are the 2.5th and 97.5th percentile', () => {
    expect(interval95(Array.from({ length: 41 }, (_, i) => i))).toEqual([1, 39])
    expect(interval95([Number.NaN, 1])).toBeNull()
  })
})
