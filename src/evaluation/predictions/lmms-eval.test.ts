import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { jsonl, makeItem, temporaryFiles, texts, vsi } from './items-for-tests.js'
import { readPredictions } from './read.js'

const write = temporaryFiles()

describe("lmms-eval's logged samples", () => {
  const prompt = (item: BenchmarkItem): string =>
    [
      'These are frames of a video.',
      item.question,
      ...(item.options ? ['Options:', ...item.options] : []),
      'Answer',
    ].join('\n')
  /** A row as recent versions write it: the question's row is left out, and `resps` where it equals `filtered_resps`. */
  const recent = (
    doc_id: number,
    item: BenchmarkItem,
    filtered: string,
    values: Record<string, unknown> = {},
  ) => ({
    doc_id,
    target: item.answer,
    filtered_resps: [filtered],
    token_counts: [null],
    doc_hash: 'a1',
    input: prompt(item),
    ...values,
  })

  it('are read by row, checked by prompt and target', async () => {
    const file = write(
      '20260101_000000_samples_vsibench.jsonl',
      jsonl(recent(0, vsi[0], '4'), recent(2, vsi[2], 'B', { resps: [['<think>x</think>B']] })),
    )
    const read = await readPredictions(file, vsi)
    expect(read.format).toBe('lmms-eval')
    // The raw text, where a filter took something away.
    expect(texts(read.predictions)).toEqual({ 0: '4', 7: '<think>x</think>B' })
  })

  it('of older versions are one JSON a task, with the NaN that Python writes', async () => {
    const log = (doc_id: number, { question, id, answer }: BenchmarkItem, text: string): string =>
      `{"doc_id": ${doc_id}, "doc": {"id": ${id}, "question": ${JSON.stringify(question)}}, "target": "${answer}", "arguments": [["…", {"until": ["\\n"]}]], "resps": [[${JSON.stringify(text)}]], "filtered_resps": [${JSON.stringify(text)}], "score": NaN}`
    const file = write(
      'vsibench.json',
      `{\n "args": {"limit": NaN},\n "model_configs": {},\n "logs": [${log(0, vsi[2], 'B, NaN')}, ${log(1, vsi[0], '4')}],\n "time": "x"}`,
    )
    // doc_id counts a shuffled split here; the id within the row does not.
    expect(texts((await readPredictions(file, vsi)).predictions)).toEqual({ 7: 'B, NaN', 0: '4' })
  })

  it('take the id from a metric that has the question', async () => {
    const { question, answer } = vsi[2]
    const file = write(
      'm.jsonl',
      jsonl(
        recent(0, vsi[2], 'B', {
          vsibench_score: { id: 7, question, ground_truth: answer, prediction: 'B' },
        }),
      ),
    )
    expect(texts((await readPredictions(file, vsi)).predictions)).toEqual({ 7: 'B' })
  })

  it('of a shuffled split are matched by what was asked', async () => {
    const rooms = vsi.slice(1).map((item, row) => ({ ...item, row }))
    const file = write('shuffled.jsonl', jsonl(recent(0, rooms[1], 'B'), recent(1, rooms[0], '4')))
    const read = await readPredictions(file, rooms)
    expect(texts(read.predictions)).toEqual({ 7: 'B', 3: '4' })
    expect(read.notes).toEqual([
      `${file}: rows are matched by question and answer: their numbers are not the data's`,
    ])
  })

  it('of one part of the data are read by position in it', async () => {
    const part = [1438, 1439].map((row) => makeItem(row))
    const file = write('cv_bench_3d.jsonl', jsonl(...part.map((item, at) => recent(at, item, `p${at}`))))
    expect(texts((await readPredictions(file, part)).predictions)).toEqual({ 1438: 'p0', 1439: 'p1' })
  })

  it('say which requests failed, and count a row once that every filter repeats', async () => {
    const failed = recent(0, vsi[0], '[LMMS_EVAL_REQUEST_FAILED after 5 retries] 429')
    const file = write(
      'f.jsonl',
      jsonl(failed, recent(2, vsi[2], 'B'), recent(2, vsi[2], 'b', { resps: [['B']] })),
    )
    const read = await readPredictions(file, vsi)
    expect(texts(read.predictions)).toEqual({ 7: 'B' })
    expect(read.notes).toEqual([
      `${file}: 1 row says that asking failed; no answer is taken from there`,
      `${file}: 1 row repeats an answer and counts once`,
    ])
    const twice = write('t.jsonl', jsonl(recent(2, vsi[2], 'B'), recent(2, vsi[2], 'A')))
    await expect(readPredictions(twice, vsi)).rejects.toThrow(
      `row 2: expected one answer to item 7, got another one than in ${twice} row 1`,
    )
  })
})
