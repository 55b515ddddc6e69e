/** SPAR-Bench as published: parquet with one to three pictures a question, or the same columns as JSONL. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { pythonFloat } from '../../scoring/python.js'
import { checkRow, pictureColumn } from '../data/columns.js'
import { findData } from '../data/find.js'
import { openPictures } from '../data/pictures.js'
import { type Row, readRows } from '../data/rows.js'
import type { SourcePicture } from '../data/source.js'
import type { BenchmarkItem, LoadedBenchmark, LoadOptions } from './benchmark.js'
import { countBy, firstOf } from './counts.js'
import { IMAGE_TYPES } from './spar-average.js'
import { readMovements } from './spar-movement.js'
import { SPAR_TASKS } from './spar-tasks.js'

const rowSchema = z.object({
  id: z.union([z.int(), z.string()]).nullish(),
  img_type: z.enum(IMAGE_TYPES),
  task: z.enum([...SPAR_TASKS.keys()]),
  image: z.array(z.union([pictureColumn, z.string()])).nullish(),
  question: z.string(),
  answer: z.string().min(1, 'an answer'),
})

/** The text says 7,207 questions, the dataset's card 7,211. */
const TOTALS = [7207, 7211]
/** 400 were drawn per task, then filtered. */
const DRAWN = 400
const TINY = 50
/** At most, of one question. */
const PICTURES = 3

/** Stands where a file has no pictures: scoring needs none, asking a model does. */
const noPictures = (place: string): SourcePicture => ({
  name: `${place} image`,
  published: null,
  read: async () => {
    throw dataError(`${place} column image`, 'pictures', 'none')
  },
})

function toItem(row: Row, index: number, pictureOf: (path: string) => SourcePicture): BenchmarkItem {
  const { id, img_type, task, image, question, answer } = checkRow(row, rowSchema)
  const kind = SPAR_TASKS.get(task)?.kind ?? 'choice'
  if (kind === 'number' && !Number.isFinite(pythonFloat(answer) ?? Number.NaN))
    throw dataError(`${row.place} column answer`, `a number (task ${task})`, JSON.stringify(answer))
  const pictures = (image ?? []).map((one) => (typeof one === 'string' ? pictureOf(one) : one))
  return {
    id: id === null || id === undefined ? '' : String(id),
    row: index,
    type: task,
    kind,
    // The data does not say which room a question is about.
    scene: `question ${index}`,
    question,
    options: null,
    answer,
    media: (pictures.length > 0 ? pictures : [noPictures(row.place)]).map((picture) => ({
      type: 'image',
      picture,
    })),
    fields: { img_type },
  }
}

/** Ids as published where they tell the questions apart, else rows; then what is wrong with them. */
function withIds(items: BenchmarkItem[]): { items: BenchmarkItem[]; differs: string[] } {
  const absent = items.filter(({ id }) => id === '').length
  const repeated = items.length - new Set(items.map(({ id }) => id)).size
  if (absent === 0 && repeated === 0) return { items, differs: [] }
  const got = absent > 0 ? `${absent} without one` : `${repeated} that repeat`
  return {
    items: items.map((item) => ({ ...item, id: String(item.row) })),
    differs: [`ids: expected one for each question, got ${got} (0-based rows are taken instead)`],
  }
}

/** Answers that no model can meet by the original functions. */
function unreadable(items: readonly BenchmarkItem[]): string[] {
  const odd = items.filter(({ kind, answer }) =>
    kind === 'choice' ? !/^[A-Z]$/i.test(answer) : kind === 'movement' && readMovements(answer) === null,
  )
  if (odd.length === 0) return []
  const first = `the first in row ${odd[0].row + 1}, ${JSON.stringify(odd[0].answer)}`
  return [`answers: expected a letter, a number or movements, got ${odd.length} others (${first})`]
}

function differingTasks(items: readonly BenchmarkItem[], tiny: boolean): string[] {
  const counts = countBy(items, ({ type }) => type)
  const totals = tiny ? [TINY * SPAR_TASKS.size] : TOTALS
  const whole = totals.includes(items.length)
    ? []
    : [`questions: expected ${totals.join(' or ')}, got ${items.length}`]
  const tasks = [...SPAR_TASKS].flatMap(([task, { count }]) => {
    const got = counts.get(task) ?? 0
    const due = tiny ? TINY : count
    const fits = due === null ? got >= 1 && got <= DRAWN : got === due
    return fits ? [] : [`${task}: expected ${due ?? `1 to ${DRAWN}`} questions, got ${got}`]
  })
  return [...whole, ...tasks]
}

/** Items of all parts of the set; `Tiny` is a set of its own, of 50 questions a task. */
export async function loadSparBench(
  place: string,
  { media, subset }: LoadOptions = {},
): Promise<LoadedBenchmark> {
  const files = findData(place, ['data/test-*.parquet', 'test-*.parquet', '*.parquet', '*.jsonl'])
  const rows = (await Promise.all(files.map(readRows))).flat()
  const pictureOf = openPictures({ roots: [media ?? path.dirname(files[0])] })
  const { items, differs } = withIds(rows.map((row, index) => toItem(row, index, pictureOf)))
  const crowds = items.flatMap(({ row, media }) =>
    media.length > PICTURES
      ? [`row ${row + 1}: expected 1 to ${PICTURES} pictures, got ${media.length}`]
      : [],
  )
  return {
    items,
    files,
    differs: [
      ...differs,
      ...firstOf(crowds),
      ...unreadable(items),
      ...differingTasks(items, subset === 'Tiny'),
    ],
  }
}
