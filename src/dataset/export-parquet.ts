/**
 * Tables as the Hugging Face hub takes them: parquet files with the pictures inside, one configuration per table.
 * Files are split by size in a way that depends on the data alone, each is written whole or not at all, and one that
 * is there with the same input is not written again; pictures are read a row group at a time.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parquetMetadata } from 'hyparquet'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { removeTemporaries, sha256 } from '../common/files.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { pictureFile, pictureSizes } from './export-pictures.js'
import { type ExportTable, featureJson, schemaOf } from './export-table.js'

/** Bytes of pictures in one row group, which is what a reader holds in memory. */
const GROUP_BYTES = 16 * 2 ** 20
/** What a row weighs without its pictures, about. */
const ROW_BYTES = 1000
/** Name of the metadata that says what a file was made from. */
const INPUT_KEY = 'spatial-ladder input'

/** Consecutive runs of rows that weigh at most `limit` bytes each; a single larger one stands alone. */
function runsOf(rows: readonly number[], weight: (row: number) => number, limit: number): number[][] {
  const runs: number[][] = []
  let bytes = 0
  for (const row of rows) {
    const own = weight(row)
    if (runs.length === 0 || bytes + own > limit) {
      runs.push([])
      bytes = 0
    }
    runs[runs.length - 1].push(row)
    bytes += own
  }
  return runs
}

/** What `file` says it was made from; null where there is no whole parquet file of ours. */
function inputOf(file: string): string | null {
  if (!fs.existsSync(file)) return null
  const fd = fs.openSync(file, 'r')
  try {
    const { size } = fs.fstatSync(fd)
    const tail = Buffer.alloc(8)
    if (size < 12 || fs.readSync(fd, tail, 0, 8, size - 8) < 8 || tail.toString('latin1', 4) !== 'PAR1')
      return null
    const length = Math.min(size, tail.readUInt32LE(0) + 8)
    const footer = new Uint8Array(length)
    fs.readSync(fd, footer, 0, length, size - length)
    const { key_value_metadata = [] } = parquetMetadata(footer.buffer)
    return key_value_metadata.find(({ key }) => key === INPUT_KEY)?.value ?? null
  } catch {
    return null
  } finally {
    fs.closeSync(fd)
  }
}

interface Part {
  file: string
  table: ExportTable
  rows: readonly number[]
  input: string
}

/** Writes one parquet file under a temporary name, flushes it to the disk and renames it. */
async function writePart(
  { file, table, rows, input }: Part,
  imageRoot: string,
  weight: (row: number) => number,
): Promise<void> {
  const names = Object.keys(table.features)
  const features = Object.fromEntries(
    Object.entries(table.features).map(([name, own]) => [name, featureJson(own)]),
  )
  const temporary = `${file}.tmp-${process.pid}-0`
  fs.mkdirSync(path.dirname(file), { recursive: true })
  try {
    const writer = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: [
        { name: 'schema', num_children: names.length },
        ...Object.entries(table.features).flatMap(([name, own]) => schemaOf(name, own)),
      ],
      kvMetadata: [
        { key: 'huggingface', value: JSON.stringify({ info: { features } }) },
        { key: INPUT_KEY, value: input },
      ],
      createdBy: 'spatial-ladder',
    })
    for (const group of runsOf(rows, weight, GROUP_BYTES)) {
      // Frames of one room are in many questions.
      const bytes = new Map<string, Promise<Uint8Array>>()
      const read = (image: string): Promise<Uint8Array> => {
        const found = bytes.get(image) ?? fs.promises.readFile(pictureFile(imageRoot, image))
        bytes.set(image, found)
        return found
      }
      const cells = await Promise.all(
        group.map(async (row) => table.cells(row, await Promise.all(table.images(row).map(read)))),
      )
      await writer.write({
        columnData: names.map((name, column) => ({
          name,
          data: cells.map((row) => row[column]),
          // JPEGs do not get smaller, and their bytes have no order worth noting.
          ...(JSON.stringify(table.features[name]).includes('image') && {
            codec: 'UNCOMPRESSED' as const,
            statistics: false,
          }),
        })),
        rowGroupSize: group.length,
      })
    }
    await writer.finish()
    const fd = fs.openSync(temporary, 'r+')
    fs.fsyncSync(fd)
    fs.closeSync(fd)
    fs.renameSync(temporary, file)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

export interface ExportParquet {
  tables: readonly ExportTable[]
  /** Folder that paths of pictures start from. */
  imageRoot: string
  out: string
  /** Bytes of pictures in one file, at most. */
  shardBytes: number
  /** One file per table, `<out>/<config>.parquet`, as SPBench has it. */
  single?: boolean
  progress?: Progress
}

export interface ExportedFile {
  config: string
  split: string
  file: string
  rows: number
  bytes: number
  /** It was there before. */
  kept: boolean
}

/**
 * Writes `<out>/<config>/<split>-00000-of-00003.parquet`, ...; parts of an earlier splitting go once all are there.
 * @returns the files in order
 * @throws data error naming a picture that is missing, before anything is written
 */
export async function exportParquet(job: ExportParquet): Promise<ExportedFile[]> {
  const { tables, imageRoot, out, shardBytes, single = false, progress = silentProgress } = job
  const sizeOf = pictureSizes(imageRoot)
  const weightIn =
    (table: ExportTable) =>
    (row: number): number =>
      table.images(row).reduce((sum, image) => sum + sizeOf(image), ROW_BYTES)
  const pad = (n: number): string => String(n).padStart(5, '0')
  const parts = tables.flatMap((table): Part[] => {
    const all = Array.from({ length: table.rows }, (_, row) => row)
    const runs = runsOf(all, weightIn(table), single ? Infinity : shardBytes)
    return runs.map((rows, i) => ({
      file: single
        ? path.join(out, `${table.config}.parquet`)
        : path.join(out, table.config, `${table.split}-${pad(i)}-of-${pad(runs.length)}.parquet`),
      table,
      rows,
      input: sha256(
        JSON.stringify([
          table.features,
          rows.map((row) => [table.cells(row, []), table.images(row).map(sizeOf)]),
        ]),
      ),
    }))
  })
  const files: ExportedFile[] = []
  let done = 0
  progress.update(0)
  for (const folder of new Set(parts.map(({ file }) => path.dirname(file)))) removeTemporaries(folder)
  for (const part of parts) {
    const { file, table, rows, input } = part
    const kept = inputOf(file) === input
    if (!kept) await writePart(part, imageRoot, weightIn(table))
    const { config, split } = table
    files.push({ config, split, file, rows: rows.length, bytes: fs.statSync(file).size, kept })
    done += rows.length
    progress.update(done, path.basename(file))
  }
  if (!single) removeOthers(files)
  return files
}

/** Removes parts that an earlier run with another size left: readers take all files of a folder. */
function removeOthers(files: readonly ExportedFile[]): void {
  const wanted = new Set(files.map(({ file }) => file))
  for (const folder of new Set(files.map(({ file }) => path.dirname(file))))
    for (const name of fs.readdirSync(folder)) {
      const file = path.join(folder, name)
      if (/^(train|test)-\d{5}-of-\d{5}\.parquet$/.test(name) && !wanted.has(file)) fs.rmSync(file)
    }
}
