import { describe, expect, it } from 'vitest'
import { makeDataset } from './build.js'
import { leakageOf, templateOf } from './leakage.js'
import { randomRoom } from './rooms.test-helper.js'

const { spatial } = makeDataset({ records: [0, 1, 2].map(randomRoom), seed: 1 })

describe('what a data set shares with its tests', () => {
  it('knows a wording whatever the things in it', () => {
    const evidence = (...labels: string[]) => ({
      objects: labels.map((label, id) => ({
        id,
        label,
        image_index: null,
        bbox_2d: null,
        position_camera: null,
      })),
      numbers: {},
    })
    expect(
      templateOf({
        question: 'what is the distance between the table lamp and the table (in meters)?',
        evidence: evidence('table', 'table lamp'),
      }),
    ).toBe('what is the distance between the {} and the {} (in meters)?')
    expect(leakageOf(spatial, []).templates).toBeLessThan(20)
  })

  it('names the rooms in common and counts the questions that are worded alike', () => {
    const [bench] = leakageOf(spatial, [
      {
        name: 'bench',
        scenes: ['room001', 'room009'],
        questions: [
          'How many swivel chair(s) are in this room?',
          "From the camera's perspective, is the piano to the sink's left, right, front, or back?",
          'You are a robot beginning at the bed. Which way?',
        ],
      },
    ]).held_out
    expect(bench).toEqual({
      name: 'bench',
      spaces: 2,
      spaces_in_common: ['room001'],
      questions: 3,
      questions_worded_alike: 2,
    })
  })

  it("meets VSI-Bench's rooms under any scan", () => {
    const moved = spatial.slice(0, 1).map((s) => ({ ...s, scene_name: 'scene0251_01' }))
    expect(leakageOf(moved, []).vsi_bench_scenes).toEqual(['scene0251_00'])
    expect(leakageOf(spatial, []).vsi_bench_scenes).toEqual([])
  })
})
