/** The files of a published dataset: in a folder as its authors named them, or a file given by hand. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Files of `folder` that fit `pattern`, sorted; only its file name may hold `*`. */
function matching(folder: string, pattern: string): string[] {
  const where = path.join(folder, path.dirname(pattern))
  if (!fs.statSync(where, { throwIfNoEntry: false })?.isDirectory()) return []
  const fits = new RegExp(`^${path.basename(pattern).split('*').map(escaped).join('.*')}$`)
  return fs
    .readdirSync(where)
    .filter((name) => fits.test(name))
    .sort()
    .map((name) => path.join(where, name))
}

/** Names such as `test-00001-of-00003.parquet` say how many there are; all of them must be there. */
function checkShards(folder: string, files: readonly string[]): void {
  for (const file of files) {
    const [, stem, count, end] = /^(.*-)\d{5}-of-(\d{5})(\..+)$/.exec(path.basename(file)) ?? []
    if (count === undefined) continue
    for (let i = 0; i < Number(count); i++) {
      const name = `${stem}${String(i).padStart(5, '0')}-of-${count}${end}`
      if (!files.some((other) => path.basename(other) === name))
        throw dataError(folder, `all ${Number(count)} parts ${stem}*${end}`, `none named ${name}`)
    }
  }
}

/**
 * `place` itself when it is a file; in a folder, the files of the first pattern that fits any, e.g.
 * `test.jsonl`, `data/test-*.parquet`, sorted.
 * @throws data error that names what was looked for and what is there, or the missing part of a sharded file
 */
export function findData(place: string, patterns: readonly string[]): string[] {
  const stat = fs.statSync(place, { throwIfNoEntry: false })
  if (!stat) throw dataError(place, 'a file, or a folder of the dataset', 'nothing there')
  if (!stat.isDirectory()) return [place]
  for (const pattern of patterns) {
    const files = matching(place, pattern)
    checkShards(place, files)
    if (files.length > 0) return files
  }
  const names = fs.readdirSync(place).sort()
  const there = names.length > 8 ? [...names.slice(0, 8), `and ${names.length - 8} more`] : names
  throw dataError(place, patterns.join(' or '), there.length > 0 ? there.join(', ') : 'an empty folder')
}
