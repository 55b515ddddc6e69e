/** CV-Bench as published: `test_2d` and `test_3d`, each a parquet with pictures or JSONL without. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { checkRow, pictureColumn } from '../data/columns.js'
import { findData } from '../data/find.js'
import { openPictures } from '../data/pictures.js'
import { type Row, readRows } from '../data/rows.js'
import type { SourcePicture } from '../data/source.js'
import type { BenchmarkItem, LoadedBenchmark, LoadOptions } from './benchmark.js'
import { countBy, differingCounts } from './counts.js'
import { CV_SOURCES } from './cv-average.js'

export const CV_SUBSETS = ['2D', '3D'] as const

/** Columns that are used; the published files have further ones (boxes, classes, names in the sources). */
const rowSchema = z.object({
  idx: z.int().min(0),
  type: z.enum(CV_SUBSETS),
  task: z.enum(['Count', 'Relation', 'Depth', 'Distance']),
  image: pictureColumn.nullish(),
  question: z.string(),
  choices: z.array(z.string()).min(2),
  answer: z.string().regex(/^\([A-Z]\)$/, 'a letter in brackets, e.g. (C)'),
  prompt: z.string(),
  filename: z.string(),
  source: z.enum(CV_SOURCES),
})

const COUNTS: Record<(typeof CV_SUBSETS)[number], Record<string, number>> = {
  '2D': { Count: 788, Relation: 650, ADE20K: 633, COCO: 805 },
  '3D': { Depth: 600, Distance: 600, Omni3D: 1200 },
}

function toItem(row: Row, pictureOf: (filename: string) => SourcePicture): BenchmarkItem {
  const { idx, type, task, image, question, choices, answer, prompt, filename, source } = checkRow(
    row,
    rowSchema,
  )
  if (answer.charCodeAt(1) - 65 >= choices.length)
    throw dataError(`${row.place} column answer`, `one of ${choices.length} choices`, answer)
  if ((source === 'Omni3D') !== (type === '3D'))
    throw dataError(`${row.place} column source`, `a source of ${type} questions`, source)
  return {
    id: String(idx),
    row: idx,
    type: task,
    kind: 'choice',
    scene: filename,
    question,
    options: choices,
    answer,
    media: [{ type: 'image', picture: image ? { ...image, published: filename } : pictureOf(filename) }],
    fields: { source, type, prompt },
  }
}

/** Items of one or both files, 2D before 3D, as numbered by `idx`. */
export async function loadCvBench(
  place: string,
  { media, subset }: LoadOptions = {},
): Promise<LoadedBenchmark> {
  const files = findData(place, ['test_*d.parquet', 'test_*d.jsonl'])
  const rows = (await Promise.all(files.map(readRows))).flat()
  const pictureOf = openPictures({ roots: [media ?? path.dirname(files[0])] })
  const places = new Map<string, string>()
  const items = rows.map((row) => {
    const item = toItem(row, pictureOf)
    const before = places.get(item.id)
    if (before)
      throw dataError(`${row.place} column idx`, 'a number of its own', `${item.id}, as in ${before}`)
    places.set(item.id, row.place)
    return item
  })
  const wanted = CV_SUBSETS.filter((name) => subset === undefined || subset === name)
  const kept = items.filter(({ fields }) => wanted.some((name) => name === fields.type))
  const counts = new Map([
    ...countBy(kept, ({ type }) => type),
    ...countBy(kept, ({ fields }) => fields.source),
  ])
  const expected = Object.assign({}, ...wanted.map((name) => COUNTS[name])) as Record<string, number>
  return { items: kept, files, differs: differingCounts(expected, counts) }
}
