/**
 * Evaluation of one model into a folder: `predictions.jsonl` and `protocol.json` by inference, `items.jsonl`
 * and `scores.json` by scoring, which can be repeated from the first two alone.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { writeJsonAtomic } from '../common/files.js'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { itemResultSchema, type Protocol, protocolSchema, type Scores } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { type InferSettings, inferSamples } from './ask-samples.js'
import { baselines } from './baselines.js'
import { protocolFile } from './card.js'
import type { Prediction } from './infer.js'
import { score } from './score.js'

export const PREDICTIONS = 'predictions.jsonl'
export const SCORES = 'scores.json'
export const ITEMS = 'items.jsonl'
export const BASELINES = 'baselines.json'

/** The protocol card beside a predictions file; null where somebody else made the predictions. */
export function readProtocol(predictions: string): Protocol | null {
  const file = protocolFile(predictions)
  if (!fs.existsSync(file)) return null
  const parsed = protocolSchema.safeParse(JSON.parse(fs.readFileSync(file, 'utf8')))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw dataError(`${file} ${issue.path.join('.')}`, 'a protocol card', issue.message)
  }
  return parsed.data
}

export interface ScoreFolderSettings {
  folder: string
  samples: readonly Sample[]
  /** Name of the row in tables, e.g. `perception`. */
  name: string
  seed?: number
}

/** Scores `folder/predictions.jsonl` and leaves `scores.json` and `items.jsonl` beside it. */
export function scoreFolder({ folder, samples, name, seed }: ScoreFolderSettings): Scores {
  const source = path.join(folder, PREDICTIONS)
  const predictions = readJsonl<Prediction>(source, { tolerateTail: true })
  const { scores, items } = score({
    name,
    samples,
    predictions,
    protocol: readProtocol(source),
    seed,
    source,
  })
  // Keys the report does not read stay out of the file.
  writeJsonl(
    path.join(folder, ITEMS),
    items.map((item) => itemResultSchema.parse(item)),
  )
  writeJsonAtomic(path.join(folder, SCORES), scores)
  return scores
}

/** Runs and scores: what is already answered in `folder` is kept. */
export async function evaluate(settings: Omit<InferSettings, 'out'> & ScoreFolderSettings): Promise<Scores> {
  await inferSamples({ ...settings, out: path.join(settings.folder, PREDICTIONS) })
  return scoreFolder({ ...settings, seed: settings.options.seed })
}

/** Writes `baselines.json`, which tables and reports show beside the models. */
export function writeBaselines(settings: {
  train: readonly Sample[]
  test: readonly Sample[]
  folder: string
}): ReturnType<typeof baselines> {
  const result = baselines(settings)
  writeJsonAtomic(path.join(settings.folder, BASELINES), result)
  return result
}
