import { describe, expect, it } from 'vitest'
import { sampleId } from '../schema/results.js'
import { pairedDifferences } from './paired.js'
import { makeNumber, makeSample } from './sample-for-tests.js'
import { score } from './score.js'

const samples = Array.from({ length: 60 }, (_, i) => {
  const place = { scene_name: `scene${String(i % 20).padStart(4, '0')}_00` }
  return i < 40 ? makeSample({ question_id: i, ...place }) : makeNumber(i, '4', place)
})
/** Right answers to the letters where `right` says so; 2 for every 4 (worth 0.1). */
const itemsOf = (right: (i: number) => boolean) =>
  score({
    name: 'm',
    samples,
    predictions: samples.map((sample, i) => ({
      id: sampleId(sample),
      prediction: sample.options ? (right(i) ? 'A' : 'B') : '2',
    })),
  }).items

describe('paired comparison', () => {
  const half = itemsOf((i) => i % 2 === 0)
  // The same and every fourth more: 0.5 becomes 0.75.
  const more = itemsOf((i) => i % 2 === 0 || i % 4 === 1)

  it('gives the mean difference per type and over types', () => {
    const found = Object.fromEntries(pairedDifferences(half, more).map((one) => [one.name, one.difference]))
    expect(found['relative direction']).toBeCloseTo(0.25, 12)
    expect(found['object count']).toBe(0)
    expect(found.overall).toBeCloseTo(0.125, 12)
  })

  it('is certain where every item agrees', () => {
    const count = pairedDifferences(half, more).find(({ name }) => name === 'object count')
    expect(count?.interval).toEqual([0, 0])
    const choices = pairedDifferences(half, more).find(({ name }) => name === 'choices')
    expect(choices?.interval?.[0]).toBeGreaterThan(0)
  })

  it('turns its sign with the order', () => {
    const [forward] = pairedDifferences(half, more)
    const [backward] = pairedDifferences(more, half)
    expect(backward.difference).toBeCloseTo(-forward.difference, 12)
  })

  it('refuses models scored on different items', () => {
    expect(() => pairedDifferences(half, more.slice(1))).toThrow(
      /expected two models scored on the same items/,
    )
  })
})
