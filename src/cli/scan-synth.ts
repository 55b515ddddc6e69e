/** `scan synth`: makes rooms and writes them as ScanNet scans. */
import { availableParallelism } from 'node:os'
import { type Command, Option } from 'commander'
import { usageError } from '../common/errors.js'
import { lockFolder } from '../common/lock.js'
import { startProgress } from '../common/progress.js'
import { type SynthOptions, synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import { interruptSignal } from './interrupt.js'
import { integer, repeated, withExample } from './options.js'

interface Flags {
  out: string
  rooms?: number
  frames?: number
  seed?: number
  style?: string
  width?: number
  height?: number
  firstScene?: number
  set?: string[]
  workers: number
  limit?: number
  dryRun?: boolean
  json?: boolean
}

/** "object_scale=[0.5,2]" -> ["object_scale", [0.5, 2]]; values are JSON where they parse as such. */
function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf('=')
  if (at < 1) throw usageError('--set', 'key=value', text)
  const value = text.slice(at + 1)
  try {
    return [text.slice(0, at), JSON.parse(value)]
  } catch {
    return [text.slice(0, at), value]
  }
}

function optionsOf(flags: Flags): SynthOptions {
  const given: Record<string, unknown> = Object.fromEntries((flags.set ?? []).map(parseSetting))
  const { rooms, frames, seed, style, width, height, firstScene: first_scene } = flags
  for (const [key, value] of Object.entries({ rooms, frames, seed, style, width, height, first_scene }))
    if (value !== undefined) given[key] = value
  const known = Object.keys(synthOptionsSchema.shape)
  for (const key of Object.keys(given))
    if (!known.includes(key)) throw usageError('--set', `one of ${known.join(', ')}`, key)
  const parsed = synthOptionsSchema.safeParse(given)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    const expected = message
      .replace(/^(Invalid \w+: )?expected /, '')
      .replace(/, received .*/, '')
      .replaceAll('"|"', ', ')
      .replaceAll('"', '')
    throw usageError(path.join('.'), expected, JSON.stringify(given[String(path[0])]))
  }
  const options = parsed.data
  return { ...options, rooms: Math.min(options.rooms, flags.limit ?? options.rooms) }
}

async function run(flags: Flags): Promise<void> {
  const { out, workers } = flags
  const options = optionsOf(flags)
  const say = (value: Record<string, unknown>, text: string): void => {
    process.stdout.write(flags.json ? `${JSON.stringify(value)}\n` : `${text}\n`)
  }
  if (flags.dryRun) {
    const text = `would make ${options.rooms} ${options.style} rooms of ${options.frames} frames in ${out}`
    say({ out, options, workers }, text)
    return
  }
  const release = lockFolder(out)
  const began = Date.now()
  const progress = startProgress('making rooms', options.rooms, { unit: 'rooms' })
  const { scans, made, skipped } = await synthesizeScans({
    out,
    options,
    workers,
    progress,
    signal: interruptSignal(),
  })
  release()
  const seconds = (Date.now() - began) / 1000
  const rate = made > 0 ? `, ${Math.round((made * options.frames) / seconds)} frames/s` : ''
  say(
    { out, scans, made, skipped, frames: made * options.frames, seconds },
    `${out}: ${scans.length} scans (${scans[0]} to ${scans[scans.length - 1]}); ${made} made in ${seconds.toFixed(1)} s${rate}, ${skipped} already there`,
  )
}

/** Adds `synth` to the `scan` command. */
export function register(scan: Command): void {
  const command = scan
    .command('synth')
    .summary('make rooms and write them as ScanNet scans')
    .description(
      'Makes furnished rooms, walks through them with an RGB-D camera, and writes them as ScanNet scans (.sens, mesh, segments, annotation, meta). Complete scans are skipped, so the same command continues a run that was stopped.',
    )
    .requiredOption('--out <folder>', 'folder that gets one folder per scan')
    .option('--rooms <n>', 'number of rooms (default: 20)', integer(1))
    .option('--frames <n>', 'pictures per room (default: 16)', integer(1))
    .option('--seed <n>', 'the same seed gives the same bytes (default: 42)', integer())
    .addOption(
      new Option('--style <style>', 'test rooms have other colours and sizes (default: train)').choices([
        'train',
        'test',
      ]),
    )
    .option('--width <pixels>', 'width of colour and depth pictures (default: 168)', integer(16))
    .option('--height <pixels>', 'height of colour and depth pictures (default: 112)', integer(16))
    .option('--first-scene <n>', 'number of the first scan (default: 1000, test 7000)', integer())
    .option('--set <key=value>', "any other key of a recipe's `synth` section", repeated)
    .option('--workers <n>', 'processes that make rooms', integer(1), availableParallelism())
    .option('--limit <n>', 'at most this many rooms', integer(1))
    .option('--dry-run', 'say what would be made')
    .option('--json', 'print the result as JSON')
    .action(run)
  withExample(command, 'spatial-ladder scan synth --out scans --rooms 20 --frames 16 --seed 7')
}
