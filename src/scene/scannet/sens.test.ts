// Golden files: bench/reference/scannet_fixture.py. Files of hostile sizes are made from them here.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { decodeImage } from '../../images/codec.js'
import { openSens, readSensColor, readSensDepth } from './sens.js'

const fixtures = path.join(import.meta.dirname, 'fixtures')
const golden = path.join(fixtures, 'scene0007_00', 'scene0007_00.sens')
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'sens-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

/** Header bytes: 12, the 15 of `StructureSensor`, 292; offsets below are those of the format's description. */
const NAME = 15
const HEADER = 12 + NAME + 292
const field = (offset: number): number => 12 + NAME + offset

function written(name: string, bytes: Buffer): string {
  const file = path.join(temporary, name)
  fs.writeFileSync(file, bytes)
  return file
}
function changed(name: string, change: (bytes: Buffer) => void): string {
  const bytes = fs.readFileSync(golden)
  change(bytes)
  return written(name, bytes)
}
/** Header of the golden file for `count` frames, then a frame's fixed part and its payloads. */
function withFrames(count: number, color: Buffer, depth: Buffer): Buffer {
  const bytes = fs.readFileSync(golden)
  const header = Buffer.from(bytes.subarray(0, HEADER))
  header.writeBigUInt64LE(BigInt(count), field(284))
  const fixed = Buffer.from(bytes.subarray(HEADER, HEADER + 96))
  fixed.writeBigUInt64LE(BigInt(color.length), 80)
  fixed.writeBigUInt64LE(BigInt(depth.length), 88)
  const frame = Buffer.concat([fixed, color, depth])
  return Buffer.concat([header, ...Array.from({ length: count }, () => frame)])
}

describe('a .sens file', () => {
  it('of 2,500 frames is opened with less than 1 MB of reads', () => {
    const file = written('long.sens', withFrames(2500, Buffer.alloc(9000), deflateSync(Buffer.alloc(24))))
    expect(fs.statSync(file).size).toBeGreaterThan(20e6)
    let bytes = 0
    const read = vi.spyOn(fs, 'readSync')
    try {
      const sens = openSens(file)
      bytes = read.mock.results.reduce((sum, { value }) => sum + Number(value), 0)
      expect(sens.frames).toHaveLength(2500)
      expect(sens.frames[2499].offset).toBe(fs.statSync(file).size - 9000 - sens.frames[0].depthBytes)
    } finally {
      read.mockRestore()
    }
    expect(bytes).toBe(HEADER + 2500 * 96)
    expect(bytes).toBeLessThan(1e6)
  })

  it('with png colour and raw depth gives both; poses of -inf and of m00 = 0 are lost', async () => {
    const sens = openSens(path.join(fixtures, 'sens', 'png.sens'))
    expect([sens.colorFormat, sens.depthFormat]).toEqual(['png', 'raw'])
    expect(sens.frames.map(({ valid }) => valid)).toEqual([true, false, false])
    const { data, height, width } = await decodeImage(readSensColor(sens, 2))
    expect([width, height, ...data.slice(0, 3)]).toEqual([8, 6, 1, 2, 3])
    expect([...readSensDepth(sens, 2)]).toEqual(
      Array.from({ length: 12 }, (_, k) => (k === 5 ? 0 : 257 * k + 2)),
    )
  })

  it('whose counts and sizes are beyond the file is refused before anything is set aside', () => {
    const cases: [string, (bytes: Buffer) => void, RegExp][] = [
      [
        'frames',
        (b) => b.writeBigUInt64LE(2n ** 63n, field(284)),
        /frame 3 of 9223372036854776000 .*cut off/,
      ],
      ['name', (b) => b.writeBigUInt64LE(2n ** 40n, 4), /sensor name at byte 4: expected at most 4096 bytes/],
      [
        'colour',
        (b) => b.writeBigUInt64LE(2n ** 64n - 1n, HEADER + 80),
        /frame 0 of 3 at byte 319: .*cut off/,
      ],
      [
        'depth',
        (b) => b.writeUInt32LE(2 ** 31, field(272)),
        /depth size at byte 299: expected at most 16384/,
      ],
      [
        'picture',
        (b) => b.writeUInt32LE(2 ** 32 - 1, field(268)),
        /colour size at byte 291: expected at most/,
      ],
      ['focal', (b) => b.writeFloatLE(Number.NaN, field(0)), /colour intrinsics at byte 27: .*fx NaN/],
    ]
    for (const [name, change, message] of cases)
      expect(() => openSens(changed(`${name}.sens`, change)), name).toThrow(message)
  })

  it('whose depth is of another size than its header says is one clear line', () => {
    const depth = (size: number): string => {
      const bytes = withFrames(1, Buffer.alloc(0), deflateSync(Buffer.alloc(size)))
      return written('depth.sens', bytes)
    }
    expect(readSensDepth(openSens(depth(24)), 0)).toHaveLength(12)
    expect(() => readSensDepth(openSens(depth(22)), 0)).toThrow(/expected 24 bytes of depth, got 22$/)
    // 50 MB from 50 kB: nothing beyond the 24 bytes is unpacked.
    expect(() => readSensDepth(openSens(depth(50e6)), 0)).toThrow(/expected 24 bytes of depth, got more$/)
    const large = changed('large.sens', (bytes) => {
      bytes.writeUInt32LE(16384, field(272))
      bytes.writeUInt32LE(16384, field(276))
    })
    expect(() => readSensDepth(openSens(large), 0)).toThrow(
      /depth of frame 0 at byte \d+: expected 536870912 bytes of depth, got \d+ that cannot hold as many$/,
    )
    const raw = openSens(path.join(fixtures, 'sens', 'raw.sens'))
    raw.depthSize.width++
    raw.colorSize.width++
    expect(() => readSensDepth(raw, 0)).toThrow(/expected 30 bytes of depth, got 24$/)
    expect(() => readSensColor(raw, 0)).toThrow(
      /colour of frame 0 at byte \d+: expected 162 bytes .*got 144$/,
    )
  })
})
