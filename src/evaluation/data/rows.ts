/** Rows of a published file: parquet, a JSON array, or JSON Lines. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { readJsonl } from '../../common/jsonl.js'
import { readParquetRows } from './parquet.js'
import type { Row } from './row.js'

export type { Row } from './row.js'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const toRows = (file: string, values: readonly unknown[]): Row[] =>
  values.map((value, index) => {
    const place = `${file} row ${index + 1}`
    if (!isObject(value)) throw dataError(place, 'a JSON object', `${JSON.stringify(value)}`.slice(0, 60))
    return { place, values: value }
  })

function readArray(file: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw dataError(file, 'a JSON array of objects', `what is no JSON (${error.message})`)
  }
  if (Array.isArray(value)) return value
  throw dataError(file, 'a JSON array of objects', `${JSON.stringify(value)}`.slice(0, 60))
}

/**
 * All rows of `file`, in order; which of the three it is, its extension says.
 * @throws data error naming file and row: another kind of file, a truncated one, a row that is no object
 */
export async function readRows(file: string): Promise<Row[]> {
  switch (path.extname(file).toLowerCase()) {
    case '.parquet':
      return readParquetRows(file)
    case '.json':
      return toRows(file, readArray(file))
    case '.jsonl':
      return toRows(file, readJsonl(file))
    default:
      throw dataError(file, 'a .parquet, .json or .jsonl file', path.extname(file) || 'no extension')
  }
}
