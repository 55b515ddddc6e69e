/** `pull NAME…`: datasets of benchmarks and models, from the Hugging Face hub into its cache. */
import path from 'node:path'
import type { Command } from 'commander'
import { usageError } from '../common/errors.js'
import { formatBytes, startProgress } from '../common/progress.js'
import type { Benchmark } from '../evaluation/benchmarks/benchmark.js'
import type { RepoType } from '../hub/cache.js'
import { prefixGlob } from '../hub/glob.js'
import { type PullOptions, planPull, pull } from '../hub/pull.js'
import { repeated, withExample } from './options.js'

interface Flags {
  include?: string[]
  exclude?: string[]
  out?: string
  dryRun?: boolean
  json?: boolean
}

/** What a name on the command line stands for. */
interface Wanted {
  repo: string
  type: RepoType
  revision: string
  /** Its folder in --out, where that gets several: the published name, or the repository's. */
  folder: string
  /** Starts of the paths a benchmark needs; absent: all files. */
  files?: readonly string[]
}

/** Finds a benchmark's place on the hub by its name. */
type Finder = (name: string) => Pick<Benchmark, 'name' | 'hub'> | undefined

/**
 * `VSI-Bench`, `dataset:owner/name@revision`, `model:owner/name`.
 * @throws usage error when it is none of them
 */
export function parseName(text: string, find: Finder): Wanted {
  const [, type, name = '', revision = 'main'] = text.match(/^(?:(dataset|model):)?([^@]*)(?:@(.+))?$/) ?? []
  if (type) return { repo: name, type: type as RepoType, revision, folder: name.split('/')[1] ?? name }
  const benchmark = find(name)
  if (benchmark?.hub) return { ...benchmark.hub, type: 'dataset', revision, folder: benchmark.name }
  throw usageError(
    'NAME',
    'a benchmark (VSI-Bench, SPBench-SI, SPBench-MV, SPAR-Bench, ViewSpatial-Bench, CV-Bench), dataset:owner/name or model:owner/name',
    text,
  )
}

const note = (line: string): void => void process.stderr.write(`${line}\n`)

/** One name: fetched, or with --dry-run listed. Returns what --json prints. */
async function one(text: string, wanted: Wanted, flags: Flags): Promise<Record<string, unknown>> {
  const { repo, type, revision, files: needed } = wanted
  const options: PullOptions = {
    repo,
    type,
    revision,
    include: flags.include ?? needed?.map(prefixGlob),
    mayLack: flags.include === undefined,
    exclude: flags.exclude,
    out: flags.out,
    progress: (label, total) => startProgress(label, total, { format: formatBytes }),
    note,
  }
  const print = (line: string): void => void (flags.json || process.stdout.write(`${line}\n`))
  if (flags.dryRun) {
    const { sha, folder, files } = await planPull(options)
    const sum = (some: typeof files): string => formatBytes(some.reduce((total, { size }) => total + size, 0))
    for (const { path, size, cached } of files)
      print(`${formatBytes(size).padStart(8)}  ${path}${cached ? '  (already there)' : ''}`)
    const missing = files.filter(({ cached }) => !cached)
    print(
      `${text}: ${files.length} files, ${sum(files)}, of commit ${sha.slice(0, 7)}; would fetch ${sum(missing)}`,
    )
    const listed = files.map(({ path, size, cached }) => ({ path, size, cached }))
    return { name: text, repo, type, revision, sha, folder, files: listed }
  }
  const pulled = await pull(options)
  const place = flags.out ?? pulled.folder
  const how = pulled.fetched > 0 ? `${formatBytes(pulled.fetched)} fetched` : 'already there'
  print(`${text}: ${pulled.files.length} files, ${formatBytes(pulled.bytes)} (${how}) in ${place}`)
  return { name: text, repo, type, revision, ...pulled, out: flags.out }
}

async function run(names: string[], flags: Flags): Promise<void> {
  // Loaded here, since the help needs none of it.
  const { findBenchmark } = await import('../evaluation/benchmarks/registry.js')
  const wanted = names.map((name) => parseName(name, findBenchmark))
  const results: Record<string, unknown>[] = []
  for (const [index, name] of names.entries()) {
    const out = flags.out && names.length > 1 ? path.join(flags.out, wanted[index].folder) : flags.out
    results.push(await one(name, wanted[index], { ...flags, out }))
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
}

/** Adds `pull` to the program. */
export function register(program: Command): void {
  const command = program
    .command('pull')
    .summary('fetch datasets and models from the Hugging Face hub')
    .description(
      "Fetches datasets and models from the Hugging Face hub into its own cache, which Python's libraries share (HF_HOME, HF_HUB_CACHE). What is there stays; the same command continues what was interrupted. HF_TOKEN opens gated repositories, HF_ENDPOINT names another hub, HF_HUB_OFFLINE=1 uses the cache alone.",
    )
    .argument(
      '<name...>',
      'a benchmark, dataset:owner/name or model:owner/name, each with @revision if need be',
    )
    .option('--include <glob>', 'only these files instead of those a benchmark needs; repeatable', repeated)
    .option('--exclude <glob>', 'not these files; repeatable', repeated)
    .option(
      '--out <dir>',
      'also put the files there, large ones as hard links where possible; of several names, in a folder each',
    )
    .option('--dry-run', 'list files and sizes, fetch nothing')
    .option('--json', 'print the result as JSON')
    .action(run)
  withExample(
    command,
    '# a benchmark, the files it needs',
    'spatial-ladder pull SPBench-SI',
    '# a model, into a folder for local:models/spatialladder',
    'spatial-ladder pull model:hongxingli/SpatialLadder-3B --out models/spatialladder',
    '# questions without pictures',
    "spatial-ladder pull CV-Bench --include '*.jsonl'",
  )
}
