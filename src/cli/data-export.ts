/** `data export`: a data set for the Hugging Face hub, or as the original's training code reads it. */
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { startProgress } from '../common/progress.js'
import { exportParquet } from '../dataset/export-parquet.js'
import { exportUpstream } from '../dataset/export-upstream.js'
import { imageRootOf, readSamples } from '../schema/read-samples.js'
import { decimal, oneOf, withExample } from './options.js'

interface ExportOptions {
  format: 'parquet' | 'upstream'
  out: string
  images?: string
  shardSize: number
}

async function run(data: string, options: ExportOptions): Promise<void> {
  const { format, out, shardSize } = options
  const samples = readSamples(data)
  if (samples.length === 0) throw dataError(data, 'samples', 'none')
  const imageRoot = options.images ?? imageRootOf(data)
  if (format === 'upstream') {
    const counts = exportUpstream(samples, imageRoot, out)
    for (const [name, rows] of Object.entries(counts))
      process.stdout.write(`${path.join(out, name)}: ${rows} rows\n`)
    return
  }
  const progress = startProgress('export', samples.length, { unit: 'samples' })
  const { written, kept } = await exportParquet({
    samples,
    imageRoot,
    out,
    shardBytes: shardSize * 1e6,
    name: path.basename(path.resolve(data)),
    progress,
  }).finally(() => progress.end())
  process.stdout.write(
    `${out}: ${written.length} files written, ${kept.length} were there; ${samples.length} samples, README.md\n`,
  )
}

/** Adds `export` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('export')
    .description(
      'write a data set as parquet with pictures inside, or as the original training code reads it',
    )
    .argument('<path>', 'a data folder, or a JSONL file of samples')
    .requiredOption('--out <dir>', 'where it goes; a second run writes what is missing')
    .option('--format <name>', 'parquet or upstream', oneOf(['parquet', 'upstream']), 'parquet')
    .option('--images <dir>', 'where the pictures are (default: images/ beside the samples)')
    .option('--shard-size <MB>', 'parquet: pictures in one file', decimal(0.001), 500)
    .action(run)
  withExample(
    command,
    'spatial-ladder data export data/rooms --out hub/rooms',
    '# for the original training scripts',
    'spatial-ladder data export data/rooms --format upstream --out VLM-R1/data',
  )
}
