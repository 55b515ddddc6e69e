import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { makeItem, temporaryFiles, texts, vsi } from './items-for-tests.js'
import { readPredictions } from './read.js'

const write = temporaryFiles()

describe("VLMEvalKit's result files", () => {
  const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
  const raw = JSON.parse(fs.readFileSync(fixture('vlmevalkit-raw.json'), 'utf8')) as string[]
  const answers = ['A', 'B', 'C', 'A', 'A', '4', 'B', 'C', 'A']
  const items = answers.map((answer, row) =>
    makeItem(row, { answer, ...(row === 5 ? { type: 'object_counting', options: null } : {}) }),
  )
  /** Row 6 is a request that failed. */
  const expected = Object.fromEntries(raw.flatMap((text, row) => (row === 6 ? [] : [[row, text]])))

  it.each(['vlmevalkit.xlsx', 'vlmevalkit.tsv', 'vlmevalkit-records.json'])(
    'are read from %s',
    async (name) => {
      const read = await readPredictions(fixture(name), items)
      expect(read.format).toBe('vlmevalkit')
      expect(texts(read.predictions)).toEqual(expected)
      expect(read.notes.map((note) => note.slice(fixture(name).length + 2))).toEqual([
        '1 row says that asking failed; no answer is taken from there',
        '1 prediction is empty and taken as an empty answer',
      ])
    },
  )

  it('are read from a spreadsheet that openpyxl wrote', async () => {
    const read = await readPredictions(fixture('vlmevalkit-openpyxl.xlsx'), items)
    const known = Object.entries(expected).map(([row, text]) => [row, text.replace(/\v|_x0041_|^=/g, '')])
    expect(texts(read.predictions)).toEqual(Object.fromEntries(known))
  })

  const tsv = (...rows: string[][]): string =>
    [['index', 'question', 'answer', 'question_type', 'prediction'], ...rows]
      .map((row) => row.map((text) => `"${text}"`).join('\t'))
      .join('\n')
  const row = (index: number, { question, answer, type }: BenchmarkItem, prediction: string): string[] => [
    String(index),
    question,
    answer,
    type,
    prediction,
  ]

  it('are read by an index that counts from 0, or from 1, or by question and answer where it is neither', async () => {
    const [a, b, c] = vsi
    const from0 = await readPredictions(write('0.tsv', tsv(row(0, a, 'a'), row(2, c, 'c'))), vsi)
    expect(texts(from0.predictions)).toEqual({ 0: 'a', 7: 'c' })
    const one = write('1.tsv', tsv(row(1, a, 'a'), row(2, b, 'b'), row(3, c, 'c')))
    const from1 = await readPredictions(one, vsi)
    expect(texts(from1.predictions)).toEqual({ 0: 'a', 3: 'b', 7: 'c' })
    expect(from1.notes).toEqual([`${one}: ids are taken as 1-based rows of the data`])
    const neither = await readPredictions(write('n.tsv', tsv(row(70, c, 'c'), row(71, a, 'a'))), vsi)
    expect(texts(neither.predictions)).toEqual({ 7: 'c', 0: 'a' })
    const byId = await readPredictions(write('i.tsv', tsv(row(7, c, 'c'), row(0, a, 'a'))), vsi)
    expect(texts(byId.predictions)).toEqual({ 7: 'c', 0: 'a' })
  })

  it('are refused where nothing but a number says which item is meant, and two counts would do', async () => {
    const file = write('bare.tsv', 'index\tprediction\n1\tA\n2\tB\n')
    const plain = [0, 1, 2, 3].map((at) => makeItem(at, { id: `q${at}` }))
    await expect(readPredictions(file, plain)).rejects.toThrow(
      `${file}: expected rows that show which item they answer, got numbers that may be 0-based rows of the data or 1-based rows`,
    )
  })

  it('say that reasoning was split off, and that a full cell may be cut', async () => {
    const thinking = write(
      'think.json',
      JSON.stringify([{ index: 0, question: vsi[0].question, answer: 4, prediction: '4', thinking: 'x' }]),
    )
    expect((await readPredictions(thinking, vsi)).notes[0]).toContain(
      'reasoning stands in a column of its own',
    )
    const read = await readPredictions(fixture('full-cell.xlsx'), vsi)
    expect(read.predictions.get('0')).toHaveLength(32_767)
    expect(read.notes[0]).toContain(
      '1 prediction fills a whole spreadsheet cell (32767 characters) and may be cut',
    )
  })
})
