/**
 * Reads `.sens` files, version 4 (ScanNet's SensorData). Opening reads the header and 96 bytes a frame,
 * never the payloads: the index of a 4 GB scan costs a quarter of a megabyte of reads.
 */
import fs from 'node:fs'
import { inflateSync } from 'node:zlib'
import { dataError } from '../../common/errors.js'
import type { Size } from './types.js'

const COLOR_FORMATS: Record<number, SensFile['colorFormat']> = { 0: 'raw', 1: 'png', 2: 'jpeg' }
const DEPTH_FORMATS: Record<number, SensFile['depthFormat']> = { 0: 'raw', 1: 'zlib', 2: 'occi' }
const FRAME_HEADER = 96
/** No sensor has more pixels a side. */
const MAX_SIDE = 1 << 14
/** A zlib stream holds at most so many times its own bytes. */
const MAX_INFLATION = 1032

/** One frame's place in the file and its pose. */
export interface SensFrame {
  /** Camera to world (not axis-aligned), 4x4 row-major. */
  cameraToWorld: number[]
  /** False when tracking was lost: a value that is not finite, or m00 = 0. */
  valid: boolean
  /** Microseconds by convention; unreliable in real scans. */
  timestamp: bigint
  /** Byte offset of the colour bytes; depth bytes follow them. */
  offset: number
  colorBytes: number
  depthBytes: number
}

export interface SensFile {
  file: string
  sensorName: string
  /** 4x4 row-major. */
  intrinsicColor: number[]
  extrinsicColor: number[]
  intrinsicDepth: number[]
  extrinsicDepth: number[]
  colorFormat: 'raw' | 'png' | 'jpeg'
  depthFormat: 'raw' | 'zlib' | 'occi'
  colorSize: Size
  depthSize: Size
  /** Depth units per metre. */
  depthShift: number
  frames: SensFrame[]
}

/** Whether a camera-to-world matrix can be used at all. */
export const isValidPose = (pose: ArrayLike<number>): boolean =>
  pose.length === 16 && Array.from(pose).every(Number.isFinite) && pose[0] !== 0

/** Whether a 4x4 or 3x4 intrinsic matrix is that of a camera. */
export const isCamera = (k: ArrayLike<number>): boolean =>
  [k[0], k[5], k[2], k[6]].every(Number.isFinite) && k[0] > 0 && k[5] > 0

/** Reads exactly `length` bytes or fails with `what` and the offset. */
function readExactly(fd: number, file: string, offset: number, length: number, what: string): Buffer {
  const buffer = Buffer.allocUnsafe(length)
  let got = 0
  while (got < length) {
    const n = fs.readSync(fd, buffer, got, length - got, offset + got)
    if (n === 0)
      throw dataError(`${file}: ${what} at byte ${offset}`, `${length} bytes`, `${got} (the file is cut off)`)
    got += n
  }
  return buffer
}

const readMatrix = (buffer: Buffer, at: number): number[] =>
  Array.from({ length: 16 }, (_, i) => buffer.readFloatLE(at + 4 * i))

function openHeader(
  fd: number,
  file: string,
): { header: Omit<SensFile, 'frames'>; count: number; end: number } {
  const start = readExactly(fd, file, 0, 12, 'header')
  const version = start.readUInt32LE(0)
  if (version !== 4) throw dataError(`${file}: version at byte 0`, '4', `${version}`)
  const nameLength = Number(start.readBigUInt64LE(4))
  if (nameLength > 4096)
    throw dataError(`${file}: sensor name at byte 4`, 'at most 4096 bytes', `${nameLength}`)
  const rest = readExactly(fd, file, 12, nameLength + 292, 'header')
  const at = nameLength
  const [colorCode, depthCode] = [rest.readInt32LE(at + 256), rest.readInt32LE(at + 260)]
  const [colorFormat, depthFormat] = [COLOR_FORMATS[colorCode], DEPTH_FORMATS[depthCode]]
  const byte = (offset: number): string => `byte ${12 + at + offset}`
  if (!colorFormat)
    throw dataError(`${file}: colour compression at ${byte(256)}`, '0, 1 or 2', `${colorCode}`)
  if (!depthFormat) throw dataError(`${file}: depth compression at ${byte(260)}`, '0, 1 or 2', `${depthCode}`)
  const size = (offset: number, kind: string): Size => {
    const [width, height] = [rest.readUInt32LE(at + offset), rest.readUInt32LE(at + offset + 4)]
    if (width > MAX_SIDE || height > MAX_SIDE)
      throw dataError(
        `${file}: ${kind} size at ${byte(offset)}`,
        `at most ${MAX_SIDE} pixels a side`,
        `${width}x${height}`,
      )
    return { width, height }
  }
  const matrix = (offset: number): number[] => readMatrix(rest, at + offset)
  const camera = (offset: number, kind: string): number[] => {
    const values = matrix(offset)
    if (!isCamera(values))
      throw dataError(
        `${file}: ${kind} intrinsics at ${byte(offset)}`,
        'finite numbers, focal lengths above 0',
        `fx ${values[0]}, fy ${values[5]}, cx ${values[2]}, cy ${values[6]}`,
      )
    return values
  }
  const depthShift = rest.readFloatLE(at + 280)
  if (!(depthShift > 0 && Number.isFinite(depthShift)))
    throw dataError(`${file}: depthShift at ${byte(280)}`, 'a positive number', `${depthShift}`)
  return {
    header: {
      file,
      sensorName: rest.toString('latin1', 0, nameLength),
      intrinsicColor: camera(0, 'colour'),
      extrinsicColor: matrix(64),
      intrinsicDepth: camera(128, 'depth'),
      extrinsicDepth: matrix(192),
      colorFormat,
      depthFormat,
      colorSize: size(264, 'colour'),
      depthSize: size(272, 'depth'),
      depthShift,
    },
    count: Number(rest.readBigUInt64LE(at + 284)),
    end: 12 + nameLength + 292,
  }
}

/**
 * Opens `file` and indexes its frames. The IMU trailer is not read and may be missing.
 * @throws data error for another version or compression, or a file that ends within a frame (naming frame and byte)
 */
export function openSens(file: string): SensFile {
  const fd = fs.openSync(file, 'r')
  try {
    const fileSize = fs.fstatSync(fd).size
    const { header, count, end } = openHeader(fd, file)
    const frames: SensFrame[] = []
    let at = end
    for (let i = 0; i < count; i++) {
      const fixed = readExactly(fd, file, at, FRAME_HEADER, `frame ${i} of ${count}`)
      const cameraToWorld = readMatrix(fixed, 0)
      const [colorBytes, depthBytes] = [Number(fixed.readBigUInt64LE(80)), Number(fixed.readBigUInt64LE(88))]
      const next = at + FRAME_HEADER + colorBytes + depthBytes
      if (next > fileSize)
        throw dataError(
          `${file}: frame ${i} of ${count} at byte ${at}`,
          `${next - at} bytes`,
          `${fileSize - at} (the file is cut off)`,
        )
      frames.push({
        cameraToWorld,
        valid: isValidPose(cameraToWorld),
        timestamp: fixed.readBigUInt64LE(64),
        offset: at + FRAME_HEADER,
        colorBytes,
        depthBytes,
      })
      at = next
    }
    return { ...header, frames }
  } finally {
    fs.closeSync(fd)
  }
}

function readPayload(sens: SensFile, index: number, offset: number, length: number, what: string): Buffer {
  const fd = fs.openSync(sens.file, 'r')
  try {
    return readExactly(fd, sens.file, offset, length, `${what} of frame ${index}`)
  } finally {
    fs.closeSync(fd)
  }
}

/** The colour bytes as stored (see `colorFormat`), not decoded. @throws data error for raw colour of another size */
export function readSensColor(sens: SensFile, index: number): Buffer {
  const { offset, colorBytes } = sens.frames[index]
  const raw = 3 * sens.colorSize.width * sens.colorSize.height
  if (sens.colorFormat === 'raw' && colorBytes !== raw)
    throw dataError(
      `${sens.file}: colour of frame ${index} at byte ${offset}`,
      `${raw} bytes of colour`,
      `${colorBytes}`,
    )
  return readPayload(sens, index, offset, colorBytes, 'colour')
}

/**
 * Depth of one frame, row-major, in 1/depthShift metres; 0 is "no measurement".
 * @throws data error for the proprietary `occi` compression, a damaged stream or one of another size
 */
export function readSensDepth(sens: SensFile, index: number): Uint16Array {
  const { offset, colorBytes, depthBytes } = sens.frames[index]
  const start = offset + colorBytes
  const subject = `${sens.file}: depth of frame ${index} at byte ${start}`
  if (sens.depthFormat === 'occi')
    throw dataError(subject, 'raw or zlib compression', 'occi, which only its vendor can read')
  const expected = 2 * sens.depthSize.width * sens.depthSize.height
  const wrongSize = (got: string): Error => dataError(subject, `${expected} bytes of depth`, got)
  if (sens.depthFormat === 'raw' && depthBytes !== expected) throw wrongSize(`${depthBytes}`)
  if (expected > MAX_INFLATION * depthBytes) throw wrongSize(`${depthBytes} that cannot hold as many`)
  const stored = readPayload(sens, index, start, depthBytes, 'depth')
  let bytes: Buffer = stored
  if (sens.depthFormat === 'zlib') {
    try {
      // In one piece: many small ones, joined at the end, take a fifth longer.
      bytes = inflateSync(stored, {
        chunkSize: Math.max(64, expected),
        maxOutputLength: Math.max(1, expected),
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw wrongSize('more')
      throw dataError(subject, 'a zlib stream', error instanceof Error ? error.message : String(error))
    }
  }
  if (bytes.length !== expected) throw wrongSize(`${bytes.length}`)
  if (bytes.buffer.byteLength === bytes.length) return new Uint16Array(bytes.buffer)
  const depth = new Uint16Array(expected / 2)
  new Uint8Array(depth.buffer).set(bytes)
  return depth
}
