import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import type { BenchmarkItem } from './benchmark.js'
import { spBenchMv, spBenchSi } from './spbench.js'
import { vsiBench } from './vsi-bench.js'

const SIZE = {
  id: 1,
  dataset: 'scannet',
  scene_name: 'scene0011_00',
  question_type: 'object_size_estimation',
  question: 'What is the length of the longest dimension of the bed, in centimeters?',
  ground_truth: '200',
  options: null,
  images: ['20.jpg'],
}
const DIRECTION = {
  ...SIZE,
  id: 2,
  question_type: 'object_rel_direction',
  question: 'Is the lamp to the left or the right of the bed?',
  ground_truth: 'A',
  options: ['A. left', 'B. right'],
  images: ['0.jpg'],
}
const EIGHT = Array.from({ length: 8 }, (_, i) => `${20 * i}.jpg`)

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spbench-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const put = (name: string, rows: readonly object[]): string => {
  const file = path.join(folder, name)
  fs.writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return file
}
const pictures = (item: BenchmarkItem): Promise<string[]> =>
  Promise.all(
    item.media.map(async (media) => (media.type === 'image' ? (await media.picture.read()).toString() : '')),
  )

describe('SPBench data', () => {
  it('has its pictures in images/<scene>, and says which counts differ', async () => {
    put('SPBench-SI.jsonl', [SIZE, DIRECTION])
    const scene = path.join(folder, 'images', 'scene0011_00')
    fs.mkdirSync(scene, { recursive: true })
    for (const name of ['0.jpg', '20.jpg']) fs.writeFileSync(path.join(scene, name), name)
    const { items, differs } = await spBenchSi.load(folder)
    expect(items.map(({ media: _, ...item }) => item)).toEqual([
      {
        id: '1',
        row: 0,
        type: 'object_size_estimation',
        kind: 'number',
        scene: 'scene0011_00',
        question: SIZE.question,
        options: null,
        answer: '200',
        fields: {},
      },
      {
        id: '2',
        row: 1,
        type: 'object_rel_direction',
        kind: 'choice',
        scene: 'scene0011_00',
        question: DIRECTION.question,
        options: ['A. left', 'B. right'],
        answer: 'A',
        fields: {},
      },
    ])
    expect(await Promise.all(items.map(pictures))).toEqual([['20.jpg'], ['0.jpg']])
    expect(differs).toEqual([
      'SPBench-SI: expected 1009 questions, got 2',
      'object_abs_distance: expected 149 questions, got 0',
      'object_size_estimation: expected 463 questions, got 1',
      'object_rel_distance: expected 91 questions, got 0',
      'object_rel_direction: expected 306 questions, got 1',
    ])
  })

  it('or in the zip they come in, or below the folder that is named; a missing one is named', async () => {
    put('SPBench-MV.jsonl', [{ ...SIZE, question_type: 'object_counting', images: EIGHT }])
    const [absent] = (await spBenchMv.load(folder)).items
    await expect(pictures(absent)).rejects.toThrow('picture scene0011_00/0.jpg: expected it in ')

    const zip = new ZipFile()
    for (const name of EIGHT) zip.addBuffer(Buffer.from(name), `SPBench-MV-images/scene0011_00/${name}`)
    zip.end()
    await pipeline(zip.outputStream, fs.createWriteStream(path.join(folder, 'SPBench-MV-images.zip')))
    const { items, differs } = await spBenchMv.load(folder)
    expect(await pictures(items[0])).toEqual(EIGHT)
    expect(differs).toEqual(['SPBench-MV: expected 319 questions, got 1'])

    const elsewhere = path.join(folder, 'elsewhere')
    fs.mkdirSync(path.join(elsewhere, 'scene0011_00'), { recursive: true })
    for (const name of EIGHT) fs.writeFileSync(path.join(elsewhere, 'scene0011_00', name), `my ${name}`)
    const [moved] = (await spBenchMv.load(folder, { media: elsewhere })).items
    expect(await pictures(moved)).toEqual(EIGHT.map((name) => `my ${name}`))
  })

  it('says when a question has another number of pictures than published', async () => {
    const rows = [2, 3].map((id) => ({ ...DIRECTION, id, images: EIGHT.slice(0, 5) }))
    const { differs } = await spBenchMv.load(put('SPBench-MV.jsonl', rows))
    expect(differs).toContain('item 2: expected 8 images, got 5 (and 1 others)')
  })

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'the set with several pictures as the one with one',
      () => spBenchSi.load(put('x.jsonl', [{ ...SIZE, images: EIGHT }])),
      'row 1 column images: expected 1 of a question of SPBench-SI, got 8',
    ],
    [
      'the set with one picture as the one with several',
      () => spBenchMv.load(put('x.jsonl', [SIZE])),
      'row 1 column images: expected 8 of a question of SPBench-MV, got 1',
    ],
    [
      'VSI-Bench',
      () => spBenchMv.load(put('test.jsonl', [{ ...SIZE, images: undefined }])),
      'row 1: expected columns id, scene_name, question_type, question, ground_truth, images, got id,',
    ],
    [
      'counting with one picture',
      () => spBenchSi.load(put('x.jsonl', [{ ...SIZE, question_type: 'object_counting' }])),
      'row 1 column question_type: expected one of',
    ],
    [
      'an id twice',
      () => spBenchSi.load(put('x.jsonl', [SIZE, DIRECTION, SIZE])),
      'row 3 column id: expected an id of its own, got 1, as in',
    ],
    ['no questions', () => spBenchSi.load(put('x.jsonl', [])), 'x.jsonl: expected questions, got none'],
    ['a folder of something else', () => spBenchSi.load(folder), 'SPBench-SI.parquet or SPBench-SI.jsonl'],
  ])('%s is refused in one line', async (_, load, message) => {
    const error = await load().then(
      () => null,
      (reason: Error) => reason,
    )
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain('\n')
  })
})

describe('SPBench rules', () => {
  it("are the paper's for VSI-Bench, under the name official too", async () => {
    const { items } = await spBenchSi.load(put('SPBench-SI.jsonl', [SIZE, DIRECTION]))
    for (const { protocols } of [spBenchSi, spBenchMv])
      for (const name of ['official', 'paper'] as const)
        for (const promptType of ['thinking', 'default'] as const) {
          const how = { promptType, family: 'local' } as const
          const reference = vsiBench.protocols.paper
          const { media, missing, promptTypes, generation } = protocols[name]
          expect({ media, missing, promptTypes }).toEqual({
            media: { pixels: { min_pixels: 12544, max_pixels: 401408, resize_twice: true } },
            missing: 'left out',
            promptTypes: ['thinking', 'default'],
          })
          expect(generation(how)).toEqual(reference.generation(how))
          for (const item of items) {
            expect(protocols[name].prompt(item, how)).toBe(reference.prompt(item, how))
            for (const raw of [
              'A',
              '(A)',
              'Answer: A',
              '<answer>A</answer>',
              '190',
              'about two',
              '-200',
              '<answer>200',
            ])
              expect(protocols[name].judge(item, raw, how)).toEqual(reference.judge(item, raw, how))
          }
        }
    expect(spBenchSi.protocols.official.notes[0]).toContain('the official one are the same')
  })

  it('goes by both of its names', () => {
    expect([spBenchMv.name, ...spBenchMv.aliases]).toEqual(
      expect.arrayContaining(['SPBench-MV', 'SPBench-MI']),
    )
    expect(spBenchSi.name).toBe('SPBench-SI')
  })
})
