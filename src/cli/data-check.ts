/** `data check`: is every row whole, and does every answer follow from the scans? Names file and row of what is not. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError, describeError } from '../common/errors.js'
import { type Progress, startProgress } from '../common/progress.js'
import { decodeImage, readImageSize } from '../images/codec.js'
import { checkPicture } from '../proof/pictures.js'
import { proveSample } from '../proof/prove.js'
import { openRoom, type Room } from '../proof/room.js'
import { checkRow } from '../proof/rows.js'
import type { RecordOptionsInput } from '../scene/record.js'
import { listScans } from '../scene/scannet/scan.js'
import { imageRootOf } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import { readDataRecipe } from './data-recipe.js'
import { integer, withExample } from './options.js'

interface CheckOptions {
  scans?: string
  images?: string
  recipe?: string
  limit?: number
  decode?: boolean
  json?: boolean
}

interface Problem {
  file: string
  row: number
  problem: string
}

/** A row that its room may bear out. */
interface Provable {
  sample: Sample
  file: string
  row: number
}

interface Result {
  files: string[]
  rows: number
  /** Rows whose answer was recomputed from a scan. */
  proven: number
  /** Rows that cannot be: no evidence, or no scan of their room. */
  not_provable: number
  problems: Problem[]
}

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

/** Lines of `file` that hold something, with their numbers. */
const linesOf = (file: string): { text: string; row: number }[] =>
  fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((text, index) => (text.trim() === '' ? [] : [{ text, row: index + 1 }]))

/** Every picture is looked at once: its header, or with `decode` all of it. */
function pictureChecker(root: string, decode: boolean): (image: string) => Promise<string | null> {
  const known = new Map<string, string | null>()
  return async (image) => {
    const before = known.get(image)
    if (before !== undefined) return before
    const file = path.join(root, image)
    let problem: string | null = null
    try {
      if (!fs.existsSync(file)) problem = `image ${image}: expected a picture, got nothing there`
      else if (decode) await decodeImage(file)
      else await readImageSize(file)
    } catch (error) {
      problem = `image ${describeError(error).message}`
    }
    known.set(image, problem)
    return problem
  }
}

/** All rows by themselves: schema, options, boxes, pictures, repeats. */
async function checkRows(
  files: readonly string[],
  root: string,
  options: CheckOptions,
): Promise<{ result: Result; provable: Provable[] }> {
  const result: Result = { files: [...files], rows: 0, proven: 0, not_provable: 0, problems: [] }
  const provable: Provable[] = []
  const ids = new Map<string, string>()
  const keys = new Map<string, string>()
  const look = pictureChecker(root, options.decode ?? false)
  for (const file of files) {
    const lines = linesOf(file)
    const progress = startProgress(path.basename(file), lines.length, { unit: 'rows' })
    progress.update(0)
    for (const [index, { text, row }] of lines.entries()) {
      progress.update(index + 1)
      if (options.limit !== undefined && result.rows >= options.limit) break
      result.rows++
      const say = (problem: string): void => void result.problems.push({ file, row, problem })
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        say(`row: expected a JSON object, got ${JSON.stringify(text.slice(0, 60))}`)
        continue
      }
      const checked = checkRow(value)
      checked.problems.forEach(say)
      for (const image of checked.images) {
        const problem = await look(image)
        if (problem) say(problem)
      }
      const place = `${path.basename(file)} row ${row}`
      const [sameId, sameKey] = [checked.id === null ? undefined : ids.get(checked.id), keys.get(checked.key)]
      if (sameId) say(`id: expected a new one, got ${checked.id}, as in ${sameId}`)
      else if (sameKey) say(`row: expected another question or picture than in ${sameKey}, got the same`)
      if (checked.id !== null) ids.set(checked.id, place)
      keys.set(checked.key, place)
      if (checked.sample) provable.push({ sample: checked.sample, file, row })
      else result.not_provable++
    }
    progress.end()
  }
  return { result, provable }
}

/** Groups rows by room and proves them, one room open at a time. */
async function prove(
  provable: readonly Provable[],
  scans: string,
  root: string,
  records: RecordOptionsInput,
  result: Result,
  progress: Progress,
): Promise<void> {
  const folders = new Map(listScans(scans).map((folder) => [path.basename(path.resolve(folder)), folder]))
  const byRoom = new Map<string, Provable[]>()
  for (const item of provable) {
    const name = item.sample.scene_name
    byRoom.set(name, [...(byRoom.get(name) ?? []), item])
  }
  let done = 0
  for (const [name, items] of [...byRoom].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const folder = folders.get(name)
    if (folder === undefined) result.not_provable += items.length
    else await proveRoom(await openRoom(folder, records), items, root, result)
    done += items.length
    progress.update(done, name)
  }
}

async function proveRoom(
  room: Room,
  items: readonly Provable[],
  root: string,
  result: Result,
): Promise<void> {
  const pictures = new Map<string, string | null>()
  for (const { sample, file, row } of items) {
    const problems = proveSample(sample, room)
    for (const image of sample.image) {
      if (!pictures.has(image)) pictures.set(image, await checkPicture(room, root, image, decodeImage))
      const problem = pictures.get(image)
      if (problem) problems.push(problem)
    }
    result.proven++
    // What the row alone showed already is not said twice.
    for (const problem of new Set(problems))
      if (!result.problems.some((one) => one.file === file && one.row === row && one.problem === problem))
        result.problems.push({ file, row, problem })
  }
}

/** Lines printed of many problems. */
const SHOWN = 50

async function run(place: string, options: CheckOptions): Promise<void> {
  const files = filesOf(place)
  const root = options.images ?? imageRootOf(place)
  const { result, provable } = await checkRows(files, root, options)
  if (options.scans === undefined) result.not_provable += provable.length
  else {
    const records = options.recipe === undefined ? {} : readDataRecipe(options.recipe).records
    const progress = startProgress('proving', provable.length, { unit: 'rows' })
    await prove(provable, options.scans, root, records, result, progress)
    progress.end()
  }
  const wrong = new Set(result.problems.map(({ file, row }) => `${file} ${row}`)).size
  if (options.json) process.stdout.write(`${JSON.stringify({ ...result, wrong_rows: wrong }, null, 2)}\n`)
  else {
    for (const { file, row, problem } of result.problems.slice(0, SHOWN))
      process.stdout.write(`${file} row ${row}: ${problem}\n`)
    if (result.problems.length > SHOWN)
      process.stdout.write(`… and ${result.problems.length - SHOWN} more (--json lists all)\n`)
    process.stdout.write(
      `${result.rows} rows: ${wrong} wrong, ${result.proven} recomputed from their scans, ${result.not_provable} not provable\n`,
    )
  }
  if (wrong > 0) process.exitCode = 1
}

/** Adds `check` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('check')
    .summary('recompute every answer from the scans, and find what is wrong with rows')
    .description(
      'Checks rows by themselves (schema, options, boxes, pictures, repeats): samples of this program, SpatialLadder-26k, or chats with pictures. With --scans every answer, box, option, picture and number of evidence is recomputed from mesh, poses and depth. Exit code 1 when anything is wrong.',
    )
    .argument('<path>', 'a data folder, or a JSONL file')
    .option('--scans <dir>', 'the scans the rows were made from')
    .option('--images <dir>', 'where the pictures are (default: images/ beside the rows)')
    .option('--recipe <file>', 'the recipe the data was built with, for its options of records')
    .option('--decode', 'decode every picture wholly, not only its header')
    .option('--limit <n>', 'only the first n rows', integer(1))
    .option('--json', 'print all problems as JSON')
    .action(run)
  withExample(
    command,
    'spatial-ladder data check data/rooms --scans scans',
    '# the released files, or anyone’s JSONL',
    'spatial-ladder data check spld_spatial_data.jsonl --images images --decode',
  )
}
