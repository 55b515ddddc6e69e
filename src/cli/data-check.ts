/** `data check`: is every row whole, and does every answer follow from the scans? Names file and row of what is not. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { startProgress } from '../common/progress.js'
import { decodeImage, readImageSize } from '../images/codec.js'
import { checkRows } from '../proof/check-rows.js'
import { countLines } from '../proof/lines.js'
import { type Codec, pictureChecker } from '../proof/pictures.js'
import { proveRows } from '../proof/prove-rows.js'
import { type Counts, type Report, startReport } from '../proof/report.js'
import type { RoomRules } from '../proof/room.js'
import { imageRootOf } from '../schema/read-samples.js'
import { aligned } from './aligned.js'
import { readDataRecipe } from './data-recipe.js'
import { addLabelOptions, type LabelFlags, withLabels } from './label-options.js'
import { integer, withExample } from './options.js'

interface CheckOptions extends LabelFlags {
  scans?: string
  images?: string
  recipe?: string
  limit?: number
  decode?: boolean
  json?: boolean
}

const CODEC: Codec = { size: readImageSize, decode: decodeImage }

/** The JSONL files of `place`. */
function filesOf(place: string): string[] {
  if (!fs.existsSync(place)) throw dataError(place, 'a folder or JSONL file', 'nothing there')
  if (!fs.statSync(place).isDirectory()) return [place]
  const files = fs
    .readdirSync(place)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => path.join(place, name))
  if (files.length === 0) throw dataError(place, 'JSONL files', 'none')
  return files
}

/** How the data set was measured, by the recipe and the label table it was built with. */
async function rulesOf({ recipe, scans, ...flags }: CheckOptions): Promise<RoomRules> {
  if (recipe === undefined) return { records: await withLabels(undefined, flags, scans) }
  const { dataset, records } = readDataRecipe(recipe)
  return {
    records: await withLabels(records, flags, scans),
    appearance: { ratio: dataset.appearance_visible_ratio, pixels: dataset.appearance_pixel_count },
  }
}

const cells = ({ not_provable, recomputed, rows, wrong }: Counts): string[] =>
  [rows, wrong, recomputed, not_provable].map(String)

function describeCounts({ counts, total }: Report): string {
  return aligned([
    ['rows', 'all', 'wrong', 'recomputed', 'not provable'],
    ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([about, found]) => [about, ...cells(found)]),
    ['all', ...cells(total())],
  ]).join('\n')
}

/** Problems printed; `--json` has all. */
const SHOWN = 1000

function describe(report: Report): string {
  const { problems, reasons } = report
  const { not_provable, recomputed, rows, wrong } = report.total()
  const lines = problems
    .slice(0, SHOWN)
    .map(({ file, problem, row }) => (row === null ? problem : `${file} row ${row}: ${problem}`))
  if (problems.length > SHOWN) lines.push(`… and ${problems.length - SHOWN} more (--json lists all)`)
  if (lines.length > 0) lines.push('')
  const why = [...reasons].map(([reason, n]) => `${reason}: ${n}`).join('; ')
  lines.push(
    describeCounts(report),
    '',
    `${rows} rows: ${wrong} wrong, ${recomputed} recomputed from their scans, ${not_provable} not provable${why === '' ? '' : ` (${why})`}`,
  )
  return lines.join('\n')
}

async function run(place: string, options: CheckOptions): Promise<void> {
  const { decode = false, json, limit, recipe, scans } = options
  const files = filesOf(place)
  const root = options.images ?? imageRootOf(place)
  const rules = await rulesOf(options)
  const report = startReport()
  const look = pictureChecker(root, CODEC, decode)
  const progressOf = async (file: string) =>
    startProgress(path.basename(file), Math.min(await countLines(file), limit ?? Infinity), { unit: 'rows' })
  const rooms = await checkRows({ files, look, report, limit, progressOf })
  if (scans === undefined)
    for (const places of rooms.values()) for (const { about } of places) report.skip(about, 'no --scans')
  else {
    const all = [...rooms.values()].reduce((sum, places) => sum + places.length, 0)
    const progress = startProgress('proving', all, { unit: 'rows' })
    await proveRows({ rooms, scans, root, codec: CODEC, rules, report, progress })
    progress.end()
  }
  report.problems.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : (a.row ?? 0) - (b.row ?? 0)))
  const { not_provable, recomputed, rows, wrong } = report.total()
  if (json) {
    const { problems } = report
    const [by, reasons] = [Object.fromEntries(report.counts), Object.fromEntries(report.reasons)]
    process.stdout.write(
      `${JSON.stringify({ files, rows, wrong, recomputed, not_provable, reasons, by, problems }, null, 2)}\n`,
    )
  } else process.stdout.write(`${describe(report)}\n`)
  const unnamed = report.problems.some(({ problem }) => /^evidence object \d+: expected a /.test(problem))
  if (recipe === undefined && options.labels === undefined && unnamed)
    process.stderr.write(
      'Was it built with a recipe or a table of labels? Name them with --recipe and --labels: they say what things are called.\n',
    )
  if (report.problems.length > 0) process.exitCode = 1
}

/** Adds `check` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('check')
    .summary('recompute every answer from the scans, and find what is wrong with rows')
    .description(
      'Checks rows by themselves (schema, options, boxes, pictures, repeats): samples of this program, SpatialLadder-26k, SPBench, or chats with pictures. With --scans every answer, box, option, picture and number of evidence is recomputed from mesh, poses and depth; rows whose scan is not there are counted as not provable, never as right. Exit code 1 when anything is wrong.',
    )
    .argument('<path>', 'a data folder, or a JSONL file')
    .option('--scans <dir>', 'the scans the rows were made from')
    .option('--images <dir>', 'where the pictures are (default: images/ beside the rows)')
    .option(
      '--recipe <file>',
      'the recipe the data was built with, for what it calls things and how it measures',
    )
    .option('--decode', 'decode every picture wholly, not only its header')
    .option('--limit <n>', 'only the first n rows', integer(1))
    .option('--json', 'print all problems as JSON')
    .action(run)
  addLabelOptions(command)
  withExample(
    command,
    'spatial-ladder data check data/rooms --scans scans',
    '# the released files, or anyone’s JSONL',
    'spatial-ladder data check spld_spatial_data.jsonl --images images --decode',
  )
}
