/** `score`: answers made anywhere, in any of the usual files, to scores. Opens no picture and no model. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { checkAsked } from '../evaluation/benchmarks/ask.js'
import { PROTOCOLS, type PromptType, type ProtocolName } from '../evaluation/benchmarks/benchmark.js'
import { disagreementsOf } from '../evaluation/benchmarks/disagreements.js'
import { mannerOf, modelFolder } from '../evaluation/benchmarks/prepared.js'
import { gatherResults } from '../evaluation/benchmarks/results.js'
import { scoreAnswers, scoresOf } from '../evaluation/benchmarks/run.js'
import { judge, summarise } from '../evaluation/benchmarks/score.js'
import { promptTypeOf, sharedCard } from '../evaluation/card.js'
import { PREDICTION_FORMATS, readPredictions } from '../evaluation/predictions/read.js'
import { writeBenchmarkReport } from '../report/benchmark-report.js'
import { benchmarkTableText } from '../report/benchmark-table.js'
import {
  BENCHMARK_HELP,
  mediaCache,
  prepareBenchmark,
  promptTypeOption,
  protocolOption,
  withData,
} from './benchmark-options.js'
import { integer, oneOf, repeated, withExample } from './options.js'

interface ScoreOptions {
  benchmark: string
  predictions: string[]
  format: string
  protocol?: ProtocolName[]
  promptType?: PromptType
  name?: string
  data?: string
  media?: string
  answered?: boolean
  out?: string
  cache: string
  seed: number
  json?: boolean
}

/** Who answered, where the card says so: many files are called `predictions.jsonl`. */
const nameOf = (file: string, card?: Record<string, unknown>): string =>
  typeof card?.client === 'string' ? card.client : path.basename(file).replace(/\.\w+$/, '')

async function run(options: ScoreOptions): Promise<void> {
  const { predictions: files, out, cache, seed } = options
  const whole = await prepareBenchmark(options.benchmark, options)
  const predictions = new Map<string, string>()
  for (const file of files) {
    if (!fs.existsSync(file)) throw dataError(file, 'answers (--predictions)', 'nothing there')
    const read = await readPredictions(file, whole.items, { format: options.format })
    checkAsked(file, read.asked, whole.items)
    for (const note of read.notes) process.stderr.write(`${note}\n`)
    for (const [id, text] of read.predictions) {
      if (predictions.has(id))
        throw dataError(`${file} (${id})`, 'an item no other file answers', 'a second answer')
      predictions.set(id, text)
    }
  }
  const items = options.answered ? whole.items.filter(({ id }) => predictions.has(id)) : whole.items
  if (items.length === 0) throw dataError(files[0], 'at least one answer', 'none')
  const prepared = { ...whole, items }
  const protocols = options.protocol ?? PROTOCOLS
  const card = sharedCard(files)
  const promptType = options.promptType ?? promptTypeOf(card)
  const name = options.name ?? nameOf(files[0], card)
  const job = { prepared, protocols, promptType, name, predictions, cache, seed }
  const scores =
    out === undefined
      ? protocols.map((protocolName) => {
          const manner = mannerOf(prepared.benchmark, protocolName, 'local', promptType)
          const judged = judge(items, predictions, manner.protocol, manner.promptType)
          const summary = summarise(judged, manner.protocol, { seed })
          return scoresOf({ prepared, manner, name, kind: 'model', summary, card: null })
        })
      : scoreAnswers({ ...job, folder: modelFolder(out, prepared, name) })
  const disagreements = disagreementsOf(job)
  if (out !== undefined) {
    gatherResults(out)
    process.stderr.write(`report: ${await writeBenchmarkReport({ folder: out })}\n`)
  }
  if (options.json) {
    const [first] = scores
    const shown = scores.length === 1 ? first : { protocols: byProtocol(scores), disagreements }
    process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`)
    return
  }
  const results = { version: 1 as const, scores, disagreements, comparisons: [], published: {} }
  process.stdout.write(benchmarkTableText(results, process.stdout.columns ?? 120))
  for (const {
    protocols: [a, b],
    count,
  } of disagreements)
    process.stdout.write(`${a} and ${b} disagree on ${count} of ${items.length} answers\n`)
}

const byProtocol = <T extends { protocol: string }>(scores: readonly T[]): Record<string, T> =>
  Object.fromEntries(scores.map((one) => [one.protocol, one]))

/** Adds `score` to the program. */
export function register(program: Command): void {
  const command = program
    .command('score')
    .description('score answers made anywhere; no model, no pictures')
    .requiredOption('--benchmark <name>', BENCHMARK_HELP)
    .requiredOption(
      '--predictions <file>',
      'answers: JSONL of {"id", "prediction"}, or a result file of SpatialLadder, lmms-eval, VLMEvalKit; repeatable for shards',
      repeated,
    )
    .option(
      '--format <name>',
      `what made the file: ${PREDICTION_FORMATS.join(', ')}`,
      oneOf(PREDICTION_FORMATS),
      'auto',
    )
    .option('--protocol <name>', 'official, paper or strict; repeatable (default: all three)', protocolOption)
    .option(
      '--prompt-type <type>',
      'what was asked for: default or thinking (default: what the card beside the answers says, else thinking where the protocol knows it)',
      promptTypeOption,
    )
    .option('--name <name>', "the model's name in tables (default: as the card says, else the file's)")
    .option('--answered', 'only the items that have an answer')
    .option('--out <dir>', 'also leave items, results.json and report.html here')
    .option('--cache <dir>', 'where pictures for the report are looked for', mediaCache())
    .option('--seed <n>', 'seed of the intervals', integer(0), 42)
    .option('--json', 'print the scores as JSON: one object, or one per protocol')
    .action(run)
  withData(command)
  withExample(
    command,
    'spatial-ladder score --benchmark VSI-Bench --data data/VSI-Bench --predictions answers.jsonl --protocol official --json',
    '# one file under all protocols, with the items on which they disagree',
    'spatial-ladder score --benchmark ViewSpatial-Bench --data ViewSpatial-Bench.json --predictions result.csv --out runs/scored',
  )
}
