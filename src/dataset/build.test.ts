import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { readSamples } from '../schema/read-samples.js'
import { answerKind, sampleSchema } from '../schema/sample.js'
import { balance } from './balance.js'
import { buildDataset, GROUNDING_FILE, makeDataset, SPATIAL_FILE, STATS_FILE } from './build.js'
import type { Candidate } from './candidate.js'
import { datasetOptionsSchema } from './options.js'
import { randomRoom } from './rooms.test-helper.js'
import { testScene } from './scene.test-helper.js'

const rooms = Array.from({ length: 6 }, (_, i) => randomRoom(i))
let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dataset-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const counts = (values: readonly string[]): number[] => {
  const table = new Map<string, number>()
  for (const value of values) table.set(value, (table.get(value) ?? 0) + 1)
  return [...table.values()]
}
const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values)

describe('a built data set', () => {
  it('covers every type and data type, each sample valid and its answer among its options', () => {
    const { localization, spatial, stats } = makeDataset({ records: rooms, seed: 1 })
    expect(Object.keys(stats.by_type)).toHaveLength(8)
    expect(Object.keys(stats.by_type['relative direction'])).toEqual(['multi_view', 'single_image', 'video'])
    for (const sample of [...localization, ...spatial]) {
      sampleSchema.parse(sample)
      expect(sample.image).toHaveLength(sample.images.length)
      if (answerKind(sample) === 'choice')
        expect(sample.options?.map((o) => o.slice(0, 3))).toContain(`${sample.answer as string}. `)
      if (answerKind(sample) === 'number') expect(Number(sample.answer)).toBeGreaterThan(0)
      const views = { single_image: 1, multi_view: 8, video: 16, scene: 0 }[sample.data_type]
      expect(sample.image).toHaveLength(views)
      expect(sample.images.map((i) => i.frame_id)).toEqual(
        sample.images.map((i) => i.frame_id).sort((a, b) => a - b),
      )
    }
  })

  it('asks the single-image questions again as localization, under the same id', () => {
    const { localization, spatial } = makeDataset({ records: rooms, seed: 1 })
    const single = spatial.filter((s) => s.data_type === 'single_image')
    expect(localization.map((s) => [s.question_id, s.question, s.image])).toEqual(
      single.map((s) => [s.question_id, s.question, s.image]),
    )
    for (const { answer, evidence, options } of localization) {
      expect(options).toBeNull()
      expect(answer).toEqual(evidence.objects.map(({ bbox_2d, label }) => ({ bbox_2d, label })))
    }
    expect(new Set(spatial.map((s) => s.question_id)).size).toBe(spatial.length)
  })

  it('is the same bytes for the same seed, whatever the order of the scenes, and others for another', () => {
    const write = (name: string, records: typeof rooms, seed: number): string => {
      buildDataset({ records, out: path.join(folder, name), seed })
      return [GROUNDING_FILE, SPATIAL_FILE, STATS_FILE]
        .map((file) => fs.readFileSync(path.join(folder, name, file), 'utf8'))
        .join()
    }
    const first = write('a', rooms, 5)
    expect(write('b', rng(1, 'test').shuffle(rooms), 5)).toBe(first)
    expect(write('c', rooms, 6)).not.toBe(first)
  })

  it('reads back as written, localization first', () => {
    const { localization, spatial } = makeDataset({ records: rooms, seed: 1 })
    buildDataset({ records: rooms, out: folder, seed: 1 })
    expect(readSamples(folder)).toEqual([...localization, ...spatial])
  })

  it('accounts for every candidate in the funnel', () => {
    const { spatial, stats } = makeDataset({ records: rooms, seed: 1 })
    for (const { considered, kept, removed } of stats.funnel)
      expect(considered).toBe(kept + Object.values(removed).reduce((sum, n) => sum + n, 0))
    expect(stats.funnel.reduce((sum, row) => sum + row.kept, 0)).toBe(spatial.length)
  })

  it('names a scene that gives nothing, and why', () => {
    const bare = testScene('bare', [{ category: 'wall', at: [0, 0, 0] }], [], { room_area: null })
    const { stats } = makeDataset({ records: [...rooms, bare], seed: 1 })
    expect(stats.empty_scenes).toEqual([{ scene_name: 'bare', reason: 'area unknown (1)' }])
  })

  it('keeps to quotas and to the tasks asked for', () => {
    const options = datasetOptionsSchema.parse({
      tasks: ['object_size', 'absolute_distance'],
      quotas: { 'single_image/object_size': 5 },
      localization: false,
    })
    const { localization, spatial, stats } = makeDataset({ records: rooms, options, seed: 1 })
    expect(stats.by_type['object size'].single_image).toBe(5)
    expect(Object.keys(stats.by_type)).toEqual(['absolute distance', 'object size'])
    expect(localization).toEqual([])
    const five = spatial.filter((s) => s.question_type === 'object size' && s.data_type === 'single_image')
    expect(new Set(five.map((s) => s.scene_name)).size).toBe(5)
  })

  it('shares a total out over tasks by weight, lets others give what one lacks, and says which and why', () => {
    const options = datasetOptionsSchema.parse({
      data_types: ['video'],
      totals: { video: 60 },
      shares: { 'video/object_size': 1, 'video/room_size': 1, 'video/relative_distance': 2 },
    })
    const { spatial, stats } = makeDataset({ records: rooms, options, seed: 1 })
    expect(spatial).toHaveLength(60)
    // One question of room size per room.
    expect(stats.by_type['room size'].video).toBe(6)
    expect(stats.by_type).not.toHaveProperty('object count')
    expect(stats.shortfalls).toContainEqual({
      cell: 'video/room_size',
      wanted: 15,
      got: 6,
      reason: '6 candidates',
    })
    expect(stats.shortfalls.map(({ cell }) => cell)).not.toContain('video')
    for (const letters of Object.values(stats.letters))
      expect(range(Object.values(letters))).toBeLessThanOrEqual(1)
    for (const { considered, kept, removed } of stats.funnel)
      expect(considered).toBe(kept + Object.values(removed).reduce((sum, n) => sum + n, 0))
  })

  it('says what took the candidates when a total cannot be had', () => {
    const options = datasetOptionsSchema.parse({
      data_types: ['single_image'],
      totals: { single_image: 5000 },
      min_visible_ratio: 0.9,
    })
    const { localization, spatial, stats } = makeDataset({ records: rooms, options, seed: 1 })
    expect(localization).toHaveLength(spatial.length)
    const all = stats.shortfalls.find(({ cell }) => cell === 'single_image')
    expect(all).toMatchObject({ wanted: 5000, got: spatial.length })
    expect(all?.reason).toMatch(/^\d+ candidates; removed: \w.* \d+/)
    const { considered, kept, removed } = stats.pictured_objects
    expect(removed['visible ratio']).toBeGreaterThan(considered / 2)
    expect(considered).toBe(kept + Object.values(removed).reduce((sum, n) => sum + n, 0))
  })

  it('refuses two records of one scene', () => {
    expect(() => makeDataset({ records: [rooms[0], rooms[0]], seed: 1 })).toThrow(
      'room000: expected one record per scene, got a second one',
    )
  })
})

describe('balancing', () => {
  const candidate = (i: number, answer: string): Candidate => ({
    task: 'camera_direction',
    question_type: 'relative direction',
    data_type: 'single_image',
    subtype: 'camera 4-way',
    scene_name: `s${i % 7}`,
    question: `Where is ${i}?`,
    choices: ['left', 'right', 'front', 'back'],
    answer,
    answer_class: answer,
    pictures: [{ image: `s${i % 7}/${i}.jpg`, width: 9, height: 9, frame_id: i }],
    objects: [],
    numbers: {},
  })
  const sides = fc.array(fc.constantFrom('left', 'right', 'front', 'back'), { minLength: 1, maxLength: 200 })

  it.each([
    ['views', { views: 8, video_frames: 16 }],
    ['frame lists', { views: 8, video_frames: 8 }],
  ])('asks nothing twice about the same pictures in a scan no longer than its %s', (_, sizes) => {
    const short = [0, 1, 2, 3].map((seed) => ({
      ...randomRoom(seed),
      frames: randomRoom(seed).frames.slice(0, 8),
    }))
    const options = datasetOptionsSchema.parse(sizes)
    const { spatial } = makeDataset({ records: short, options, seed: 1 })
    const asked = spatial.map(({ image, options, question }) => JSON.stringify([question, image, options]))
    expect(asked.length).toBeGreaterThan(50)
    expect(new Set(asked).size).toBe(asked.length)
  })

  it('gives every letter as often as any other, to within one', () => {
    fc.assert(
      fc.property(sides, fc.integer(), (answers, seed) => {
        const { chosen } = balance(
          answers.map((a, i) => candidate(i, a)),
          datasetOptionsSchema.parse({}),
          seed,
        )
        const letters = [...chosen.map((c) => c.final_answer)]
        expect(
          range(['A', 'B', 'C', 'D'].map((l) => letters.filter((x) => x === l).length)),
        ).toBeLessThanOrEqual(1)
        for (const c of chosen) {
          expect(c.options?.[c.final_answer.charCodeAt(0) - 65]).toBe(`${c.final_answer}. ${c.answer}`)
          expect(new Set(c.options?.map((o) => o.slice(3)))).toEqual(new Set(c.choices))
        }
      }),
    )
  })

  it('lets no class exceed its ratio to the rarest, and fills a quota evenly', () => {
    fc.assert(
      fc.property(
        sides,
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.integer({ min: 1, max: 40 }),
        (answers, ratio, quota) => {
          const all = answers.map((a, i) => candidate(i, a))
          const rarest = Math.min(...counts(answers))
          const strict = balance(all, datasetOptionsSchema.parse({ max_class_ratio: ratio }), 1).chosen
          const most = Math.max(...counts(strict.map((c) => c.answer)))
          expect(most).toBeLessThanOrEqual(Math.ceil(rarest * ratio))
          const quotas = { 'single_image/camera_direction': quota }
          const few = balance(all, datasetOptionsSchema.parse({ max_class_ratio: 1, quotas }), 1).chosen
          expect(few).toHaveLength(Math.min(quota, rarest * counts(answers).length))
          if (few.length >= counts(answers).length)
            expect(range(counts(few.map((c) => c.answer)))).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('does not depend on the order of the candidates, and drops duplicates', () => {
    fc.assert(
      fc.property(sides, fc.integer(), (answers, seed) => {
        const all = answers.map((a, i) => candidate(i, a))
        const options = datasetOptionsSchema.parse({})
        const straight = balance(all, options, 3).chosen
        expect(balance(rng(seed, 'test').shuffle(all), options, 3).chosen).toEqual(straight)
        expect(balance([...all, ...all], options, 3).chosen).toEqual(straight)
      }),
    )
  })
})
