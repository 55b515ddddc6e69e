/** `eval`: models and questions in; predictions, scores and a table out. Answers already there are kept. */
import fs from 'node:fs'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { parseClientName } from '../clients/open.js'
import { dataError, usageError } from '../common/errors.js'
import { lockFolder } from '../common/lock.js'
import { startProgress } from '../common/progress.js'
import { folderName } from '../evaluation/benchmarks/prepared.js'
import { evaluate, writeBaselines } from '../evaluation/evaluate.js'
import { scoreTable, type TableRow, tableText } from '../report/table.js'
import { takeEvenly } from '../schema/evenly.js'
import { PROMPT_STYLES, type PromptStyle } from '../schema/prompts.js'
import { imageRootOf, readSamples } from '../schema/read-samples.js'
import type { Scores } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import {
  BENCHMARK_HELP,
  mediaCache,
  promptTypeOption,
  protocolOption,
  withData,
} from './benchmark-options.js'
import { MODEL_HELP, openModel, withClients } from './client-options.js'
import { type EvalBenchmarkOptions, evalBenchmarks } from './eval-benchmarks.js'
import { integer, repeated, withExample } from './options.js'

interface EvalOptions extends Omit<EvalBenchmarkOptions, 'benchmark' | 'data'> {
  benchmark?: string[]
  data?: string
  train?: string
  images?: string
  mode: 'direct' | 'think'
  style: PromptStyle
  maxNewTokens?: number
}

/** Upstream's lengths: 128 tokens for a bare answer, 1,024 with reasoning. */
const LENGTH = { direct: 128, think: 1024 } as const

/** `local:runs/micro/stages/1-perception` -> `local:…/stages/1-perception`, for tables. */
export function shortName(client: string): string {
  const { kind, target } = parseClientName(client)
  const parts = target.split('/').filter((part) => part !== '')
  return parts.length > 2 ? `${kind}:…/${parts.slice(-2).join('/')}` : client
}

function samplesAt(place: string, option: string): Sample[] {
  if (!fs.existsSync(place)) throw dataError(place, `questions (${option})`, 'nothing there')
  const samples = readSamples(place)
  if (samples.length === 0) throw dataError(place, 'at least one question', 'none')
  return samples
}

type OwnOptions = EvalOptions & { data: string }

async function evaluateModel(name: string, samples: Sample[], options: OwnOptions): Promise<Scores> {
  const { mode, style, seed, out, data, images } = options
  const client = await openModel(name, options)
  const folder = path.join(out, folderName(name))
  const release = lockFolder(folder)
  const progress = startProgress(shortName(name).split('/').at(-1) ?? name, samples.length, {
    unit: 'questions',
  })
  try {
    return await evaluate({
      client,
      samples,
      name: shortName(name),
      imageRoot: images ?? imageRootOf(data),
      folder,
      mode,
      style,
      options: { max_new_tokens: options.maxNewTokens ?? LENGTH[mode], temperature: 0, seed },
      progress,
    })
  } finally {
    progress.end()
    client.dispose?.()
    release()
  }
}

async function run(options: EvalOptions): Promise<void> {
  const { benchmark, data } = options
  if (benchmark) await evalBenchmarks({ ...options, benchmark })
  else if (data === undefined)
    throw usageError('eval', '--benchmark, or --data with questions of our own format', 'neither')
  else await evalSamples({ ...options, data })
}

/** Questions in our own format, scored by the rules that train the model. */
async function evalSamples(options: OwnOptions): Promise<void> {
  const { model, data, train, out, limit, seed } = options
  for (const name of model) parseClientName(name)
  if (new Set(model.map(folderName)).size < model.length)
    throw usageError('--model', 'different models', 'the same one twice')
  const all = samplesAt(data, '--data')
  const samples = limit === undefined ? all : takeEvenly(all, limit, seed, 'evaluation/limit')
  const known = train === undefined ? [] : samplesAt(train, '--train')
  const scores: Scores[] = []
  for (const name of model) scores.push(await evaluateModel(name, samples, options))
  const { rows: guesses } = writeBaselines({ train: known, test: samples, folder: out })
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ scores, baselines: guesses }, null, 2)}\n`)
    return
  }
  const rows: TableRow[] = [
    ...guesses.map((guess) => ({ scores: guess.scores, baseline: true })),
    ...scores.map((one) => ({ scores: one })),
  ]
  process.stdout.write(`${tableText(scoreTable(rows), process.stdout.columns ?? 120)}`)
  for (const { name, n, missing, unparsed } of scores)
    if (missing + unparsed > 0)
      process.stdout.write(
        `${name}: of ${n} questions ${missing} without an answer, ${unparsed} unreadable\n`,
      )
  process.stdout.write(`written: ${model.map((name) => path.join(out, folderName(name))).join(', ')}\n`)
}

/** Adds `eval` to the program. */
export function register(program: Command): void {
  const command = program
    .command('eval')
    .description('ask models questions and score their answers beside chance and blind guesses')
    .requiredOption('--model <client>', `${MODEL_HELP}; repeatable`, repeated)
    .option('--benchmark <name>', `${BENCHMARK_HELP}; repeatable`, repeated)
    .option(
      '--protocol <name>',
      'official, paper or strict; repeatable (default: official and paper)',
      protocolOption,
    )
    .option('--prompt-type <type>', 'default or thinking, where the protocol knows both', promptTypeOption)
    .requiredOption('--out <dir>', 'where predictions and scores go; a second run continues there')
    .option('--cache <dir>', 'where frames and pictures are made', mediaCache())
    .option(
      '--train <path>',
      'own format: training questions, for the most frequent answer and the best constant',
    )
    .option('--images <dir>', "own format: where the questions' pictures are (default: images/ beside them)")
    .addOption(
      new Option('--mode <mode>', 'own format: answer at once or reason first')
        .choices(['direct', 'think'])
        .default('direct'),
    )
    .addOption(
      new Option('--style <style>', 'own format: wording of the prompts')
        .choices(PROMPT_STYLES)
        .default('upstream'),
    )
    .option(
      '--max-new-tokens <n>',
      'own format: longest answer (default: 128, with reasoning 1024)',
      integer(1),
    )
    .option('--limit <n>', 'only n questions, evenly over their types', integer(1))
    .option('--seed <n>', 'seed of sampling, limit and intervals', integer(0), 42)
    .option('--json', 'print scores and baselines as JSON')
    .action(run)
  withData(withClients(command))
  withExample(
    command,
    '# one model on two benchmarks, as their authors and as the paper evaluate',
    'spatial-ladder eval --model local:models/micro-base --benchmark VSI-Bench --benchmark CV-Bench --data benchmarks --limit 100 --out runs/scores',
    '# a stage of the ladder on its test rooms',
    'spatial-ladder eval --model local:runs/micro/stages/1-perception --data runs/micro/data/test --style compact --limit 60 --out runs/perception',
    '# answers made elsewhere, one {"id", "prediction"} a line',
    'spatial-ladder eval --model replay:predictions.jsonl --data runs/micro/data/test --out runs/theirs',
  )
}
