/** `pull NAME…`: datasets of benchmarks and models, from the Hugging Face hub into its cache. */
import type { Command } from 'commander'
import { usageError } from '../common/errors.js'
import { formatBytes, startProgress } from '../common/progress.js'
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
  /** Starts of the paths a benchmark needs; absent: all files. */
  files?: readonly string[]
}

/** Benchmarks by their names in lower case. */
const BENCHMARKS: Record<string, { repo: string; files?: readonly string[] }> = {
  'vsi-bench': {
    repo: 'nyu-visionx/VSI-Bench',
    files: ['test', 'arkitscenes.zip', 'scannet.zip', 'scannetpp.zip'],
  },
  'spbench-si': { repo: 'hongxingli/SPBench', files: ['SPBench-SI'] },
  'spbench-mv': { repo: 'hongxingli/SPBench', files: ['SPBench-MV'] },
  'spbench-mi': { repo: 'hongxingli/SPBench', files: ['SPBench-MV'] },
  'spar-bench': { repo: 'jasonzhango/SPAR-Bench', files: ['data/test-'] },
  'viewspatial-bench': {
    repo: 'lidingm/ViewSpatial-Bench',
    files: ['ViewSpatial-Bench.json', 'scannetv2_val.zip', 'val2017.zip'],
  },
  'cv-bench': { repo: 'nyu-visionx/CV-Bench', files: ['test_2d.parquet', 'test_3d.parquet'] },
}

/**
 * `VSI-Bench`, `dataset:owner/name@revision`, `model:owner/name`.
 * @throws usage error when it is none of them
 */
export function parseName(text: string): Wanted {
  const [, type, name, revision = 'main'] = text.match(/^(?:(dataset|model):)?([^@]*)(?:@(.+))?$/) ?? []
  if (type) return { repo: name, type: type as RepoType, revision }
  const known = BENCHMARKS[(name ?? '').toLowerCase()]
  if (known) return { ...known, type: 'dataset', revision }
  throw usageError(
    'NAME',
    'a benchmark (VSI-Bench, SPBench-SI, SPBench-MV, SPAR-Bench, ViewSpatial-Bench, CV-Bench), dataset:owner/name or model:owner/name',
    text,
  )
}

const note = (line: string): void => void process.stderr.write(`${line}\n`)

/** One name: fetched, or with --dry-run listed. Returns what --json prints. */
async function one(text: string, flags: Flags): Promise<Record<string, unknown>> {
  const { files: needed, ...repo } = parseName(text)
  const options: PullOptions = {
    ...repo,
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
    return { name: text, ...repo, sha, folder, files: listed }
  }
  const pulled = await pull(options)
  const place = flags.out ?? pulled.folder
  const how = pulled.fetched > 0 ? `${formatBytes(pulled.fetched)} fetched` : 'already there'
  print(`${text}: ${pulled.files.length} files, ${formatBytes(pulled.bytes)} (${how}) in ${place}`)
  return { name: text, ...repo, ...pulled, out: flags.out }
}

async function run(names: string[], flags: Flags): Promise<void> {
  for (const name of names) parseName(name)
  const results: Record<string, unknown>[] = []
  for (const name of names) results.push(await one(name, flags))
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
    .option('--out <dir>', 'also put the files there (large ones as hard links to the cache, where possible)')
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
