/**
 * One benchmark, any number of models and protocols, into a folder:
 *
 *   <out>/<benchmark>/<model>/answers-<manner>/predictions.jsonl   protocol.json, failures
 *   <out>/<benchmark>/<model>/<protocol>/                          items.jsonl, scores.json
 *   <out>/<benchmark>/<model>/disagreements.json
 *
 * Protocols that ask in the same manner share their answers. Scoring can be repeated from the answers alone.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { Client } from '../../clients/client.js'
import { writeJsonAtomic } from '../../common/files.js'
import { writeJsonl } from '../../common/jsonl.js'
import type { Progress } from '../../common/progress.js'
import {
  type BenchmarkCard,
  type BenchmarkItemResult,
  type BenchmarkScores,
  benchmarkItemResultSchema,
} from '../../schema/benchmark-results.js'
import { failuresFile, type InferCounts, infer, readAnswers } from '../infer.js'
import { answerOptions, asksOf, cardOf, type Manner, mannerDigest } from './ask.js'
import { type BaselineName, baselineSummary } from './baselines.js'
import type { BenchmarkItem, ModelFamily, PromptType, ProtocolName } from './benchmark.js'
import { disagreementsOf, scoredProtocols, writeDisagreements } from './disagreements.js'
import { labelOf, mannerOf, modelFolder, type Prepared } from './prepared.js'
import { type Judged, judge, type Summary, summarise, talliedFields } from './score.js'

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
  client: Pick<Client, 'name' | 'fingerprint' | 'sampling'>,
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
  /** Told how many questions have no answer, and the file that says why. */
  failed?(label: string, count: number, file: string): void
  signal?: AbortSignal
}

/** Asks one model under every protocol and scores it; answers already there are kept. */
export async function runModel(run: ModelRun): Promise<BenchmarkScores[]> {
  const { prepared, client, name, kind, family, protocols, promptType, cache, seed } = run
  const folder = modelFolder(run.out, prepared, client.name)
  const all: BenchmarkScores[] = []
  const answered = new Map<string, Map<string, string>>()
  for (const protocolName of protocols) {
    const manner = mannerOf(prepared.benchmark, protocolName, family, promptType)
    const file = answersFile(folder, prepared, manner)
    const predictions = answered.get(file) ?? (await ask(run, manner, file))
    answered.set(file, predictions)
    const card = benchmarkCard(prepared, manner, client, seed)
    const target = path.join(folder, protocolName)
    const job = { prepared, manner, name, kind, predictions, card, folder: target, cache, seed }
    all.push(scoreInto(job).scores)
  }
  // Answers of earlier runs count, too: each once, as asked by the first protocol that asks so.
  const known = scoredProtocols(folder, prepared, protocols, promptType)
  const askers = new Map<string, ProtocolName>()
  for (const protocolName of known) {
    const manner = mannerOf(prepared.benchmark, protocolName, family, promptType)
    const file = answersFile(folder, prepared, manner)
    if (!askers.has(file) && fs.existsSync(file)) askers.set(file, protocolName)
  }
  const disagreements = [...askers].flatMap(([file, askedBy]) => {
    const predictions = answered.get(file) ?? answersIn(file)
    return disagreementsOf({ prepared, name, protocols: known, promptType, predictions, askedBy })
  })
  writeDisagreements(folder, disagreements)
  return all
}

const answersFile = (folder: string, prepared: Prepared, manner: Manner): string =>
  path.join(folder, `answers-${mannerDigest(prepared.loaded.items, manner)}`, 'predictions.jsonl')

/** All answers in `file`, after those that were not there have been asked for. */
async function ask(run: ModelRun, manner: Manner, file: string): Promise<Map<string, string>> {
  const { prepared, client, cache, seed, signal } = run
  const label = `${labelOf(prepared)} ${manner.protocolName}`
  const progress = run.progress(label, prepared.items.length)
  try {
    const job = { prepared, manner, client, out: file, cache, seed, progress, signal }
    const { failed } = await inferBenchmark(job)
    if (failed > 0) run.failed?.(label, failed, failuresFile(file))
  } finally {
    progress.end()
  }
  return answersIn(file)
}

const answersIn = (file: string): Map<string, string> =>
  new Map(readAnswers(file).map(({ id, prediction }) => [id, prediction]))

/** Scores answers from a file under every protocol, into the folder of one model. */
export function scoreAnswers(settings: {
  prepared: Prepared
  protocols: readonly ProtocolName[]
  promptType?: PromptType
  name: string
  predictions: ReadonlyMap<string, string>
  folder: string
  cache: string
  seed: number
}): BenchmarkScores[] {
  const { prepared, protocols, promptType, name, predictions, folder, cache, seed } = settings
  const scores = protocols.map((protocolName) => {
    const manner = mannerOf(prepared.benchmark, protocolName, 'local', promptType)
    const target = path.join(folder, protocolName)
    const job = { prepared, manner, name, predictions, folder: target, cache, seed }
    return scoreInto({ ...job, kind: 'model', card: null }).scores
  })
  const known = scoredProtocols(folder, prepared, protocols, promptType)
  const disagreements = disagreementsOf({ prepared, name, protocols: known, promptType, predictions })
  writeDisagreements(folder, disagreements)
  return scores
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
