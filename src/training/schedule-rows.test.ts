/** Which examples a step sees: from the seed alone, in the shares asked for, each once an epoch. */
import { describe, expect, it } from 'vitest'
import type { Example } from './example.js'
import { scheduleRows } from './schedule-rows.js'

const example = (file: string, id: string): Example => ({
  id,
  media: [{ type: 'image', file }],
  text: id,
  answer: '',
})
/** Ten pictures with seven questions each. */
const pool = (name: string): Example[] =>
  Array.from({ length: 70 }, (_, i) => example(`${name}${i % 10}`, `${name}-${i}`))
const settings = { steps: 20, rowsPerStep: 3, questionsPerRow: 4, seed: 5, stage: 'perception' }
const one = (examples: readonly Example[]) => new Map([['all', { examples, share: 1 }]])
const ids = (schedule: Example[][][]): string[][][] =>
  schedule.map((step) => step.map((row) => row.map(({ id }) => id)))

describe('a schedule', () => {
  it('is the same for the same seed and stage, another for another', () => {
    const again = ids(scheduleRows(one(pool('a')), settings))
    expect(ids(scheduleRows(one(pool('a')), settings))).toEqual(again)
    expect(ids(scheduleRows(one(pool('a')), { ...settings, seed: 6 }))).not.toEqual(again)
    expect(ids(scheduleRows(one(pool('a')), { ...settings, stage: 'reasoning' }))).not.toEqual(again)
    expect(ids(scheduleRows(one(pool('a')), { ...settings, steps: 7 }))).toEqual(again.slice(0, 7))
  })

  it('has the steps and rows asked for; the questions of a row are about one picture', () => {
    const schedule = scheduleRows(one(pool('a')), settings)
    expect(schedule.map((step) => step.length)).toEqual(Array(20).fill(3))
    for (const row of schedule.flat()) {
      expect(new Set(row.map(({ media }) => JSON.stringify(media))).size).toBe(1)
      expect(row.length).toBeGreaterThan(0)
      expect(row.length).toBeLessThanOrEqual(4)
    }
  })

  it('shows every question once an epoch before any a second time, and shuffles each epoch anew', () => {
    // Seven questions at four a row: two rows a picture, twenty rows an epoch.
    const rows = scheduleRows(one(pool('a')), settings).flat()
    const epochs = [0, 20, 40].map((start) =>
      rows.slice(start, start + 20).flatMap((row) => row.map(({ id }) => id)),
    )
    for (const epoch of epochs) {
      expect(epoch).toHaveLength(70)
      expect(new Set(epoch).size).toBe(70)
    }
    expect(epochs[0]).not.toEqual(epochs[1])
    expect(epochs[1]).not.toEqual(epochs[2])
  })

  it('mixes sources by their shares', () => {
    const sources = new Map([
      ['grounding', { examples: pool('g'), share: 0.3 }],
      ['spatial', { examples: pool('s'), share: 0.7 }],
    ])
    const rows = scheduleRows(sources, { ...settings, steps: 1000 }).flat()
    const share = rows.filter(([{ id }]) => id.startsWith('g')).length / rows.length
    // 3000 draws: a standard error of 0.0084.
    expect(Math.abs(share - 0.3)).toBeLessThan(0.03)
  })

  it('takes shares that do not add up to one as proportions', () => {
    const sources = (scale: number) =>
      new Map([
        ['grounding', { examples: pool('g'), share: 3 * scale }],
        ['spatial', { examples: pool('s'), share: 5 * scale }],
      ])
    expect(ids(scheduleRows(sources(1), settings))).toEqual(ids(scheduleRows(sources(2), settings)))
  })
})

it('a source without examples is one clear line', () => {
  const empty = new Map([['coldstart', { examples: [], share: 1 }]])
  expect(() => scheduleRows(empty, settings)).toThrow(
    expect.objectContaining({
      kind: 'data',
      message: 'stage perception: expected coldstart examples, got none',
    }),
  )
})
