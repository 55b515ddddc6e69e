/**
 * VSI-Bench as published: `test.jsonl` or `test-*.parquet`, videos as `<dataset>/<scene_name>.mp4`. Its subsets
 * `debiased` and `pruned` are files of their own, or follow from the column `pruned` or from `pruned_ids.txt`.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError, usageError } from '../../common/errors.js'
import { checkRow } from '../data/columns.js'
import { findData } from '../data/find.js'
import { type Row, readRows } from '../data/rows.js'
import { openVideos } from '../data/videos.js'
import type { BenchmarkItem, LoadedBenchmark, LoadOptions } from './benchmark.js'
import { countBy, differingCounts, firstOf } from './counts.js'
import { checkIds, vsiColumns, vsiItem } from './vsi-rows.js'
import { DIRECTION, VSI_COUNTS, VSI_OPTIONS, type VsiType } from './vsi-types.js'

/** Questions that can be answered without looking were pruned; what is left is debiased. */
export const VSI_SUBSETS = ['debiased', 'pruned'] as const
type Subset = (typeof VSI_SUBSETS)[number]
const SUBSET_COUNTS: Record<Subset, number> = { debiased: 2363, pruned: 2768 }

/** Rooms of the whole set. */
const VIDEOS = 288

const WHOLE = ['test.jsonl', 'test-*.parquet', 'test.parquet', 'data/test-*.parquet', 'test.json']

const types: [VsiType, ...VsiType[]] = [DIRECTION, ...(Object.keys(VSI_COUNTS) as VsiType[])]
const rowSchema = z.object({
  ...vsiColumns(types),
  dataset: z.enum(['arkitscenes', 'scannet', 'scannetpp']),
  pruned: z.boolean().nullish(),
})

type VsiRow = z.output<typeof rowSchema> & { place: string }

function toRow(row: Row): VsiRow {
  if ('images' in row.values)
    throw dataError(row.place, 'columns of VSI-Bench', 'a column images, as SPBench has')
  return { ...checkRow(row, rowSchema), place: row.place }
}

/** Questions with more or fewer options than published. */
const oddOptions = (rows: readonly VsiRow[]): string[] =>
  rows.flatMap(({ id, question_type, options }) => {
    const [least, most] = VSI_OPTIONS[question_type] ?? [0, Number.POSITIVE_INFINITY]
    const got = options?.length ?? 0
    if (got >= least && got <= most) return []
    const due = least === most ? least : `${least} to ${most}`
    return [`item ${id}: expected ${due} options (${question_type}), got ${got}`]
  })

/** Ids of the pruned questions: whole numbers, parted by white space or commas. */
function readIds(file: string): Set<number> {
  const words = fs
    .readFileSync(file, 'utf8')
    .split(/[\s,]+/)
    .filter((word) => word !== '')
  const odd = words.find((word) => !/^\d+$/.test(word))
  if (odd !== undefined) throw dataError(file, 'ids, one a line', JSON.stringify(odd.slice(0, 60)))
  return new Set(words.map(Number))
}

/** Whether each row was pruned. */
function prunedRows(rows: readonly VsiRow[], file: string, subset: Subset): (row: VsiRow) => boolean {
  if (rows.every(({ pruned }) => typeof pruned === 'boolean')) return ({ pruned }) => pruned === true
  const list = path.join(path.dirname(file), 'pruned_ids.txt')
  if (!fs.existsSync(list))
    throw dataError(
      `${file}, subset ${subset}`,
      `a column pruned, or test_${subset}.parquet or pruned_ids.txt beside it`,
      'none of them',
    )
  const ids = readIds(list)
  return ({ id }) => ids.has(id)
}

async function readAll(files: readonly string[]): Promise<VsiRow[]> {
  const rows = (await Promise.all(files.map(readRows))).flat().map(toRow)
  if (rows.length === 0) throw dataError(files.join(', '), 'questions', 'none')
  return rows
}

/** The rows asked for, and the files they come from. */
async function readSubset(place: string, subset?: Subset): Promise<{ rows: VsiRow[]; files: string[] }> {
  const own = ['parquet', 'jsonl'].map((end) => path.join(place, `test_${subset}.${end}`))
  const file = subset && (own.find((one) => fs.existsSync(one)) ?? ownFile(place, subset))
  if (file) return { rows: await readAll([file]), files: [file] }
  const files = findData(place, WHOLE)
  const rows = await readAll(files)
  if (!subset) return { rows, files }
  const isPruned = prunedRows(rows, files[0], subset)
  return { rows: rows.filter((row) => isPruned(row) === (subset === 'pruned')), files }
}

/** `place` itself where its name says that it is the subset's own file. */
const ownFile = (place: string, subset: Subset): string | undefined =>
  path.basename(place).startsWith(`test_${subset}`) ? place : undefined

/**
 * @throws data error naming file and row for what is not VSI-Bench, and for a subset that nothing describes;
 *   usage error for one there is not
 */
export async function loadVsiBench(
  place: string,
  { media, subset: name }: LoadOptions = {},
): Promise<LoadedBenchmark> {
  const subset = VSI_SUBSETS.find((one) => one === name)
  if (name !== undefined && !subset)
    throw usageError('subset of VSI-Bench', VSI_SUBSETS.join(' or '), JSON.stringify(name))
  const { rows, files } = await readSubset(place, subset)
  const root = media ?? (fs.statSync(place).isDirectory() ? place : path.dirname(place))
  const videoOf = openVideos({ roots: [root] })
  const items = rows.map((row, index): BenchmarkItem => {
    const { dataset, scene_name, place } = row
    return {
      ...vsiItem(row, place, index),
      media: [{ type: 'video', video: videoOf(`${dataset}/${scene_name}.mp4`) }],
      fields: { dataset },
    }
  })
  checkIds(
    items,
    rows.map(({ place }) => place),
  )
  const counts = new Map([...countBy(items, ({ type }) => type), ['VSI-Bench', items.length]])
  const expected = subset ? { 'VSI-Bench': SUBSET_COUNTS[subset] } : { 'VSI-Bench': 5130, ...VSI_COUNTS }
  const videos: Record<string, number> = subset ? {} : { 'VSI-Bench': VIDEOS }
  const films = new Map([['VSI-Bench', countBy(items, ({ scene }) => scene).size]])
  return {
    items,
    files,
    differs: [
      ...differingCounts(expected, counts),
      ...differingCounts(videos, films, 'videos'),
      ...firstOf(oddOptions(rows)),
    ],
  }
}
