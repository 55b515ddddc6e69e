import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { jsonl, makeItem, temporaryFiles, texts, vsi } from './items-for-tests.js'
import { readPredictions } from './read.js'

const write = temporaryFiles()

describe("SpatialLadder's result files", () => {
  /** A row as its evaluation of VSI-Bench writes it. */
  const row = (values: Record<string, unknown>): string =>
    `${JSON.stringify({
      id: 0,
      dataset: 'arkitscenes',
      scene_name: '41069025',
      question: 'How many table(s) are in this room?',
      ground_truth: '4',
      predicted_answer: '<think>…</think><answer>4</answer>',
      question_type: 'object_counting',
      prompt: 'Question: How many table(s) are in this room?\n…',
      frame_timestamps: [0, 1.5],
      video_duration: 48.1,
      ...values,
    })}\n`
  const third = {
    id: 7,
    scene_name: 'scene0011_00',
    question: 'Which of these objects (bed, sofa) is the closest to the x?',
    ground_truth: 'B',
    question_type: 'object_rel_distance',
    predicted_answer: 'B',
  }

  it('are read by id, whatever order the processes left', async () => {
    const read = await readPredictions(write('VSI-Bench_results.jsonl', row(third) + row({})), vsi)
    expect(read.format).toBe('upstream')
    expect(texts(read.predictions)).toEqual({ 7: 'B', 0: '<think>…</think><answer>4</answer>' })
    expect(read.notes).toEqual([])
  })

  it('count an item once that two processes drew, and the first answer where they differ', async () => {
    const file = write(
      'debug.jsonl',
      row({}) + row({}) + row(third) + row({ ...third, predicted_answer: 'A' }),
    )
    const read = await readPredictions(file, vsi)
    expect(read.predictions.get('7')).toBe('B')
    expect(read.notes).toEqual([
      `${file}: 1 row repeats an answer and counts once`,
      `${file}: 1 row answers an item anew and otherwise; the first answer counts`,
    ])
  })

  it.each<[string, Record<string, unknown>, string]>([
    [
      'another ground truth',
      { ground_truth: '5' },
      'row 2 (answer): expected "4", as item 0 has it, got "5": another benchmark',
    ],
    ['another question', { question: 'How many beds?' }, 'row 2 (question): expected "How many table(s)'],
    ['another type', { question_type: 'object_rel_distance' }, 'row 2 (type): expected "object_counting"'],
    ['another room', { scene_name: 'scene0012_00' }, 'row 2 (scene): expected "41069025"'],
    ['an unknown id', { id: 1 }, 'row 2: expected a prediction for one of the items, got one for "1"'],
    ['no text', { predicted_answer: null }, 'row 2 (predicted_answer): expected a text, got null'],
  ])('with %s are refused', async (_, values, message) => {
    const file = write('bad.jsonl', row(third) + row(values))
    await expect(readPredictions(file, vsi)).rejects.toThrow(`${file} ${message}`)
  })

  it('of another benchmark are refused, with the number of rows that do not fit', async () => {
    const others = [0, 3, 7].map((id, at) => makeItem(at, { id: String(id) }))
    await expect(readPredictions(write('vsi.jsonl', row({}) + row(third)), others)).rejects.toThrow(
      'another benchmark, another version or part of it (likewise 1 further rows)',
    )
  })

  it('without ids are matched by question, answer, type and options, and alike ones in order', async () => {
    const type = 'Camera perspective - Relative Direction'
    const item = (at: number, question: string, options: string[], answer: string): BenchmarkItem =>
      makeItem(at, { type, question, options, answer })
    const items = [
      item(0, 'Where is the bed?', ['A. left', 'B. right'], 'A. left'),
      item(1, 'Where is the bed?', ['A. left', 'B. back'], 'A. left'),
      item(2, 'Where is the bed?', ['A. left', 'B. right'], 'A. left'),
      item(3, 'Where is the bed?', ['A. right', 'B. back'], 'B. back'),
      item(4, 'Where is the bed?', ['A. left', 'B. right', 'C. up'], 'A. left'),
    ]
    const answered = ({ question, options, answer }: BenchmarkItem, predicted_answer: string) => ({
      question,
      ground_truth: answer,
      predicted_answer,
      task: type,
      prompt: `Question: ${question}\nOptions:\n${options?.join('\n')}\n\nPlease answer`,
    })
    const file = write(
      'ViewSpatial-Bench_results.jsonl',
      jsonl(
        answered(items[4], 'p4'),
        answered(items[3], 'p3'),
        answered(items[1], 'p1'),
        answered(items[0], 'p0'),
        answered(items[2], 'p2'),
      ),
    )
    const read = await readPredictions(file, items)
    expect(texts(read.predictions)).toEqual({ 0: 'p0', 1: 'p1', 2: 'p2', 3: 'p3', 4: 'p4' })
    expect(read.notes).toEqual([
      `${file}: 2 rows ask what several items ask alike; they take these items in order`,
    ])
    const wrong = write('wrong.jsonl', jsonl(answered({ ...items[0], answer: 'A. front' }, 'p')))
    await expect(readPredictions(wrong, items)).rejects.toThrow(
      'row 1: expected a prediction for one of the items, got one for "Where is the bed?"',
    )
  })

  it('of CV-Bench tell the sources apart', async () => {
    const question = 'How many organs are in the image?'
    const common = { type: 'Count', question, options: ['3', '2', '1', '0'], answer: '(C)' }
    const prompt = `${question} Select from the following choices.\n(A) 3\n(B) 2\n(C) 1\n(D) 0`
    const items = ['ADE20K', 'COCO'].map((source, at) =>
      makeItem(at, { ...common, fields: { source, prompt, type: '2D' } }),
    )
    const row = (source: string, predicted_answer: string) => ({
      question,
      predicted_answer,
      ground_truth: '(C)',
      prompt,
      type: '2D',
      task: 'Count',
      source,
    })
    const read = await readPredictions(
      write('CV-Bench_results.jsonl', jsonl(row('COCO', 'c'), row('ADE20K', 'a'))),
      items,
    )
    expect(texts(read.predictions)).toEqual({ 0: 'a', 1: 'c' })
  })
})
