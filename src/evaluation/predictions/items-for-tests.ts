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
