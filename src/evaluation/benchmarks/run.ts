/**
 * One benchmark, any number of models and protocols, into a folder:
 *
 *   <out>/<benchmark>/<model>/answers-<manner>/predictions.jsonl   protocol.json, failures
 *   <out>/<benchmark>/<model>/<protocol>/                          items.jsonl, scores.json
 *   <out>/<benchmark>/<model>/disagreements.json
 *
 * Protocols that ask in the same manner share their answers. Scoring can be repeated from the answers alone.
 */
import path from 'node:path'
import type { Client } from '../../clients/client.js'
import { writeJsonAtomic } from '../../common/files.js'
import { readJsonl, writeJsonl } from '../../common/jsonl.js'
import type { Progress } from '../../common/progress.js'
import {
  type BenchmarkCard,
  type BenchmarkItemResult,
  type BenchmarkScores,
  benchmarkItemResultSchema,
  type Disagreement,
} from '../../schema/benchmark-results.js'
import { type InferCounts, infer, type Prediction } from '../infer.js'
import { answerOptions, asksOf, cardOf, type Manner, mannerDigest } from './ask.js'
import { type BaselineName, baselineSummary } from './baselines.js'
import type {
  Benchmark,
  BenchmarkItem,
  LoadedBenchmark,
  ModelFamily,
  PromptType,
  ProtocolName,
} from './benchmark.js'
import { disagreement } from './compare.js'
import { type Judged, judge, type Summary, summarise, talliedFields } from './score.js'

/** A benchmark whose data has been read, and the part of it that is asked. */
export interface Prepared {
  benchmark: Benchmark
  loaded: LoadedBenchmark
  subset?: string
  /** The items of this run: all of them, or those of a limit. */
  items: readonly BenchmarkItem[]
  limit?: number
}

/** The benchmark as named on the command line: `VSI-Bench`, `VSI-Bench:debiased`. */
export const labelOf = ({ benchmark, subset }: Prepared): string =>
  subset === undefined ? benchmark.name : `${benchmark.name}:${subset}`

/** Where a model's or a baseline's results on a benchmark lie. */
export const modelFolder = (out: string, prepared: Prepared, model: string): string =>
  path.join(out, folderName(labelOf(prepared)), folderName(model))

/** How `protocol` asks a model of this family; `promptType` only where the protocol knows it. */
export function mannerOf(
  benchmark: Benchmark,
  protocolName: ProtocolName,
  family: ModelFamily,
  promptType?: PromptType,
): Manner {
  const protocol = benchmark.protocols[protocolName]
  const known = protocol.promptTypes
  return {
    protocolName,
    protocol,
    family,
    promptType: promptType !== undefined && known.includes(promptType) ? promptType : known[0],
  }
}

/** `local:runs/micro/stages/1-perception` -> `local-runs-micro-stages-1-perception`. */
export const folderName = (name: string): string =>
  name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+|-+$/g, '')

export interface InferSettings {
  prepared: Prepared
  manner: Manner
  client: Client
  /** The predictions file. */
  out: string
  /** Only these of the items, for shards. */
  items?: readonly BenchmarkItem[]
  /** Where pictures and frames are made. */
  cache: string
  seed: number
  progress?: Progress
  signal?: AbortSignal
}

/** Answers what `out` does not hold yet; see `infer`. */
export function inferBenchmark(settings: InferSettings): Promise<InferCounts> {
  const { prepared, manner, client, out, cache, seed, progress, signal } = settings
  const { protocol: _, limit: __, ...card } = benchmarkCard(prepared, manner, client, seed)
  return infer({
    client,
    asks: asksOf(settings.items ?? prepared.items, manner, cache),
    out,
    card,
    options: answerOptions(manner, seed),
    progress,
    signal,
  })
}

export const benchmarkCard = (
  { benchmark, loaded, subset, limit }: Prepared,
  manner: Manner,
  client: Pick<Client, 'name' | 'fingerprint'>,
  seed: number,
): BenchmarkCard =>
  cardOf({ benchmark: benchmark.name, subset, items: loaded.items, manner, client, seed, limit })

/** The scores of `judged` or of a baseline, as they stand in `scores.json`. */
export function scoresOf(settings: {
  prepared: Prepared
  manner: Manner
  name: string
  kind: BenchmarkScores['kind']
  summary: Summary
  card: BenchmarkCard | null
}): BenchmarkScores {
  const { prepared, manner, name, kind, summary, card } = settings
  return {
    version: 1,
    benchmark: labelOf(prepared),
    protocol: manner.protocolName,
    prompt_type: manner.promptType,
    name,
    kind,
    ...summary,
    notes: [...manner.protocol.notes],
    differs: prepared.loaded.differs,
    card,
  }
}

/** One line of `items.jsonl` per item. */
function itemResults(judged: readonly Judged[], manner: Manner, cache: string): BenchmarkItemResult[] {
  const asks = asksOf(
    judged.map(({ item }) => item),
    manner,
    cache,
  )
  return judged.map(({ item, prediction, verdict }, i) =>
    benchmarkItemResultSchema.parse({
      ...item,
      prediction,
      parsed: verdict?.parsed ?? null,
      score: verdict?.score ?? 0,
      counted: verdict !== null,
      fields: talliedFields(item, manner.protocol),
      pictures: asks[i].request.media.flatMap((media) =>
        media.type === 'image' ? [media.file] : media.frames,
      ),
    }),
  )
}

/** Scores one model's answers under one protocol and leaves `items.jsonl` and `scores.json` in `folder`. */
export function scoreInto(settings: {
  prepared: Prepared
  manner: Manner
  name: string
  kind: BenchmarkScores['kind']
  predictions: ReadonlyMap<string, string>
  card: BenchmarkCard | null
  folder: string
  cache: string
  seed: number
}): { scores: BenchmarkScores; judged: Judged[] } {
  const { prepared, manner, name, kind, predictions, card, folder, cache, seed } = settings
  const judged = judge(prepared.items, predictions, manner.protocol, manner.promptType)
  const summary = summarise(judged, manner.protocol, { seed })
  const scores = scoresOf({ prepared, manner, name, kind, summary, card })
  writeJsonl(path.join(folder, 'items.jsonl'), itemResults(judged, manner, cache))
  writeJsonAtomic(path.join(folder, 'scores.json'), scores)
  return { scores, judged }
}

export interface ModelRun {
  prepared: Prepared
  client: Client
  /** Name of the row in tables. */
  name: string
  kind: 'model' | 'blind'
  family: ModelFamily
  protocols: readonly ProtocolName[]
  promptType?: PromptType
  /** Folder of the whole evaluation. */
  out: string
  cache: string
  seed: number
  progress(label: string, total: number): Progress
  signal?: AbortSignal
}

/** Asks one model under every protocol and scores it; answers already there are kept. */
export async function runModel(run: ModelRun): Promise<BenchmarkScores[]> {
  const { prepared, client, family, protocols, cache, seed, signal } = run
  const folder = modelFolder(run.out, prepared, client.name)
  const answered = new Map<string, { askedBy: ProtocolName; predictions: Map<string, string> }>()
  const all: BenchmarkScores[] = []
  for (const protocolName of protocols) {
    const manner = mannerOf(prepared.benchmark, protocolName, family, run.promptType)
    const digest = mannerDigest(prepared.loaded.items, manner)
    const known = answered.get(digest)
    const file = path.join(folder, `answers-${digest}`, 'predictions.jsonl')
    if (!known) {
      const progress = run.progress(`${labelOf(prepared)} ${protocolName}`, prepared.items.length)
      try {
        await inferBenchmark({ prepared, manner, client, out: file, cache, seed, progress, signal })
      } finally {
        progress.end()
      }
      const rows = readJsonl<Prediction>(file)
      answered.set(digest, {
        askedBy: protocolName,
        predictions: new Map(rows.map(({ id, prediction }) => [id, prediction])),
      })
    }
    const { predictions } = answered.get(digest) as { predictions: Map<string, string> }
    const card = benchmarkCard(prepared, manner, client, seed)
    const { name, kind } = run
    const target = path.join(folder, protocolName)
    all.push(
      scoreInto({ prepared, manner, name, kind, predictions, card, folder: target, cache, seed }).scores,
    )
  }
  const disagreements = [...answered.values()].flatMap(({ askedBy, predictions }) =>
    disagreementsOf({
      prepared,
      name: run.name,
      protocols,
      promptType: run.promptType,
      predictions,
      askedBy,
    }),
  )
  writeDisagreements(folder, disagreements)
  return all
}

export const writeDisagreements = (modelFolder: string, disagreements: readonly Disagreement[]): void =>
  writeJsonAtomic(path.join(modelFolder, 'disagreements.json'), disagreements)

/** Every pair of protocols on the same answers. */
export function disagreementsOf(settings: {
  prepared: Prepared
  name: string
  protocols: readonly ProtocolName[]
  promptType?: PromptType
  predictions: ReadonlyMap<string, string>
  askedBy?: ProtocolName
}): Disagreement[] {
  const { prepared, name, protocols, promptType, predictions, askedBy } = settings
  const judged = protocols.map((protocol) => {
    const { protocol: rules, promptType: type } = mannerOf(prepared.benchmark, protocol, 'local', promptType)
    return { protocol, judged: judge(prepared.items, predictions, rules, type) }
  })
  return judged.flatMap((first, i) =>
    judged
      .slice(i + 1)
      .map((second) => disagreement({ name, benchmark: labelOf(prepared), askedBy, first, second })),
  )
}

/** Scores a baseline under every protocol into `<out>/<benchmark>/<baseline>/<protocol>/scores.json`. */
export function runBaseline(settings: {
  prepared: Prepared
  baseline: BaselineName
  protocols: readonly ProtocolName[]
  promptType?: PromptType
  out: string
  seed: number
}): BenchmarkScores[] {
  const { prepared, baseline, protocols, promptType, out, seed } = settings
  return protocols.map((protocolName) => {
    const manner = mannerOf(prepared.benchmark, protocolName, 'local', promptType)
    const summary = baselineSummary(baseline, prepared.items, manner.protocol, manner.promptType, seed)
    const scores = scoresOf({ prepared, manner, name: baseline, kind: baseline, summary, card: null })
    const folder = path.join(modelFolder(out, prepared, baseline), protocolName)
    writeJsonAtomic(path.join(folder, 'scores.json'), scores)
    return scores
  })
}
