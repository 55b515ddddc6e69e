import { describe, expect, it } from 'vitest'
import type { Sample } from '../schema/sample.js'
import { distributionsOf, spreadOf } from './dataset-distributions.js'

const sample = (changes: Partial<Sample>): Sample => ({
  question_id: 0,
  question: 'How many chairs?',
  options: null,
  answer: '3',
  image: ['a/1.jpg'],
  question_type: 'object count',
  data_type: 'single_image',
  scene_name: 'a',
  images: [{ width: 320, height: 240, frame_id: 1 }],
  evidence: { objects: [], numbers: {} },
  generator: { version: 'test', seed: 0 },
  ...changes,
})

describe('spreadOf', () => {
  it('puts every value into a bin of round bounds', () => {
    const values = [0.2, 0.31, 1.4, 1.5, 2.2, 2.9, 6.1]
    const { bins, least, median, most } = spreadOf(values, 'metres')
    expect([least, median, most]).toEqual([0.2, 1.5, 6.1])
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(values.length)
    for (const value of values.filter((v) => v < most))
      expect(bins.some(({ from, to, count }) => count > 0 && value >= from && value < to)).toBe(true)
  })

  it('gives each of a few whole numbers its own bin', () => {
    const { bins } = spreadOf([2, 2, 2, 3, 5], 'objects')
    expect(bins.map(({ from, count }) => [from, count])).toEqual([
      [2, 3],
      [3, 1],
      [4, 0],
      [5, 1],
    ])
  })

  it('bears one value, and one far beyond the rest', () => {
    expect(spreadOf([4], '').bins).toMatchObject([{ count: 1 }])
    const far = spreadOf([...Array.from({ length: 200 }, (_, i) => i % 10), 1e6], '')
    expect(far.most).toBe(1e6)
    expect(far.bins.length).toBeLessThan(30)
    expect(far.bins.reduce((sum, { count }) => sum + count, 0)).toBe(201)
  })
})

describe('distributionsOf', () => {
  it('counts letters by how many options there are, and the text that is right', () => {
    const choice = (answer: string, options: string[]): Sample =>
      sample({
        answer,
        options,
        question_type: 'relative direction',
        evidence: { subtype: 'camera 4-way', objects: [], numbers: {} },
      })
    const four = ['A. left', 'B. right', 'C. front', 'D. back']
    const found = distributionsOf([choice('A', four), choice('D', four), choice('B', four.slice(0, 2))])
    expect(found.letters).toEqual({
      'relative direction, 2 options': { B: 1 },
      'relative direction, 4 options': { A: 1, D: 1 },
    })
    expect(found.classes).toEqual({ 'camera 4-way': { back: 1, left: 1, right: 1 } })
  })

  it('says where boxes lie as shares of their pictures, whatever the size of those', () => {
    const boxed = (width: number, height: number): Sample =>
      sample({
        question_type: 'object localization',
        answer: [{ bbox_2d: [0, 0, width / 2, height / 2], label: 'chair' }],
        images: [{ width, height, frame_id: 0 }],
      })
    const { boxes, categories } = distributionsOf([boxed(320, 240), boxed(1296, 968)])
    expect(categories).toBe(1)
    expect(boxes).toMatchObject({ count: 2, area_percent: { least: 25, most: 25 } })
    expect([boxes.cover?.[0][0], boxes.cover?.at(-1)?.at(-1)]).toEqual([2, 0])
  })

  it('bears rows without evidence and without pictures', () => {
    const found = distributionsOf([sample({ images: [], image: [], data_type: 'scene' })])
    expect(found).toMatchObject({ samples: 1, pictures: 0, categories: 0, boxes: { count: 0, cover: null } })
    expect(found.numbers['object count'].bins).toMatchObject([{ from: 3, count: 1 }])
  })
})
