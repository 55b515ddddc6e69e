/** Options of the models that are asked, and what an API run would cost before it starts. */
import fs from 'node:fs'
import { type Command, InvalidArgumentError } from 'commander'
import type { Client, CostEstimate } from '../clients/client.js'
import { type OpenOptions, openClient, parseClientName } from '../clients/open.js'
import type { Price } from '../clients/prices.js'
import { answerOptions, asksOf, type Manner } from '../evaluation/benchmarks/ask.js'
import type { BenchmarkItem, ModelFamily } from '../evaluation/benchmarks/benchmark.js'
import { cachedSnapshot } from '../hub/pull.js'
import { decimal, integer } from './options.js'

export interface ClientOptions {
  baseUrl?: string
  concurrency?: number
  retries?: number
  price?: Price
  maxCost?: number
  batchMemory?: number
}

/** The folder of a local model: as named, or the snapshot of the hub's model of that name. */
export function localFolder(target: string): string {
  if (fs.existsSync(target) || !/^[\w.-]+\/[\w.-]+$/.test(target)) return target
  return cachedSnapshot({ repo: target, type: 'model' }) ?? target
}

/** Opens the client that `name` stands for; `local:owner/name` is also a model that was pulled. */
export async function openModel(name: string, options: ClientOptions): Promise<Client> {
  const [, before = '', target] = /^((?:blind:)?local:)(.+)$/.exec(name) ?? []
  const client = await openClient(
    target === undefined ? name : before + localFolder(target),
    openOptions(options),
  )
  return { ...client, name }
}

/** What `openClient` takes of the command line. */
const openOptions = (options: ClientOptions): OpenOptions => ({
  baseUrl: options.baseUrl,
  concurrency: options.concurrency,
  retries: options.retries,
  pricePerMillion: options.price,
  maxCost: options.maxCost,
  batchMemory: options.batchMemory === undefined ? undefined : options.batchMemory * 2 ** 30,
})

function priceOption(text: string): Price {
  const [input, output, ...rest] = text.split(',').map(Number)
  if (!(input >= 0) || !(output >= 0) || rest.length > 0)
    throw new InvalidArgumentError('INPUT,OUTPUT in dollars per million tokens')
  return { input, output }
}

export const MODEL_HELP =
  'local:DIR, openai:MODEL, replay:FILE, blind:CLIENT (no pictures), chance or frequent'

/** Adds what the clients need besides their name. */
export const withClients = (command: Command): Command =>
  command
    .option('--base-url <url>', 'endpoint for openai:MODEL (default: OPENAI_BASE_URL)')
    .option('--concurrency <n>', 'openai: requests under way at once (default: 8)', integer(1))
    .option('--retries <n>', 'openai: further tries of a failed request (default: 5)', integer(0))
    .option(
      '--price <in,out>',
      'openai: dollars per million tokens, where the price is not known',
      priceOption,
    )
    .option('--max-cost <dollars>', 'openai: never spend more than this', decimal(0))
    .option(
      '--batch-memory <GB>',
      'local: memory a batch may take (default: four fifths of what is free)',
      decimal(0.1),
    )

/** Models behind an API are asked in other words by some protocols. */
export function clientFamily(name: string): ModelFamily {
  const { kind, target } = parseClientName(name)
  if (kind === 'blind') return clientFamily(target)
  return kind === 'openai' ? 'api' : 'local'
}

const inWords = ({ input_tokens, output_tokens, dollars, assumed_pictures }: CostEstimate): string => {
  const tokens = `${input_tokens.toLocaleString('en')} tokens in, up to ${output_tokens.toLocaleString('en')} out`
  const cost = dollars === null ? 'price unknown (--price)' : `$${dollars.toFixed(2)}`
  const assumed = assumed_pictures > 0 ? `; the size of ${assumed_pictures} pictures is assumed` : ''
  return `at most ${cost} (${tokens}${assumed})`
}

/** Says what the run would cost if nothing were answered yet; clients that cost nothing say nothing. */
export async function announceCost(
  client: Client,
  jobs: readonly { title: string; items: readonly BenchmarkItem[]; manner: Manner }[],
  { cache, seed }: { cache: string; seed: number },
): Promise<void> {
  if (!client.estimateCost) return
  for (const { title, items, manner } of jobs) {
    const requests = asksOf(items, manner, cache).map(({ request }) => request)
    const estimate = await client.estimateCost(requests, answerOptions(manner, seed))
    process.stderr.write(`${client.name} on ${title}: ${items.length} questions, ${inWords(estimate)}\n`)
  }
}

/** What was spent, where the endpoint told. */
export function announceUsage(client: Client): void {
  const usage = client.usage?.()
  if (!usage || usage.input_tokens === 0) return
  const { input_tokens, output_tokens, dollars } = usage
  const cost = dollars === null ? '' : `, $${dollars.toFixed(2)}`
  process.stderr.write(
    `${client.name}: ${input_tokens.toLocaleString('en')} tokens in, ${output_tokens.toLocaleString('en')} out${cost}\n`,
  )
}
