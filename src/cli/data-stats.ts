/** `data stats`: what a data set is made of, as text, JSON or a page of charts. */
import path from 'node:path'
import type { Command } from 'commander'
import { writeFileAtomic } from '../common/files.js'
import { readExportSource } from '../dataset/export-source.js'
import {
  type Counts,
  type Distributions,
  distributionsOf,
  type Spread,
} from '../report/dataset-distributions.js'
import { statsHtml } from '../report/dataset-stats.js'
import { DATA_TYPES } from '../schema/sample.js'
import { withExample } from './options.js'

const BAR = 24
const SHOWN = 24

/** Lines of names, counts and bars; of many the first. */
function bars(counts: Counts): string[] {
  const all = Object.entries(counts)
  const shown = all.slice(0, SHOWN)
  const width = Math.max(...shown.map(([name]) => name.length), 1)
  const most = Math.max(...shown.map(([, n]) => n), 1)
  const lines = shown.map(
    ([name, n]) =>
      `  ${name.padEnd(width)} ${String(n).padStart(7)} ${'▇'.repeat(Math.max(1, Math.round((BAR * n) / most)))}`,
  )
  const rest = all.slice(SHOWN)
  return rest.length > 0
    ? [...lines, `  and ${rest.length} more with ${rest.reduce((sum, [, n]) => sum + n, 0)} together`]
    : lines
}

/** Question types by data types, with sums. */
function typeLines({ types, samples }: Distributions): string[] {
  const columns = DATA_TYPES.filter((name) => Object.values(types).some((row) => row[name]))
  const width = Math.max(...Object.keys(types).map((name) => name.length))
  const line = (name: string, cells: (string | number)[]): string =>
    `  ${name.padEnd(width)}${cells.map((cell) => String(cell).padStart(13)).join('')}`
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((all, n) => all + (n ?? 0), 0)
  return [
    line('', [...columns, 'all']),
    ...Object.entries(types).map(([type, row]) =>
      line(type, [...columns.map((name) => row[name] ?? 0), sum(Object.values(row))]),
    ),
    line('all', [...columns.map((name) => sum(Object.values(types).map((row) => row[name]))), samples]),
  ]
}

const EIGHTHS = '▁▂▃▄▅▆▇█'

/** A histogram in one line. */
const sparks = ({ bins }: Spread): string => {
  const most = Math.max(...bins.map(({ count }) => count))
  return bins.map(({ count }) => (count === 0 ? ' ' : EIGHTHS[Math.ceil((8 * count) / most) - 1])).join('')
}

const number = (value: number): string => String(Number(value.toPrecision(4)))

function spreads(table: Record<string, Spread | null>): string[] {
  const rows = Object.entries(table).flatMap(([name, spread]) => (spread ? [{ name, spread }] : []))
  const width = Math.max(...rows.map(({ name }) => name.length), 1)
  return rows.map(
    ({ name, spread }) =>
      `  ${name.padEnd(width)} ${String(spread.count).padStart(6)}  ${number(spread.least)} to ${number(spread.most)} ${spread.unit}, median ${number(spread.median)}, half ${number(spread.quarter)} to ${number(spread.three_quarters)}  |${sparks(spread)}|`,
  )
}

/** The summary for a terminal. */
export function describeDistributions(found: Distributions): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? ['', title, ...lines] : []
  const groups = (title: string, table: Record<string, Counts>): string[] =>
    Object.entries(table).flatMap(([name, counts]) => section(`${title}: ${name}`, bars(counts)))
  return [
    `${found.samples} samples, ${found.rooms} rooms, ${found.pictures} pictures, ${found.categories} categories, ${found.boxes.count} boxes`,
    ...section('question types', typeLines(found)),
    ...section('categories', bars(found.category_counts)),
    ...section('kinds', bars(found.kinds)),
    ...section('pictures per sample', bars(found.pictures_per_sample)),
    ...groups('letters', found.letters),
    ...groups('right answers', found.classes),
    ...section('numbers', spreads(found.numbers)),
    ...section(
      'rooms and boxes',
      spreads({ 'questions per room': found.per_room, 'size of boxes': found.boxes.area_percent }),
    ),
  ].join('\n')
}

interface StatsOptions {
  out?: string
  json?: boolean
  images?: string
}

async function run(data: string, { out, json, images }: StatsOptions): Promise<void> {
  const { samples } = await readExportSource(data, images)
  const found = distributionsOf(samples)
  if (out !== undefined) writeFileAtomic(out, statsHtml(path.basename(path.resolve(data)), found))
  if (json) {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
    return
  }
  process.stdout.write(`${describeDistributions(found)}\n`)
  if (out !== undefined) process.stdout.write(`\nwritten: ${out}\n`)
}

/** Adds `stats` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('stats')
    .description('what a data set is made of: types, rooms, categories, letters, classes, numbers, boxes')
    .argument('<path>', 'a data folder, the released SpatialLadder-26k folder, or a JSONL file')
    .option('--out <file>', 'also write a page of charts (HTML)')
    .option('--images <dir>', 'where the pictures are (default: images/ beside the samples)')
    .option('--json', 'print the counts as JSON')
    .action(run)
  withExample(command, 'spatial-ladder data stats data/rooms --out stats.html')
}
