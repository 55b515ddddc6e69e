/**
 * Parquet as Hugging Face's `datasets` writes it. Rows are read at once, except the bytes of pictures (columns
 * of `{bytes, path}`, or lists of them): those are read when a picture is asked for, one row group at a time,
 * so that a file of gigabytes needs the memory of a row group or two.
 */
import fs from 'node:fs'
import path from 'node:path'
import { type FileMetaData, parquetSchema, type SchemaTree } from 'hyparquet'
import { dataError } from '../../common/errors.js'
import { fileState } from './file-state.js'
import { decodeParquet, type Limits, type Read } from './parquet-process.js'
import type { Row } from './row.js'
import type { SourcePicture } from './source.js'

const MAGIC = 'PAR1'
/** Row groups of picture bytes that are kept, of all files together. */
const GROUPS_KEPT = 2

interface Parquet {
  file: string
  size: number
  metadata: FileMetaData
  limits: Limits | undefined
}

async function openParquet(file: string, limits?: Limits): Promise<Parquet> {
  const { size } = await fs.promises.stat(file)
  if (size < 12) throw dataError(file, 'a parquet file', `${size} bytes`)
  const handle = await fs.promises.open(file, 'r')
  try {
    const text = async (start: number): Promise<string> =>
      (await handle.read(Buffer.alloc(4), 0, 4, start)).buffer.toString('latin1')
    const [head, tail] = [await text(0), await text(size - 4)]
    if (head !== MAGIC)
      throw dataError(file, `a parquet file (it starts with ${MAGIC})`, JSON.stringify(head))
    if (tail !== MAGIC)
      throw dataError(
        file,
        `a whole parquet file (it ends with ${MAGIC})`,
        `${size} bytes that end otherwise`,
      )
  } finally {
    await handle.close()
  }
  const metadata = await decodeParquet({ file, byteLength: size }, 'a parquet footer', limits)
  return { file, size, limits, metadata: metadata as FileMetaData }
}

/** Rows as the decoder gives them. */
const readObjects = ({ file, limits, size }: Parquet, read: Read, what: string): Promise<Row['values'][]> =>
  decodeParquet({ file, byteLength: size, read }, what, limits) as Promise<Row['values'][]>

/** @throws data error for a footer whose columns do not make a tree */
function columnsOf(file: string, metadata: FileMetaData): SchemaTree[] {
  try {
    return parquetSchema(metadata).children
  } catch (error) {
    throw dataError(file, 'a parquet footer', error instanceof Error ? error.message : String(error))
  }
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
/** Bytes of the pictures of one column in one row group, from the few that are kept or from the file. */
function pictureGroup(parquet: Parquet, column: string, group: Group): Promise<readonly (Cell | Cell[])[]> {
  const { file, metadata } = parquet
  const key = `${fileState(file)} ${column} ${group.start}`
  const kept = cache.get(key)
  if (kept) {
    cache.delete(key)
    cache.set(key, kept)
    return kept
  }
  const read: Read = {
    metadata: withoutLeaf(metadata, [column], 'path'),
    columns: [column],
    rowStart: group.start,
    rowEnd: group.end,
    utf8: false,
  }
  const what = `pictures in column ${column} of rows ${group.start + 1} to ${group.end}`
  const cells = readObjects(parquet, read, what).then((rows) =>
    rows.map((row) => row[column] as Cell | Cell[]),
  )
  cells.catch(() => cache.delete(key))
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
      // A damaged column may have fewer rows, or one picture where another column said there are several.
      const item = index === null ? (value as Cell) : Array.isArray(value) ? value[index] : undefined
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
 * @param limits of time and memory for the decoder, where not the usual ones
 * @throws data error naming file and row or offset: no parquet file, a truncated one, a number beyond 2^53
 */
export async function readParquetRows(file: string, limits?: Limits): Promise<Row[]> {
  const parquet = await openParquet(file, limits)
  const { metadata } = parquet
  const shapes = new Map(
    columnsOf(file, metadata).map((child): [string, Shape] => [child.element.name, shapeOf(child)]),
  )
  const pictures = [...shapes].filter(([, shape]) => shape !== 'value').map(([name]) => name)
  const rows = await readObjects(
    parquet,
    { metadata: withoutLeaf(metadata, pictures, 'bytes') },
    'readable columns',
  )
  if (BigInt(rows.length) !== BigInt(metadata.num_rows))
    throw dataError(file, `${metadata.num_rows} rows, as its footer says`, `${rows.length}`)
  const groups = groupsOf(metadata)
  let g = 0
  return rows.map((row, index) => {
    while (index >= groups[g].end) g++
    const group = groups[g]
    const place = `${file} row ${index + 1}`
    const picture = (column: string, value: unknown, at: number | null): SourcePicture | null => {
      if (value === null) return null
      // In a damaged file a path may be anything.
      const { path: name } = value as { path: unknown }
      const path = typeof name === 'string' ? name : null
      return pictureOf({ parquet, column, row: index, group, index: at, path })
    }
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
