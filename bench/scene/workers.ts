/** What a second worker brings on a folder of scans, and how much memory one takes on a big scan. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildRecords } from '../../src/scene/records.js'
import { makeRooms } from './rooms.js'

const ROUNDS = 3
const MADE = 12
const SCANS = 48

/** The same scan once more, under another name: what does not name it is linked. */
function another(scan: string, name: string): string {
  const stem = path.basename(scan)
  const copy = path.join(path.dirname(scan), name)
  fs.mkdirSync(copy)
  for (const file of fs.readdirSync(scan)) {
    const [from, to] = [path.join(scan, file), path.join(copy, file.replace(stem, name))]
    if (file.endsWith('.json')) fs.writeFileSync(to, fs.readFileSync(from, 'utf8').replaceAll(stem, name))
    else fs.linkSync(from, to)
  }
  return copy
}

/** One worker and two in turn, each round into a folder of its own; pool and start included. */
export async function benchWorkers(folder: string): Promise<string[]> {
  const made = await makeRooms(folder, { rooms: MADE, frames: 60, width: 640, height: 480, vertices: 67_000 })
  const scans = Array.from({ length: SCANS }, (_, i) =>
    i < MADE ? made[i] : another(made[i % MADE], `scene${7000 + i}_00`),
  )
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round++)
    for (const workers of [1, 2]) {
      const began = performance.now()
      const out = path.join(folder, `out-${round}-${workers}`)
      await buildRecords({ scans, out, workers, options: { images: false } })
      times[workers - 1].push(performance.now() - began)
    }
  const [one, two] = times.map((list) => Math.min(...list) / 1000)
  return [
    `records of ${scans.length} scans (60 frames of 640x480, 67,000 vertices), best of ${ROUNDS}`,
    `  one worker ${one.toFixed(2)} s, two ${two.toFixed(2)} s: ${(one / two).toFixed(2)} times as fast`,
  ]
}

const here = fileURLToPath(import.meta.url)

/** The peak of a fresh process that makes the record of a scan of 300,000 vertices and 200 frames, by every rule. */
export async function benchMemory(folder: string): Promise<string[]> {
  const [scan] = await makeRooms(folder, {
    rooms: 1,
    frames: 200,
    width: 640,
    height: 480,
    vertices: 300_000,
  })
  const peak = (options: object): string => {
    const child = spawnSync(
      process.execPath,
      ['--import', 'tsx', here, scan, path.join(folder, JSON.stringify(options)), JSON.stringify(options)],
      { encoding: 'utf8' },
    )
    if (child.status !== 0) throw new Error(child.stderr)
    const { megabytes, seconds } = JSON.parse(child.stdout) as { megabytes: number; seconds: number }
    return `  ${JSON.stringify(options)}: ${megabytes.toFixed(0)} MB at most, ${seconds.toFixed(1)} s`
  }
  return [
    'one worker on a scan of 300,000 vertices and 200 frames of 640x480, a process of its own',
    peak({}),
    peak({ visibility: 'ladder-mesh', box: 'minimal_volume', distance: 'surfaces' }),
  ]
}

if (process.argv[1] === here) {
  const [scan, out, options] = process.argv.slice(2)
  const began = performance.now()
  await buildRecords({ scans: [scan], out, options: JSON.parse(options) })
  const megabytes = process.resourceUsage().maxRSS / 1024
  console.log(JSON.stringify({ megabytes, seconds: (performance.now() - began) / 1000 }))
}
