/** Items for the tests of this folder. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'

/** An item whose row is its number, unless said otherwise. */
export const makeItem = (row: number, values: Partial<BenchmarkItem> = {}): BenchmarkItem => ({
  id: String(row),
  row,
  type: 'route_planning',
  kind: 'choice',
  scene: `scene${row}`,
  question: `Which is nearest to ${row}?\nChoose.`,
  options: ['A. chair', 'B. left', 'C. bed'],
  answer: 'A',
  media: [],
  fields: {},
  ...values,
})

/** Writes files into a folder of the test file's own, which is gone afterwards. */
export function temporaryFiles(): (name: string, content: string) => string {
  let folder = ''
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'predictions-'))
  })
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  return (name, content) => {
    const file = path.join(folder, name)
    fs.writeFileSync(file, content)
    return file
  }
}

export const jsonl = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

export const texts = (predictions: Map<string, string>): Record<string, string> =>
  Object.fromEntries(predictions)

/** As in VSI-Bench: ids with gaps; one question is asked of two rooms. */
export const vsi: BenchmarkItem[] = [
  makeItem(0, {
    id: '0',
    type: 'object_counting',
    kind: 'number',
    scene: '41069025',
    question: 'How many table(s) are in this room?',
    options: null,
    answer: '4',
  }),
  makeItem(1, {
    id: '3',
    type: 'object_counting',
    kind: 'number',
    scene: 'scene0011_00',
    question: 'How many table(s) are in this room?',
    options: null,
    answer: '4',
  }),
  makeItem(2, {
    id: '7',
    type: 'object_rel_distance',
    scene: 'scene0011_00',
    question: 'Which of these objects (bed, sofa) is the closest to the x?',
    options: ['A. bed', 'B. sofa'],
    answer: 'B',
  }),
]
