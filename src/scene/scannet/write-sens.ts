/**
 * Writes a `.sens` file, version 4 (ScanNet's SensorData): little-endian, no padding. Frames are streamed,
 * so a scan of thousands of frames never lies in memory; the frame count is put into the header at the end.
 */
import fs from 'node:fs'
import { deflateSync } from 'node:zlib'
import { dataError } from '../../common/errors.js'
import type { FrameData, ScanData } from './types.js'

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
/** Codes of the format. */
const COLOR_JPEG = 2
const DEPTH_ZLIB_U16 = 1

type SensSource = Pick<
  ScanData,
  'colorSize' | 'depthSize' | 'intrinsicColor' | 'intrinsicDepth' | 'depthShift' | 'sensorName' | 'frames'
>

function writeMatrix(buffer: Buffer, values: ArrayLike<number>, offset: number, subject: string): number {
  if (values.length !== 16) throw dataError(subject, '16 numbers', `${values.length}`)
  for (let i = 0; i < 16; i++) buffer.writeFloatLE(values[i], offset + 4 * i)
  return offset + 64
}

/** The header with a frame count of `frames`; 12 + name + 292 bytes. */
function header(scan: SensSource, frames: number): Buffer {
  const name = Buffer.from(scan.sensorName ?? 'StructureSensor', 'ascii')
  const buffer = Buffer.alloc(12 + name.length + 292)
  buffer.writeUInt32LE(4, 0)
  buffer.writeBigUInt64LE(BigInt(name.length), 4)
  name.copy(buffer, 12)
  let at = 12 + name.length
  at = writeMatrix(buffer, scan.intrinsicColor, at, 'intrinsicColor')
  at = writeMatrix(buffer, IDENTITY, at, 'extrinsicColor')
  at = writeMatrix(buffer, scan.intrinsicDepth, at, 'intrinsicDepth')
  at = writeMatrix(buffer, IDENTITY, at, 'extrinsicDepth')
  at = buffer.writeInt32LE(COLOR_JPEG, at)
  at = buffer.writeInt32LE(DEPTH_ZLIB_U16, at)
  for (const size of [scan.colorSize, scan.depthSize]) {
    at = buffer.writeUInt32LE(size.width, at)
    at = buffer.writeUInt32LE(size.height, at)
  }
  at = buffer.writeFloatLE(scan.depthShift, at)
  buffer.writeBigUInt64LE(BigInt(frames), at)
  return buffer
}

/** Bytes of a typed array in little-endian order (every platform Node 20 runs on is little-endian). */
const bytesOf = (array: Uint16Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength)

function frameRecord(frame: FrameData, index: number, pixels: number): Buffer[] {
  if (frame.depth.length !== pixels)
    throw dataError(`frame ${index}: depth`, `${pixels} values`, `${frame.depth.length}`)
  const depth = deflateSync(bytesOf(frame.depth), { level: 6 })
  const fixed = Buffer.alloc(96)
  writeMatrix(fixed, frame.cameraToWorld, 0, `frame ${index}: cameraToWorld`)
  const timestamp = BigInt(Math.round(frame.timestamp ?? 0))
  fixed.writeBigUInt64LE(timestamp, 64)
  fixed.writeBigUInt64LE(timestamp, 72)
  fixed.writeBigUInt64LE(BigInt(frame.colorJpeg.length), 80)
  fixed.writeBigUInt64LE(BigInt(depth.length), 88)
  return [fixed, frame.colorJpeg, depth]
}

function writeAll(fd: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += fs.writeSync(fd, data, done)
}

/**
 * Writes `file` and returns the number of frames. Not atomic by itself: `writeScan` fills a folder that is
 * renamed when complete.
 */
export async function writeSens(file: string, scan: SensSource): Promise<number> {
  const fd = fs.openSync(file, 'w')
  try {
    const pixels = scan.depthSize.width * scan.depthSize.height
    writeAll(fd, header(scan, 0))
    let count = 0
    for await (const frame of scan.frames) {
      for (const part of frameRecord(frame, count, pixels)) writeAll(fd, part)
      count++
    }
    writeAll(fd, Buffer.alloc(8)) // no IMU records
    const complete = header(scan, count)
    fs.writeSync(fd, complete, 0, complete.length, 0)
    fs.fsyncSync(fd)
    return count
  } finally {
    fs.closeSync(fd)
  }
}
