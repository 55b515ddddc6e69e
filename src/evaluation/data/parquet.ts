/**
 * Parquet as Hugging Face's `datasets` writes it. Rows are read at once, except the bytes of pictures (columns
 * of `{bytes, path}`, or lists of them): those are read when a picture is asked for, one row group at a time,
 * so that a file of gigabytes needs the memory of a row group or two.
 */
import fs from 'node:fs'
import path from 'node:path'
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { dataError, LadderError } from '../../common/errors.js'
import { fileState } from './file-state.js'
import type { Row } from './row.js'
import type { SourcePicture } from './source.js'

const MAGIC = 'PAR1'
/** Row groups of picture bytes that are kept, of all files together. */
const GROUPS_KEPT = 2

/** `file` in pieces; the handle is open only while one is read. */
function fileBuffer(file: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      if (start < 0 || end > byteLength || start > end)
        throw dataError(file, `bytes ${start} to ${end}, as its footer says`, `a file of ${byteLength}`)
      const out = new Uint8Array(end - start)
      const handle = await fs.promises.open(file, 'r')
      try {
        for (let at = 0; at < out.length; ) {
          const { bytesRead } = await handle.read(out, at, out.length - at, start + at)
          if (bytesRead === 0)
            throw dataError(`${file} at byte ${start + at}`, `${out.length - at} more bytes`, 'its end')
          at += bytesRead
        }
      } finally {
        await handle.close()
      }
      return out.buffer
    },
  }
}

interface Parquet {
  file: string
  buffer: AsyncBuffer
  metadata: FileMetaData
}

/** Runs `read`; what the reader of the format throws becomes one line that names the file. */
async function reading<T>(file: string, what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof LadderError || (error as NodeJS.ErrnoException).code) throw error
    throw dataError(file, what, error instanceof Error ? error.message : String(error))
  }
}

async function openParquet(file: string): Promise<Parquet> {
  const { size } = await fs.promises.stat(file)
  const buffer = fileBuffer(file, size)
  const text = async (start: number): Promise<string> =>
    Buffer.from(await buffer.slice(start, start + 4)).toString('latin1')
  if (size < 12) throw dataError(file, 'a parquet file', `${size} bytes`)
  const [head, tail] = [await text(0), await text(size - 4)]
  if (head !== MAGIC) throw dataError(file, `a parquet file (it starts with ${MAGIC})`, JSON.stringify(head))
  if (tail !== MAGIC)
    throw dataError(file, `a whole parquet file (it ends with ${MAGIC})`, `${size} bytes that end otherwise`)
  const metadata = await reading(file, 'a parquet footer', () => parquetMetadataAsync(buffer))
  return { file, buffer, metadata }
}

type Shape = 'picture' | 'pictures' | 'value'

const isPictureStruct = ({ children }: SchemaTree): boolean =>
  children.length === 2 &&
  children.every(({ element }) => element.type === 'BYTE_ARRAY') &&
  ['bytes', 'path'].every((name) => children.some(({ element }) => element.name === name))

/** A picture, a list of pictures (three-level, as Arrow writes lists), or anything else. */
function shapeOf(column: SchemaTree): Shape {
  if (isPictureStruct(column)) return 'picture'
  const item = column.element.converted_type === 'LIST' ? column.children[0]?.children[0] : undefined
  return item && isPictureStruct(item) ? 'pictures' : 'value'
}

/** The same file as if the leaf `name` of the columns `columns` were not in it. */
function withoutLeaf(
  metadata: FileMetaData,
  columns: readonly string[],
  name: 'bytes' | 'path',
): FileMetaData {
  const tree = parquetSchema(metadata)
  const schema = (function* elements(node: SchemaTree): Generator<FileMetaData['schema'][number]> {
    const kept = node.children.filter(
      (child) => !(columns.includes(child.path[0]) && child.element.name === name && !child.children.length),
    )
    yield node.children.length ? { ...node.element, num_children: kept.length } : node.element
    for (const child of kept) yield* elements(child)
  })(tree)
  const row_groups = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.filter(({ meta_data }) => {
      const at = meta_data?.path_in_schema ?? []
      return !(columns.includes(at[0]) && at.length > 1 && at[at.length - 1] === name)
    }),
  }))
  return { ...metadata, schema: [...schema], row_groups }
}

/** Whole numbers as numbers, absent values as null, lists as plain lists. */
function plainValue(value: unknown, place: string): unknown {
  if (value === undefined || value === null) return null
  if (typeof value === 'bigint') {
    const number = Number(value)
    if (!Number.isSafeInteger(number))
      throw dataError(place, `a whole number of at most ${Number.MAX_SAFE_INTEGER}`, `${value}`)
    return number
  }
  if (Array.isArray(value)) return value.map((item) => plainValue(item, place))
  if (typeof value !== 'object' || value instanceof Date || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item, place)]))
}

interface Group {
  start: number
  end: number
}

function groupsOf({ row_groups }: FileMetaData): Group[] {
  let end = 0
  return row_groups.map(({ num_rows }) => {
    const start = end
    end += Number(num_rows)
    return { start, end }
  })
}

type Cell = { bytes?: unknown } | null | undefined
const cache = new Map<string, Promise<readonly (Cell | Cell[])[]>>()
/** Row groups are read one after another: many requests at once must not hold many of them. */
let lastRead: Promise<unknown> = Promise.resolve()

/** Bytes of the pictures of one column in one row group, from the few that are kept or from the file. */
function pictureGroup(parquet: Parquet, column: string, group: Group): Promise<readonly (Cell | Cell[])[]> {
  const { file, buffer, metadata } = parquet
  const key = `${fileState(file)} ${column} ${group.start}`
  const kept = cache.get(key)
  if (kept) {
    cache.delete(key)
    cache.set(key, kept)
    return kept
  }
  const cells = lastRead.then(() =>
    reading(`${file} rows ${group.start + 1} to ${group.end}`, `pictures in column ${column}`, async () => {
      const rows = await parquetReadObjects({
        file: buffer,
        metadata: withoutLeaf(metadata, [column], 'path'),
        columns: [column],
        rowStart: group.start,
        rowEnd: group.end,
        compressors,
        utf8: false,
      })
      return rows.map((row): Cell | Cell[] => row[column])
    }),
  )
  lastRead = cells.catch(() => cache.delete(key))
  cache.set(key, cells)
  for (const old of [...cache.keys()].slice(0, Math.max(0, cache.size - GROUPS_KEPT))) cache.delete(old)
  return cells
}

/** The file that a cell without bytes names; it lies in or below the parquet file's folder. */
function fileBeside(parquetFile: string, name: string, place: string): string {
  const folder = path.resolve(path.dirname(parquetFile))
  const target = path.resolve(folder, name)
  if (!target.startsWith(`${folder}${path.sep}`))
    throw dataError(place, `bytes, or the path of a picture in ${folder}`, JSON.stringify(name))
  return target
}

interface PictureCell {
  parquet: Parquet
  column: string
  /** 0-based. */
  row: number
  group: Group
  /** Place in the cell's list; null where the cell is one picture. */
  index: number | null
  /** What the cell calls its picture. */
  path: string | null
}

function pictureOf(cell: PictureCell): SourcePicture {
  const { parquet, column, row, group, index } = cell
  const suffix = `row ${row + 1} ${column}${index === null ? '' : ` ${index}`}`
  const place = `${parquet.file} ${suffix}`
  return {
    name: `${path.basename(parquet.file)} ${suffix}`,
    published: null,
    origin: () => fileState(parquet.file),
    async read() {
      const value = (await pictureGroup(parquet, column, group))[row - group.start]
      const item = index === null ? (value as Cell) : (value as Cell[])[index]
      // A copy: the view would keep the pages around it.
      if (item?.bytes instanceof Uint8Array) return Buffer.from(item.bytes)
      if (!cell.path) throw dataError(place, 'a picture', 'neither bytes nor a path')
      const file = fileBeside(parquet.file, cell.path, place)
      try {
        return await fs.promises.readFile(file)
      } catch (error) {
        throw dataError(place, `the picture ${file}`, (error as NodeJS.ErrnoException).code ?? 'nothing')
      }
    },
  }
}

/**
 * All rows; pictures are referred to, not read.
 * @throws data error naming file and row or offset: no parquet file, a truncated one, a number beyond 2^53
 */
export async function readParquetRows(file: string): Promise<Row[]> {
  const parquet = await openParquet(file)
  const { metadata, buffer } = parquet
  const shapes = new Map(
    parquetSchema(metadata).children.map((child): [string, Shape] => [child.element.name, shapeOf(child)]),
  )
  const pictures = [...shapes].filter(([, shape]) => shape !== 'value').map(([name]) => name)
  const rows = await reading(file, 'readable columns', () =>
    parquetReadObjects({
      file: buffer,
      metadata: withoutLeaf(metadata, pictures, 'bytes'),
      compressors,
      geoparquet: false,
    }),
  )
  if (BigInt(rows.length) !== BigInt(metadata.num_rows))
    throw dataError(file, `${metadata.num_rows} rows, as its footer says`, `${rows.length}`)
  const groups = groupsOf(metadata)
  let g = 0
  return rows.map((row, index) => {
    while (index >= groups[g].end) g++
    const group = groups[g]
    const place = `${file} row ${index + 1}`
    const picture = (column: string, value: unknown, at: number | null): SourcePicture | null =>
      value === null
        ? null
        : pictureOf({
            parquet,
            column,
            row: index,
            group,
            index: at,
            path: (value as { path: string | null }).path,
          })
    const values = Object.entries(row).map(([column, raw]): [string, unknown] => {
      const value = plainValue(raw, `${place} column ${column}`)
      const shape = shapes.get(column)
      if (shape === 'picture') return [column, picture(column, value, null)]
      if (shape === 'pictures' && Array.isArray(value))
        return [column, value.map((item, at) => picture(column, item, at))]
      return [column, value]
    })
    return { place, values: Object.fromEntries(values) }
  })
}
