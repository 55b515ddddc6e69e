/** `compare A B`: two runs on the same items, difference by difference. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { checked } from '../common/checked.js'
import { dataError, usageError } from '../common/errors.js'
import { readJson } from '../common/files.js'
import { pairedComparison } from '../evaluation/benchmarks/compare.js'
import { parseBenchmark } from '../evaluation/benchmarks/registry.js'
import { readItemResults } from '../evaluation/benchmarks/results.js'
import { comparisonText } from '../report/comparison-table.js'
import { type BenchmarkScores, benchmarkScoresSchema } from '../schema/benchmark-results.js'
import { integer, withExample } from './options.js'

/** What one folder of an evaluation says: `<out>/<benchmark>/<model>/<protocol>`. */
function readScored(folder: string): { folder: string; scores: BenchmarkScores } {
  const file = path.join(folder, 'scores.json')
  if (!fs.existsSync(file) || !fs.existsSync(path.join(folder, 'items.jsonl')))
    throw dataError(
      folder,
      'scores.json and items.jsonl, as <out>/<benchmark>/<model>/<protocol> has them',
      'neither or one',
    )
  return { folder, scores: checked(benchmarkScoresSchema, readJson(file), file, 'scores') }
}

function run(first: string, second: string, options: { seed: number; json?: boolean }): void {
  const [a, b] = [first, second].map(readScored)
  for (const key of ['benchmark', 'protocol'] as const)
    if (a.scores[key] !== b.scores[key])
      throw usageError(`${second} (${key})`, `the ${key} of ${first}, ${a.scores[key]}`, b.scores[key])
  const { benchmark, protocol: protocolName } = a.scores
  // Two runs of one model are told apart by where they lie.
  const named = a.scores.name === b.scores.name
  const side = ({ folder, scores }: typeof a) => ({
    name: named ? folder : scores.name,
    items: readItemResults(path.join(folder, 'items.jsonl')),
  })
  const protocol = parseBenchmark(benchmark).benchmark.protocols[protocolName]
  const comparison = pairedComparison({
    benchmark,
    protocolName,
    protocol,
    first: side(a),
    second: side(b),
    seed: options.seed,
  })
  process.stdout.write(options.json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison))
}

/** Adds `compare` to the program. */
export function register(program: Command): void {
  const command = program
    .command('compare')
    .description(
      'is the second run better than the first on the same items? Paired differences with intervals',
    )
    .argument('<first>', '<out>/<benchmark>/<model>/<protocol> of an evaluation')
    .argument('<second>', 'another one, of the same benchmark and protocol')
    .option('--seed <n>', 'seed of the intervals', integer(0), 42)
    .option('--json', 'print the differences as JSON')
    .action(run)
  withExample(
    command,
    'spatial-ladder compare runs/scores/CV-Bench/local-base/paper runs/scores/CV-Bench/local-trained/paper',
  )
}
