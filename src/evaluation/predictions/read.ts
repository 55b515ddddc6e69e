/**
 * Predictions for scoring, from the result file of any of the makers in `formats.ts`, as it is. Nothing is
 * guessed in silence: what was decided is said in `notes`, what cannot be decided is refused.
 */
import { dataError, usageError } from '../../common/errors.js'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { assignRows } from './assign.js'
import { FORMATS, type Format, type PredictionFormat } from './formats.js'
import { CELL_LIMIT, type RecordFile, type ResultRecord, readRecords } from './records.js'
import type { ResultRow } from './row.js'

const NAMES = Object.keys(FORMATS) as PredictionFormat[]
/** What a user may say made a file; `auto` tells it by the columns. */
export const PREDICTION_FORMATS: readonly (PredictionFormat | 'auto')[] = ['auto', ...NAMES]

export interface Predictions {
  format: PredictionFormat
  /** Raw texts by `BenchmarkItem.id`; items without an answer are absent. */
  predictions: Map<string, string>
  /** Digests of what was asked, by item id, where the file has them. */
  asked: Map<string, string>
  /** What a reader of the score should know, one phrase each, in the form `file: what`. */
  notes: string[]
}

function formatOf(file: string, { values }: ResultRecord, wanted: string): PredictionFormat {
  const known = wanted === 'auto' ? NAMES : NAMES.filter((name) => name === wanted)
  if (known.length === 0) throw usageError('format', `one of ${PREDICTION_FORMATS.join(', ')}`, wanted)
  const found = known.find((name) => FORMATS[name].fits((column) => column in values))
  if (found) return found
  const listed = known.map((name) => `${FORMATS[name].columns} (${name})`).join('; ')
  const columns = Object.keys(values).join(', ').slice(0, 200)
  throw dataError(file, `rows with ${listed}`, columns === '' ? 'none' : columns)
}

/** Rows in short; big fields of the records are gone after this. */
function readRows(
  source: RecordFile,
  format: Format,
  first: ResultRecord,
  rest: Iterator<ResultRecord>,
): ResultRow[] {
  const rows: ResultRow[] = []
  for (let record: ResultRecord | undefined = first; record; ) {
    rows.push(format.row(record, source.kind))
    const next = rest.next()
    record = next.done ? undefined : next.value
  }
  return rows
}

/** The answers of items that rows were assigned to; `repeats` decides about a second one. */
function collect(
  rows: readonly ResultRow[],
  items: readonly BenchmarkItem[],
  { repeats }: Format,
): { answers: Map<string, ResultRow>; same: number; other: number } {
  const answers = new Map<string, ResultRow>()
  let [same, other] = [0, 0]
  for (const [index, row] of rows.entries()) {
    const { id } = items[index]
    const before = answers.get(id)
    if (row.prediction === null) continue
    if (before === undefined) answers.set(id, row)
    else if (repeats === 'never')
      throw dataError(row.place, 'an id not seen before', `${id}, as in ${before.place}`)
    else if (before.prediction === row.prediction) same++
    else if (repeats === 'first counts') other++
    else throw dataError(row.place, `one answer to item ${id}`, `another one than in ${before.place}`)
  }
  return { answers, same, other }
}

const count = (n: number, one: string, many: string): string => (n === 1 ? `1 ${one}` : `${n} ${many}`)

/**
 * Reads `file` and assigns its rows to `items`.
 * @param options.format one of `PREDICTION_FORMATS`; `auto` where absent
 * @throws data error in one line naming file and row: a file of no known maker, a bad or repeated row, an answer
 *   to none of the items, or to a question or answer other than the item's
 */
export async function readPredictions(
  file: string,
  items: readonly BenchmarkItem[],
  { format: wanted = 'auto' }: { format?: string } = {},
): Promise<Predictions> {
  const source = await readRecords(file)
  const records = source.records[Symbol.iterator]()
  const { value: first } = records.next()
  if (!first) throw dataError(file, 'predictions', ['no row', ...source.notes].join('; '))
  const name = formatOf(file, first, wanted)
  const format = FORMATS[name]
  const rows = readRows(source, format, first, records)
  const assigned = assignRows(file, rows, items, format.keyings)
  const { answers, same, other } = collect(rows, assigned.items, format)

  const notes = [...source.notes, ...assigned.notes]
  const failed = rows.filter(({ prediction }) => prediction === null).length
  if (failed > 0)
    notes.push(`${count(failed, 'row says', 'rows say')} that asking failed; no answer is taken from there`)
  if (same > 0) notes.push(`${count(same, 'row repeats', 'rows repeat')} an answer and counts once`)
  if (other > 0)
    notes.push(
      `${count(other, 'row answers', 'rows answer')} an item anew and otherwise; the first answer counts`,
    )
  if (name === 'vlmevalkit') {
    const empty = rows.filter(({ prediction }) => prediction === '').length
    if (empty > 0)
      notes.push(`${count(empty, 'prediction is', 'predictions are')} empty and taken as an empty answer`)
    if ('thinking' in first.values)
      notes.push('reasoning stands in a column of its own; answers are taken without it')
  }
  const cut =
    source.kind === 'sheet' ? rows.filter(({ prediction }) => prediction?.length === CELL_LIMIT).length : 0
  if (cut > 0)
    notes.push(
      `${count(cut, 'prediction fills', 'predictions fill')} a whole spreadsheet cell (${CELL_LIMIT} characters) and may be cut`,
    )

  return {
    format: name,
    predictions: new Map([...answers].map(([id, { prediction }]) => [id, prediction ?? ''])),
    asked: new Map([...answers].flatMap(([id, { asked }]) => (asked === undefined ? [] : [[id, asked]]))),
    notes: notes.map((note) => `${file}: ${note}`),
  }
}
