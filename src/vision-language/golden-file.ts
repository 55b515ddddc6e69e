/** For tests: reads the golden safetensors files that the scripts in bench/reference/ write. */
import fs from 'node:fs'

export interface GoldenTensor {
  shape: number[]
  /** Row-major values; integers as numbers. */
  values: Float32Array | Int32Array
}

const integers = (bytes: Uint8Array): Int32Array =>
  Int32Array.from(new BigInt64Array(bytes.slice().buffer), Number)
const readers: Record<string, (bytes: Uint8Array) => Float32Array | Int32Array> = {
  F32: (bytes) => new Float32Array(bytes.slice().buffer),
  I64: integers,
  I32: (bytes) => new Int32Array(bytes.slice().buffer),
  U8: (bytes) => Int32Array.from(bytes),
}

/** All tensors of a file by name. */
export function readGolden(file: string | URL): Map<string, GoldenTensor> {
  const data = new Uint8Array(fs.readFileSync(file))
  const headerLength = Number(new DataView(data.buffer).getBigUint64(0, true))
  const header: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> =
    JSON.parse(Buffer.from(data.subarray(8, 8 + headerLength)).toString('utf8'))
  const body = data.subarray(8 + headerLength)
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => [
        name,
        { shape, values: readers[dtype](body.subarray(...data_offsets)) },
      ]),
  )
}

/** Rows of a golden matrix of whole numbers. */
export function goldenRows({ shape, values }: GoldenTensor): number[][] {
  const [rows, columns] = shape
  return Array.from({ length: rows }, (_, row) => [...values.slice(row * columns, (row + 1) * columns)])
}
