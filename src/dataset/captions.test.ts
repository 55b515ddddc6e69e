/** Captions say what is in a picture and roughly where, and nothing the ladder asks. */
import { describe, expect, it } from 'vitest'
import type { SceneRecord } from '../schema/scene-record.js'
import { captionRows } from './captions.js'
import { cellRows, cellWords } from './cells.js'
import { captionOptionsSchema } from './picture-words.js'

const object = (id: number, category: string): SceneRecord['objects'][number] => ({
  id,
  category,
  raw_label: category,
  obb: { center: [0, 0, 0], axes: [1, 0, 0, 0, 1, 0, 0, 0, 1], lengths: [1, 1, 1] },
  aabb: { min: [0, 0, 0], max: [1, 1, 1] },
  longest_dimension: 1,
})

/** A picture of 168 x 112: a bed at the bottom left, nearer than the lamp at the top right. */
const scene: SceneRecord = {
  version: 1,
  scene_name: 'scene0001_00',
  dataset: 'synthetic',
  objects: [object(0, 'lamp'), object(1, 'bed'), object(2, 'tv')],
  object_counts: { lamp: 1, bed: 1, tv: 1 },
  distances: [],
  room_area: null,
  frames: [
    {
      frame_id: 0,
      image: 'scene0001_00/0.jpg',
      width: 168,
      height: 112,
      time_s: 0,
      pose: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      intrinsics: { fx: 150, fy: 150, cx: 84, cy: 56 },
      objects: [
        {
          id: 0,
          visible_ratio: 0.6,
          pixel_count: 200,
          bbox_2d: [140, 0, 167, 27],
          position_camera: [1, -1, 4],
        },
        {
          id: 1,
          visible_ratio: 0.5,
          pixel_count: 3000,
          bbox_2d: [0, 56, 83, 111],
          position_camera: [-1, 1, 2],
        },
        // Hardly seen: not spoken of.
        {
          id: 2,
          visible_ratio: 0.05,
          pixel_count: 20,
          bbox_2d: [80, 40, 90, 50],
          position_camera: [0, 0, 3],
        },
      ],
    },
    { ...emptyFrame(), frame_id: 1 },
  ],
  provenance: { source: 'test', generator: 'test', rules: {} },
}

function emptyFrame(): SceneRecord['frames'][number] {
  return {
    frame_id: 0,
    image: 'scene0001_00/1.jpg',
    width: 168,
    height: 112,
    time_s: 0.5,
    pose: new Array(16).fill(0),
    intrinsics: { fx: 150, fy: 150, cx: 84, cy: 56 },
    objects: [],
  }
}

const NAMES = ['bed', 'lamp', 'sofa', 'tv']
const options = captionOptionsSchema.parse({})
const BED = { column: 'four', row: 'seventh', distance: 'close', width: 'vast', height: 'raised' } as const
const LAMP = { column: 'twelve', row: 'second', distance: 'far', width: 'narrow', height: 'low' } as const

describe('captionRows', () => {
  const rows = captionRows(scene, NAMES, options, 42)

  it('describes, and says where one thing and two are or that they are not there, for every picture that shows something', () => {
    expect(rows).toHaveLength(3)
    expect(rows[0].solution).toBe(
      'a bed at four seventh, close, vast, raised. a lamp at twelve second, far, narrow, low.',
    )
    const places: Record<string, string> = {
      bed: 'at four seventh, close, vast, raised.',
      lamp: 'at twelve second, far, narrow, low.',
    }
    const asked = rows.slice(1).map(({ prompt }) => {
      const [, first, second] =
        /^Where do you see an? (\w+)(?: and an? (\w+))?\?$/.exec(prompt) ?? expect.fail(prompt)
      return second === undefined ? [first] : [first, second]
    })
    expect(asked.map((names) => names.length)).toEqual([1, 2])
    expect(rows.slice(1).map(({ solution }) => solution)).toEqual(
      asked.map((names) => names.map((name) => places[name] ?? 'nothing.').join(' ')),
    )
  })

  it('writes no coordinates, letters or comparisons, and the same for the same seed', () => {
    for (const { solution } of rows) expect(solution).not.toMatch(/\d|left of|right of|closer|[A-D]\./)
    expect(captionRows(scene, NAMES, options, 42)).toEqual(rows)
  })
})

describe('cellRows', () => {
  const rows = cellRows(scene, NAMES, options, 42)

  it('has what each cell shows, the nearest first, and where the names of a list are', () => {
    expect(rows).toHaveLength(1)
    const [none, bed] = [null, { name: 'bed', place: BED }]
    const empty = [none, none, none, none, none, none]
    expect(rows[0].cells).toEqual([
      ...[none, none, none, none, none, { name: 'lamp', place: LAMP }],
      ...empty,
      ...[bed, bed, bed, none, none, none],
      ...[bed, bed, bed, none, none, none],
    ])
    const places = Object.fromEntries(rows[0].names.map(({ name, place }) => [name, place]))
    expect(places).toEqual({ bed: BED, lamp: LAMP, sofa: null, tv: null })
  })

  it('gives a vocabulary all its words', () => {
    for (const word of [...NAMES, ...Object.values(BED), 'nothing'])
      expect(cellWords(NAMES)).toMatch(new RegExp(` ${word} "${word}"`))
  })
})
