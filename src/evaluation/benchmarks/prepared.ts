/** A benchmark that is about to be run: its items, how a protocol asks them, and where its results lie. */
import path from 'node:path'
import { sha256 } from '../../common/files.js'
import type { Manner } from './ask.js'
import type {
  Benchmark,
  BenchmarkItem,
  LoadedBenchmark,
  ModelFamily,
  PromptType,
  ProtocolName,
} from './benchmark.js'

/** A benchmark whose data has been read, and the part of it that is asked. */
export interface Prepared {
  benchmark: Benchmark
  loaded: LoadedBenchmark
  subset?: string
  /** The items of this run: all of them, or those of a limit. */
  items: readonly BenchmarkItem[]
  limit?: number
}

/** The benchmark as named on the command line: `VSI-Bench`, `VSI-Bench:debiased`. */
export const labelOf = ({ benchmark, subset }: Prepared): string =>
  subset === undefined ? benchmark.name : `${benchmark.name}:${subset}`

/** Where a model's or a baseline's results on a benchmark lie. */
export const modelFolder = (out: string, prepared: Prepared, model: string): string =>
  path.join(out, folderName(labelOf(prepared)), folderName(model))

/** How `protocol` asks a model of this family; `promptType` only where the protocol knows it. */
export function mannerOf(
  benchmark: Benchmark,
  protocolName: ProtocolName,
  family: ModelFamily,
  promptType?: PromptType,
): Manner {
  const protocol = benchmark.protocols[protocolName]
  const known = protocol.promptTypes
  return {
    protocolName,
    protocol,
    family,
    promptType: promptType !== undefined && known.includes(promptType) ? promptType : known[0],
  }
}

/** Bytes that file systems allow in a name, less what is put before it. */
const NAME_LIMIT = 200

/** `local:runs/micro/stages/1-perception` -> `local-runs-micro-stages-1-perception`; letters of any script stay. */
export function folderName(name: string): string {
  const plain = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|-+$/g, '')
  if (plain !== '' && Buffer.byteLength(plain) <= NAME_LIMIT) return plain
  return `${sha256(name).slice(0, 8)}-${[...plain].slice(-40).join('')}`.replace(/-+$/, '')
}
