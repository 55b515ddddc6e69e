/**
 * `scannetv2-labels.combined.tsv`: what ScanNet's annotators wrote (`raw_category`) and what it stands for.
 * Labels of objects are joined on `raw_category`; `id` is not unique and only the values of 2D label pictures.
 */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'
import { BENCHMARK_IDS, DETECTION_IDS, NO_OBJECT_IDS, NYU40 } from './classes.js'

export interface LabelRow {
  /** Not unique: several spellings share one. */
  id: number
  raw: string
  /** Singular, spelling corrected. */
  category: string
  /** 1 to 40. */
  nyu40: number
}

const COLUMNS = ['id', 'raw_category', 'category', 'nyu40id'] as const

/** As labels are compared: lower case, single blanks. */
const folded = (label: string): string => label.trim().toLowerCase().replace(/\s+/g, ' ')

/** A whole number of at least 1, however many digits. */
function wholeNumber(text: string, place: string, highest: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= highest) return value
  throw dataError(place, `a number from 1 to ${highest}`, JSON.stringify(text.slice(0, 60)))
}

/**
 * The rows of the table, in its order. Columns are found by name; cells are trimmed, since copies differ in
 * trailing tabs and line ends.
 * @throws data error naming file, row and column
 */
export function readLabels(file: string): LabelRow[] {
  const [header = '', ...lines] = fs
    .readFileSync(file, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
  const names = header.split('\t').map((cell) => cell.trim())
  const [idAt, rawAt, categoryAt, nyuAt] = COLUMNS.map((name) => {
    const at = names.indexOf(name)
    if (at < 0) throw dataError(`${file} row 1`, `a column ${name}`, JSON.stringify(header.slice(0, 60)))
    return at
  })
  const rows: LabelRow[] = []
  const seen = new Map<string, number>()
  lines.forEach((line, index) => {
    if (line.trim() === '') return
    const place = `${file} row ${index + 2}`
    const cells = line.split('\t').map((cell) => cell.trim())
    const raw = cells[rawAt] ?? ''
    if (raw === '') throw dataError(`${place} raw_category`, 'a label', 'nothing')
    const before = seen.get(raw)
    if (before !== undefined)
      throw dataError(
        `${place} raw_category`,
        'a label not seen before',
        `${raw.slice(0, 60)}, as in row ${before}`,
      )
    seen.set(raw, index + 2)
    rows.push({
      id: wholeNumber(cells[idAt] ?? '', `${place} id`, 65_535),
      raw,
      category: cells[categoryAt] || raw,
      nyu40: wholeNumber(cells[nyuAt] ?? '', `${place} nyu40id`, NYU40.size),
    })
  })
  if (rows.length === 0) throw dataError(file, 'rows of labels', 'none')
  return rows
}

/** Which names objects go by: as annotated, ScanNet's corrected ones, or classes of its benchmarks. */
export const LABEL_SETS = ['raw', 'category', 'nyu40', 'scannet20', 'scannet18'] as const
export type LabelSet = (typeof LABEL_SETS)[number]

/** Ids of the classes that objects may have. */
const CLASSES: Record<Exclude<LabelSet, 'raw' | 'category'>, readonly number[]> = {
  nyu40: [...NYU40.keys()],
  scannet20: BENCHMARK_IDS,
  scannet18: DETECTION_IDS,
}

/**
 * What `set` makes of the table's labels, as a scene record takes it: a category for each, and the labels of
 * objects to leave out. A set of classes leaves out what is in none of them, and walls, floors, ceilings and
 * "other" things. Of two spellings that differ in upper and lower case only, the first counts.
 */
export function labelOptions(
  rows: readonly LabelRow[],
  set: LabelSet,
): { label_map: Record<string, string>; excluded_labels: string[] } {
  const map = new Map<string, string>()
  const excluded = new Set<string>()
  const classes = set === 'raw' || set === 'category' ? null : CLASSES[set]
  for (const { category, nyu40, raw } of rows) {
    const label = folded(raw)
    if (map.has(label) || excluded.has(label)) continue
    if (classes && (!classes.includes(nyu40) || NO_OBJECT_IDS.includes(nyu40))) excluded.add(label)
    else if (classes) map.set(label, NYU40.get(nyu40) ?? label)
    else if (set === 'category') map.set(label, folded(category))
  }
  return { label_map: Object.fromEntries(map), excluded_labels: [...excluded] }
}
