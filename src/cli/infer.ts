/** `infer`: asks one model the questions of one benchmark and leaves its answers, unscored. */
import type { Command } from 'commander'
import type { Client } from '../clients/client.js'
import { parseClientName } from '../clients/open.js'
import { usageError } from '../common/errors.js'
import { lockFile } from '../common/lock.js'
import { startProgress } from '../common/progress.js'
import { shardItems } from '../evaluation/benchmarks/ask.js'
import type { PromptType, ProtocolName } from '../evaluation/benchmarks/benchmark.js'
import { mannerOf } from '../evaluation/benchmarks/prepared.js'
import { inferBenchmark } from '../evaluation/benchmarks/run.js'
import { failuresFile } from '../evaluation/infer.js'
import {
  BENCHMARK_HELP,
  mediaCache,
  oneProtocol,
  prepareBenchmark,
  promptTypeOption,
  withData,
} from './benchmark-options.js'
import {
  announceCost,
  announceUsage,
  type ClientOptions,
  clientFamily,
  MODEL_HELP,
  openModel,
  withClients,
} from './client-options.js'
import { interruptSignal } from './interrupt.js'
import { integer, withExample } from './options.js'
import { shardFromEnvironment, shardOption } from './shard-options.js'

interface InferOptions extends ClientOptions {
  model: string
  benchmark: string
  protocol: ProtocolName
  promptType?: PromptType
  data?: string
  media?: string
  cache: string
  out: string
  limit?: number
  shard?: { index: number; count: number }
  seed: number
  json?: boolean
}

/** What the job scheduler asks for is said: the answers are those of a part. */
function scheduledShard(): { index: number; count: number } | undefined {
  const shard = shardFromEnvironment()
  if (shard)
    process.stderr.write(
      `shard ${shard.index}/${shard.count}, as the job scheduler says (--shard 0/1: all)\n`,
    )
  return shard
}

async function run(options: InferOptions): Promise<void> {
  const { model, out, seed, cache } = options
  const { kind } = parseClientName(model)
  if (kind === 'chance' || kind === 'frequent')
    throw usageError('--model', 'a client that answers (eval and score show the guesses)', kind)
  const prepared = await prepareBenchmark(options.benchmark, options)
  const protocolName = options.protocol
  const manner = mannerOf(prepared.benchmark, protocolName, clientFamily(model), options.promptType)
  const shard = options.shard ?? scheduledShard()
  const items = shard ? shardItems(prepared.items, shard) : prepared.items
  const release = lockFile(out)
  let client: Client | undefined
  try {
    client = await openModel(model, options)
    const title = `${prepared.benchmark.name} ${protocolName}`
    await announceCost(client, [{ title, items, manner }], options)
    const progress = startProgress(title, items.length, {
      unit: 'questions',
    })
    const signal = interruptSignal()
    const counts = await inferBenchmark({
      prepared,
      manner,
      client,
      out,
      items,
      cache,
      seed,
      progress,
      signal,
    }).finally(() => progress.end())
    announceUsage(client)
    if (options.json) process.stdout.write(`${JSON.stringify({ file: out, ...counts })}\n`)
    else
      process.stdout.write(
        `${out}: ${counts.resumed} answers were there, ${counts.answered} are new, ${counts.unanswered} missing\n`,
      )
    if (counts.failed > 0)
      process.stderr.write(
        `${counts.failed} questions failed (${failuresFile(out)}); the same command asks them again\n`,
      )
  } finally {
    client?.dispose?.()
    release()
  }
}

/** Adds `infer` to the program. */
export function register(program: Command): void {
  const command = program
    .command('infer')
    .description("ask a model a benchmark's questions and keep its answers, without scoring them")
    .requiredOption('--model <client>', MODEL_HELP)
    .requiredOption('--benchmark <name>', BENCHMARK_HELP)
    .requiredOption(
      '--out <file>',
      'JSONL file of answers, {"id", "prediction"} a line; a second run continues it',
    )
    .option(
      '--protocol <name>',
      'official, paper or strict: whose prompts and settings',
      oneProtocol,
      'official',
    )
    .option('--prompt-type <type>', 'default or thinking, where the protocol knows both', promptTypeOption)
    .option('--cache <dir>', 'where frames and pictures are made', mediaCache())
    .option('--limit <n>', 'only n questions, evenly over their types', integer(1))
    .option('--shard <i/n>', "part i (from 0) of n; default: the job scheduler's", shardOption)
    .option('--seed <n>', 'seed of sampling and limit', integer(0), 42)
    .option('--json', 'print the counts as JSON')
    .action(run)
  withData(withClients(command))
  withExample(
    command,
    'spatial-ladder infer --model local:models/micro-base --benchmark VSI-Bench --data data/VSI-Bench --protocol paper --limit 100 --out answers.jsonl',
    '# the second of four jobs',
    'spatial-ladder infer --model openai:gpt-4o --benchmark CV-Bench --data data/CV-Bench --shard 1/4 --out answers-1.jsonl',
  )
}
