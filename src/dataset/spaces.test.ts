import { describe, expect, it } from 'vitest'
import { chooseScenes, spaceOf } from './spaces.js'
import { VSI_BENCH_SCENES } from './vsi-scenes.js'

const nothing = { split: null, heldOut: [], exclude: [], keepVsiBench: false }

describe('which scenes to take', () => {
  it('knows the room of a scan', () => {
    expect(['scene0089_02', 'scene0089_00', 'kitchen'].map(spaceOf)).toEqual([
      'scene0089',
      'scene0089',
      'kitchen',
    ])
  })

  it('keeps out every scan of a held-out room, not only the one named', () => {
    const names = ['scene0001_00', 'scene0001_01', 'scene0002_00']
    const { left_out, scenes } = chooseScenes(names, { ...nothing, heldOut: ['scene0001_00'] })
    expect(scenes).toEqual(['scene0002_00'])
    expect(left_out).toEqual({ 'room held out for testing': 2 })
  })

  it("keeps out VSI-Bench's 88 rooms unless they are asked for", () => {
    expect(new Set(VSI_BENCH_SCENES).size).toBe(88)
    const other = VSI_BENCH_SCENES[0].replace(/_\d\d$/, '_09')
    const names = [...VSI_BENCH_SCENES, other, 'scene0001_00']
    expect(chooseScenes(names, nothing)).toMatchObject({
      scenes: ['scene0001_00'],
      left_out: { 'room of VSI-Bench': 89 },
    })
    expect(chooseScenes(names, { ...nothing, keepVsiBench: true }).scenes).toEqual(names)
  })

  it('takes the split and says which of it is not there', () => {
    const names = ['scene0001_00', 'scene0002_00', 'scene0003_00']
    const split = ['scene0002_00', 'scene0003_00', 'scene0004_00']
    expect(chooseScenes(names, { ...nothing, split, exclude: ['scene0003_00'] })).toEqual({
      scenes: ['scene0002_00'],
      left_out: { 'not in the split': 1, 'excluded by name': 1 },
      missing: ['scene0004_00'],
    })
  })
})
