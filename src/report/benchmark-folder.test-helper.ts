/**
 * The folder of a benchmark evaluation as `eval` leaves it, made by plain code: three models (one blind) and two
 * baselines under two protocols that read the same answers differently; tags that one of them cannot read,
 * answers that are missing, pictures that are there and pictures that are not.
 */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { writeJsonAtomic } from '../common/files.js'
import { writeJsonl } from '../common/jsonl.js'
import { rng } from '../common/random.js'
import type {
  BenchmarkItemResult,
  BenchmarkResults,
  BenchmarkScores,
  Comparison,
  PublishedRow,
} from '../schema/benchmark-results.js'

type Protocol = 'official' | 'paper'
const PROTOCOLS: readonly Protocol[] = ['official', 'paper']
const LETTERS = ['A', 'B', 'C', 'D']

export interface MadeBenchmark {
  name: string
  /** Types with numbers, and with letters. */
  numbers: readonly string[]
  choices: readonly string[]
  perType: number
  pictures: number
}

/** How good a model is, and how it phrases its answers. */
export interface MadeModel {
  name: string
  kind: 'model' | 'blind'
  skill: number
  /** Reasons first under the paper's protocol, and answers in tags, which the official rules do not read. */
  tags: boolean
}

export const MODELS: readonly MadeModel[] = [
  { name: 'blind:local:models/Qwen2.5-VL-3B-Instruct', kind: 'blind', skill: 0.3, tags: false },
  { name: 'local:models/Qwen2.5-VL-3B-Instruct', kind: 'model', skill: 0.42, tags: false },
  { name: 'local:models/SpatialLadder-3B', kind: 'model', skill: 0.62, tags: true },
]

const question = (type: string, kind: BenchmarkItemResult['kind'], i: number): string =>
  kind === 'number'
    ? `Measuring from the closest point of each object, what is the distance between the table and chair ${i} (in meters)? <${type} & more>`
    : `If I am standing by the stove and facing the table, is chair ${i} to my left, right, or back?\nAn object is to my back if I would have to turn at least 135 degrees in order to face it.`

/** What the model says to every item when asked under `protocol`; null for no answer. */
function answers(
  benchmark: MadeBenchmark,
  model: MadeModel,
  protocol: Protocol,
  pictures: readonly string[],
) {
  const random = rng(7, benchmark.name, model.name)
  const types = [
    ...benchmark.numbers.map((type) => ({ type, kind: 'number' as const })),
    ...benchmark.choices.map((type) => ({ type, kind: 'choice' as const })),
  ]
  return types.flatMap(({ type, kind }, t) =>
    Array.from({ length: benchmark.perType }, (_, i) => {
      const row = t * benchmark.perType + i
      const right = kind === 'number' ? String(2 + (row % 7)) : LETTERS[row % 4]
      const knows = random.next() < model.skill + 0.2 * Math.sin(t)
      const said = knows ? right : kind === 'number' ? String(random.int(1, 12)) : LETTERS[random.int(0, 3)]
      const reasoning =
        'Let me think. The <b>stove</b> is on the left of the second frame & the table stands behind it. '
      const text = row % 41 === 40 ? 'I cannot tell from these frames.' : said
      const prediction =
        row % 53 === 52
          ? null
          : model.tags && protocol === 'paper'
            ? `<think>${reasoning.repeat(1 + (row % 5))}</think><answer>${text}</answer>`
            : row % 9 === 8
              ? `Answer: ${text}`
              : text
      const item = {
        id: String(row),
        row,
        type,
        kind,
        scene: `scene${String(row % 12).padStart(4, '0')}_00`,
        question: question(type, kind, i),
        options:
          kind === 'choice'
            ? LETTERS.map((letter, k) => `${letter}. ${['left', 'right', 'back', 'front'][k]}`)
            : null,
        answer: right,
        prediction,
        counted: true,
        fields: {},
        pictures: pictures.slice(0, benchmark.pictures),
      }
      return item
    }),
  )
}

/** Official: the bare answer. Paper: also in tags and after `Answer:`. */
function judged(item: ReturnType<typeof answers>[number], protocol: Protocol): BenchmarkItemResult {
  const text =
    protocol === 'official'
      ? (item.prediction ?? '')
      : (item.prediction ?? '').replace(/^.*<answer>(.*)<\/answer>$/s, '$1').replace('Answer: ', '')
  const parsed = (item.kind === 'number' ? /^\d+$/ : /^[A-D]$/).test(text) ? text : null
  const score =
    parsed === null
      ? 0
      : item.kind === 'choice'
        ? Number(parsed === item.answer)
        : Math.max(
            0,
            Math.round(
              10 * (1 - (2 * Math.abs(Number(parsed) - Number(item.answer))) / Number(item.answer)),
            ) / 10,
          )
  return { ...item, parsed, score: Math.max(0, score) }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const around = (score: number, arm: number): [number, number] => [
  Math.max(0, score - arm),
  Math.min(1, score + arm),
]

function scoresOf(
  benchmark: MadeBenchmark,
  protocol: Protocol,
  { name, kind }: Pick<BenchmarkScores, 'name' | 'kind'>,
  items: readonly BenchmarkItemResult[],
): BenchmarkScores {
  const types: BenchmarkScores['types'] = {}
  for (const type of [...benchmark.numbers, ...benchmark.choices]) {
    const own = items.filter((item) => item.type === type)
    const score = mean(own.map((item) => item.score))
    const choice = own[0].kind === 'choice'
    types[type] = {
      type,
      kind: own[0].kind,
      metric: choice ? 'accuracy' : 'mean relative accuracy',
      score,
      interval: around(score, 0.06),
      n: own.length,
      correct: choice ? own.filter((item) => item.score === 1).length : null,
      missing: own.filter((item) => item.prediction === null).length,
      unparsed: own.filter((item) => item.prediction !== null && item.parsed === null).length,
    }
  }
  const rows = Object.values(types)
  const average = (names: readonly string[]): number => mean(names.map((one) => types[one].score ?? 0))
  const overall = average([...benchmark.numbers, ...benchmark.choices])
  const group = (names: readonly string[]) => ({
    score: average(names),
    interval: around(average(names), 0.04),
  })
  const model = kind === 'model' || kind === 'blind'
  return {
    version: 1,
    benchmark: benchmark.name,
    protocol,
    prompt_type: protocol === 'paper' ? 'thinking' : 'default',
    name,
    kind,
    overall,
    interval: model ? around(overall, 0.03) : null,
    n: items.length,
    correct: rows.reduce((sum, row) => sum + (row.correct ?? 0), 0),
    missing: rows.reduce((sum, row) => sum + row.missing, 0),
    left_out: 0,
    unparsed: rows.reduce((sum, row) => sum + row.unparsed, 0),
    types,
    groups:
      benchmark.numbers.length > 0 ? { NQ: group(benchmark.numbers), MCQ: group(benchmark.choices) } : {},
    notes: [
      `${protocol === 'paper' ? 'SpatialLadder' : 'The authors'} average over types, whatever their size.`,
    ],
    differs: benchmark.name === 'VSI-Bench' ? ['rows: expected 5130, got 400'] : [],
    bootstrap: { seed: 0, resamples: model ? 1000 : 0, rooms: 12 },
    card: model
      ? {
          benchmark: benchmark.name,
          subset: null,
          protocol,
          client: name,
          fingerprint: name.includes('Ladder') ? '0819c3ad5f6be2118a0a' : null,
          prompt_type: protocol === 'paper' ? 'thinking' : 'default',
          family: 'local',
          prompts: {
            choice:
              "Question: is it <left> & near?\n\nAnswer with the option's letter from the given choices directly.",
          },
          media:
            protocol === 'paper'
              ? { frames: 32, area: 401408, pixels: { min_pixels: 12544, max_pixels: 401408 } }
              : { frames: 32 },
          generation:
            protocol === 'paper'
              ? { max_new_tokens: 1024, temperature: 0.01, defaults: 'checkpoint' }
              : { max_new_tokens: 16, temperature: 0, defaults: 'none' },
          sampling:
            protocol === 'paper' ? { temperature: 0, top_p: 1, top_k: 0, repetition_penalty: 1.05 } : null,
          seed: 42,
          data: 'a1b2c3d4e5f6',
          limit: null,
        }
      : null,
  }
}

/** Writes the folder and returns what its `results.json` holds. */
export async function makeBenchmarkFolder(
  folder: string,
  benchmarks: readonly MadeBenchmark[],
  published: Readonly<Record<string, readonly PublishedRow[]>>,
  models: readonly MadeModel[] = MODELS,
): Promise<BenchmarkResults> {
  const files = await makePictures(path.join(folder, 'frames'))
  const results: BenchmarkResults = {
    version: 1,
    scores: [],
    disagreements: [],
    comparisons: [],
    published: {},
  }
  for (const [name, rows] of Object.entries(published)) results.published[name] = [...rows]
  for (const benchmark of benchmarks) {
    for (const protocol of PROTOCOLS) {
      const said = models.map((model) => answers(benchmark, model, protocol, files))
      const guess = said[0].map((item) =>
        judged({ ...item, prediction: item.kind === 'choice' ? 'A' : '4' }, protocol),
      )
      for (const kind of ['chance', 'frequent'] as const)
        results.scores.push(scoresOf(benchmark, protocol, { name: kind, kind }, guess))
      models.forEach((model, m) => {
        const items = said[m].map((item) => judged(item, protocol))
        const scores = scoresOf(benchmark, protocol, model, items)
        const place = path.join(
          folder,
          benchmark.name,
          model.name.replace(/[^A-Za-z0-9._-]+/g, '-'),
          protocol,
        )
        writeJsonl(path.join(place, 'items.jsonl'), items)
        writeJsonAtomic(path.join(place, 'scores.json'), scores)
        results.scores.push(scores)
      })
      results.comparisons.push(compared(results.scores.slice(-2)))
    }
    for (const model of models) {
      const said = answers(benchmark, model, 'paper', files)
      const pairs = said.map((item) => PROTOCOLS.map((protocol) => judged(item, protocol).score))
      const differing = said.filter((_, i) => pairs[i][0] !== pairs[i][1])
      results.disagreements.push({
        name: model.name,
        benchmark: benchmark.name,
        asked_by: 'paper',
        protocols: ['official', 'paper'],
        count: differing.length,
        items: differing.map(({ id, prediction, row }) => ({
          id,
          prediction,
          scores: [pairs[row][0], pairs[row][1]],
        })),
      })
    }
  }
  writeJsonAtomic(path.join(folder, 'results.json'), results)
  return results
}

function compared([first, second]: readonly BenchmarkScores[]): Comparison {
  const row = (name: string, n: number, a: number | null, b: number | null) => {
    const difference = (b ?? 0) - (a ?? 0)
    const interval: [number, number] = [difference - 0.14, difference + 0.14]
    return { name, n, difference, interval }
  }
  return {
    benchmark: first.benchmark,
    protocol: first.protocol,
    first: first.name,
    second: second.name,
    rows: [
      row('overall', first.n, first.overall, second.overall),
      ...Object.values(first.types).map(({ type, n, score }) =>
        row(type, n, score, second.types[type].score),
      ),
    ],
  }
}

/** Eight frames of a plain room; the ninth name is of a file that is not there. */
async function makePictures(folder: string): Promise<string[]> {
  fs.mkdirSync(folder, { recursive: true })
  const names = Array.from({ length: 8 }, (_, i) => path.join(folder, `${i}.jpg`))
  for (const [i, name] of names.entries()) {
    const shade = { r: 90 + 12 * i, g: 110 + 6 * i, b: 140, alpha: 1 }
    const table = await sharp({ create: { width: 150, height: 60, channels: 3, background: '#7a4a21' } })
      .png()
      .toBuffer()
    await sharp({ create: { width: 640, height: 480, channels: 3, background: shade } })
      .composite([{ input: table, left: 40 + 55 * i, top: 300 }])
      .jpeg()
      .toFile(name)
  }
  return [...names, path.join(folder, 'gone.jpg')]
}
