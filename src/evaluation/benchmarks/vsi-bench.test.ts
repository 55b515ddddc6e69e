import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { vsiBench } from './vsi-bench.js'

const COUNT = {
  id: 0,
  dataset: 'arkitscenes',
  scene_name: '41069025',
  question_type: 'object_counting',
  question: 'How many table(s) are in this room?',
  ground_truth: '4',
  options: null,
  pruned: false,
}
const ROUTE = {
  id: 5147,
  dataset: 'scannet',
  scene_name: 'scene0011_00',
  question_type: 'object_rel_direction_easy',
  question: 'If I am standing by the sofa and facing the tv, is the lamp to the left or the right of the tv?',
  ground_truth: 'B',
  options: ['A. left', 'B. right'],
  pruned: true,
}

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vsi-bench-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

const put = (name: string, rows: readonly object[]): string => {
  const file = path.join(folder, name)
  fs.writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return file
}

const THINK =
  "\nPlease think about this question as if you were a human pondering deeply. Engage in an internal dialogue using expressions such as 'let me think', 'wait', 'Hmm', 'oh, I see', 'let's break it down', etc, or other natural language thought expressions It's encouraged to include self-reflection or verification in the reasoning process. \n"

describe('what VSI-Bench asks', () => {
  it('is, byte for byte, what each protocol asks', async () => {
    const { items } = await vsiBench.load(put('test.jsonl', [COUNT, ROUTE]))
    const ask = (
      name: 'official' | 'paper' | 'strict',
      promptType: 'default' | 'thinking',
      family: 'local' | 'api' = 'local',
    ) => items.map((item) => vsiBench.protocols[name].prompt(item, { promptType, family }))
    const options = `${ROUTE.question}\nOptions:\nA. left\nB. right`
    expect(ask('official', 'default')).toEqual([
      `These are frames of a video.\n${COUNT.question}\nPlease answer the question using a single word or phrase.`,
      `These are frames of a video.\n${options}\nAnswer with the option's letter from the given choices directly.`,
    ])
    expect(ask('official', 'default', 'api')).toEqual([
      `These are frames of a video.\n${COUNT.question}\nDo not response anything other than a single number!`,
      `These are frames of a video.\n${options}\nAnswer with the option's letter from the given choices directly.`,
    ])
    expect(ask('paper', 'default')).toEqual([
      `Question: ${COUNT.question}\n\nPlease answer the question using a numerical value (e.g., 42 or 3.1) directly.`,
      `Question: ${options}\n\nPlease answer with the option's letter from the given choices (e.g., A, B, etc.) directly.`,
    ])
    expect(ask('paper', 'thinking')).toEqual([
      `Question: ${COUNT.question}${THINK}\nPlease provide your detailed reasoning between the <think> </think> tags, and then answer the question with a numerical value (e.g., 42 or 3.1) within the <answer> </answer> tags.`,
      `Question: ${options}${THINK}\nPlease provide your detailed reasoning between the <think> </think> tags, and then answer the question with the option's letter from the given choices (e.g., A, B, etc.) within the <answer> </answer> tags.`,
    ])
    expect(ask('strict', 'thinking')).toEqual(ask('paper', 'thinking'))
  })

  it('with the frames, pixels and tokens of each', () => {
    const { official, paper, strict } = vsiBench.protocols
    expect(official.media).toEqual({ frames: 32 })
    expect(official.generation({ promptType: 'default', family: 'local' })).toEqual({
      max_new_tokens: 16,
      temperature: 0,
      top_p: 1,
      defaults: 'checkpoint',
    })
    expect(paper.media).toEqual({
      frames: 32,
      area: 401408,
      pixels: { min_pixels: 12544, max_pixels: 401408, resize_twice: true },
    })
    const tokens = (promptType: 'thinking' | 'default') => paper.generation({ promptType, family: 'local' })
    expect(tokens('thinking')).toEqual({ max_new_tokens: 1024, temperature: 0.01, defaults: 'checkpoint' })
    expect(tokens('default').max_new_tokens).toBe(128)
    expect([official, paper, strict].map(({ promptTypes }) => promptTypes[0])).toEqual([
      'default',
      'thinking',
      'thinking',
    ])
    expect([official, paper, strict].map(({ missing }) => missing)).toEqual(['wrong', 'left out', 'wrong'])
  })
})

describe('VSI-Bench data', () => {
  it('is read as published, with videos beside it, and says which counts differ', async () => {
    put('test.jsonl', [COUNT, ROUTE])
    fs.mkdirSync(path.join(folder, 'arkitscenes'))
    fs.writeFileSync(path.join(folder, 'arkitscenes', '41069025.mp4'), 'film')
    fs.mkdirSync(path.join(folder, 'scannet', 'scene0011_00'), { recursive: true })
    fs.writeFileSync(path.join(folder, 'scannet', 'scene0011_00', '1.png'), 'frame')
    const { items, files, differs } = await vsiBench.load(folder)
    expect(files).toEqual([path.join(folder, 'test.jsonl')])
    expect(items.map(({ media: _, ...item }) => item)).toEqual([
      {
        id: '0',
        row: 0,
        type: 'object_counting',
        kind: 'number',
        scene: '41069025',
        question: COUNT.question,
        options: null,
        answer: '4',
        fields: { dataset: 'arkitscenes' },
      },
      {
        id: '5147',
        row: 1,
        type: 'object_rel_direction_easy',
        kind: 'choice',
        scene: 'scene0011_00',
        question: ROUTE.question,
        options: ['A. left', 'B. right'],
        answer: 'B',
        fields: { dataset: 'scannet' },
      },
    ])
    const places = items.map(({ media: [first] }) =>
      first.type === 'video' ? first.video.open(path.join(folder, 'cache')) : null,
    )
    expect(await Promise.all(places)).toEqual([
      path.join(folder, 'arkitscenes', '41069025.mp4'),
      path.join(folder, 'scannet', 'scene0011_00'),
    ])
    expect(differs).toContain('VSI-Bench: expected 5130 questions, got 2')
    expect(differs).toContain('route_planning: expected 194 questions, got 0')
    expect(differs).toContain('VSI-Bench: expected 288 videos, got 2')
    expect(differs).toHaveLength(12)
  })

  it('says when questions have more or fewer options than published', async () => {
    const three = { ...ROUTE, options: ['A. left', 'B. right', 'C. back'] }
    const file = put('test.jsonl', [
      three,
      { ...three, id: 1 },
      { ...three, id: 2, question_type: 'route_planning' },
      { ...three, id: 3, question_type: 'object_rel_direction' },
    ])
    const { differs } = await vsiBench.load(file)
    expect(differs.at(-1)).toBe(
      'item 5147: expected 2 options (object_rel_direction_easy), got 3 (and 1 others)',
    )
    const two = { ...ROUTE, question_type: 'route_planning' }
    expect((await vsiBench.load(put('two.jsonl', [two]))).differs.at(-1)).toBe(
      'item 5147: expected 3 to 4 options (route_planning), got 2',
    )
  })

  it('is read from parquet without the column pruned, and videos from the zip of their dataset', async () => {
    const rows = [COUNT, ROUTE]
    const optional = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const
    const texts = ['dataset', 'scene_name', 'question_type', 'question', 'ground_truth'] as const
    parquetWriteFile({
      filename: path.join(folder, 'test-00000-of-00001.parquet'),
      columnData: [
        { name: 'id', data: BigInt64Array.from(rows, ({ id }) => BigInt(id)) },
        ...texts.map((name) => ({ name, data: rows.map((row) => row[name]) })),
        { name: 'options', data: rows.map(({ options }) => options) },
      ],
      schema: [
        { name: 'root', num_children: 7 },
        { name: 'id', type: 'INT64', repetition_type: 'OPTIONAL' },
        ...texts.map((name) => ({ name, ...optional })),
        { name: 'options', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
        { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
        { name: 'element', ...optional },
      ],
    })
    const zip = new ZipFile()
    zip.addBuffer(Buffer.from('film'), 'scannet/scene0011_00.mp4')
    zip.end()
    await pipeline(zip.outputStream, fs.createWriteStream(path.join(folder, 'scannet.zip')))
    const { items } = await vsiBench.load(folder)
    expect(items.map(({ id, options }) => [id, options])).toEqual([
      ['0', null],
      ['5147', ['A. left', 'B. right']],
    ])
    const [media] = items[1].media
    const film = media.type === 'video' ? await media.video.open(path.join(folder, 'cache')) : ''
    expect(fs.readFileSync(film, 'utf8')).toBe('film')
    await expect(vsiBench.load(folder, { subset: 'debiased' })).rejects.toThrow(
      'subset debiased: expected a column pruned, or test_debiased.parquet or pruned_ids.txt beside it, got none of them',
    )
  })

  it('has the subsets as files, by the column, or by the list of ids', async () => {
    const ids = async (subset: string) =>
      (await vsiBench.load(folder, { subset })).items.map(({ id, row }) => [id, row])
    put('test.jsonl', [COUNT, ROUTE, { ...COUNT, id: 9 }])
    expect(await ids('debiased')).toEqual([
      ['0', 0],
      ['9', 1],
    ])
    expect(await ids('pruned')).toEqual([['5147', 0]])

    put(
      'test.jsonl',
      [COUNT, ROUTE, { ...COUNT, id: 9 }].map(({ pruned: _, ...row }) => row),
    )
    fs.writeFileSync(path.join(folder, 'pruned_ids.txt'), '0\n9\n')
    expect(await ids('debiased')).toEqual([['5147', 0]])
    fs.writeFileSync(path.join(folder, 'pruned_ids.txt'), 'zero\n')
    await expect(ids('pruned')).rejects.toThrow('pruned_ids.txt: expected ids, one a line, got "zero"')

    put('test_pruned.jsonl', [ROUTE])
    const pruned = await vsiBench.load(folder, { subset: 'pruned' })
    expect(pruned.files).toEqual([path.join(folder, 'test_pruned.jsonl')])
    expect(pruned.differs).toEqual(['VSI-Bench: expected 2768 questions, got 1'])
    await expect(vsiBench.load(folder, { subset: 'tiny' })).rejects.toThrow(
      'subset of VSI-Bench: expected debiased or pruned, got "tiny"',
    )
  })

  it.each<[string, object[], string]>([
    ['an id twice', [COUNT, ROUTE, COUNT], 'row 3 column id: expected an id of its own, got 0, as in '],
    [
      'an unknown type',
      [{ ...COUNT, question_type: 'object_color' }],
      'row 1 column question_type: expected one of',
    ],
    [
      'an unknown dataset',
      [{ ...COUNT, dataset: 'nuscenes' }],
      'row 1 column dataset: expected one of "arkitscenes"',
    ],
    ['a number as text', [COUNT, { ...ROUTE, id: '5' }], 'row 2 column id: expected a number, got "5"'],
    [
      'a bare number as answer',
      [{ ...COUNT, ground_truth: 4 }],
      'row 1 column ground_truth: expected a text, got 4',
    ],
    [
      'an answer that is no number',
      [{ ...COUNT, ground_truth: 'many' }],
      'column ground_truth: expected a number, got "many"',
    ],
    [
      'an answer beyond the options',
      [{ ...ROUTE, ground_truth: 'C' }],
      'column ground_truth: expected one of A, B, got "C"',
    ],
    [
      'a choice without options',
      [{ ...ROUTE, options: null }],
      'column options: expected options of a object_rel_direction_easy question, got 0',
    ],
    [
      'a number with options',
      [{ ...COUNT, options: ['A. 1', 'B. 2'] }],
      'column options: expected none for a object_counting question',
    ],
    [
      'SPBench',
      [{ ...COUNT, images: ['1.jpg'] }],
      'row 1: expected columns of VSI-Bench, got a column images, as SPBench has',
    ],
    [
      'another benchmark',
      [{ question: '?', answer: 'A. left', choices: 'A. left' }],
      'row 1: expected columns id, ',
    ],
    ['nothing', [], 'test.jsonl: expected questions, got none'],
    [
      'a way out of the folder',
      [{ ...COUNT, scene_name: '../../x' }],
      'expected a path that stays inside its folder',
    ],
  ])('%s is refused in one line', async (_, rows, message) => {
    const file = put('test.jsonl', rows)
    const error = await vsiBench.load(file).then(
      () => null,
      (reason: Error) => reason,
    )
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain('\n')
  })

  it('with one merged type of direction is for the paper and us, not for the official rules', async () => {
    const merged = { ...ROUTE, question_type: 'object_rel_direction' }
    const { items } = await vsiBench.load(put('own.jsonl', [merged]))
    const { official, paper, strict } = vsiBench.protocols
    const how = { promptType: 'default' } as const
    expect(paper.judge(items[0], 'B', how).score).toBe(1)
    expect(strict.judge(items[0], 'B', how).score).toBe(1)
    expect(() => official.judge(items[0], 'B', how)).toThrow(
      'item 5147 question_type: expected object_rel_direction_easy',
    )
  })
})
