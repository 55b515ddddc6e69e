/** `data build`: scans, records or VSI-Bench meta files in; questions in upstream's JSONL files out. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError, usageError } from '../common/errors.js'
import { type Progress, startProgress } from '../common/progress.js'
import type { DatasetStats } from '../dataset/stats.js'
import { DATA_TYPES } from '../schema/sample.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { interruptSignal } from './interrupt.js'
import { integer, withExample } from './options.js'

interface BuildOptions {
  scenes?: string
  scans?: string
  records?: string
  out: string
  limit?: number
  seed: number
  workers: number
  json?: boolean
  dryRun?: boolean
}

const SOURCES = ['scenes', 'scans', 'records'] as const

/** Exactly one source, which exists and is of the right kind; `out` must not be a file. */
function checkPaths(options: BuildOptions): { kind: (typeof SOURCES)[number]; source: string } {
  const given = SOURCES.filter((name) => options[name] !== undefined)
  const [kind] = given
  const source = options[kind]
  if (given.length !== 1 || source === undefined)
    throw usageError(
      'data build',
      'one of --scenes, --scans, --records',
      given.length === 0 ? 'none' : given.map((name) => `--${name}`).join(' and '),
    )
  const wanted = kind === 'scenes' ? 'a JSON file' : 'a folder'
  const found = fs.statSync(source, { throwIfNoEntry: false })
  if (!found) throw dataError(source, wanted, 'nothing there')
  if (kind === 'scenes' ? !found.isFile() : !found.isDirectory())
    throw dataError(source, wanted, found.isDirectory() ? 'a folder' : 'a file')
  if (fs.statSync(options.out, { throwIfNoEntry: false })?.isFile())
    throw usageError('--out', 'a folder', `the file ${options.out}`)
  return { kind, source }
}

const pad = (cells: string[], widths: number[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    .join('  ')
    .trimEnd()

/** Rows of text with aligned columns, the first to the left. */
function table(rows: string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  return rows.map((row) => pad(row, widths)).join('\n')
}

/** The statistics for people: questions per type and data type, the funnel, the scenes that gave nothing. */
export function describeStats(stats: DatasetStats): string {
  const types = DATA_TYPES.filter((type) => Object.values(stats.by_type).some((row) => row[type]))
  const counts = Object.entries(stats.by_type).map(([name, row]) => [
    name,
    ...types.map((type) => String(row[type] ?? 0)),
    String(Object.values(row).reduce((sum, n) => sum + n, 0)),
  ])
  const totals = types.map((type) =>
    String(Object.values(stats.by_type).reduce((sum, row) => sum + (row[type] ?? 0), 0)),
  )
  const funnel = stats.funnel
    .filter((row) => row.considered > 0)
    .map(({ considered, data_type, kept, removed, task }) => {
      const filters = Object.entries(removed).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
      const list = filters.map(([filter, amount]) => `${filter} ${amount}`).join(', ')
      return `  ${task} ${data_type}: ${considered} considered, ${kept} kept${list ? `; removed: ${list}` : ''}`
    })
  return [
    table([['questions', ...types, 'all'], ...counts, ['all', ...totals, String(stats.samples)]]),
    '',
    'funnel',
    ...funnel,
    '',
    `${stats.scenes} scenes gave questions, ${stats.empty_scenes.length} gave none`,
    ...stats.empty_scenes.map(({ reason, scene_name }) => `  ${scene_name}: ${reason}`),
  ].join('\n')
}

/** The records of the source, at most `limit`, and where their pictures are. */
async function loadRecords(
  options: BuildOptions,
): Promise<{ records: SceneRecord[]; images?: string; problems: string[] }> {
  const { kind, source } = checkPaths(options)
  const { limit } = options
  if (kind === 'scenes') {
    const { readVsiMeta } = await import('../scene/vsi-meta.js')
    return { records: readVsiMeta(source, { limit }), problems: [] }
  }
  const { buildRecords, readRecord, readRecords } = await import('../scene/records.js')
  if (kind === 'records')
    return { records: readRecords(source).slice(0, limit), images: path.join(source, 'images'), problems: [] }
  const { listScans } = await import('../scene/scannet/scan.js')
  const scans = listScans(source).slice(0, limit)
  if (options.dryRun)
    throw usageError('--dry-run', '--scenes or --records', '--scans, which writes pictures first')
  const progress = startProgress('scans', scans.length, { unit: 'scans' })
  const { out, workers } = options
  const signal = interruptSignal()
  const made = await buildRecords({ scans, out, workers, progress, signal })
  signal.throwIfAborted()
  progress.end()
  return {
    records: made.map(({ file }) => readRecord(file)),
    images: path.join(out, 'images'),
    problems: made.flatMap(({ problems, scene }) => problems.map((problem) => `${scene}: ${problem}`)),
  }
}

/** Readers look for pictures in `<out>/images`; those of records made elsewhere are linked there. */
function linkImages(images: string, out: string): void {
  const link = path.join(out, 'images')
  if (fs.existsSync(images) && !fs.existsSync(link))
    fs.symlinkSync(path.relative(path.resolve(out), path.resolve(images)), link)
}

async function build(options: BuildOptions): Promise<void> {
  const { buildDataset, GROUNDING_FILE, makeDataset, SPATIAL_FILE, STATS_FILE } = await import(
    '../dataset/build.js'
  )
  const { images, problems, records } = await loadRecords(options)
  if (records.length === 0)
    throw dataError(String(options.scenes ?? options.scans ?? options.records), 'at least one scene', 'none')
  const progress: Progress = startProgress('questions', records.length, { unit: 'scenes' })
  const job = { records, seed: options.seed, progress }
  const stats = options.dryRun ? makeDataset(job).stats : buildDataset({ ...job, out: options.out })
  progress.end()
  if (images && !options.dryRun) linkImages(images, options.out)
  const files = [GROUNDING_FILE, SPATIAL_FILE, STATS_FILE].map((name) => path.join(options.out, name))
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ ...stats, problems, images: images ?? null, files: options.dryRun ? [] : files }, null, 2)}\n`,
    )
    return
  }
  const written = options.dryRun ? 'nothing written (--dry-run)' : `written: ${files.join(', ')}`
  const lines = [
    describeStats(stats),
    ...(problems.length > 0
      ? ['', 'problems of the scans', ...problems.map((problem) => `  ${problem}`)]
      : []),
    '',
    ...(images ? [`pictures: ${images}`] : []),
    written,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

export function register(data: Command): void {
  const command = data
    .command('build')
    .description('make questions with proven answers from scans, scene records or VSI-Bench meta files')
    .option('--scenes <file>', "VSI-Bench's meta JSON: real rooms, no pictures")
    .option('--scans <dir>', 'a folder of ScanNet scans')
    .option('--records <dir>', 'a folder of scene records made before')
    .requiredOption('--out <dir>', 'where the JSONL files and stats.json go')
    .option('--limit <n>', 'only the first n scenes', integer(1))
    .option('--seed <n>', 'seed of every random choice', integer(0), 42)
    .option('--workers <n>', 'processes that read scans', integer(1), 1)
    .option('--json', 'print the statistics as JSON')
    .option('--dry-run', 'make and count the questions, write nothing')
    .action(build)
  withExample(
    command,
    '# rooms that scan synth --out scans made, or ScanNet',
    'spatial-ladder data build --scans scans --out data/rooms',
    "# VSI-Bench's meta file: real rooms, no pictures",
    'spatial-ladder data build --scenes scannet_meta_info_val.json --out data/vsi',
  )
}
