/** `data export`: a data set for the Hugging Face hub, or as the original, SPBench's evaluation or LLaVA read it. */
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { formatBytes, type Progress, startProgress } from '../common/progress.js'
import { exportCard } from '../dataset/export-card.js'
import { exportLlava } from '../dataset/export-llava.js'
import { type ExportedFile, exportParquet } from '../dataset/export-parquet.js'
import { type ExportSource, readExportSource } from '../dataset/export-source.js'
import { exportSpBench, spBenchOf } from '../dataset/export-spbench.js'
import { type ExportTable, sampleTables, spBenchTables } from '../dataset/export-table.js'
import { exportUpstream } from '../dataset/export-upstream.js'
import { decimal, oneOf, withExample } from './options.js'

const FORMATS = ['parquet', 'upstream', 'spbench', 'llava'] as const

interface ExportOptions {
  format: (typeof FORMATS)[number]
  out: string
  images?: string
  shardSize: number
  name?: string
}

const say = (...lines: string[]): void => void process.stdout.write(`${lines.join('\n')}\n`)

async function withProgress<T>(
  total: number,
  unit: string,
  work: (progress: Progress) => T | Promise<T>,
): Promise<T> {
  const progress = startProgress('export', total, { unit })
  try {
    return await work(progress)
  } finally {
    progress.end()
  }
}

const picturesOf = ({ samples }: ExportSource): number => new Set(samples.flatMap(({ image }) => image)).size

function writeCard(
  { out, name }: { out: string; name: string },
  tables: readonly ExportTable[],
  files: readonly ExportedFile[],
  place: (table: ExportTable) => string,
): void {
  writeFileAtomic(path.join(out, 'README.md'), exportCard(name, tables, files, place))
}

async function parquet(source: ExportSource, job: { out: string; name: string; shardSize: number }) {
  const { out, shardSize } = job
  const benchmark = spBenchTables(source.spbench, { embed: true })
  const tables = benchmark.length > 0 ? benchmark : sampleTables(source.samples)
  const rows = tables.reduce((sum, table) => sum + table.rows, 0)
  const files = await withProgress(rows, 'rows', (progress) =>
    exportParquet({ tables, imageRoot: source.imageRoot, out, shardBytes: shardSize * 1e6, progress }),
  )
  writeCard(job, tables, files, ({ config, split }) => `${config}/${split}-*.parquet`)
  const kept = files.filter((file) => file.kept).length
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  say(
    ...tables.map((table) => `${path.join(out, table.config)}: ${table.rows} rows`),
    `${out}: ${files.length - kept} files written, ${kept} were there; ${formatBytes(bytes)}, README.md`,
  )
}

async function spbench(source: ExportSource, job: { out: string; name: string }, data: string) {
  const { out } = job
  const given = Object.keys(source.spbench).length > 0
  const { sets, left_out } = given
    ? { sets: source.spbench, left_out: 0 }
    : spBenchOf(source.samples, 'scannet')
  const tables = spBenchTables(sets, { embed: false })
  if (tables.length === 0)
    throw dataError(data, 'questions of SPBench’s types about one picture or several', 'none')
  const files = await withProgress(picturesOf(source), 'pictures', (progress) =>
    exportSpBench({ sets, imageRoot: source.imageRoot, out, progress }),
  )
  writeCard(job, tables, files, ({ config }) => `${config}.parquet`)
  say(
    ...files.map(({ file, rows }) => `${file}: ${rows} rows`),
    ...(left_out > 0 ? [`left out, as SPBench has no such questions: ${left_out}`] : []),
  )
}

async function run(data: string, options: ExportOptions): Promise<void> {
  const { format, out, shardSize, name = path.basename(path.resolve(data), '.jsonl') } = options
  const source = await readExportSource(data, options.images)
  const { samples, imageRoot } = source
  if (format === 'parquet') await parquet(source, { out, name, shardSize })
  else if (format === 'spbench') await spbench(source, { out, name }, data)
  else if (format === 'llava') {
    const file = await withProgress(picturesOf(source), 'pictures', (progress) =>
      exportLlava(samples, imageRoot, out, progress),
    )
    say(`${file}: ${samples.length} conversations`)
  } else {
    const counts = await withProgress(picturesOf(source), 'pictures', (progress) =>
      exportUpstream(samples, imageRoot, out, progress),
    )
    const blind = samples.filter(({ image }) => image.length === 0).length
    say(
      ...Object.entries(counts).map(([file, rows]) => `${path.join(out, file)}: ${rows} rows`),
      ...(blind > 0 ? [`left out, as they have no picture: ${blind}`] : []),
    )
  }
}

/** Adds `export` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('export')
    .description(
      'write a data set as parquet with pictures inside, or as the original training code, SPBench or LLaVA read it',
    )
    .argument('<path>', 'a data folder, the released SpatialLadder-26k folder, or a JSONL file')
    .requiredOption('--out <dir>', 'where it goes; a second run writes what is missing')
    .option('--format <name>', FORMATS.join(', '), oneOf(FORMATS), 'parquet')
    .option('--images <dir>', 'where the pictures are (default: images/ beside the samples)')
    .option('--shard-size <MB>', 'parquet: pictures in one file', decimal(0.001), 500)
    .option('--name <text>', 'title of the card (default: name of the folder)')
    .action(run)
  withExample(
    command,
    'spatial-ladder data export data/rooms --out hub/rooms',
    '# for the original training scripts',
    'spatial-ladder data export data/rooms --format upstream --out VLM-R1/data',
    '# a benchmark that eval reads: parquet, and images/<scene>/<name>',
    'spatial-ladder data export data/spbench --format spbench --out benchmarks/SPBench',
  )
}
