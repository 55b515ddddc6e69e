/** What `eval`, `infer`, `score` and `reproduce` share: options of a benchmark, and finding and reading its data. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { dataError, usageError } from '../common/errors.js'
import { limitItems } from '../evaluation/benchmarks/ask.js'
import { type Benchmark, PROTOCOLS, type ProtocolName } from '../evaluation/benchmarks/benchmark.js'
import type { Prepared } from '../evaluation/benchmarks/prepared.js'
import { BENCHMARKS, parseBenchmark } from '../evaluation/benchmarks/registry.js'
import { prefixGlob } from '../hub/glob.js'
import { cachedSnapshot } from '../hub/pull.js'
import { oneOf } from './options.js'

/** Where pictures and frames made for models are kept, unless said otherwise. */
export const mediaCache = (): string =>
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'spatial-ladder', 'media')

/** Parser of a protocol's name; repeatable. */
export function protocolOption(text: string, before: ProtocolName[] = []): ProtocolName[] {
  const name = PROTOCOLS.find((one) => one === text.toLowerCase())
  if (!name) throw new InvalidArgumentError(`one of ${PROTOCOLS.join(', ')}`)
  return before.includes(name) ? before : [...before, name]
}

/** Parser of one protocol's name. */
export const oneProtocol = oneOf(PROTOCOLS)

/** Parser of the prompt type: bare answers, or reasoning first. */
export const promptTypeOption = oneOf(['default', 'thinking'])

/** Adds what names a benchmark's data. */
export const withData = (command: Command): Command =>
  command
    .option(
      '--data <path>',
      'its data as published: a folder or file, or a folder with one folder per benchmark (default: what pull fetched)',
    )
    .option('--media <dir>', 'pictures or videos, where they are not beside the data')

export const BENCHMARK_HELP = `${BENCHMARKS.map((one) => one.name).join(', ')}, in any case; a subset after a colon (VSI-Bench:debiased)`

/** Where a benchmark's data lies: `data`, its own folder in `data`, or what was pulled; null where there is none. */
export function dataPlace(benchmark: Benchmark, data: string | undefined, several: boolean): string | null {
  if (data === undefined) {
    const { hub } = benchmark
    return hub ? cachedSnapshot({ ...hub, type: 'dataset', include: hub.files?.map(prefixGlob) }) : null
  }
  const names = [benchmark.name, ...benchmark.aliases]
  const places = [...names.map((name) => path.join(data, name)), ...(several ? [] : [data])]
  return places.find((place) => fs.existsSync(place)) ?? null
}

/** @throws usage or data error saying how to get it */
function placeOf(benchmark: Benchmark, data: string | undefined, several: boolean): string {
  const place = dataPlace(benchmark, data, several)
  if (place !== null) return place
  const { name, hub } = benchmark
  if (data === undefined)
    throw usageError(name, hub ? `--data, or spatial-ladder pull ${name} before` : '--data', 'neither')
  throw dataError(several ? path.join(data, name) : data, `the data of ${name}`, 'nothing there')
}

/**
 * Reads the benchmark that `text` names. How its data differs from what was published goes to stderr.
 * @throws usage or data error
 */
export async function prepareBenchmark(
  text: string,
  options: { data?: string; media?: string; limit?: number; seed: number },
  several = false,
): Promise<Prepared> {
  const { benchmark, subset } = parseBenchmark(text)
  const place = placeOf(benchmark, options.data, several)
  const loaded = await benchmark.load(place, { media: options.media, subset })
  if (loaded.items.length === 0) throw dataError(place, `questions of ${benchmark.name}`, 'none')
  for (const line of loaded.differs) process.stderr.write(`${benchmark.name}: ${line}\n`)
  const items = limitItems(loaded.items, options.limit, options.seed)
  return { benchmark, loaded, subset, items, limit: options.limit }
}
