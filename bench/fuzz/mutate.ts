/** Damaged copies of a file: what disks, networks and hostile authors leave. */
import type { Random } from '../../src/common/random.js'

/** Numbers at which readers break: limits of widths, signs, sizes beyond any file. */
const HOSTILE_NUMBERS = [
  '0',
  '-1',
  '1e308',
  '-1e308',
  '1e999',
  'nan',
  'inf',
  '255',
  '65536',
  '2147483647',
  '4294967295',
  '9007199254740993',
  '18446744073709551615',
  '0.1',
  '1e-320',
  '99999999999999999999999999',
]
const HOSTILE_TEXTS = [
  'null',
  '[]',
  '{}',
  '""',
  'true',
  '__proto__',
  'constructor',
  '\u0000',
  '\ufeff',
  '\r\n',
  '../../etc/passwd',
  '"',
  "'",
  ',',
  '\t',
  '\\u',
  '[['.repeat(40),
  '\ud800',
  'a'.repeat(300),
]

/** A byte offset, more often near the beginning, where headers are. */
const place = (random: Random, length: number): number =>
  random.next() < 0.3 ? random.int(0, Math.min(511, length - 1)) : random.int(0, length - 1)

const splice = (bytes: Buffer, at: number, remove: number, add: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), add, bytes.subarray(at + remove)])

/** One number written in digits becomes another. */
function changeNumber(bytes: Buffer, random: Random): Buffer {
  const text = bytes.toString('latin1')
  const from = place(random, text.length)
  const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/i.exec(text.slice(from, from + 4096))
  if (!number) return bytes
  const digits = Buffer.from(random.pick(HOSTILE_NUMBERS))
  return splice(bytes, from + number.index, number[0].length, digits)
}

/** Little-endian integers of 1, 2, 4 or 8 bytes at, just below or above a power of two. */
function writeInteger(bytes: Buffer, random: Random): Buffer {
  const width = random.pick([1, 2, 4, 8].filter((n) => n <= bytes.length))
  const value = (1n << BigInt(random.int(0, 8 * width))) + BigInt(random.int(-1, 1))
  const copy = Buffer.from(bytes)
  const word = Buffer.alloc(8)
  word.writeBigUInt64LE(BigInt.asUintN(64, value))
  word.copy(copy, Math.min(place(random, bytes.length), bytes.length - width), 0, width)
  return copy
}

const MUTATIONS: ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    copy[place(random, copy.length)] ^= 1 << random.int(0, 7)
    return copy
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    copy[place(random, copy.length)] = random.pick([
      0, 1, 9, 10, 13, 32, 34, 44, 45, 91, 93, 123, 127, 128, 255,
    ])
    return copy
  },
  (bytes, random) => bytes.subarray(0, random.int(0, bytes.length - 1)),
  (bytes, random) => splice(bytes, place(random, bytes.length), random.int(1, 64), Buffer.alloc(0)),
  (bytes, random) => {
    const [from, length] = [place(random, bytes.length), random.int(1, 64)]
    return splice(bytes, place(random, bytes.length), 0, bytes.subarray(from, from + length))
  },
  (bytes, random) => splice(bytes, place(random, bytes.length), 0, Buffer.from(random.pick(HOSTILE_TEXTS))),
  writeInteger,
  changeNumber,
]

const HOSTILE_VALUES = [
  null,
  true,
  -1,
  0.5,
  1e300,
  2 ** 53,
  '',
  'NaN',
  '__proto__',
  [],
  {},
  [[]],
  'é\u0000\n',
]

/** Somewhere in a JSON value, one of its parts is replaced, left out, repeated or put under another name. */
function changeValue(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random.next() < 0.1) return random.pick(HOSTILE_VALUES)
  const entries = Object.entries(value)
  if (entries.length === 0) return random.pick(HOSTILE_VALUES)
  const at = random.int(0, entries.length - 1)
  const [key, inner] = entries[at]
  const kind = random.int(0, 9)
  if (kind === 0) entries.splice(at, 1)
  else if (kind === 1) entries.push([random.pick(entries)[0], inner])
  else if (kind === 2) entries.splice(at, 0, [`${key}x`, inner])
  else entries[at] = [key, changeValue(inner, random)]
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries)
}

/** One line of JSON, or all of it, with one value changed: still JSON. */
function changeJson(bytes: Buffer, random: Random): Buffer {
  const lines = bytes.toString().split('\n')
  const at = random.int(0, lines.length - 1)
  try {
    lines[at] = JSON.stringify(changeValue(JSON.parse(lines[at]), random))
    return Buffer.from(lines.join('\n'))
  } catch {
    // An empty last line, or JSON over several lines.
  }
  try {
    return Buffer.from(JSON.stringify(changeValue(JSON.parse(bytes.toString()), random)))
  } catch {
    return bytes
  }
}

/** `bytes` with one to four mutations; `json` is more often left in one piece. */
export function mutate(bytes: Buffer, random: Random, json: boolean): Buffer {
  let mutated = bytes
  if (json && random.next() < 0.6) {
    for (let n = random.int(1, 3); n > 0; n--) mutated = changeJson(mutated, random)
    return mutated
  }
  for (let n = random.int(1, 4); n > 0 && mutated.length > 0; n--)
    mutated = random.pick(MUTATIONS)(mutated, random)
  return mutated
}
