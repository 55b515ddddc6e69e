import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findData } from './find.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'find-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

/** A folder with these files. */
function folderOf(name: string, files: string[]): string {
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(root, name, file)), { recursive: true })
    fs.writeFileSync(path.join(root, name, file), '')
  }
  return path.join(root, name)
}

describe('files of a published dataset', () => {
  it('are those of the first pattern that fits, in order', () => {
    const shards = ['data/test-00001-of-00002.parquet', 'data/test-00000-of-00002.parquet']
    const place = folderOf('spar', [...shards, 'data/train-00000-of-00001.parquet', 'README.md'])
    expect(findData(place, ['test.jsonl', 'test-*.parquet', 'data/test-*.parquet'])).toEqual([
      path.join(place, shards[1]),
      path.join(place, shards[0]),
    ])
    const both = folderOf('vsi', ['test.jsonl', 'test-00000-of-00001.parquet'])
    expect(findData(both, ['test.jsonl', 'test-*.parquet'])).toEqual([path.join(both, 'test.jsonl')])
  })

  it('or the file that is named, whatever its name', () => {
    const place = path.join(folderOf('one', ['mine.json']), 'mine.json')
    expect(findData(place, ['test.jsonl'])).toEqual([place])
  })

  it('that are not there: what was looked for and what is there', () => {
    const place = folderOf('other', ['a.txt', 'test_jsonl'])
    expect(() => findData(place, ['test.jsonl', 'data/test-*.parquet'])).toThrow(
      `${place}: expected test.jsonl or data/test-*.parquet, got a.txt, test_jsonl`,
    )
    const many = folderOf(
      'many',
      Array.from({ length: 11 }, (_, i) => `${i}.jpg`),
    )
    expect(() => findData(many, ['test.jsonl'])).toThrow(/got 0\.jpg, 1\.jpg, 10\.jpg, .*, and 3 more$/)
    expect(() => findData(path.join(root, 'gone'), ['test.jsonl'])).toThrow(
      `${path.join(root, 'gone')}: expected a file, or a folder of the dataset, got nothing there`,
    )
  })

  it('of which one part is missing', () => {
    const place = folderOf('part', ['test-00000-of-00003.parquet', 'test-00002-of-00003.parquet'])
    expect(() => findData(place, ['test-*.parquet'])).toThrow(
      `${place}: expected all 3 parts test-*.parquet, got none named test-00001-of-00003.parquet`,
    )
  })
})
