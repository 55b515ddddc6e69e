/**
 * safetensors (8-byte little-endian header length, JSON header, raw row-major data), one file or a folder
 * of shards with `model.safetensors.index.json`. Tensors are read one at a time, never the whole file.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { writeFileAtomic, writeJsonAtomic } from '../common/files.js'
import { BYTES, type Dtype } from './dtype.js'
import { fromFile, type Tensor } from './tensor.js'

const CODES: Record<Dtype, string> = {
  u8: 'U8',
  i8: 'I8',
  i16: 'I16',
  i32: 'I32',
  i64: 'I64',
  f16: 'F16',
  f32: 'F32',
  f64: 'F64',
  bool: 'BOOL',
  bf16: 'BF16',
}
const DTYPE_OF = new Map(Object.entries(CODES).map(([dtype, code]) => [code, dtype as Dtype]))
/** The reference implementation's limit: blocks headers crafted to exhaust memory. */
const MAX_HEADER_BYTES = 100_000_000

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})
const headerSchema = z.record(z.string(), z.unknown())
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })

export interface TensorEntry {
  file: string
  dtype: Dtype
  shape: number[]
  /** Absolute byte range in the file. */
  begin: number
  end: number
}

/** The tensors of one safetensors file by name. @throws data error naming file and tensor */
export function readSafetensorsHeader(file: string): Map<string, TensorEntry> {
  const fd = fs.openSync(file, 'r')
  try {
    const { size } = fs.fstatSync(fd)
    const prefix = Buffer.alloc(8)
    if (fs.readSync(fd, prefix, 0, 8, 0) < 8) throw dataError(file, 'a safetensors file', `${size} bytes`)
    const length = Number(prefix.readBigUInt64LE())
    if (length > MAX_HEADER_BYTES || 8 + length > size)
      throw dataError(
        `${file} offset 0`,
        `a header of at most ${Math.min(size - 8, MAX_HEADER_BYTES)} bytes`,
        `${length}`,
      )
    const text = Buffer.alloc(length)
    fs.readSync(fd, text, 0, length, 8)
    const header = headerSchema.safeParse(parseJson(text.toString('utf8'), file))
    if (!header.success) throw dataError(`${file} header`, 'an object', 'something else')
    const entries = new Map<string, TensorEntry>()
    for (const [name, value] of Object.entries(header.data)) {
      if (name === '__metadata__') continue
      const parsed = entrySchema.safeParse(value)
      const dtype = parsed.success ? DTYPE_OF.get(parsed.data.dtype) : undefined
      if (!parsed.success || !dtype)
        throw dataError(
          `${file} tensor ${name}`,
          'dtype, shape and data_offsets',
          JSON.stringify(value).slice(0, 80),
        )
      const { shape, data_offsets } = parsed.data
      const [begin, end] = data_offsets.map((offset) => offset + 8 + length)
      const bytes = shape.reduce((product, n) => product * n, BYTES[dtype])
      if (end - begin !== bytes || end > size)
        throw dataError(`${file} tensor ${name}`, `${bytes} bytes inside the file`, `offsets ${data_offsets}`)
      entries.set(name, { file, dtype, shape, begin, end })
    }
    return entries
  } finally {
    fs.closeSync(fd)
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw dataError(`${file} header`, 'JSON', JSON.stringify(text.slice(0, 40)))
  }
}

/** The tensors of a checkpoint folder: `model.safetensors`, or the shards its index names. */
export function readCheckpointIndex(folder: string): Map<string, TensorEntry> {
  const indexFile = path.join(folder, 'model.safetensors.index.json')
  if (!fs.existsSync(indexFile)) {
    const file = path.join(folder, 'model.safetensors')
    if (!fs.existsSync(file)) throw dataError(folder, 'model.safetensors or its index', 'neither')
    return readSafetensorsHeader(file)
  }
  const parsed = indexSchema.safeParse(parseJson(fs.readFileSync(indexFile, 'utf8'), indexFile))
  if (!parsed.success) throw dataError(indexFile, 'a weight_map of tensor names to files', 'something else')
  const index = parsed.data
  const entries = new Map<string, TensorEntry>()
  for (const shard of new Set(Object.values(index.weight_map)))
    for (const [name, entry] of readSafetensorsHeader(path.join(folder, shard))) entries.set(name, entry)
  for (const name of Object.keys(index.weight_map))
    if (!entries.has(name))
      throw dataError(indexFile, `tensor ${name} in ${index.weight_map[name]}`, 'no such tensor')
  return entries
}

/** One tensor, in another element type if wanted; the file is mapped and never whole in memory. */
export const readTensor = ({ begin, dtype, file, shape }: TensorEntry, wanted: Dtype = dtype): Tensor =>
  fromFile(file, begin, shape, dtype, wanted)

/** All tensors of one file. */
export function readSafetensors(file: string): Map<string, Tensor> {
  return new Map([...readSafetensorsHeader(file)].map(([name, entry]) => [name, readTensor(entry)]))
}

const bytesOf = ({ dtype, size }: Tensor): number => BYTES[dtype] * size

/** Writes tensors to one file, atomically and one after another; `format: pt` so that transformers accepts it. */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Record<string, string> = {},
): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  let offset = 0
  // The widest elements first, so that each lies where its type may lie: Python reads no others.
  const ordered = [...tensors].sort(([, a], [, b]) => BYTES[b.dtype] - BYTES[a.dtype])
  for (const [name, value] of ordered) {
    const end = offset + bytesOf(value)
    header[name] = { dtype: CODES[value.dtype], shape: value.shape, data_offsets: [offset, end] }
    offset = end
  }
  const text = JSON.stringify(header)
  const padded = Buffer.from(
    text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8 - Buffer.byteLength(text) + text.length),
  )
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(padded.length))
  writeFileAtomic(file, function* () {
    yield prefix
    yield padded
    for (const [, value] of ordered) yield value.data()
  })
}

/** As transformers before version 5 cuts them. */
export const SHARD_BYTES = 5e9

/**
 * Writes a checkpoint into an existing folder: `model.safetensors`, or shards of at most `shardBytes` with
 * `model.safetensors.index.json` where that is not enough. A tensor is never cut.
 */
export function writeCheckpoint(
  folder: string,
  tensors: ReadonlyMap<string, Tensor>,
  shardBytes = SHARD_BYTES,
): void {
  const shards: Map<string, Tensor>[] = []
  let used = Number.POSITIVE_INFINITY
  let total = 0
  for (const [name, value] of tensors) {
    const bytes = bytesOf(value)
    if (used + bytes > shardBytes) {
      shards.push(new Map())
      used = 0
    }
    shards[shards.length - 1].set(name, value)
    used += bytes
    total += bytes
  }
  if (shards.length <= 1) {
    writeSafetensors(path.join(folder, 'model.safetensors'), tensors)
    return
  }
  const pad = (n: number): string => String(n).padStart(5, '0')
  const weightMap: Record<string, string> = {}
  shards.forEach((shard, i) => {
    const file = `model-${pad(i + 1)}-of-${pad(shards.length)}.safetensors`
    writeSafetensors(path.join(folder, file), shard)
    for (const name of shard.keys()) weightMap[name] = file
  })
  // Last, so that whoever finds it finds the shards.
  writeJsonAtomic(path.join(folder, 'model.safetensors.index.json'), {
    metadata: { total_size: total },
    weight_map: weightMap,
  })
}
