/** SPBench as published: one parquet per set, pictures as `images/<scene_name>/<name>` or in the zip they come in. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { checkRow } from '../data/columns.js'
import { findData } from '../data/find.js'
import { openPictures } from '../data/pictures.js'
import { readRows } from '../data/rows.js'
import type { BenchmarkItem, LoadedBenchmark, LoadOptions } from './benchmark.js'
import { countBy, differingCounts, firstOf } from './counts.js'
import { checkIds, vsiColumns, vsiItem } from './vsi-rows.js'
import type { VsiType } from './vsi-types.js'

/** One of the two sets. */
export interface SpSet {
  name: 'SPBench-SI' | 'SPBench-MV'
  types: readonly [VsiType, ...VsiType[]]
  /** Pictures of a question. */
  pictures: number
  /** Published counts, of the whole under its name. */
  counts: Readonly<Record<string, number>>
}

const SHARED = [
  'object_abs_distance',
  'object_size_estimation',
  'object_rel_distance',
  'object_rel_direction',
] as const

export const SP_SINGLE: SpSet = {
  name: 'SPBench-SI',
  types: SHARED,
  pictures: 1,
  counts: {
    'SPBench-SI': 1009,
    object_abs_distance: 149,
    object_size_estimation: 463,
    object_rel_distance: 91,
    object_rel_direction: 306,
  },
}

/** How many questions of each type there are was never published. */
export const SP_MULTI: SpSet = {
  name: 'SPBench-MV',
  types: ['object_counting', ...SHARED],
  pictures: 8,
  counts: { 'SPBench-MV': 319 },
}

/** Where pictures may lie: as the evaluation expects them, or as the zip unpacks. */
const picturesOf = (root: string, name: string): ReturnType<typeof openPictures> =>
  openPictures({
    roots: ['images', `${name}-images`, `${name}-images/images`, '.'].map((folder) =>
      path.join(root, folder),
    ),
    zips: [path.join(root, `${name}-images.zip`)],
  })

/** Loads one of the two sets. @throws data error naming file and row for what is not this set */
export const loadSpBench =
  ({ name, types, pictures, counts }: SpSet) =>
  async (place: string, { media }: LoadOptions = {}): Promise<LoadedBenchmark> => {
    const files = findData(place, [`${name}.parquet`, `${name}.jsonl`, `${name}/${name}.parquet`])
    const rows = (await Promise.all(files.map(readRows))).flat()
    if (rows.length === 0) throw dataError(files.join(', '), 'questions', 'none')
    const schema = z.object({ ...vsiColumns(types), images: z.array(z.string()).min(1, 'names of pictures') })
    const pictureOf = picturesOf(media ?? path.dirname(files[0]), name)
    const others: string[] = []
    const items = rows.map((row, index): BenchmarkItem => {
      const columns = checkRow(row, schema)
      const { images, scene_name } = columns
      // One picture or several is what tells the two sets apart.
      if ((images.length === 1) !== (pictures === 1))
        throw dataError(
          `${row.place} column images`,
          `${pictures} of a question of ${name}`,
          `${images.length}`,
        )
      if (images.length !== pictures)
        others.push(`item ${columns.id}: expected ${pictures} images, got ${images.length}`)
      return {
        ...vsiItem(columns, row.place, index),
        media: images.map((image) => ({ type: 'image', picture: pictureOf(`${scene_name}/${image}`) })),
        fields: {},
      }
    })
    checkIds(
      items,
      rows.map((row) => row.place),
    )
    const got = new Map([...countBy(items, ({ type }) => type), [name, items.length]])
    return { items, files, differs: [...differingCounts(counts, got), ...firstOf(others)] }
  }
