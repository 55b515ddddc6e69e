import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { toJsonl } from '../../common/jsonl.js'
import type { BenchmarkItem } from './benchmark.js'
import { cvBench } from './cv-bench.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'cv-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

interface Row {
  [column: string]: unknown
}
const KINDS = [
  { type: '2D', task: 'Count', source: 'ADE20K' },
  { type: '2D', task: 'Relation', source: 'COCO' },
  { type: '3D', task: 'Depth', source: 'Omni3D' },
  { type: '3D', task: 'Distance', source: 'Omni3D' },
]
const row = (idx: number, kind: number, more: Row = {}): Row => ({
  idx,
  ...KINDS[kind],
  question: 'How many organs are in the image?',
  choices: ['3', '2', '1', '0'],
  answer: '(C)',
  prompt: 'How many organs are in the image? Select from the following choices.\n(A) 3\n(B) 2\n(C) 1\n(D) 0',
  filename: `img/${idx}.png`,
  bbox: null,
  ...more,
})
/** A folder with the given files. */
function folderOf(files: Record<string, readonly Row[]>): string {
  const folder = fs.mkdtempSync(path.join(root, 'set-'))
  for (const [name, rows] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), toJsonl(rows))
  return folder
}
const picture = async ({ media }: BenchmarkItem): Promise<string> =>
  media[0].type === 'image' ? (await media[0].picture.read()).toString() : ''

describe('CV-Bench from disk', () => {
  const both = {
    'test_3d.jsonl': [row(2, 2), row(3, 3)],
    'test_2d.jsonl': [row(0, 0), row(1, 1)],
  }

  it('is 2D then 3D, known by idx', async () => {
    const { items, files } = await cvBench.load(folderOf(both))
    expect(files.map((file) => path.basename(file))).toEqual(['test_2d.jsonl', 'test_3d.jsonl'])
    expect(items.map(({ id, row, type }) => [id, row, type])).toEqual([
      ['0', 0, 'Count'],
      ['1', 1, 'Relation'],
      ['2', 2, 'Depth'],
      ['3', 3, 'Distance'],
    ])
    expect(items[0]).toMatchObject({ scene: 'img/0.png', options: ['3', '2', '1', '0'], answer: '(C)' })
  })

  it('has its two halves as subsets, in one folder or each as a file', async () => {
    const folder = folderOf(both)
    const ids = async (place: string, subset?: string): Promise<string[]> =>
      (await cvBench.load(place, { subset })).items.map(({ id }) => id)
    expect(await ids(folder, '3D')).toEqual(['2', '3'])
    expect(await ids(folder, '2D')).toEqual(['0', '1'])
    expect(await ids(path.join(folder, 'test_3d.jsonl'))).toEqual(['2', '3'])
  })

  it('says in words how counts differ, of the subset that was asked for', async () => {
    const folder = folderOf(both)
    expect((await cvBench.load(folder)).differs).toEqual([
      'Count: expected 788 questions, got 1',
      'Relation: expected 650 questions, got 1',
      'ADE20K: expected 633 questions, got 1',
      'COCO: expected 805 questions, got 1',
      'Depth: expected 600 questions, got 1',
      'Distance: expected 600 questions, got 1',
      'Omni3D: expected 1200 questions, got 2',
    ])
    const whole = [
      ...Array.from({ length: 600 }, (_, i) => row(1438 + i, 2)),
      ...Array.from({ length: 600 }, (_, i) => row(2038 + i, 3)),
    ]
    expect((await cvBench.load(folderOf({ 'test_3d.jsonl': whole }), { subset: '3D' })).differs).toEqual([])
  })

  it('takes pictures out of parquet, or from their files', async () => {
    const folder = folderOf({})
    const rows = [row(0, 0), row(1, 1)]
    const texts = ['type', 'task', 'source', 'question', 'answer', 'prompt', 'filename']
    parquetWriteFile({
      filename: path.join(folder, 'test_2d.parquet'),
      columnData: [
        { name: 'idx', data: BigInt64Array.from([0n, 1n]) },
        ...texts.map((name) => ({ name, data: rows.map((one) => String(one[name])) })),
        { name: 'choices', data: rows.map(({ choices }) => choices) as string[][] },
        { name: 'image', data: rows.map((_, i) => ({ bytes: Buffer.from(`picture ${i}`), path: null })) },
      ],
      schema: [
        { name: 'root', num_children: 10 },
        { name: 'idx', type: 'INT64', repetition_type: 'REQUIRED' },
        ...texts.map(
          (name) =>
            ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }) as const,
        ),
        { name: 'choices', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
        { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    })
    const inside = (await cvBench.load(folder)).items
    expect(inside[1]).toMatchObject({ options: ['3', '2', '1', '0'], fields: { source: 'COCO', type: '2D' } })
    expect(await picture(inside[1])).toBe('picture 1')

    const beside = folderOf({ 'test_2d.jsonl': rows })
    const media = folderOf({})
    fs.mkdirSync(path.join(media, 'img'))
    fs.writeFileSync(path.join(media, 'img', '1.png'), 'png')
    const { items } = await cvBench.load(beside, { media })
    expect(await picture(items[1])).toBe('png')
    await expect(picture(items[0])).rejects.toThrow(
      `picture img/0.png: expected it in ${media}, got nothing there`,
    )
  })

  it.each<[string, Row, string]>([
    [
      'a bare letter',
      { answer: 'C' },
      'row 1 column answer: expected a letter in brackets, e.g. (C), got "C"',
    ],
    [
      'an answer without its choice',
      { answer: '(E)' },
      'row 1 column answer: expected one of 4 choices, got (E)',
    ],
    [
      'an unknown source',
      { source: 'VOC' },
      'row 1 column source: expected one of "ADE20K", "COCO", "Omni3D", got "VOC"',
    ],
    [
      'a source of the other half',
      { source: 'Omni3D' },
      'row 1 column source: expected a source of 2D questions, got Omni3D',
    ],
    [
      'an unknown task',
      { task: 'Size' },
      'row 1 column task: expected one of "Count", "Relation", "Depth", "Distance", got "Size"',
    ],
  ])('is refused in one line with %s', async (_, more, message) => {
    await expect(cvBench.load(folderOf({ 'test_2d.jsonl': [row(0, 0, more)] }))).rejects.toThrow(message)
  })

  it('refuses an idx that comes twice, and another benchmark’s file', async () => {
    await expect(cvBench.load(folderOf({ 'test_2d.jsonl': [row(0, 0), row(0, 1)] }))).rejects.toThrow(
      /test_2d\.jsonl row 2 column idx: expected a number of its own, got 0, as in .*row 1$/,
    )
    const other = folderOf({ 'test_2d.jsonl': [{ id: 1, question: '?', ground_truth: '4' }] })
    await expect(cvBench.load(other)).rejects.toThrow(
      'row 1: expected columns idx, type, task, question, choices, answer, prompt, filename, source, got id, question, ground_truth',
    )
  })
})
