import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FrameObject } from '../../schema/scene-record.js'
import { CAMERA_DIRECTIONS, datasetOptionsSchema } from '../options.js'
import { type TestSight, testScene } from '../scene.test-helper.js'
import { ask } from './ask.test-helper.js'
import { cameraDirection } from './camera-direction.js'

const options = datasetOptionsSchema.parse({})
const seen = (x: number, z: number): FrameObject => {
  const u = Math.round(320 + (500 * x) / z)
  return {
    id: 0,
    visible_ratio: 1,
    pixel_count: 999,
    bbox_2d: [u - 20, 200, u + 20, 240],
    position_camera: [x, 0, z],
  }
}
const where = (form: (typeof CAMERA_DIRECTIONS)[number], a: FrameObject, b: FrameObject) =>
  cameraDirection({ width: 640 }, a, b, options, form)

describe('the forms of camera-view direction', () => {
  it('asks each form in its own words, with its own options', () => {
    const scene = testScene(
      's',
      [
        { category: 'chair', at: [0, 0, 0] },
        { category: 'table', at: [1, 0, 0] },
      ],
      [
        [
          { id: 0, box: [50, 100, 149, 199], at: [-0.8, 0, 2.8] },
          { id: 1, box: [400, 100, 499, 199], at: [0.7, 0, 2] },
        ] satisfies TestSight[],
      ],
    )
    const { candidates } = ask('camera_direction', 'single_image', scene, {
      camera_directions: [...CAMERA_DIRECTIONS],
    })
    const chair = candidates.filter((c) => c.objects[0].label === 'chair')
    expect(chair.map((c) => [c.subtype, c.question, c.choices, c.answer])).toEqual([
      [
        'camera 2-way',
        "From the camera's perspective, is the chair to the table's left or right?",
        ['left', 'right'],
        'left',
      ],
      [
        'camera 4-way',
        "From the camera's perspective, is the chair to the table's left, right, front, or back?",
        ['left', 'right', 'front', 'back'],
        'left',
      ],
      [
        'camera diagonal',
        "From the camera's perspective, is the chair to the table's left-front, left-back, right-front, or right-back?",
        ['left-front', 'left-back', 'right-front', 'right-back'],
        'left-back',
      ],
    ])
    expect(ask('camera_direction', 'single_image', scene).candidates.map((c) => c.subtype)).toEqual([
      'camera 4-way',
      'camera 4-way',
    ])
  })

  it.each<[string, FrameObject, FrameObject]>([
    ['offset too small', seen(0.1, 2), seen(-0.1, 3)],
    ['near an axis', seen(-2, 3), seen(2, 3.5)],
    ['boxes too close', seen(1, 2), seen(1.7, 3.4)],
  ])('leaves out a diagonal: %s', (flaw, a, b) => {
    expect(where('diagonal', a, b)).toEqual({ flaw })
    expect(where('diagonal', b, a)).toEqual({ flaw })
  })

  it('gives the other way round the opposite answer, and the forms never contradict one another', () => {
    const opposite: Record<string, string> = { left: 'right', right: 'left', front: 'back', back: 'front' }
    const turn = (answer: string): string =>
      answer
        .split('-')
        .map((part) => opposite[part])
        .join('-')
    const place = fc
      .tuple(fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: 1, max: 5, noNaN: true }))
      .map(([x, z]) => seen(x, z))
    fc.assert(
      fc.property(place, place, (a, b) => {
        const answers = CAMERA_DIRECTIONS.flatMap((form) => {
          const [there, back] = [where(form, a, b), where(form, b, a)]
          expect('flaw' in there).toBe('flaw' in back)
          if ('flaw' in there || 'flaw' in back) return []
          expect(back.direction).toBe(turn(there.direction))
          return there.direction.split('-')
        })
        for (const part of answers) expect(answers).not.toContain(opposite[part])
      }),
    )
  })
})
