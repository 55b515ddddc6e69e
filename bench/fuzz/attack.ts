/**
 * One parser against damaged files. A parser survives an input when it gives a value, or an error a user can read:
 * one line that says what was expected and what was got.
 */
import fs from 'node:fs'
import path from 'node:path'
import { describeError } from '../../src/common/errors.js'
import { rng } from '../../src/common/random.js'
import { mutate } from './mutate.js'

export interface GoodFile {
  /** Relative path. */
  name: string
  bytes: Buffer
}

export interface Parser {
  name: string
  /** One of them is damaged, and the parser given its path; the others are there, whole. */
  seeds: readonly GoodFile[]
  /** Files that lie beside them. */
  others?: readonly GoodFile[]
  /** Reads all of `file`. */
  parse(file: string): unknown
}

export interface Fault {
  parser: string
  input: number
  what: string
}

/** More memory than this for a file of some kilobytes is none that the file asked for rightly. */
const MAX_GROWTH = 400 << 20
/** As long may one input take. */
export const MAX_SECONDS = 10

/** What `error` is to a user: null when it is one good line. */
export function faultOf(error: unknown): string | null {
  const { message, stack } = describeError(error)
  if (stack !== undefined) return stack.split('\n').slice(0, 3).join(' | ')
  if (message.includes('\n')) return `several lines: ${JSON.stringify(message)}`
  if (!/: expected .+, got ./.test(message)) return `not "subject: expected X, got Y": ${message}`
  return message.length > 1000 ? `a line of ${message.length} characters` : null
}

/** The damaged file number `input`; depends on parser and number only. */
export function damaged({ name, seeds }: Parser, input: number): { good: GoodFile; bytes: Buffer } {
  const random = rng(input, 'fuzz', name)
  const good = random.pick(seeds)
  return { good, bytes: mutate(good.bytes, random, /\.jsonl?$/.test(good.name)) }
}

/**
 * Gives `inputs` damaged files to the parser, below `folder`, from number `first` on.
 * @param began told before each input
 */
export async function attack(
  parser: Parser,
  { first, inputs, folder }: { first: number; inputs: number; folder: string },
  began: (input: number) => void = () => {},
): Promise<{ faults: Fault[]; refused: number }> {
  const at = ({ name }: GoodFile): string => path.join(folder, name)
  for (const good of [...parser.seeds, ...(parser.others ?? [])]) {
    fs.mkdirSync(path.dirname(at(good)), { recursive: true })
    fs.writeFileSync(at(good), good.bytes)
  }
  // Good files must be read; what they take is no growth.
  for (const good of parser.seeds) await parser.parse(at(good))
  const faults: Fault[] = []
  const start = process.memoryUsage.rss()
  let [refused, highest] = [0, start]
  for (let input = first; input < first + inputs; input++) {
    const { good, bytes } = damaged(parser, input)
    fs.writeFileSync(at(good), bytes)
    began(input)
    const time = performance.now()
    let what: string | null = null
    try {
      await parser.parse(at(good))
    } catch (error) {
      refused++
      what = faultOf(error)
    }
    const seconds = (performance.now() - time) / 1000
    if (seconds > MAX_SECONDS) what ??= `${seconds.toFixed(1)} s`
    const rss = process.memoryUsage.rss()
    if (rss > highest + (64 << 20)) {
      highest = rss
      if (rss - start > MAX_GROWTH) what ??= `${((rss - start) / 1e6).toFixed(0)} MB more than at the start`
    }
    fs.writeFileSync(at(good), good.bytes)
    if (what !== null) faults.push({ parser: parser.name, input, what })
  }
  return { faults, refused }
}
