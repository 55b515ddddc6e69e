import { describe, expect, it } from 'vitest'
import type { Tally } from './benchmark.js'
import { averageVsi, averageVsiPaper, averageVsiStrictly } from './vsi-average.js'

/** Ten items of each type, with these scores. */
const tallies = (scores: Record<string, number>): Tally[] =>
  Object.entries(scores).map(([type, score]) => ({ type, fields: {}, sum: 10 * score, n: 10 }))

const [easy, medium, hard] = ['easy', 'medium', 'hard'].map((level) => `object_rel_direction_${level}`)
const full = {
  object_counting: 0.5,
  object_abs_distance: 0.25,
  object_size_estimation: 0.75,
  room_size_estimation: 0.5,
  object_rel_distance: 0.25,
  [easy]: 0.75,
  [medium]: 0.5,
  [hard]: 0.25,
  route_planning: 0.25,
  obj_appearance_order: 0.5,
}

describe('VSI-Bench averages', () => {
  it.each([
    ['official', averageVsi],
    ['paper', averageVsiPaper],
    ['strict', averageVsiStrictly],
  ])(
    '%s: over eight types, however many items each has, the three levels of direction as one',
    (_, average) => {
      const uneven = tallies(full).map((tally, i) => ({
        ...tally,
        sum: (i + 1) * tally.sum,
        n: (i + 1) * tally.n,
      }))
      expect(average(uneven)).toEqual({
        overall: (0.5 + 0.25 + 0.75 + 0.5 + 0.25 + 0.5 + 0.25 + 0.5) / 8,
        groups: { NQ: 0.5, MCQ: 1.5 / 4, object_rel_direction: 0.5 },
      })
      expect(average([])).toEqual({
        overall: null,
        groups: { NQ: null, MCQ: null, object_rel_direction: null },
      })
    },
  )

  it('are those of a published row', () => {
    // Qwen2.5-VL-7B at 64 frames by VLMEvalKit; the mean of the eight types, levels merged.
    const row = {
      object_counting: 0.2444,
      object_abs_distance: 0.2198,
      object_size_estimation: 0.424,
      room_size_estimation: 0.2681,
      object_rel_distance: 0.3662,
      [easy]: 0.4839,
      [medium]: 0.4603,
      [hard]: 0.2761,
      route_planning: 0.2784,
      obj_appearance_order: 0.2702,
    }
    expect(averageVsi(tallies(row)).overall).toBeCloseTo(0.30973, 4)
    expect(averageVsi(tallies(row)).groups.object_rel_direction).toBeCloseTo(0.40677, 5)
  })

  const distance = { object_abs_distance: 0.5, object_rel_distance: 1 }
  it('official: an easy level without the others has no average, the others without it are terms', () => {
    expect(averageVsi(tallies({ ...distance, [easy]: 1 }))).toEqual({
      overall: null,
      groups: { NQ: 0.5, MCQ: null, object_rel_direction: null },
    })
    expect(averageVsi(tallies({ ...distance, [easy]: 1, [hard]: 1 })).overall).toBeNull()
    expect(averageVsi(tallies({ ...distance, [medium]: 0.25, [hard]: 0.75 }))).toEqual({
      overall: (0.5 + 1 + 0.25 + 0.75) / 4,
      groups: { NQ: 0.5, MCQ: 2 / 3, object_rel_direction: null },
    })
    expect(averageVsi(tallies(distance)).overall).toBe(0.75)
  })

  it('official: a merged type is an error', () => {
    expect(() => averageVsi(tallies({ ...distance, object_rel_direction: 1 }))).toThrow(
      'VSI-Bench, protocol official: expected object_rel_direction_easy, object_rel_direction_medium, object_rel_direction_hard (the original knows no other), got object_rel_direction',
    )
  })

  it('paper: any missing level puts a term of 0 in place of those taken out so far', () => {
    const overall = (levels: Record<string, number>) => averageVsiPaper(tallies({ ...distance, ...levels }))
    expect(overall({})).toEqual({ overall: 0.5, groups: { NQ: 0.5, MCQ: 0.5, object_rel_direction: 0 } })
    // Easy is lost.
    expect(overall({ [easy]: 1 }).overall).toBe((0.5 + 1 + 0) / 3)
    // Easy is lost, hard stays.
    expect(overall({ [easy]: 1, [hard]: 0.75 })).toEqual({
      overall: (0.5 + 1 + 0.75 + 0) / 4,
      groups: { NQ: 0.5, MCQ: 1.75 / 3, object_rel_direction: 0 },
    })
    // Both are lost.
    expect(overall({ [easy]: 1, [medium]: 1 }).overall).toBe((0.5 + 1 + 0) / 3)
    // The first to be taken out is missing, so both stay.
    expect(overall({ [medium]: 0.25, [hard]: 0.75 }).overall).toBe((0.5 + 1 + 0.25 + 0.75 + 0) / 5)
  })

  it('paper: a merged type is taken as it is, whatever levels there are', () => {
    expect(averageVsiPaper(tallies({ ...distance, object_rel_direction: 0.25 }))).toEqual({
      overall: (0.5 + 1 + 0.25) / 3,
      groups: { NQ: 0.5, MCQ: 0.625 },
    })
    expect(averageVsiPaper(tallies({ object_rel_direction: 0.25, [hard]: 0.75 })).overall).toBe(0.5)
  })

  it('strict: the levels that are there are one type', () => {
    expect(averageVsiStrictly(tallies({ ...distance, [easy]: 0.25, [hard]: 0.75 }))).toEqual({
      overall: 2 / 3,
      groups: { NQ: 0.5, MCQ: 0.75, object_rel_direction: 0.5 },
    })
    expect(averageVsiStrictly(tallies(distance)).overall).toBe(0.75)
  })
})

describe('SPBench averages', () => {
  it('are those of the published row: two or three types with a number, two with a letter', () => {
    const single = {
      object_abs_distance: 0.5,
      object_size_estimation: 0.672,
      object_rel_distance: 0.8,
      object_rel_direction: 0.836,
    }
    expect(averageVsiPaper(tallies(single)).overall).toBeCloseTo(0.702, 10)
    const multi = averageVsiPaper(
      tallies({
        object_counting: 0.682,
        object_abs_distance: 0.682,
        object_size_estimation: 0.682,
        object_rel_distance: 0.75,
        object_rel_direction: 0.75,
      }),
    )
    expect(multi.overall).toBeCloseTo((3 * 0.682 + 2 * 0.75) / 5, 10)
    expect(multi.groups.NQ).toBeCloseTo(0.682, 10)
    expect(Object.keys(multi.groups)).toEqual(['NQ', 'MCQ'])
  })
})
