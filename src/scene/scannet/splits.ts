/** Lists of scans, one name a line, as ScanNet publishes its splits (`scannetv2_train.txt`). */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'

/** The names in `file`, in order. @throws data error naming the row that is no name, or one that was there before */
export function readSplit(file: string): string[] {
  const rows = new Map<string, number>()
  fs.readFileSync(file, 'utf8')
    .split(/\r?\n/)
    .forEach((line, index) => {
      const name = line.trim()
      if (name === '') return
      const place = `${file} row ${index + 1}`
      if (!/^[\w.-]+$/.test(name))
        throw dataError(place, 'the name of a scan', JSON.stringify(name.slice(0, 60)))
      const before = rows.get(name)
      if (before !== undefined)
        throw dataError(place, 'a name not seen before', `${name}, as in row ${before}`)
      rows.set(name, index + 1)
    })
  if (rows.size === 0) throw dataError(file, 'names of scans, one a line', 'none')
  return [...rows.keys()]
}
