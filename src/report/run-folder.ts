/** Everything a report is made of, read from a run folder. Parts that are not there yet are left out. */
import fs from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { imageRootOf, readSamples } from '../schema/read-samples.js'
import {
  type Baselines,
  baselinesSchema,
  type ItemResult,
  itemResultSchema,
  type Scores,
  scoresSchema,
} from '../schema/results.js'
import type { Sample } from '../schema/sample.js'

/** `status.json`: what the ladder says about the run. */
export const statusSchema = z.looseObject({
  name: z.string(),
  started: z.string().nullish(),
  finished: z.string().nullish(),
  seconds: z.number().nullish(),
  engine: z
    .looseObject({ version: z.string(), path: z.string().optional(), threads: z.number().optional() })
    .nullish(),
  machine: z.looseObject({ cores: z.number().optional(), cpu: z.string().optional() }).nullish(),
  stages: z
    .array(z.looseObject({ name: z.string(), status: z.string(), seconds: z.number().nullish() }))
    .default([]),
})

export interface StageFolder {
  /** Place on the ladder; 0 is the starting model. */
  index: number
  /** `start`, `perception`, … */
  name: string
  /** One row per training step, by TRL's names. */
  metrics: Record<string, unknown>[]
  scores: Scores | null
  /** Results by item id. */
  items: Map<string, ItemResult>
}

export interface RunFolder {
  folder: string
  status: z.infer<typeof statusSchema>
  recipe: { text: string; seed: number | null } | null
  stages: StageFolder[]
  baselines: Baselines | null
  samples: Sample[]
  imageRoot: string | null
}

function readJson<T>(file: string, schema: z.ZodType<T>, what: string): T | null {
  if (!fs.existsSync(file)) return null
  let value: unknown
  try {
    value = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch {
    throw dataError(file, what, 'something that is not JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw dataError(`${file} ${issue.path.join('.')}`.trim(), what, issue.message)
}

/** Names like `2-understanding` in `folder`. */
function numbered(folder: string): { index: number; name: string }[] {
  if (!fs.existsSync(folder)) return []
  return fs.readdirSync(folder).flatMap((entry) => {
    const match = /^(\d+)-(.+)$/.exec(entry)
    return match ? [{ index: Number(match[1]), name: match[2] }] : []
  })
}

function readStage(run: string, index: number, name: string): StageFolder {
  const metrics = path.join(run, 'stages', `${index}-${name}`, 'metrics.jsonl')
  const evaluation = path.join(run, 'evaluation', `${index}-${name}`)
  const items = path.join(evaluation, 'items.jsonl')
  const rows = fs.existsSync(items) ? readJsonl(items, { tolerateTail: true }) : []
  return {
    index,
    name,
    metrics: fs.existsSync(metrics) ? readJsonl(metrics, { tolerateTail: true }) : [],
    scores: readJson(path.join(evaluation, 'scores.json'), scoresSchema, 'scores'),
    items: new Map(
      rows.map((row, i) => {
        const parsed = itemResultSchema.safeParse(row)
        if (!parsed.success)
          throw dataError(`${items} row ${i + 1}`, 'an item result', parsed.error.issues[0].message)
        return [parsed.data.id, parsed.data]
      }),
    ),
  }
}

function readRecipe(file: string): RunFolder['recipe'] {
  if (!fs.existsSync(file)) return null
  const text = fs.readFileSync(file, 'utf8')
  const value: unknown = parse(text)
  const seed = z.looseObject({ seed: z.number() }).safeParse(value)
  return { text, seed: seed.success ? seed.data.seed : null }
}

/**
 * Reads `runs/<name>`.
 * @throws data error when there is no `status.json`, or a file does not hold what it should
 */
export function readRunFolder(folder: string): RunFolder {
  const status = readJson(path.join(folder, 'status.json'), statusSchema, 'the status of a run')
  if (!status) throw dataError(folder, 'a run folder', 'no status.json in it')
  const found = [...numbered(path.join(folder, 'stages')), ...numbered(path.join(folder, 'evaluation'))]
  const places = new Map(found.map(({ index, name }) => [`${index}-${name}`, { index, name }]))
  const data = path.join(folder, 'data', 'test')
  return {
    folder,
    status,
    recipe: readRecipe(path.join(folder, 'recipe.yaml')),
    stages: [...places.values()]
      .sort((a, b) => a.index - b.index)
      .map(({ index, name }) => readStage(folder, index, name)),
    baselines: readJson(path.join(folder, 'evaluation', 'baselines.json'), baselinesSchema, 'baselines'),
    samples: fs.existsSync(data) ? readSamples(data) : [],
    imageRoot: fs.existsSync(data) ? imageRootOf(data) : null,
  }
}
