/**
 * Rows of a result file, whatever it is written in: JSON Lines, JSON, comma- or tab-separated values, a
 * spreadsheet. What it is, its content says; a row is read when it is asked for, so that big rows are not kept.
 */
import fs from 'node:fs'
import path from 'node:path'
import { type CellValue, readSheet } from 'read-excel-file/universal'
import { dataError, LadderError } from '../../common/errors.js'
import { checkZipSizes } from '../../common/zip.js'
import { parseCsv } from './csv.js'

export interface ResultRecord {
  /** `<file> row <n>`; 1-based, and in tables the line of column names is row 1. */
  place: string
  values: Record<string, unknown>
}

export interface RecordFile {
  records: Iterable<ResultRecord>
  /** In tables an empty text and no text look alike, and spreadsheets may hold numbers. */
  kind: 'json' | 'table' | 'sheet'
  /** Filled while `records` are read. */
  notes: string[]
}

/** Most characters that a spreadsheet's cell can hold: what was longer is cut. */
export const CELL_LIMIT = 32_767

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/** Python's `json` writes NaN and Infinity, which are no JSON: they become null. @throws SyntaxError */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error
    return JSON.parse(
      text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/gs, (token) =>
        token[0] === '"' ? token : 'null',
      ),
    )
  }
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function* jsonLines(file: string, data: Buffer, notes: string[]): Generator<ResultRecord> {
  let row = 0
  for (let start = 0; start < data.length; ) {
    const newline = data.indexOf(0x0a, start)
    const line = data.toString('utf8', start, newline < 0 ? data.length : newline)
    start = newline < 0 ? data.length : newline + 1
    row++
    if (line.trim() === '') continue
    const values = tryJson(line)
    if (isObject(values)) yield { place: `${file} row ${row}`, values }
    else if (newline < 0 && values === undefined)
      notes.push(`the last line (row ${row}) is only half written and is left out`)
    else throw dataError(`${file} row ${row}`, 'a JSON object', shown(line))
  }
}

function* jsonRows(file: string, values: readonly unknown[]): Generator<ResultRecord> {
  for (const [index, value] of values.entries()) {
    const place = `${file} row ${index + 1}`
    if (!isObject(value)) throw dataError(place, 'a JSON object', shown(value))
    yield { place, values: value }
  }
}

function* tableRows(file: string, table: readonly (readonly unknown[])[]): Generator<ResultRecord> {
  const columns = table[0].map((name) => String(name ?? '').trim())
  const twice = columns.find((name, index) => name !== '' && columns.indexOf(name) < index)
  if (twice !== undefined) throw dataError(file, 'every column once', `${twice} twice`)
  for (const [index, cells] of table.entries()) {
    if (index === 0) continue
    const place = `${file} row ${index + 1}`
    if (cells.length !== columns.length)
      throw dataError(place, `${columns.length} fields (${shown(columns.join(', '))})`, `${cells.length}`)
    yield { place, values: Object.fromEntries(columns.map((name, at) => [name, cells[at]])) }
  }
}

async function sheetRows(file: string, data: Buffer): Promise<CellValue[][]> {
  try {
    await checkZipSizes(file, data)
    return (await readSheet(Uint8Array.from(data).buffer, 1, { trim: false })) as CellValue[][]
  } catch (error) {
    if (error instanceof LadderError) throw error
    throw dataError(file, 'a spreadsheet (.xlsx)', error instanceof Error ? error.message : String(error))
  }
}

/** A whole JSON text: an array of rows, or older lmms-eval's one object with them under `logs`. */
function rowsOfJson(file: string, text: string): unknown[] {
  const value = tryJson(text)
  if (Array.isArray(value)) return value
  if (isObject(value)) return Array.isArray(value.logs) ? value.logs : [value]
  throw dataError(file, 'JSON: an array of rows, or one row a line', shown(text.slice(0, 60)))
}

/** The rows of `file`. @throws data error where it is none of these, while rows are read also naming the row */
export async function readRecords(file: string): Promise<RecordFile> {
  const data = fs.readFileSync(file)
  const notes: string[] = []
  if (/\.(pkl|pickle)$/i.test(file) || data[0] === 0x80)
    throw dataError(file, 'rows as text or a spreadsheet', 'a pickle; save it in Python as .tsv or .json')
  if (data.toString('latin1', 0, 4) === 'PK\x03\x04')
    return { records: tableRows(file, await sheetRows(file, data)), kind: 'sheet', notes }
  const bom = data.toString('latin1', 0, 3) === '\xef\xbb\xbf' ? 3 : 0
  const body = data.subarray(bom)
  const head = body.toString('utf8', 0, 4096).trimStart()
  if (head === '') throw dataError(file, 'predictions', 'an empty file')
  if (path.extname(file).toLowerCase() === '.jsonl')
    return { records: jsonLines(file, body, notes), kind: 'json', notes }
  if (head[0] === '[')
    return { records: jsonRows(file, rowsOfJson(file, body.toString('utf8'))), kind: 'json', notes }
  if (head[0] === '{') {
    const newline = body.indexOf(0x0a)
    const first = tryJson(body.toString('utf8', 0, newline < 0 ? body.length : newline))
    const records =
      isObject(first) && !Array.isArray(first.logs)
        ? jsonLines(file, body, notes)
        : jsonRows(file, rowsOfJson(file, body.toString('utf8')))
    return { records, kind: 'json', notes }
  }
  const text = body.toString('utf8')
  const names = text.slice(0, text.search(/[\r\n]|$/))
  const { records, open } = parseCsv(text, names.includes('\t') ? '\t' : ',')
  if (open) throw dataError(`${file} row ${records.length + 1}`, 'a closing quote', 'the end of the file')
  return { records: tableRows(file, records), kind: 'table', notes }
}
