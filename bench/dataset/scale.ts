/**
 * How the time of `data build` grows with the number of rooms: records of made rooms, copied under new names to
 * 150, 300, 600 and 1,201 (SpatialLadder-26k's number of training rooms is of this size), without pictures, in one
 * worker and in two. Both must give the same bytes.
 *
 *   npm run bench:dataset
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDataRecipe } from '../../src/cli/data-recipe.js'
import { sha256File } from '../../src/common/files.js'
import { buildRecords, readRecord } from '../../src/scene/records.js'
import { synthOptionsSchema } from '../../src/scene/synthetic/options.js'
import { synthesizeScans } from '../../src/scene/synthetic/synthesize.js'

const SIZES = [150, 300, 600, 1201]
const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-dataset-'))
const at = (...names: string[]): string => path.join(folder, ...names)
// The names of made rooms are in none of ScanNet's lists.
const settings = ['split=null', 'held_out=[]', 'records.stride=1', 'records.frames_per_second=2']
const recipe = path.join(root, 'recipes/dataset-26k.yaml')

/** Twelve rooms as a hand-held camera sees them, in the recipe's manner. @returns files of their records */
async function makeRooms(): Promise<string[]> {
  const options = synthOptionsSchema.parse({ rooms: 12, frames: 24, width: 640, height: 480, seed: 5 })
  await synthesizeScans({ out: at('scans'), options, workers: 2 })
  const made = await buildRecords({
    scans: fs
      .readdirSync(at('scans'))
      .filter((name) => name.startsWith('scene'))
      .sort()
      .map((name) => at('scans', name)),
    out: at('rooms'),
    options: { ...readDataRecipe(recipe, settings).records, dataset: 'synthetic' },
    workers: 2,
  })
  return made.map(({ file }) => file)
}

/** `count` records under `out`, the rooms of `files` in turn. */
function copyRooms(files: readonly string[], count: number, out: string): void {
  const rooms = files.map(readRecord)
  fs.mkdirSync(path.join(out, 'records'), { recursive: true })
  for (let i = 0; i < count; i++) {
    const room = rooms[i % rooms.length]
    const name = `scene${5000 + i}_00`
    const text = JSON.stringify(room).replaceAll(room.scene_name, name)
    fs.writeFileSync(path.join(out, 'records', `${name}.json`), text)
  }
}

interface Run {
  seconds: number
  /** The most memory the process held; null where the system does not tell. */
  bytes: number | null
}

/** Runs `data build` in a process of its own. */
function build(records: string, out: string, workers: number): Promise<Run> {
  const words = ['data', 'build', recipe, '--records', records, '--out', out, '--workers', String(workers)]
  words.push(...settings.flatMap((setting) => ['--set', setting]))
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const script = path.join(root, 'scripts/spatial-ladder.mjs')
    const child = spawn(process.execPath, [script, ...words], { stdio: ['ignore', 'ignore', 'pipe'] })
    let bytes: number | null = null
    const watch = setInterval(() => {
      try {
        const text = fs.readFileSync(`/proc/${child.pid}/status`, 'utf8')
        bytes = 1024 * Number(/VmHWM:\s+(\d+)/.exec(text)?.[1] ?? Number.NaN) || bytes
      } catch {}
    }, 50)
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += String(text)
    })
    child.on('exit', (code) => {
      clearInterval(watch)
      if (code === 0) resolve({ seconds: (performance.now() - began) / 1000, bytes })
      else reject(new Error(errors))
    })
  })
}

const FILES = ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl', 'stats.json', 'README.md']
const hashes = (out: string): string => FILES.map((name) => sha256File(path.join(out, name))).join()
const mb = (bytes: number | null): string => (bytes === null ? '-' : `${Math.round(bytes / 1e6)} MB`)

try {
  const files = await makeRooms()
  const none = at('none')
  copyRooms(files, 1, none)
  const start = await build(none, at('none', 'out'), 1)
  console.log(`one room: ${start.seconds.toFixed(2)} s, most of it the start of the program\n`)
  console.log('rooms  samples   1 worker   per room   memory   2 workers   memory   1 : 2')
  const seconds: number[] = []
  for (const rooms of SIZES) {
    const source = at(String(rooms))
    copyRooms(files, rooms, source)
    const [one, two] = [at(`${rooms}-1`), at(`${rooms}-2`)]
    const first = await build(source, one, 1)
    const second = await build(source, two, 2)
    if (hashes(one) !== hashes(two)) throw new Error(`${rooms} rooms: two workers gave other bytes than one`)
    const { localization, spatial } = JSON.parse(fs.readFileSync(path.join(one, 'stats.json'), 'utf8'))
    seconds.push(first.seconds)
    console.log(
      [
        String(rooms).padStart(5),
        String(localization + spatial).padStart(7),
        `${first.seconds.toFixed(1)} s`.padStart(9),
        `${((1000 * first.seconds) / rooms).toFixed(1)} ms`.padStart(9),
        mb(first.bytes).padStart(7),
        `${second.seconds.toFixed(1)} s`.padStart(10),
        mb(second.bytes).padStart(7),
        (first.seconds / second.seconds).toFixed(2).padStart(6),
      ].join('  '),
    )
  }
  const grown = SIZES.slice(1).map((rooms, i) => {
    const time = (seconds[i + 1] - start.seconds) / (seconds[i] - start.seconds)
    return `x${(rooms / SIZES[i]).toFixed(2)} rooms: x${time.toFixed(2)} time`
  })
  console.log(`\nbeyond the start, in one worker: ${grown.join('; ')}`)
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
