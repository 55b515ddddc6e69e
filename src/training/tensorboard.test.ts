/** TensorBoard files: their framing by hand, and by TensorBoard's own reader where it is (npm run test:reference). */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { EVENTS, openStepLog } from './step-log.js'
import { crc32c, firstEvent, scalarEvent } from './tensorboard.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'events-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

it('CRC-32C has the check value of its definition', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  // RFC 3720, B.4: 32 bytes of zeros.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
})

it('an event is the bytes that TensorFlow writes', () => {
  // tf.summary at wall time 1.5, step 300, tag "a", value 0.5: worked out by hand from the .proto files.
  const body = Buffer.from('09000000000000f83f10ac022a0a0a080a016115' + '0000003f', 'hex')
  const written = scalarEvent(1.5, 300, { a: 0.5 })
  expect(Number(written.readBigUInt64LE(0))).toBe(body.length)
  expect(written.subarray(12, 12 + body.length).toString('hex')).toBe(body.toString('hex'))
  expect(written.length).toBe(body.length + 16)
  expect(firstEvent(0).includes('brain.Event:2')).toBe(true)
})

/** Records of a file: their bodies, all checksums checked. */
function bodiesOf(file: string): Buffer[] {
  const data = fs.readFileSync(file)
  const unmask = (masked: number): number => {
    const rotated = (masked - 0xa282ead8) >>> 0
    return ((rotated >>> 17) | (rotated << 15)) >>> 0
  }
  const bodies: Buffer[] = []
  for (let at = 0; at < data.length; ) {
    const length = Number(data.readBigUInt64LE(at))
    expect(unmask(data.readUInt32LE(at + 8))).toBe(crc32c(data.subarray(at, at + 8)))
    const body = data.subarray(at + 12, at + 12 + length)
    expect(unmask(data.readUInt32LE(at + 12 + length))).toBe(crc32c(body))
    bodies.push(body)
    at += 16 + length
  }
  return bodies
}

const row = (step: number) => ({
  step,
  loss: 1 / step,
  'rewards/format/mean': step / 7,
  num_tokens: 40 * step,
  step_time: 0.5,
})

/** A run of ten steps, killed, with the last four lost. */
function writeKilledRun(): void {
  const first = openStepLog(folder, 0)
  for (let step = 1; step <= 10; step++) first.write(row(step), [])
  fs.appendFileSync(path.join(folder, EVENTS), Buffer.from([1, 2, 3]))
  const second = openStepLog(folder, 6)
  expect(second.rows.at(-1)?.num_tokens).toBe(240)
  for (let step = 7; step <= 12; step++) second.write(row(step), [])
}

it('a run that goes on has every step once, whatever was logged beyond its checkpoint', () => {
  writeKilledRun()
  expect(readJsonl<{ step: number }>(path.join(folder, 'metrics.jsonl')).map(({ step }) => step)).toEqual(
    Array.from({ length: 12 }, (_, i) => i + 1),
  )
  expect(bodiesOf(path.join(folder, EVENTS))).toHaveLength(13)
})

const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON
it.skipIf(!python)('TensorBoard reads what was written (needs SPATIAL_LADDER_REFERENCE_PYTHON)', () => {
  writeKilledRun()
  const reader = fileURLToPath(new URL('../../bench/reference/tensorboard_reader.py', import.meta.url))
  const read = JSON.parse(execFileSync(python as string, [reader, folder], { encoding: 'utf8' })) as Record<
    string,
    [number, number][]
  >
  expect(Object.keys(read).sort()).toEqual(
    ['loss', 'num_tokens', 'rewards/format/mean', 'step_time'].map((name) => `train/${name}`),
  )
  for (const [name, of] of Object.entries({ loss: (s: number) => 1 / s, num_tokens: (s: number) => 40 * s }))
    expect(read[`train/${name}`]).toEqual(
      Array.from({ length: 12 }, (_, i) => [i + 1, Math.fround(of(i + 1))]),
    )
})
