/** A benchmark's items as questions to a client under one protocol, and the card that says how they were asked. */
import type { AnswerOptions, Client } from '../../clients/client.js'
import { dataError } from '../../common/errors.js'
import { sha256 } from '../../common/files.js'
import { rng } from '../../common/random.js'
import type { BenchmarkCard } from '../../schema/benchmark-results.js'
import type { SourcePicture } from '../data/source.js'
import type { Ask } from '../infer.js'
import { prepareMedia } from '../media/prepare.js'
import type {
  BenchmarkItem,
  MediaRule,
  ModelFamily,
  PromptType,
  Protocol,
  ProtocolName,
} from './benchmark.js'

/** How a benchmark is asked. */
export interface Manner {
  protocolName: ProtocolName
  protocol: Protocol
  promptType: PromptType
  family: ModelFamily
}

/** How pictures reach this family of models. */
const mediaOf = ({ protocol, family }: Pick<Manner, 'protocol' | 'family'>): MediaRule =>
  (family === 'api' ? protocol.apiMedia : undefined) ?? protocol.media

/** What the data calls its pictures, not where they lie: the same data come as parquet and as JSONL. */
const namesOf = (pictures: readonly SourcePicture[]): string[] =>
  pictures.flatMap(({ name, published = name }) => published ?? [])

/**
 * First 12 hex digits of the SHA-256 of question, options and the names of its media: the same in every
 * protocol, and in every form the data are published in.
 */
export const itemDigest = ({ question, options, media }: BenchmarkItem): string =>
  sha256(
    JSON.stringify([
      question,
      options,
      media.flatMap((item): (string | string[])[] => {
        if (item.type === 'video') return [item.video.name]
        return item.type === 'image' ? namesOf([item.picture]) : [namesOf(item.pictures)]
      }),
    ]),
  ).slice(0, 12)

/**
 * Refuses answers that were given to other questions of the same ids.
 * @param asked digests that came with the answers, by item id
 * @throws data error naming file and item
 */
export function checkAsked(
  file: string,
  asked: ReadonlyMap<string, string>,
  items: readonly BenchmarkItem[],
): void {
  for (const item of items) {
    const digest = asked.get(item.id)
    if (digest !== undefined && digest !== itemDigest(item))
      throw dataError(
        `${file} (${item.id})`,
        `an answer to ${item.id} as it is in the data`,
        'one to another question',
      )
  }
}

/** First 12 hex digits of the SHA-256 of all questions and answers. */
export const dataDigest = (items: readonly BenchmarkItem[]): string =>
  sha256(
    JSON.stringify(items.map(({ id, question, options, answer }) => [id, question, options, answer])),
  ).slice(0, 12)

/**
 * What the answers depend on besides the model, as 8 hex digits: protocols that ask alike share their
 * answers.
 */
export function mannerDigest(
  items: readonly BenchmarkItem[],
  { protocol, promptType, family }: Manner,
): string {
  const how = { promptType, family }
  return sha256(
    JSON.stringify([
      items.map((item) => protocol.prompt(item, how)),
      mediaOf({ protocol, family }),
      protocol.generation(how),
      protocol.textFirst?.(family) ?? false,
    ]),
  ).slice(0, 8)
}

/** The items as requests; their pictures and frames are made below `cache` when a client wants them. */
export function asksOf(
  items: readonly BenchmarkItem[],
  { protocol, promptType, family }: Manner,
  cache: string,
): Ask[] {
  const text_first = protocol.textFirst?.(family)
  return items.map((item) => {
    const { media, prepare } = prepareMedia(item.media, mediaOf({ protocol, family }), cache)
    const text = protocol.prompt(item, { promptType, family })
    return {
      request: { id: item.id, media, prepare, text, ...(text_first && { text_first }) },
      asked: itemDigest(item),
    }
  })
}

/** Settings of generation and of the processor for a client. */
export function answerOptions({ protocol, promptType, family }: Manner, seed: number): AnswerOptions {
  return {
    ...protocol.generation({ promptType, family }),
    pixels: mediaOf({ protocol, family }).pixels,
    seed,
  }
}

/** `count` items in turn from each type, in a seeded order; a larger count holds every smaller one. */
export function limitItems(
  items: readonly BenchmarkItem[],
  count: number | undefined,
  seed: number,
): BenchmarkItem[] {
  if (count === undefined || count >= items.length) return [...items]
  const types = [...new Set(items.map(({ type }) => type))]
  const queues = types.map((type) =>
    rng(seed, 'evaluation/limit', type).shuffle(items.filter((item) => item.type === type)),
  )
  const longest = Math.max(...queues.map((queue) => queue.length))
  const turns = Array.from({ length: longest }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? []))
  const taken = new Set(turns.flat().slice(0, count))
  return items.filter((item) => taken.has(item))
}

/**
 * Part `index` of `count`: every count-th item of each type, so that each part has its share of all of them.
 * Parts differ by at most one item.
 */
export function shardItems(
  items: readonly BenchmarkItem[],
  { index, count }: { index: number; count: number },
): BenchmarkItem[] {
  const types = new Map<string, BenchmarkItem[]>()
  for (const item of items) {
    const own = types.get(item.type)
    if (own) own.push(item)
    else types.set(item.type, [item])
  }
  const taken = new Set([...types.values()].flat().filter((_, i) => i % count === index))
  return items.filter((item) => taken.has(item))
}

/** The protocol card of a run. */
export function cardOf(settings: {
  benchmark: string
  subset?: string
  items: readonly BenchmarkItem[]
  manner: Manner
  client: Pick<Client, 'name' | 'fingerprint' | 'sampling'>
  seed: number
  limit?: number
}): BenchmarkCard {
  const { benchmark, subset, items, manner, client, seed, limit } = settings
  const { protocol, protocolName, promptType, family } = manner
  const how = { promptType, family }
  const prompts: Record<string, string> = {}
  for (const item of items) prompts[item.kind] ??= protocol.prompt(item, how)
  const { max_new_tokens, temperature, top_p, defaults } = protocol.generation(how)
  return {
    benchmark,
    subset: subset ?? null,
    protocol: protocolName,
    client: client.name,
    fingerprint: client.fingerprint ?? null,
    prompt_type: promptType,
    family,
    prompts,
    media: mediaOf(manner),
    generation: {
      max_new_tokens,
      ...(temperature !== undefined && { temperature }),
      ...(top_p !== undefined && { top_p }),
      defaults,
    },
    sampling: client.sampling?.(answerOptions(manner, seed)) ?? null,
    seed,
    data: dataDigest(items),
    limit: limit ?? null,
  }
}
