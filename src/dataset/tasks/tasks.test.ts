import { describe, expect, it } from 'vitest'
import type { DataType } from '../../schema/sample.js'
import type { SceneRecord } from '../../schema/scene-record.js'
import type { Candidate } from '../candidate.js'
import type { DatasetOptions } from '../options.js'
import { type TestObject, type TestSight, testScene } from '../scene.test-helper.js'
import { ask } from './ask.test-helper.js'
import { boundaryDistance, directionClass, floorCorners, leftTurn } from './egocentric-direction.js'

const things = (...categories: string[]): TestObject[] =>
  categories.map((category, i) => ({ category, at: [i, 0, 0] }))
const LEFT: TestSight['box'] = [50, 100, 149, 199]
const RIGHT: TestSight['box'] = [400, 100, 499, 199]
/** Chair left of the table by 1.5 m, 0.2 m deeper. */
const pair: TestSight[] = [
  { id: 0, box: LEFT, at: [-0.8, 0, 2.2] },
  { id: 1, box: RIGHT, at: [0.7, 0, 2] },
]
const labelled = (c: Candidate): string => `${c.objects.map((o) => o.label).join(' ')}: ${c.answer}`

describe('camera-view direction', () => {
  const direction = (frame: TestSight[], settings?: Partial<DatasetOptions>) =>
    ask('camera_direction', 'single_image', testScene('s', things('chair', 'table'), [frame]), settings)

  it('asks both ways, in upstream words, with boxes and offsets as evidence', () => {
    const { candidates } = direction(pair)
    expect(candidates.map(labelled)).toEqual(['chair table: left', 'table chair: right'])
    expect(candidates[0]).toMatchObject({
      question: "From the camera's perspective, is the chair to the table's left, right, front, or back?",
      choices: ['left', 'right', 'front', 'back'],
      pictures: [{ image: 's/0.jpg', width: 640, height: 480, frame_id: 0 }],
      numbers: { right_m: -1.5, deeper_m: 0.2 },
    })
    expect(candidates[0].objects[0]).toEqual({
      id: 0,
      label: 'chair',
      image_index: 0,
      bbox_2d: LEFT,
      position_camera: [-0.8, 0, 2.2],
    })
  })

  it('calls nearer to the camera front', () => {
    const { candidates } = direction([
      { id: 0, box: LEFT, at: [0, 0, 1] },
      { id: 1, box: RIGHT, at: [0.3, 0, 3] },
    ])
    expect(candidates.map(labelled)).toEqual(['chair table: front', 'table chair: back'])
  })

  it.each<[string, TestSight[]]>([
    [
      'offset too small',
      [
        { id: 0, box: LEFT, at: [0, 0, 2] },
        { id: 1, box: RIGHT, at: [0.2, 0, 2] },
      ],
    ],
    [
      'no axis dominates',
      [
        { id: 0, box: LEFT, at: [0, 0, 2] },
        { id: 1, box: RIGHT, at: [1, 0, 3] },
      ],
    ],
    [
      'boxes too close',
      [
        { id: 0, box: LEFT, at: [0, 0, 2] },
        { id: 1, box: LEFT, at: [1, 0, 2] },
      ],
    ],
  ])('leaves out: %s', (filter, frame) => {
    const { candidates, row } = direction(frame)
    expect(candidates).toEqual([])
    expect(row.removed).toEqual({ [filter]: 2 })
  })

  it.each<[string, Partial<TestSight>]>([
    ['too little of it is seen', { ratio: 0.39 }],
    ['its box is too small', { box: [50, 100, 149, 110] }],
    ['it is cut off at a corner', { box: [0, 0, 149, 199] }],
  ])('does not ask about an object when %s', (_, sight) => {
    expect(direction([{ ...pair[0], ...sight }, pair[1]]).candidates).toEqual([])
  })

  it('does not ask about a category that the picture shows twice, however little of it', () => {
    const scene = testScene('s', things('chair', 'table', 'chair'), [
      [...pair, { id: 2, ratio: 0.01, pixels: 1 }],
    ])
    expect(ask('camera_direction', 'single_image', scene).candidates).toEqual([])
  })
})

describe('egocentric direction', () => {
  it('measures the left turn on the floor', () => {
    expect(leftTurn([0, 0], [0, 1], [-1, 0])).toBeCloseTo(90)
    expect(leftTurn([0, 0], [0, 1], [1, 0])).toBeCloseTo(270)
    expect(leftTurn([2, 2], [3, 2], [1, 2])).toBeCloseTo(180)
  })

  it.each([
    [0, 'front-left', 'left'],
    [89, 'front-left', 'left'],
    [90, 'back-left', 'left'],
    [135, 'back-left', 'back'],
    [180, 'back-right', 'back'],
    [225, 'back-right', 'right'],
    [270, 'front-right', 'right'],
    [359, 'front-right', 'right'],
  ])('%d degrees is %s, or %s in thirds', (angle, hard, medium) => {
    expect(directionClass(angle, 'hard')).toBe(hard)
    expect(directionClass(angle, 'medium')).toBe(medium)
  })

  it('keeps the margin at both ends of a class', () => {
    expect(boundaryDistance(95, 'hard')).toBe(5)
    expect(boundaryDistance(85, 'hard')).toBe(5)
    expect(boundaryDistance(355, 'medium')).toBe(5)
    expect(boundaryDistance(90, 'medium')).toBe(45)
  })

  it('finds the corners of a turned box', () => {
    const s = Math.SQRT1_2
    const corners = floorCorners({
      center: [0, 0, 0],
      axes: [s, s, 0, -s, s, 0, 0, 0, 1],
      lengths: [2, 2, 2],
    })
    expect(Math.max(...corners.map(([x]) => x))).toBeCloseTo(Math.SQRT2)
  })

  /** Bed at the origin, sofa 3 m along y, lamp 2 m to the left and 2 m ahead. */
  const room: TestObject[] = [
    { category: 'bed', at: [0, 0, 0] },
    { category: 'sofa', at: [0, 3, 0] },
    { category: 'lamp', at: [-2, 2, 0] },
  ]
  const find = (candidates: Candidate[], labels: string, subtype: string): Candidate | undefined =>
    candidates.find((c) => c.objects.map((o) => o.label).join(' ') === labels && c.subtype === subtype)
  const everyOrder = (scene: SceneRecord, dataType: DataType = 'scene'): Candidate[] =>
    ask('egocentric_direction', dataType, scene).candidates

  it('answers as one would standing there', () => {
    const candidates = everyOrder(testScene('s', room))
    const answers = [
      ['bed sofa lamp', 'front-left'],
      ['bed lamp sofa', 'front-right'],
      ['sofa bed lamp', 'front-right'],
      ['sofa lamp bed', 'front-left'],
      ['lamp sofa bed', 'back-right'],
    ]
      .map(([labels, answer]) => [find(candidates, labels, 'egocentric hard'), answer] as const)
      .filter(([c]) => c)
    expect(answers.length).toBeGreaterThanOrEqual(2)
    for (const [candidate, answer] of answers) expect(candidate?.answer).toBe(answer)
    for (const c of candidates) {
      if (c.subtype !== 'egocentric hard') continue
      expect(c.numbers.left_m > 0).toBe(c.answer.endsWith('left'))
      expect(c.numbers.forward_m > 0).toBe(c.answer.startsWith('front'))
    }
  })

  it('uses the wording of each difficulty, with its own options', () => {
    const candidates = everyOrder(testScene('s', room))
    const of = (kind: string) => candidates.filter((c) => c.subtype === `egocentric ${kind}`)
    expect(of('easy').every((c) => c.choices?.join() === 'left,right')).toBe(true)
    expect(of('medium').every((c) => c.choices?.join() === 'left,back,right')).toBe(true)
    expect(of('easy')[0].question).toMatch(
      /^If I am standing by the \w+ and facing the \w+, is the \w+ to the left or the right of the \w+\?$/,
    )
    expect(of('hard')[0].question).toContain(
      'front-left, front-right, back-left, or back-right?\nThe directions',
    )
  })

  it.each<[string, TestObject['at'], TestObject['size']]>([
    ['objects too close', [0, 0.3, 0], undefined],
    ['objects too far apart', [0, 9, 0], undefined],
    ['object spans two classes', [-0.5, 2, 0], [6, 0.2, 0.2]],
  ])('leaves out: %s', (filter, at, size) => {
    const moved = [...room.slice(0, 2), { category: 'lamp', at, size }]
    expect(ask('egocentric_direction', 'scene', testScene('s', moved)).row.removed).toHaveProperty(filter)
  })

  it('asks only about categories that occur once', () => {
    const two = [...room, { category: 'lamp', at: [3, 1, 0] as [number, number, number] }]
    expect(everyOrder(testScene('s', two))).toEqual([])
  })
})

describe('relative distance', () => {
  const row: TestObject[] = [
    { category: 'bed', at: [0, 0, 0] },
    { category: 'lamp', at: [1, 0, 0] },
    { category: 'sofa', at: [-3, 0, 0] },
  ]
  const seen: TestSight[] = [0, 1, 2].map((id) => ({ id }))

  it('names the closer of two in one picture', () => {
    const { candidates } = ask('relative_distance', 'single_image', testScene('s', row, [seen]))
    const bed = candidates.find((c) => c.objects[2].label === 'bed')
    expect(bed?.question).toMatch(
      /^Measuring from the closest point of each object, which of these two objects \((lamp, sofa|sofa, lamp)\) is closer to the bed\?$/,
    )
    expect(bed?.answer).toBe('lamp')
    expect(bed?.choices?.[bed.answer_class === 'first' ? 0 : 1]).toBe('lamp')
    expect([bed?.numbers.distance_1_m, bed?.numbers.distance_2_m].sort()).toEqual([0.8, 2.8])
  })

  it('leaves out distances that are alike and neighbours that touch', () => {
    const alike = [...row.slice(0, 2), { category: 'sofa', at: [-1.1, 0, 0] as [number, number, number] }]
    expect(
      ask('relative_distance', 'single_image', testScene('s', alike, [seen])).row.removed,
    ).toHaveProperty('distances too alike')
    const touching = [...row.slice(0, 2), { category: 'sofa', at: [-0.25, 0, 0] as [number, number, number] }]
    expect(
      ask('relative_distance', 'single_image', testScene('s', touching, [seen])).row.removed,
    ).toHaveProperty('nearest too close')
  })

  it('wants twice the gap in rooms of more than 40 square metres', () => {
    const near = [...row.slice(0, 2), { category: 'sofa', at: [-1.2, 0, 0] as [number, number, number] }]
    const kept = (area: number) =>
      ask(
        'relative_distance',
        'single_image',
        testScene('s', near, [seen], { room_area: area }),
      ).candidates.filter((c) => c.objects[2].label === 'bed').length
    expect([kept(20), kept(50)]).toEqual([1, 0])
  })

  it('offers four categories without imagery, each by its nearest instance', () => {
    const many: TestObject[] = [
      { category: 'bed', at: [0, 0, 0] },
      { category: 'chair', at: [4, 0, 0] },
      { category: 'chair', at: [0.7, 0, 0] },
      { category: 'lamp', at: [0, 1.2, 0] },
      { category: 'sofa', at: [0, -2, 0] },
      { category: 'door', at: [-3, 0, 0] },
    ]
    const { candidates } = ask('relative_distance', 'scene', testScene('s', many))
    const bed = candidates.find((c) => c.objects[4].label === 'bed')
    expect(bed?.answer).toBe('chair')
    expect(bed?.choices).toHaveLength(4)
    expect(bed?.question).toContain('which of these objects (')
    expect(bed?.question).toMatch(
      /If there are multiple instances of an object category, measure to the closest\.$/,
    )
    expect(bed?.objects.find((o) => o.label === 'chair')?.id).toBe(2)
  })
})

describe('absolute distance and size', () => {
  const row: TestObject[] = [
    { category: 'bed', at: [0, 0, 0], size: [2, 1, 0.5] },
    { category: 'lamp', at: [2.25, 0, 0], size: [0.2, 0.2, 1.234] },
    { category: 'cup', at: [0, 0.6, 0], size: [0.05, 0.05, 0.05] },
  ]

  it('measures between surfaces, metres with one decimal', () => {
    const { candidates, row: counts } = ask('absolute_distance', 'scene', testScene('s', row))
    const lamp = candidates.find(
      (c) =>
        c.objects
          .map((o) => o.label)
          .sort()
          .join() === 'bed,lamp',
    )
    expect(lamp?.answer).toBe('1.1')
    expect(lamp?.numbers).toEqual({ distance_m: 1.15, center_distance_m: 2.25 })
    expect(counts.removed).toEqual({ 'objects too close': 1 })
  })

  it('gives the longest side in whole centimetres, and what the picture shows of it', () => {
    const seen: TestSight[] = [
      { id: 1, box: [100, 100, 149, 349], at: [0, 0, 2] },
      { id: 2, box: [300, 300, 329, 329] },
    ]
    const { candidates, row: counts } = ask('object_size', 'single_image', testScene('s', row, [seen]))
    expect(candidates.map(labelled)).toEqual(['lamp: 123'])
    expect(candidates[0].numbers).toEqual({ longest_m: 1.234, seen_width_cm: 20, seen_height_cm: 100 })
    expect(counts.removed).toEqual({ 'object too small': 1 })
  })
})

describe('counting', () => {
  const chairs = things('chair', 'chair', 'chair', 'lamp')
  const views: TestSight[][] = [
    [{ id: 0 }, { id: 3 }],
    [{ id: 1, ratio: 0.3 }],
    [{ id: 2 }],
    [{ id: 2, ratio: 0.05 }],
  ]

  it('counts what the pictures show, each instance in its best view', () => {
    const { candidates, row } = ask('object_count', 'multi_view', testScene('s', chairs, views), { views: 3 })
    expect(candidates).toHaveLength(1)
    expect(candidates[0]).toMatchObject({ question: 'How many chair(s) are in this room?', answer: '3' })
    expect(candidates[0].pictures.map((p) => p.frame_id)).toEqual([0, 10, 20])
    expect(candidates[0].objects.map((o) => o.image_index)).toEqual([0, 1, 2])
    expect(row.removed).toEqual({ 'too few to count': 1 })
  })

  it('does not ask when an instance hides from every picture', () => {
    const hidden = testScene('s', chairs, [views[0], views[1], views[3]])
    expect(ask('object_count', 'multi_view', hidden, { views: 3 }).row.removed).toHaveProperty(
      'every instance shown',
    )
    // Frame list of two pictures of four: the ends.
    const ends = ask('object_count', 'video', testScene('s', chairs, views), { video_frames: 2 })
    expect(ends.row.removed).toHaveProperty('every instance shown')
  })

  it("trusts the source's count, and asks with pictures only where the boxes agree", () => {
    const extra = { object_counts: { chair: 5, lamp: 1 } }
    expect(ask('object_count', 'scene', testScene('s', chairs, [], extra)).candidates[0].answer).toBe('5')
    expect(
      ask('object_count', 'multi_view', testScene('s', chairs, views, extra), { views: 3 }).row.removed,
    ).toHaveProperty('count disagrees with boxes')
  })
})

describe('room size', () => {
  it('gives square metres with one decimal, once per scene', () => {
    const scene = testScene('s', things('bed', 'lamp'), [], { room_area: 17.46 })
    const { candidates } = ask('room_size', 'scene', scene)
    expect(candidates.map((c) => c.answer)).toEqual(['17.5'])
    expect(candidates[0].numbers).toEqual({ area_m2: 17.46, reach_x_m: 1.2, reach_y_m: 0.2 })
  })

  it('asks nothing where the area is unknown', () => {
    const scene = testScene('s', things('bed'), [], { room_area: null })
    expect(ask('room_size', 'scene', scene).row.removed).toEqual({ 'area unknown': 1 })
  })
})

describe('appearance order', () => {
  const four = things('bed', 'lamp', 'sofa', 'door')
  const walk: TestSight[][] = [[{ id: 2 }], [{ id: 0 }, { id: 2 }], [{ id: 3 }], [{ id: 1 }]]

  it('lists categories by first sight, with three other orders', () => {
    const { candidates } = ask('appearance_order', 'video', testScene('s', four, walk))
    expect(candidates).toHaveLength(1)
    expect(candidates[0].answer).toBe('sofa, bed, door, lamp')
    expect(new Set(candidates[0].choices).size).toBe(4)
    expect(candidates[0].choices).toContain('sofa, bed, door, lamp')
    expect(candidates[0].objects.map((o) => [o.label, o.image_index])).toEqual([
      ['sofa', 0],
      ['bed', 1],
      ['door', 2],
      ['lamp', 3],
    ])
  })

  it('leaves out things that appear together, or less than a second apart', () => {
    const together = [walk[0], [{ id: 0 }, { id: 3 }], walk[3], walk[3]]
    expect(ask('appearance_order', 'video', testScene('s', four, together)).row.removed).toEqual({
      'appearances too close': 1,
    })
    const gap = ask('appearance_order', 'video', testScene('s', four, walk), { appearance_gap_s: 2 })
    expect(gap.row.removed).toEqual({ 'appearances too close': 1 })
  })

  it('leaves out an order that a few early pixels would change', () => {
    const early = [walk[0], [...walk[1], { id: 1, ratio: 0.05, pixels: 9 }], walk[2], walk[3]]
    expect(ask('appearance_order', 'video', testScene('s', four, early)).row.removed).toEqual({
      'order depends on the threshold': 1,
    })
  })
})
