import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { toJsonl } from '../../common/jsonl.js'
import type { ItemMedia } from './benchmark.js'
import { sparBench } from './spar-bench.js'
import { SPAR_TASKS } from './spar-tasks.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'spar-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

const ANSWERS = { choice: 'B', number: '1.5', movement: 'move_right:0.4,rotate_up:5' }
interface Row {
  [column: string]: unknown
}
const row = (task: string, id: number | null, more: Row = {}): Row => ({
  id,
  img_type: task.endsWith('_mv') ? 'multi_view' : 'single_view',
  format_type: 'select',
  task,
  source: 'scannet',
  question: 'Which?\nA. x\nB. y',
  answer: ANSWERS[SPAR_TASKS.get(task)?.kind ?? 'choice'],
  ...more,
})
/** The rows as a file of their own folder. */
function written(name: string, rows: readonly Row[]): string {
  const folder = fs.mkdtempSync(path.join(root, 'set-'))
  fs.writeFileSync(path.join(folder, name), toJsonl(rows))
  return folder
}
const bytesOf = async (media: ItemMedia): Promise<string> =>
  media.type === 'image' ? (await media.picture.read()).toString() : ''

describe('SPAR-Bench from disk', () => {
  it('is read from parquet with its pictures, every question of the kind its task has', async () => {
    const folder = path.join(root, 'published', 'data')
    fs.mkdirSync(folder, { recursive: true })
    const tasks = [...SPAR_TASKS.keys()]
    const pictures = (i: number): { bytes: Uint8Array; path: string }[] =>
      Array.from({ length: (i % 3) + 1 }, (_, k) => ({ bytes: Buffer.from(`${i}/${k}`), path: `${k}.jpg` }))
    const text = (column: string): { name: string; data: string[] } => ({
      name: column,
      data: tasks.map((task) => String(row(task, 0)[column])),
    })
    parquetWriteFile({
      filename: path.join(folder, 'test-00000-of-00001.parquet'),
      columnData: [
        { name: 'id', data: BigInt64Array.from(tasks, (_, i) => BigInt(100 + i)) },
        ...['img_type', 'format_type', 'task', 'source', 'question', 'answer'].map(text),
        { name: 'image', data: tasks.map((_, i) => pictures(i)) },
      ],
      schema: [
        { name: 'root', num_children: 8 },
        { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
        ...['img_type', 'format_type', 'task', 'source', 'question', 'answer'].map(
          (name) =>
            ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' }) as const,
        ),
        { name: 'image', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    })
    const { items, files } = await sparBench.load(path.join(root, 'published'))
    expect(files).toEqual([path.join(folder, 'test-00000-of-00001.parquet')])
    expect(items.map(({ id, row, type }) => [id, row, type])).toEqual(
      tasks.map((task, i) => [String(100 + i), i, task]),
    )
    expect(items.map(({ type, kind }) => kind === SPAR_TASKS.get(type)?.kind)).not.toContain(false)
    expect(await Promise.all(items[5].media.map(bytesOf))).toEqual(['5/0', '5/1', '5/2'])
    expect(items[3].fields).toEqual({ img_type: 'multi_view' })
  })

  it('differs in words: too few questions, tasks that are missing or too many', async () => {
    const { differs } = await sparBench.load(written('x.jsonl', [row('position_matching', 1)]))
    expect(differs).toContain('questions: expected 7207 or 7211, got 1')
    expect(differs).toContain('position_matching: expected 393 questions, got 1')
    expect(differs).toContain('depth_prediction_oc: expected 1 to 400 questions, got 0')
    expect(differs).toHaveLength(21)
  })

  it('has a tiny set of 50 questions a task', async () => {
    const rows = [...SPAR_TASKS.keys()].flatMap((task, t) =>
      Array.from({ length: 50 }, (_, i) => row(task, 50 * t + i)),
    )
    const folder = written('test-00000-of-00001.jsonl', rows)
    expect((await sparBench.load(folder, { subset: 'Tiny' })).differs).toEqual([])
    expect((await sparBench.load(folder)).differs[0]).toBe('questions: expected 7207 or 7211, got 1000')
  })

  it('is known by its rows where ids are absent or repeat, and says so', async () => {
    const two = (a: number | null, b: number | null): string =>
      written('x.jsonl', [row('position_matching', a), row('camera_motion_infer', b)])
    const loaded = async (folder: string): Promise<[string[], string]> => {
      const { items, differs } = await sparBench.load(folder)
      return [items.map(({ id }) => id), differs[0]]
    }
    expect(await loaded(two(7, 8))).toEqual([['7', '8'], 'questions: expected 7207 or 7211, got 2'])
    expect(await loaded(two(7, 7))).toEqual([
      ['0', '1'],
      'ids: expected one for each question, got 1 that repeat (0-based rows are taken instead)',
    ])
    expect(await loaded(two(7, null))).toEqual([
      ['0', '1'],
      'ids: expected one for each question, got 1 without one (0-based rows are taken instead)',
    ])
  })

  it('may come without pictures, which only asking a model needs, or with their paths', async () => {
    const folder = written('x.jsonl', [
      row('position_matching', 1),
      row('position_matching', 2, { image: ['pictures/a.jpg'] }),
    ])
    fs.mkdirSync(path.join(folder, 'pictures'))
    fs.writeFileSync(path.join(folder, 'pictures', 'a.jpg'), 'jpeg')
    const { items } = await sparBench.load(folder)
    expect(await bytesOf(items[1].media[0])).toBe('jpeg')
    await expect(bytesOf(items[0].media[0])).rejects.toThrow(
      `${folder}/x.jsonl row 1 column image: expected pictures, got none`,
    )
  })

  it('says which answers no one can meet', async () => {
    const { differs } = await sparBench.load(
      written('x.jsonl', [
        row('position_matching', 1),
        row('position_matching', 2, { answer: 'left' }),
        row('view_change_infer', 3, { answer: 'move_right:0.4,' }),
      ]),
    )
    expect(differs[0]).toBe(
      'answers: expected a letter, a number or movements, got 2 others (the first in row 2, "left")',
    )
  })

  it('says when a question has more pictures than any published one', async () => {
    const { differs } = await sparBench.load(
      written('x.jsonl', [
        row('position_matching', 1, { image: ['a', 'b', 'c'] }),
        row('position_matching', 2, { image: ['a', 'b', 'c', 'd'] }),
      ]),
    )
    expect(differs[0]).toBe('row 2: expected 1 to 3 pictures, got 4')
  })

  it.each<[string, Row, string]>([
    ['no answer', { answer: '' }, 'x.jsonl row 1 column answer: expected an answer, got ""'],
    [
      'a number that is none',
      { task: 'depth_prediction_oc', answer: 'nan' },
      'row 1 column answer: expected a number (task depth_prediction_oc), got "nan"',
    ],
    [
      'an unknown task',
      { task: 'room_size' },
      'x.jsonl row 1 column task: expected one of "depth_prediction_oc", ',
    ],
    [
      'another type of picture',
      { img_type: 'video' },
      'row 1 column img_type: expected one of "single_view", "multi_view", got "video"',
    ],
    [
      'no number where one is due',
      { task: 'depth_prediction_oc', answer: 'far' },
      'row 1 column answer: expected a number (task depth_prediction_oc), got "far"',
    ],
  ])('is refused in one line with %s', async (_, more, message) => {
    await expect(sparBench.load(written('x.jsonl', [row('position_matching', 1, more)]))).rejects.toThrow(
      message,
    )
  })

  it('refuses another benchmark’s file, naming its columns', async () => {
    const folder = written('x.jsonl', [{ id: 0, question_type: 'room_size_estimation', question: '?' }])
    await expect(sparBench.load(folder)).rejects.toThrow(
      'x.jsonl row 1: expected columns img_type, task, question, answer, got id, question_type, question',
    )
  })
})
