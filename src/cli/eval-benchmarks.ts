/** The part of `eval` that runs published benchmarks: models × benchmarks × protocols into one folder. */
import fs from 'node:fs'
import path from 'node:path'
import { parseClientName } from '../clients/open.js'
import { dataError, usageError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { lockFolder } from '../common/lock.js'
import { startProgress } from '../common/progress.js'
import { checkAsked, mannerDigest } from '../evaluation/benchmarks/ask.js'
import { BASELINES, type BaselineName } from '../evaluation/benchmarks/baselines.js'
import type { ModelFamily, PromptType, ProtocolName } from '../evaluation/benchmarks/benchmark.js'
import { folderName, mannerOf, modelFolder, type Prepared } from '../evaluation/benchmarks/prepared.js'
import { gatherResults } from '../evaluation/benchmarks/results.js'
import { runBaseline, runModel, scoreAnswers } from '../evaluation/benchmarks/run.js'
import { promptTypeOf, sharedCard } from '../evaluation/card.js'
import { readPredictions } from '../evaluation/predictions/read.js'
import { writeBenchmarkReport } from '../report/benchmark-report.js'
import { benchmarkTableText } from '../report/benchmark-table.js'
import { modelCardTable } from '../report/model-card.js'
import type { BenchmarkResults } from '../schema/benchmark-results.js'
import { prepareBenchmark } from './benchmark-options.js'
import { announceCost, announceUsage, type ClientOptions, clientFamily, openModel } from './client-options.js'
import { interruptSignal } from './interrupt.js'

export interface EvalBenchmarkOptions extends ClientOptions {
  model: string[]
  benchmark: string[]
  protocol?: ProtocolName[]
  promptType?: PromptType
  data?: string
  media?: string
  cache: string
  out: string
  limit?: number
  seed: number
  json?: boolean
  /** `data` holds a folder per benchmark, also when only one is asked for. */
  several?: boolean
  /** Prints no table. */
  quiet?: boolean
}

const isBaseline = (name: string): name is BaselineName => (BASELINES as readonly string[]).includes(name)
const replayed = (name: string): string | null => (name.startsWith('replay:') ? name.slice(7) : null)

/** Answers that are in a file already, scored like a model's. */
async function runReplay(
  file: string,
  prepared: Prepared,
  protocols: readonly ProtocolName[],
  options: EvalBenchmarkOptions,
): Promise<void> {
  const { out, cache, seed } = options
  const { predictions, asked, notes } = await readPredictions(file, prepared.loaded.items)
  checkAsked(file, asked, prepared.items)
  for (const note of notes) process.stderr.write(`${note}\n`)
  const promptType = options.promptType ?? promptTypeOf(sharedCard([file]))
  const name = `replay:${file}`
  const folder = modelFolder(out, prepared, name)
  scoreAnswers({ prepared, protocols, promptType, name, predictions, folder, cache, seed })
}

/** What is asked, once for protocols that ask alike. */
function questionsOf(
  benchmarks: readonly Prepared[],
  protocols: readonly ProtocolName[],
  family: ModelFamily,
  promptType?: PromptType,
): Parameters<typeof announceCost>[1][number][] {
  return benchmarks.flatMap((prepared) => {
    const jobs = protocols.map((protocol) => {
      const manner = mannerOf(prepared.benchmark, protocol, family, promptType)
      const title = `${prepared.benchmark.name} ${protocol}`
      return { title, items: prepared.items, manner, digest: mannerDigest(prepared.items, manner) }
    })
    return jobs.filter(({ digest }, i) => jobs.findIndex((job) => job.digest === digest) === i)
  })
}

/** Runs a real model on every benchmark; it is loaded once. */
async function runClient(
  model: string,
  benchmarks: readonly Prepared[],
  protocols: readonly ProtocolName[],
  options: EvalBenchmarkOptions,
  signal: AbortSignal,
): Promise<void> {
  const { out, cache, seed, promptType } = options
  const family = clientFamily(model)
  const client = await openModel(model, options)
  try {
    await announceCost(client, questionsOf(benchmarks, protocols, family, promptType), options)
    for (const prepared of benchmarks)
      await runModel({
        prepared,
        client,
        name: model,
        kind: model.startsWith('blind:') ? 'blind' : 'model',
        family,
        protocols,
        promptType,
        out,
        cache,
        seed,
        progress: (label, total) => startProgress(label, total, { unit: 'questions' }),
        failed: (label, count, file) =>
          process.stderr.write(
            `${model} on ${label}: ${count} questions failed (${file}); the same command asks them again\n`,
          ),
        signal,
      })
    announceUsage(client)
  } finally {
    client.dispose?.()
  }
}

/** Runs and scores everything that was named; answers that are there are kept. */
export async function evalBenchmarks(options: EvalBenchmarkOptions): Promise<BenchmarkResults> {
  const { model, benchmark, out } = options
  const protocols: readonly ProtocolName[] = options.protocol ?? ['official', 'paper']
  if (new Set(model.map(folderName)).size < model.length)
    throw usageError('--model', 'different models', 'the same one twice')
  // Before anything is asked: a mistake in the last name should not cost the first model's run.
  for (const name of model) {
    parseClientName(name)
    const file = replayed(name)
    if (file !== null && !fs.existsSync(file)) throw dataError(file, 'answers (replay)', 'nothing there')
  }
  const release = lockFolder(out)
  const signal = interruptSignal()
  try {
    const benchmarks: Prepared[] = []
    for (const name of benchmark)
      benchmarks.push(await prepareBenchmark(name, options, options.several ?? benchmark.length > 1))
    for (const prepared of benchmarks)
      for (const baseline of BASELINES) runBaseline({ ...options, prepared, baseline, protocols })
    for (const name of model.filter((one) => !isBaseline(one))) {
      const file = replayed(name)
      if (file === null) await runClient(name, benchmarks, protocols, options, signal)
      else for (const prepared of benchmarks) await runReplay(file, prepared, protocols, options)
    }
    const results = gatherResults(out)
    const report = await writeBenchmarkReport({ folder: out })
    writeFileAtomic(path.join(out, 'model-card.md'), modelCardTable(results))
    if (options.quiet) return results
    if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
    else {
      process.stdout.write(benchmarkTableText(results, process.stdout.columns ?? 120))
      process.stdout.write(`results: ${path.join(out, 'results.json')}\nreport: ${report}\n`)
    }
    return results
  } finally {
    release()
  }
}
