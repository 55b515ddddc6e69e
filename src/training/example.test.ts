/** Samples and cold-start files as examples: boxes in the pixels the model sees, media in order. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { accuracyReward } from '../scoring/accuracy.js'
import { exampleOf, mediaOf, readPrompted, scaleBox } from './example.js'
import { coldStartRows, microSamples } from './micro-model.test-helper.js'

describe('scaleBox', () => {
  const to = (width: number, height: number) => () => ({ width, height })
  it('scales each axis by itself and rounds', () => {
    // x: 100·364/1296 = 28.09, 1000·364/1296 = 280.86; y: 50·252/968 = 13.02, 900·252/968 = 234.3
    expect(scaleBox([100, 50, 1000, 900], { width: 1296, height: 968 }, to(364, 252))).toEqual([
      28, 13, 281, 234,
    ])
  })

  it('stays inside the picture', () => {
    expect(scaleBox([-5, -1, 1296, 968], { width: 1296, height: 968 }, to(364, 252))).toEqual([
      0, 0, 363, 251,
    ])
    expect(scaleBox([0, 0, 10, 10], { width: 10, height: 10 }, to(28, 56))).toEqual([0, 0, 27, 55])
  })

  it('is told the size of the source', () => {
    const seen: unknown[] = []
    scaleBox([0, 0, 1, 1], { width: 84, height: 56 }, (size) => {
      seen.push(size)
      return { width: 28, height: 28 }
    })
    expect(seen).toEqual([{ width: 84, height: 56 }])
  })
})

describe('exampleOf', () => {
  const settings = {
    style: 'compact',
    imageRoot: '/images',
    resize: () => ({ width: 42, height: 28 }),
  } as const
  const [boxes, choice, number, video] = microSamples

  it('asks for boxes in the pixels the model sees, and rewards them in the same', () => {
    const example = exampleOf(boxes, settings)
    // [10, 5, 40, 30] of 84×56 at half the size; 2.5 rounds up.
    expect(example.answer).toBe('[{"label": "chair", "bbox_2d": [5, 3, 20, 15]}]')
    expect(example.sample?.answer).toEqual([{ bbox_2d: [5, 3, 20, 15], label: 'chair' }])
    expect(accuracyReward(example.sample ?? boxes, example.answer)).toBe(1)
    // The sample it came from keeps its source pixels.
    expect(boxes.answer).toEqual([{ bbox_2d: [10, 5, 40, 30], label: 'chair' }])
  })

  it('keeps pictures in order, and a video as one item of frames', () => {
    expect(exampleOf(number, settings).media).toEqual([
      { type: 'image', file: '/images/0.png' },
      { type: 'image', file: '/images/1.png' },
    ])
    expect(exampleOf(video, settings).media).toEqual([
      { type: 'video', frames: ['/images/0.png', '/images/1.png', '/images/2.png', '/images/3.png'] },
    ])
    expect(mediaOf(['b.png', 'a.png'], 'multi_view', '/')).toEqual([
      { type: 'image', file: '/b.png' },
      { type: 'image', file: '/a.png' },
    ])
  })

  it('asks for reasoning when told to', () => {
    expect(exampleOf(choice, settings).text).toMatch(/Answer directly\.$/)
    expect(exampleOf(choice, { ...settings, mode: 'think' }).text).toMatch(/Think, then answer\.$/)
  })
})

describe('a cold-start file', () => {
  let folder: string
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'coldstart-'))
  })
  afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
  const write = (...rows: unknown[]): string => {
    const file = path.join(folder, 'cold.jsonl')
    fs.writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return file
  }

  it('is taken word for word', () => {
    const examples = readPrompted(write(...coldStartRows), '/images')
    expect(examples.map(({ text }) => text)).toEqual(coldStartRows.map(({ prompt }) => prompt))
    expect(examples.map(({ answer }) => answer)).toEqual(coldStartRows.map(({ solution }) => solution))
    expect(new Set(examples.map(({ id }) => id)).size).toBe(coldStartRows.length)
  })

  it('with a bad row names file, row and field', () => {
    const { solution: _, ...rest } = coldStartRows[1]
    const file = write(coldStartRows[0], rest)
    expect(() => readPrompted(file, '/')).toThrow(
      `${file} row 2 field solution: expected prompt, solution, image and data_type`,
    )
  })
})
