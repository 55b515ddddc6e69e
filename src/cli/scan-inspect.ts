/** `scan inspect`: reads a scan or a folder of scans and says what they hold. */
import type { Command } from 'commander'
import { usageError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { startProgress } from '../common/progress.js'
import type { ScanSummary } from '../scene/inspect.js'
import { integer, withExample } from './options.js'

interface Flags {
  json?: boolean
  sheet?: string
  limit?: number
}

/** Frames on the sheet: a dozen of one scan, fewer of each of several. */
const SHEET_FRAMES = 12
const SHEET_SCANS = 8

const size = ({ width, height }: { width: number; height: number }): string =>
  width > 0 ? `${width}x${height}` : 'none'

function depthLine(summary: ScanSummary): string {
  const range = summary.depth_range
  if (!range) return size(summary.depth)
  const meters =
    range.nearest === null || range.farthest === null
      ? 'nothing measured'
      : `${range.nearest.toFixed(2)} to ${range.farthest.toFixed(2)} m`
  const read = range.frames_read < summary.frames ? ` (${range.frames_read} frames read)` : ''
  return `${size(summary.depth)}, ${meters}, ${(100 * range.holes).toFixed(1)} % holes${read}`
}

/** The summary for people, one fact a line. */
export function describeScan(summary: ScanSummary): string {
  const { objects } = summary
  const count = objects ? Object.values(objects).reduce((sum, n) => sum + n, 0) : 0
  const list = Object.entries(objects ?? {}).map(([label, n]) => (n > 1 ? `${label} ${n}` : label))
  const rows: [string, string][] = [
    ['layout', summary.layout + (summary.scene_type ? `, ${summary.scene_type}` : '')],
    ['frames', `${summary.frames}, ${summary.valid_poses} with a pose`],
    ['colour', size(summary.color)],
    ['depth', depthLine(summary)],
    ['camera path', `${summary.path_length.toFixed(2)} m`],
    ['mesh', summary.vertices === null ? 'none' : `${summary.vertices} vertices, ${summary.faces} faces`],
    ['objects', objects ? `${count}: ${list.join(', ')}` : 'none'],
    ...summary.problems.map((problem): [string, string] => ['note', problem]),
  ]
  return [summary.name, ...rows.map(([name, text]) => `  ${name.padEnd(12)} ${text}`)].join('\n')
}

async function run(folder: string, flags: Flags): Promise<void> {
  if (flags.sheet !== undefined && !/\.(png|jpe?g)$/i.test(flags.sheet))
    throw usageError('--sheet', 'a file name that ends in .png or .jpg', flags.sheet)
  const { listScans, openScan } = await import('../scene/scannet/scan.js')
  const { inspectScan, scanSheet } = await import('../scene/inspect.js')
  const folders = listScans(folder).slice(0, flags.limit)
  const progress = startProgress('reading scans', folders.length, { unit: 'scans' })
  progress.update(0)
  const scans = []
  const summaries: ScanSummary[] = []
  for (const [index, path] of folders.entries()) {
    const scan = await openScan(path)
    summaries.push(await inspectScan(scan))
    if (scans.length < SHEET_SCANS) scans.push(scan)
    progress.update(index + 1, scan.name)
  }
  progress.end()
  if (flags.sheet !== undefined) {
    const { encodeJpeg, encodePng } = await import('../images/codec.js')
    const sheet = await scanSheet(scans, scans.length === 1 ? SHEET_FRAMES : 4)
    writeFileAtomic(flags.sheet, await (/\.png$/i.test(flags.sheet) ? encodePng(sheet) : encodeJpeg(sheet)))
    process.stderr.write(`wrote ${flags.sheet}\n`)
  }
  process.stdout.write(
    flags.json ? `${JSON.stringify(summaries, null, 2)}\n` : `${summaries.map(describeScan).join('\n\n')}\n`,
  )
}

/** Adds `inspect` to the `scan` command. */
export function register(scan: Command): void {
  const command = scan
    .command('inspect')
    .description('Read a scan, or a folder of scans, and say what they hold.')
    .argument(
      '<path>',
      'a ScanNet scan (.sens and mesh files, or color/ depth/ pose/ intrinsic/), or a folder of them',
    )
    .option('--sheet <file>', 'write a contact sheet (.png or .jpg) with the boxes of the objects')
    .option('--limit <n>', 'at most so many scans', integer(1))
    .option('--json', 'print the summaries as JSON')
    .action(run)
  withExample(
    command,
    '# rooms that scan synth --out scans made',
    'spatial-ladder scan inspect scans --limit 3 --sheet scans.png',
  )
}
