/** Files other programs wrote, files they will read, and files somebody broke on purpose. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LadderError } from '../common/errors.js'
import { BYTES, type Dtype } from './dtype.js'
import { everyType } from './every-type.test-helper.js'
import { cast } from './ops.js'
import {
  readCheckpointIndex,
  readSafetensors,
  readSafetensorsHeader,
  readTensor,
  writeCheckpoint,
  writeSafetensors,
} from './safetensors.js'
import { scope, type Tensor, tensor } from './tensor.js'

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'safetensors-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Loads a file as bf16 in a process of its own: megabytes it grew by, and the words that occur. */
const LOAD = `
  import { readSafetensorsHeader, readTensor } from './src/torch/safetensors.ts'
  import { zeros } from './src/torch/ops.ts'
  zeros([1]).dispose()
  const before = process.resourceUsage().maxRSS
  const all = [...readSafetensorsHeader(process.argv[1]).values()].map((entry) => readTensor(entry, 'bf16'))
  const grown = (process.resourceUsage().maxRSS - before) / 1024
  const words = [...new Set(all.flatMap((one) => [...new Set(one.data())]))]
  console.log(JSON.stringify({ grown, words }))`

interface Plain {
  dtype: Dtype
  shape: readonly number[]
  values: (number | bigint)[]
}
const plain = (tensors: ReadonlyMap<string, Tensor>): Record<string, Plain> =>
  Object.fromEntries(
    [...tensors].map(([name, value]) => [
      name,
      { dtype: value.dtype, shape: value.shape, values: Array.from<number | bigint>(value.data()) },
    ]),
  )

describe('a large checkpoint', () => {
  it('is cut into shards with an index, which read as one', () => {
    scope(() => {
      const place = path.join(folder, 'shards')
      fs.mkdirSync(place)
      const tensors = new Map(
        Array.from({ length: 5 }, (_, i) => [`t${i}`, tensor([i, i + 1, i + 2])] as [string, Tensor]),
      )
      writeCheckpoint(place, tensors, 24)
      const files = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`)
      expect(fs.readdirSync(place).sort()).toEqual([...files, 'model.safetensors.index.json'])
      expect(JSON.parse(fs.readFileSync(path.join(place, 'model.safetensors.index.json'), 'utf8'))).toEqual({
        metadata: { total_size: 60 },
        weight_map: { t0: files[0], t1: files[0], t2: files[1], t3: files[1], t4: files[2] },
      })
      const read = new Map([...readCheckpointIndex(place)].map(([name, entry]) => [name, readTensor(entry)]))
      expect(plain(read)).toEqual(plain(tensors))
    })
  })

  it('is one file where it fits', () => {
    scope(() => {
      const place = path.join(folder, 'whole')
      fs.mkdirSync(place)
      writeCheckpoint(place, new Map([['t', tensor([1, 2])]]))
      expect(fs.readdirSync(place)).toEqual(['model.safetensors'])
    })
  })

  it('takes, cast while it is read, the memory of what it becomes and a piece', () => {
    scope(() => {
      const file = path.join(folder, 'large.safetensors')
      // 512 MB of float32: 256 MB of bf16, and pieces of 64 MB.
      const wide = tensor(new Float32Array(1 << 25).fill(1.00390625), [1 << 12, 1 << 13])
      writeSafetensors(file, new Map([0, 1, 2, 3].map((i) => [`t${i}`, wide])))
      wide.dispose()
      const measured = execFileSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '-e', LOAD, file],
        { encoding: 'utf8' },
      )
      const { grown, words } = JSON.parse(measured) as { grown: number; words: number[] }
      expect(grown).toBeLessThan(256 + 128)
      // 1 + 2^-8 is a tie; to even it is 1.
      expect(words).toEqual([0x3f80])
      fs.rmSync(file)
    })
  })
})

describe('every element type', () => {
  it('comes back as it was written', () => {
    scope(() => {
      const file = path.join(folder, 'all.safetensors')
      writeSafetensors(file, everyType())
      expect(plain(readSafetensors(file))).toEqual(plain(everyType()))
    })
  })

  it("is read from a file of Python's safetensors", () => {
    scope(() => {
      expect(plain(readSafetensors(fixture('python.safetensors')))).toEqual(plain(everyType()))
    })
  })

  // bench/reference/torch_golden.py opens this very file in Python and compares the values.
  it('is written in the bytes that Python was shown to read', () => {
    scope(() => {
      const file = path.join(folder, 'ours.safetensors')
      writeSafetensors(file, everyType())
      expect(fs.readFileSync(file).equals(fs.readFileSync(fixture('ours.safetensors')))).toBe(true)
    })
  })

  it('keeps bf16 as its 16-bit words', () => {
    scope(() => {
      // 1.0 is 0x3f80, -2.5 is 0xc020; 0.1 = 0x3dcccccd rounds up to 0x3dcd.
      const words = Array.from(cast(tensor([1, -2.5, 0.1]), 'bf16').data() as Uint16Array)
      expect(words).toEqual([0x3f80, 0xc020, 0x3dcd])
      const file = path.join(folder, 'bf16.safetensors')
      writeSafetensors(file, new Map([['x', cast(tensor([1, -2.5, 0.1]), 'bf16')]]))
      expect(fs.readFileSync(file).subarray(-6).toString('hex')).toBe('803f20c0cd3d')
    })
  })
})

it('says that it is of PyTorch, which transformers asks for, and aligns data to 8 bytes', () => {
  scope(() => {
    const file = path.join(folder, 'meta.safetensors')
    for (const name of ['x', 'xy', 'xyz', 'größe']) {
      writeSafetensors(file, new Map([[name, tensor([1])]]))
      const bytes = fs.readFileSync(file)
      const length = Number(bytes.readBigUInt64LE())
      expect(length % 8).toBe(0)
      expect(JSON.parse(bytes.subarray(8, 8 + length).toString()).__metadata__).toEqual({ format: 'pt' })
      expect(readSafetensorsHeader(file).get(name)?.begin).toBe(8 + length)
    }
  })
})

it('puts each tensor where its element type may lie, whatever the order given', () => {
  scope(() => {
    const file = path.join(folder, 'aligned.safetensors')
    writeSafetensors(file, everyType())
    for (const [name, { begin, dtype }] of readSafetensorsHeader(file))
      expect([name, begin % BYTES[dtype]]).toEqual([name, 0])
  })
})

/** A file with this header and `data` zero bytes. */
function craft(header: unknown, data = 0, length?: bigint): string {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(length ?? BigInt(text.length))
  const file = path.join(folder, 'hostile.safetensors')
  fs.writeFileSync(file, Buffer.concat([prefix, text, Buffer.alloc(data)]))
  return file
}

/** The one line a user sees; fails unless the error is the user's. */
function complaint(body: () => unknown): string {
  try {
    body()
  } catch (error) {
    expect(error).toBeInstanceOf(LadderError)
    const { message, kind } = error as LadderError
    expect({ kind, lines: message.split('\n').length }).toEqual({ kind: 'data', lines: 1 })
    return message
  }
  throw new Error('expected a complaint, got none')
}

describe('a broken file is one line that names it', () => {
  const f32 = (shape: unknown, data_offsets: unknown, dtype = 'F32') => ({
    x: { dtype, shape, data_offsets },
  })
  const cases: [string, () => string, RegExp][] = [
    ['shorter than its prefix', () => short(), /expected a safetensors file, got 3 bytes/],
    [
      'a header longer than the file',
      () => craft({}, 0, 1000n),
      /offset 0: expected a header of at most 2 bytes, got 1000/,
    ],
    ['a header of 2^63 bytes', () => craft({}, 0, 1n << 63n), /expected a header of at most/],
    ['no JSON', () => craft('{"x": '), /header: expected JSON, got/],
    ['JSON that is no object', () => craft('[1]'), /header: expected an object/],
    [
      'an entry that is no object',
      () => craft({ x: 7 }),
      /tensor x: expected dtype, shape and data_offsets, got 7/,
    ],
    [
      'an element type nobody knows',
      () => craft(f32([1], [0, 4], 'F99'), 4),
      /tensor x: expected dtype.*F99/,
    ],
    ['a negative size', () => craft(f32([-1], [0, 4]), 4), /tensor x: expected dtype, shape/],
    [
      'sizes that do not fit the offsets',
      () => craft(f32([2], [0, 4]), 4),
      /tensor x: expected 8 bytes inside the file, got offsets 0,4/,
    ],
    ['offsets past the end', () => craft(f32([2], [0, 8]), 4), /tensor x: expected 8 bytes inside the file/],
    [
      'sizes whose product overflows',
      () => craft(f32([2 ** 40, 2 ** 40], [0, 4]), 4),
      /tensor x: expected .* bytes inside the file/,
    ],
    ['offsets in reverse', () => craft(f32([0], [8, 4]), 8), /tensor x: expected 0 bytes inside the file/],
  ]
  const short = (): string => {
    const file = path.join(folder, 'short.safetensors')
    fs.writeFileSync(file, 'abc')
    return file
  }
  it.each(cases)('%s', (_, make, message) => {
    const file = make()
    const line = complaint(() => readSafetensors(file))
    expect(line.startsWith(file)).toBe(true)
    expect(line).toMatch(message)
  })
})

describe('a folder of shards', () => {
  const write = (name: string, names: string[]): void =>
    scope(() => writeSafetensors(path.join(folder, name), new Map(names.map((n, i) => [n, tensor([i])]))))
  const index = (value: unknown): void =>
    fs.writeFileSync(
      path.join(folder, 'model.safetensors.index.json'),
      typeof value === 'string' ? value : JSON.stringify(value),
    )

  it('is read as one', () => {
    write('a.safetensors', ['x'])
    write('b.safetensors', ['y', 'z'])
    index({ metadata: {}, weight_map: { x: 'a.safetensors', y: 'b.safetensors', z: 'b.safetensors' } })
    expect([...readCheckpointIndex(folder).keys()].sort()).toEqual(['x', 'y', 'z'])
  })

  it('that is not whole is one line', () => {
    index({ weight_map: { x: 'a.safetensors', q: 'b.safetensors' } })
    expect(complaint(() => readCheckpointIndex(folder))).toMatch(
      /index.json: expected tensor q in b.safetensors/,
    )
    index({ weight_map: 3 })
    expect(complaint(() => readCheckpointIndex(folder))).toMatch(/index.json.*expected/)
    index('{')
    expect(complaint(() => readCheckpointIndex(folder))).toMatch(/index.json header: expected JSON/)
    const empty = path.join(folder, 'empty')
    fs.mkdirSync(empty)
    expect(complaint(() => readCheckpointIndex(empty))).toMatch(
      /expected model.safetensors or its index, got neither/,
    )
  })
})
