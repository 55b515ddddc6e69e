/** `scan synth`: makes rooms and writes them as ScanNet scans. */
import { availableParallelism } from 'node:os'
import { type Command, Option } from 'commander'
import { usageError } from '../common/errors.js'
import { startProgress } from '../common/progress.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'

interface Flags {
  out: string
  rooms?: string
  frames?: string
  seed?: string
  style?: string
  width?: string
  height?: string
  firstScene?: string
  set: string[]
  workers: string
  limit?: string
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

function optionsOf(flags: Flags): ReturnType<typeof synthOptionsSchema.parse> {
  const given: Record<string, unknown> = Object.fromEntries(flags.set.map(parseSetting))
  const number = (key: string, value: string | undefined): void => {
    if (value !== undefined) given[key] = Number(value)
  }
  number('rooms', flags.rooms)
  number('frames', flags.frames)
  number('seed', flags.seed)
  number('width', flags.width)
  number('height', flags.height)
  number('first_scene', flags.firstScene)
  if (flags.style !== undefined) given.style = flags.style
  const parsed = synthOptionsSchema.safeParse(given)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const key = issue.path.join('.') || 'scan synth'
    throw usageError(
      key,
      issue.message.replace(/^Invalid input: expected /, ''),
      JSON.stringify(given[String(issue.path[0])]) ?? 'nothing',
    )
  }
  const options = parsed.data
  const limit = flags.limit === undefined ? options.rooms : Number(flags.limit)
  if (!Number.isInteger(limit) || limit < 1)
    throw usageError('--limit', 'a whole number above 0', String(flags.limit))
  return { ...options, rooms: Math.min(options.rooms, limit) }
}

async function run(flags: Flags): Promise<void> {
  const options = optionsOf(flags)
  const workers = Number(flags.workers)
  if (!Number.isInteger(workers) || workers < 1)
    throw usageError('--workers', 'a whole number above 0', flags.workers)
  const say = (value: Record<string, unknown>, text: string): void => {
    process.stdout.write(flags.json ? `${JSON.stringify(value)}\n` : `${text}\n`)
  }
  if (flags.dryRun) {
    say(
      { out: flags.out, options, workers },
      `would make ${options.rooms} ${options.style} rooms of ${options.frames} frames in ${flags.out}`,
    )
    return
  }
  const began = Date.now()
  const progress = startProgress('making rooms', options.rooms, { unit: 'rooms' })
  const { scans, made, skipped } = await synthesizeScans({ out: flags.out, options, workers, progress })
  const seconds = (Date.now() - began) / 1000
  const rate = seconds > 0 ? (made * options.frames) / seconds : 0
  say(
    { out: flags.out, scans, made, skipped, frames: made * options.frames, seconds },
    `${flags.out}: ${scans.length} scans (${scans[0]} to ${scans[scans.length - 1]}), ${made} made in ${seconds.toFixed(1)} s (${rate.toFixed(0)} frames/s), ${skipped} already there`,
  )
}

/** Adds `synth` to the `scan` command. */
export function register(scan: Command): void {
  scan
    .command('synth')
    .description('Make rooms and write them as ScanNet scans (.sens, mesh, segments, annotation, meta).')
    .requiredOption('--out <folder>', 'folder that gets one folder per scan')
    .option('--rooms <n>', 'number of rooms (default 20)')
    .option('--frames <n>', 'pictures per room (default 16)')
    .option('--seed <n>', 'seed; the same seed gives the same bytes (default 42)')
    .addOption(
      new Option('--style <style>', 'train or test rooms (default train)').choices(['train', 'test']),
    )
    .option('--width <pixels>', 'width of colour and depth pictures (default 168)')
    .option('--height <pixels>', 'height of colour and depth pictures (default 112)')
    .option('--first-scene <n>', 'number of the first scan (default 1000, test 7000)')
    .option(
      '--set <key=value>',
      "any other option of a recipe's `synth` section",
      (value: string, all: string[]) => [...all, value],
      [] as string[],
    )
    .option('--workers <n>', 'threads', String(availableParallelism()))
    .option('--limit <n>', 'at most this many rooms')
    .option('--dry-run', 'say what would be made')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nScans that are complete are skipped: the same command continues a run that was stopped.\n\nExample:\n  spatial-ladder scan synth --out data/scans --rooms 200 --frames 16 --seed 7',
    )
    .action(run)
}
