import { describe, expect, it } from 'vitest'
import { makeItem, plainProtocol } from './items-for-tests.js'
import { judge, summarise } from './score.js'
import { viewSpatialBench } from './viewspatial-bench.js'
import { vsiBench } from './vsi-bench.js'

/** Eight choices in four rooms and four numbers. */
const items = [
  ...Array.from({ length: 8 }, (_, row) => makeItem(row)),
  ...Array.from({ length: 4 }, (_, i) =>
    makeItem(8 + i, { type: 'count', kind: 'number', options: null, answer: '2' }),
  ),
]
const said = new Map<string, string>([
  ...Array.from({ length: 6 }, (_, row): [string, string] => [
    `q${row}`,
    row < 3 ? 'A' : row < 5 ? 'B' : '?',
  ]),
  ['q8', '2'],
  ['q9', '?'],
])
const scored = (missing: 'wrong' | 'left out') => {
  const protocol = plainProtocol({ missing })
  return summarise(judge(items, said, protocol, 'default'), protocol, { seed: 1 })
}

describe('a score', () => {
  it('counts items without an answer as wrong where the protocol says so', () => {
    const summary = scored('wrong')
    expect(summary).toMatchObject({ n: 12, correct: 3, missing: 4, left_out: 0, unparsed: 2 })
    expect(summary.types.direction).toMatchObject({ n: 8, correct: 3, missing: 2, unparsed: 1, score: 3 / 8 })
    expect(summary.types.count).toMatchObject({ n: 4, correct: null, missing: 2, unparsed: 1, score: 1 / 4 })
    expect(summary.overall).toBe((3 / 8 + 1 / 4) / 2)
    expect(summary.groups.all.score).toBe(summary.overall)
  })

  it('leaves them out of the denominator where the protocol does, and says how many', () => {
    const summary = scored('left out')
    expect(summary).toMatchObject({ n: 8, correct: 3, missing: 4, left_out: 4 })
    expect(summary.types.direction).toMatchObject({ n: 6, missing: 2, score: 3 / 6 })
    expect(summary.types.count.score).toBe(1 / 2)
    expect(summary.overall).toBe(0.5)
  })

  it('has a type without any answer that counts, but no score for it', () => {
    const protocol = plainProtocol({ missing: 'left out' })
    const summary = summarise(judge(items, new Map([['q0', 'A']]), protocol, 'default'), protocol)
    expect(summary.types.count).toMatchObject({ n: 0, score: null, missing: 4 })
    expect(summary.overall).toBe(1)
  })
})

describe('an interval', () => {
  it('draws rooms, not items: one room tells nothing, and equal rooms leave no doubt', () => {
    const protocol = plainProtocol()
    const inOne = items.map((item) => ({ ...item, scene: 'room' }))
    expect(summarise(judge(inOne, said, protocol, 'default'), protocol).interval).toBeNull()
    // Every room has one right and one wrong answer.
    const even = Array.from({ length: 8 }, (_, row) => makeItem(row))
    const half = new Map(even.map(({ id, row }): [string, string] => [id, row < 4 ? 'A' : 'B']))
    const summary = summarise(judge(even, half, protocol, 'default'), protocol)
    expect(summary.interval).toEqual([0.5, 0.5])
    expect(summary.types.direction.interval).toEqual([0.5, 0.5])
    expect(summary.bootstrap).toMatchObject({ rooms: 4, resamples: 1000 })
  })

  it('of a type in one room is none, whatever rooms the other types have', () => {
    const protocol = plainProtocol()
    const some = [
      ...Array.from({ length: 8 }, (_, row) => makeItem(row)),
      ...[8, 9].map((row) => makeItem(row, { type: 'count', scene: 'room0' })),
    ]
    const { types, interval } = summarise(judge(some, said, protocol, 'default'), protocol)
    expect(types.direction.interval).not.toBeNull()
    expect(types.count).toMatchObject({ n: 2, interval: null })
    expect(interval).not.toBeNull()
  })

  it('comes from the same draws for two models, though one of them left items out', () => {
    const protocol = plainProtocol({ missing: 'left out' })
    const even = Array.from({ length: 40 }, (_, row) => makeItem(row, { scene: `room${row % 10}` }))
    const right = (row: number): [string, string] => [`q${row}`, row % 10 < 4 ? 'A' : 'B']
    const all = new Map(even.map(({ row }) => right(row)))
    // One item fewer in each room: every mean is as before, in every draw.
    const fewer = new Map(even.filter(({ row }) => row < 30).map(({ row }) => right(row)))
    const [one, two] = [all, fewer].map((texts) =>
      summarise(judge(even, texts, protocol, 'default'), protocol),
    )
    expect(two).toMatchObject({ n: 30, left_out: 10 })
    expect(two.interval).toEqual(one.interval)
  })

  it('contains the score, and is the same for the same seed only', () => {
    const [first, again] = [scored('wrong'), scored('wrong')]
    expect(again).toEqual(first)
    const [low, high] = first.interval as [number, number]
    expect(low).toBeLessThan(first.overall as number)
    expect(high).toBeGreaterThan(first.overall as number)
    const protocol = plainProtocol()
    const [other, one] = [2, 1].map((seed) =>
      summarise(judge(items, said, protocol, 'default'), protocol, { seed, resamples: 9 }),
    )
    expect(other.interval).not.toEqual(one.interval)
  })
})

it('follows a real protocol: VSI-Bench takes the mean of types, its directions as one', () => {
  const choice = (row: number, type: string) => makeItem(row, { type })
  const some = [
    choice(0, 'object_rel_direction_easy'),
    choice(1, 'object_rel_direction_medium'),
    choice(2, 'object_rel_direction_hard'),
    choice(3, 'object_rel_distance'),
    choice(4, 'object_rel_distance'),
    choice(5, 'object_rel_distance'),
    makeItem(6, { type: 'object_size_estimation', kind: 'number', options: null, answer: '4' }),
  ]
  // Half right by the authors' rule: tags are none of its business.
  const texts = new Map(
    ['A', 'B', 'B', 'A', 'A.', '<answer>A</answer>', '3.2'].map((text, i) => [`q${i}`, text]),
  )
  const { official, paper, strict } = vsiBench.protocols
  const theirs = summarise(judge(some, texts, official, 'default'), official)
  expect(theirs.overall).toBeCloseTo((1 / 3 + 2 / 3 + 0.7) / 3, 12)
  expect(theirs).toMatchObject({ n: 7, correct: 3, missing: 0 })
  expect(theirs.types.object_size_estimation).toMatchObject({ correct: null, n: 1 })
  expect(theirs.groups.object_rel_direction.score).toBeCloseTo(1 / 3, 12)
  const papers = summarise(judge(some, texts, paper, 'thinking'), paper)
  expect(papers.overall).toBeCloseTo((1 / 3 + 1 + 0.7) / 3, 12)
  expect(papers.correct).toBe(4)
  // With nothing said, theirs is wrong, the paper's is out, ours is wrong.
  const none = new Map<string, string>()
  expect(summarise(judge(some, none, official, 'default'), official)).toMatchObject({ n: 7, overall: 0 })
  expect(summarise(judge(some, none, paper, 'thinking'), paper)).toMatchObject({
    n: 0,
    left_out: 7,
    overall: null,
  })
  expect(summarise(judge(some, none, strict, 'thinking'), strict)).toMatchObject({ n: 7, overall: 0 })
})

it('follows a real protocol: ViewSpatial-Bench pools its items', () => {
  const camera = 'Camera perspective - Relative Direction'
  const person = 'Person perspective - Relative Direction'
  const some = [camera, camera, camera, person].map((type, row) =>
    makeItem(row, { type, answer: 'A. left', options: ['A. left', 'B. right'] }),
  )
  const texts = new Map(some.map(({ id }, i): [string, string] => [id, i === 0 ? 'B' : '(A)']))
  const { official, paper } = viewSpatialBench.protocols
  const pooled = summarise(judge(some, texts, official, 'default'), official)
  expect(pooled).toMatchObject({ overall: 3 / 4, correct: 3 })
  expect(pooled.groups.CC.score).toBe(2 / 3)
  expect(summarise(judge(some, texts, paper, 'thinking'), paper)).toMatchObject({ overall: 0, unparsed: 3 })
})
