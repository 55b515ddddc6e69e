/**
 * TensorBoard event files: TFRecords (length, CRC, bytes, CRC) of `Event` messages, scalars only, protobuf by hand.
 * Formats: tensorflow/core/lib/io/record_writer.h, tensorboard/compat/proto/{event,summary}.proto.
 */
import fs from 'node:fs'
import { writeFileAtomic } from '../common/files.js'

/** CRC-32C (Castagnoli), reflected polynomial 0x82f63b78. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value
})

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]
  return (crc ^ 0xffffffff) >>> 0
}

/** TFRecord's mask: rotated right by 15, plus a constant. */
function maskedCrc(bytes: Uint8Array): Buffer {
  const crc = crc32c(bytes)
  const out = Buffer.alloc(4)
  out.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0)
  return out
}

function record(data: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(data.length))
  return Buffer.concat([length, maskedCrc(length), data, maskedCrc(data)])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}
const key = (field: number, wire: number): Buffer => varint(field * 8 + wire)
const bytesField = (field: number, data: Buffer): Buffer =>
  Buffer.concat([key(field, 2), varint(data.length), data])
const double = (field: number, value: number): Buffer => {
  const data = Buffer.alloc(8)
  data.writeDoubleLE(value)
  return Buffer.concat([key(field, 1), data])
}
const float = (field: number, value: number): Buffer => {
  const data = Buffer.alloc(4)
  data.writeFloatLE(value)
  return Buffer.concat([key(field, 5), data])
}

/** Event: wall_time 1 (seconds), step 2, file_version 3, summary 5. */
const event = (time: number, step: number, body: Buffer): Buffer =>
  record(Buffer.concat([double(1, time), key(2, 0), varint(step), body]))

/** The event every file begins with. */
export const firstEvent = (time: number): Buffer =>
  event(time, 0, bytesField(3, Buffer.from('brain.Event:2')))

/** One event of scalars. @param time seconds since 1970 */
export function scalarEvent(time: number, step: number, scalars: Readonly<Record<string, number>>): Buffer {
  const values = Object.entries(scalars).map(([tag, value]) =>
    bytesField(1, Buffer.concat([bytesField(1, Buffer.from(tag)), float(2, value)])),
  )
  return event(time, step, bytesField(5, Buffer.concat(values)))
}

/** Numbers of a row of metrics under transformers' tags, `train/loss`. */
const scalarsOf = (row: Readonly<Record<string, unknown>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(row)
      .filter((entry): entry is [string, number] => entry[0] !== 'step' && typeof entry[1] === 'number')
      .map(([name, value]) => [`train/${name}`, value]),
  )

type Row = Readonly<Record<string, unknown>> & { step: number; step_time?: number }

/**
 * The event file of a run, written anew from the rows it has so far: `metrics.jsonl` is the truth, so what a killed
 * run had logged beyond its checkpoint is gone here too. @returns the writer of further rows
 */
export function openEvents(file: string, rows: readonly Row[]): (row: Row) => void {
  // When a row was written is not kept; its place in time follows from how long steps took.
  const seconds = rows.reduce((sum, { step_time = 0 }) => sum + step_time, 0)
  let time = Date.now() / 1000 - seconds
  const events = [firstEvent(time)]
  for (const row of rows) {
    time += row.step_time ?? 0
    events.push(scalarEvent(time, row.step, scalarsOf(row)))
  }
  writeFileAtomic(file, Buffer.concat(events))
  return (row) => fs.appendFileSync(file, scalarEvent(Date.now() / 1000, row.step, scalarsOf(row)))
}
