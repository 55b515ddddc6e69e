import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readSplit } from './splits.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'split-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const written = (text: string): string => {
  const file = path.join(folder, 'split.txt')
  fs.writeFileSync(file, text)
  return file
}

it('a split is its names, whatever ends its lines', () => {
  expect(readSplit(written('scene0191_00\r\nscene0191_01\n\nscene0119_00'))).toEqual([
    'scene0191_00',
    'scene0191_01',
    'scene0119_00',
  ])
})

it.each([
  ['scene0001_00\nscene0001_00\n', /row 2: expected a name not seen before, got scene0001_00, as in row 1/],
  ['scene0001_00\n{"a": 1}\n', /row 2: expected the name of a scan, got "\{\\"a\\": 1\}"/],
  ['\n\n', /expected names of scans, one a line, got none/],
])('what is none is one line: %j', (text, message) => {
  expect(() => readSplit(written(text))).toThrow(message)
})
