/** `data stats`: what a data set is made of, as text, JSON or a page of charts. */
import path from 'node:path'
import type { Command } from 'commander'
import { writeFileAtomic } from '../common/files.js'
import { countBars, statsHtml } from '../report/dataset-stats.js'
import { readSamples } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import { withExample } from './options.js'

const nameOf = (data: string): string => path.basename(path.resolve(data))
const counted = (keys: Iterable<string>): Record<string, number> =>
  Object.fromEntries(countBars(keys).map(({ label, count }) => [label, count]))

/** The counts as data. */
function summary(samples: readonly Sample[]): Record<string, unknown> {
  const choices = samples.filter(({ options }) => options)
  return {
    samples: samples.length,
    scenes: new Set(samples.map(({ scene_name }) => scene_name)).size,
    types: counted(samples.map(({ question_type, data_type }) => `${question_type}/${data_type}`)),
    letters: counted(choices.map(({ question_type, answer }) => `${question_type}/${String(answer)}`)),
    categories: counted(
      samples.flatMap(({ evidence }) => [...new Set(evidence.objects.map(({ label }) => label))]),
    ),
  }
}

function run(data: string, options: { out?: string; json?: boolean }): void {
  const samples = readSamples(data)
  if (options.out !== undefined) writeFileAtomic(options.out, statsHtml(nameOf(data), samples))
  const sums = summary(samples)
  if (options.json) {
    process.stdout.write(`${JSON.stringify(sums, null, 2)}\n`)
    return
  }
  for (const [title, value] of Object.entries(sums)) {
    if (typeof value === 'number') {
      process.stdout.write(`${title}: ${value}\n`)
      continue
    }
    const rows = Object.entries(value as Record<string, number>).slice(0, 40)
    const width = Math.max(...rows.map(([name]) => name.length))
    process.stdout.write(
      `${title}\n${rows.map(([name, n]) => `  ${name.padEnd(width)}  ${String(n).padStart(6)}`).join('\n')}\n`,
    )
  }
  if (options.out !== undefined) process.stdout.write(`written: ${options.out}\n`)
}

/** Adds `stats` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('stats')
    .description('what a data set is made of: types, rooms, categories, letters, classes, numbers, boxes')
    .argument('<path>', 'a data folder, or a JSONL file of samples')
    .option('--out <file>', 'also write a page of charts (HTML)')
    .option('--json', 'print the counts as JSON')
    .action(run)
  withExample(command, 'spatial-ladder data stats data/rooms --out stats.html')
}
