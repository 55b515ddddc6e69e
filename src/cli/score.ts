/** `score`: answers made anywhere, in any of the usual files, to scores. Opens no picture and no model. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'
import { checkAsked } from '../evaluation/benchmarks/ask.js'
import { PROTOCOLS, type PromptType, type ProtocolName } from '../evaluation/benchmarks/benchmark.js'
import { gatherResults } from '../evaluation/benchmarks/results.js'
import {
  disagreementsOf,
  mannerOf,
  modelFolder,
  scoreInto,
  scoresOf,
  writeDisagreements,
} from '../evaluation/benchmarks/run.js'
import { judge, summarise } from '../evaluation/benchmarks/score.js'
import { protocolFile } from '../evaluation/infer.js'
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

/** The prompt type that the card beside the answers names. */
function typeBeside(predictions: string): PromptType | undefined {
  const file = protocolFile(predictions)
  if (!fs.existsSync(file)) return undefined
  const { prompt_type } = readJson(file) as { prompt_type?: unknown }
  return prompt_type === 'default' || prompt_type === 'thinking' ? prompt_type : undefined
}

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
  const promptType = options.promptType ?? typeBeside(files[0])
  const name = options.name ?? path.basename(files[0]).replace(/\.\w+$/, '')

  const scores = protocols.map((protocolName) => {
    const manner = mannerOf(prepared.benchmark, protocolName, 'local', promptType)
    if (out !== undefined) {
      const folder = path.join(modelFolder(out, prepared, name), protocolName)
      const settings = { prepared, manner, name, predictions, folder, cache, seed }
      return scoreInto({ ...settings, kind: 'model', card: null }).scores
    }
    const judged = judge(items, predictions, manner.protocol, manner.promptType)
    const summary = summarise(judged, manner.protocol, { seed })
    return scoresOf({ prepared, manner, name, kind: 'model', summary, card: null })
  })
  const disagreements = disagreementsOf({ prepared, name, protocols, promptType, predictions })
  if (out !== undefined) {
    writeDisagreements(modelFolder(out, prepared, name), disagreements)
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
    .option('--name <name>', "the model's name in tables (default: the file's)")
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
