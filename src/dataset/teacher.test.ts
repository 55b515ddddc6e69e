import { describe, expect, it } from 'vitest'
import type { Sample } from '../schema/sample.js'
import { makeDataset } from './build.js'
import { CAMERA_DIRECTIONS, datasetOptionsSchema } from './options.js'
import { randomRoom } from './rooms.test-helper.js'
import { geometricReasoning } from './teacher.js'

const { localization, spatial } = makeDataset({
  records: Array.from({ length: 12 }, (_, i) => randomRoom(i)),
  options: datasetOptionsSchema.parse({ camera_directions: CAMERA_DIRECTIONS }),
  seed: 1,
})

const sample = (part: Partial<Sample>): Sample => ({
  question_id: 0,
  question: '?',
  options: null,
  answer: '1',
  image: ['s/0.jpg'],
  question_type: 'absolute distance',
  data_type: 'single_image',
  scene_name: 's',
  images: [{ width: 640, height: 480, frame_id: 0 }],
  evidence: { objects: [], numbers: {} },
  generator: { version: 'test', seed: 0 },
  ...part,
})
const object = (label: string, box: [number, number, number, number], at: [number, number, number]) => ({
  id: 0,
  label,
  image_index: 0,
  bbox_2d: box,
  position_camera: at,
})

describe('the geometric teacher', () => {
  it('derives a direction from offsets, then from box centres', () => {
    const direction = sample({
      question_type: 'relative direction',
      options: ['A. back', 'B. left', 'C. right', 'D. front'],
      answer: 'B',
      evidence: {
        subtype: 'camera 4-way',
        objects: [
          object('chair', [12, 40, 50, 90], [-0.8, 0, 2.2]),
          object('table', [80, 30, 140, 100], [0.7, 0, 2]),
        ],
        numbers: {},
      },
    })
    expect(geometricReasoning(direction)).toBe(
      'the chair is at [12, 40, 50, 90], x -0.8, depth 2.2. the table is at [80, 30, 140, 100], x 0.7, depth 2.0. x differs by 1.5, depth by 0.2. 1.5 > 0.2 so it is left or right. center x 31 < 110 so left. that is B.',
    )
    const halved = geometricReasoning(direction, {
      rescale: (box) => box.map((x) => x / 2) as typeof box,
    })
    expect(halved).toContain('the chair is at [6, 20, 25, 45]')
    expect(halved).toContain('center x 16 < 55 so left.')
    expect(geometricReasoning({ ...direction, answer: 'C' })).toBeNull()
  })

  it('takes the gap of the surfaces off the distance of the centres', () => {
    const distance = sample({
      answer: '1.1',
      evidence: {
        objects: [object('bed', [1, 2, 30, 40], [0, 0, 2]), object('lamp', [50, 2, 60, 40], [1, 0, 2])],
        numbers: { distance_m: 1.12, center_distance_m: 2.25 },
      },
    })
    expect(geometricReasoning(distance)).toBe(
      'the bed is at [1, 2, 30, 40]. the lamp is at [50, 2, 60, 40]. the centers are 2.3 apart. the closest points are 1.2 less. 2.3 - 1.2 = 1.1.',
    )
  })

  it('writes for every question type and data type with pictures, for nearly all samples', () => {
    const written = new Map<string, [number, number]>()
    for (const s of spatial) {
      const key = `${s.question_type} ${s.data_type}`
      const [done, all] = written.get(key) ?? [0, 0]
      written.set(key, [done + (geometricReasoning(s) === null ? 0 : 1), all + 1])
    }
    expect(written.size).toBe(16)
    for (const [key, [done, all]] of written) expect(done / all, key).toBeGreaterThan(0.85)
  })

  it('always ends in the answer, names every object, and its sums are right', () => {
    for (const s of spatial) {
      const text = geometricReasoning(s)
      if (text === null) continue
      expect(text).toMatch(
        s.options
          ? new RegExp(`that is ${s.answer as string}\\.$`)
          : new RegExp(`\\b${s.answer as string}( cm)?\\.$`),
      )
      for (const { label } of s.evidence.objects) expect(text).toContain(label)
      for (const [, a, sign, b, sum] of text.matchAll(/(-?[\d.]+) ([-+*]) ([\d.]+) = ([\d.]+\d)/g)) {
        const value = { '+': Number(a) + Number(b), '-': Number(a) - Number(b), '*': Number(a) * Number(b) }[
          sign
        ]
        expect(value, text).toBeCloseTo(Number(sum), sign === '*' ? 0.9 : 6)
      }
      for (const [, a, sign, b] of text.matchAll(/(-?\d+(?:\.\d+)?) (<|>|>=) (-?\d+(?:\.\d+)?)/g))
        expect(
          sign === '<'
            ? Number(a) < Number(b)
            : sign === '>'
              ? Number(a) > Number(b)
              : Number(a) >= Number(b),
          text,
        ).toBe(true)
    }
  })

  it('writes nothing for boxes or without pictures', () => {
    expect(geometricReasoning(localization[0])).toBeNull()
    expect(geometricReasoning(sample({ image: [], data_type: 'scene', images: [] }))).toBeNull()
  })
})
