/** Benchmark scores for a model card: a Markdown table, and the `model-index` block the hub reads. */
import YAML from 'yaml'
import type { BenchmarkResults, BenchmarkScores } from '../schema/benchmark-results.js'
import { groupResults } from './benchmark-figures.js'
import { benchmarkTable, troubleText } from './benchmark-table.js'
import { percent, tableMarkdown } from './table.js'

/** Where a benchmark's data lies on the hub; one not named here is called by its own name. */
const DATASETS: Record<string, string> = {
  'VSI-Bench': 'nyu-visionx/VSI-Bench',
  'SPBench-SI': 'hongxingli/SPBench',
  'SPBench-MV': 'hongxingli/SPBench',
  'SPAR-Bench': 'jasonzhango/SPAR-Bench',
  'ViewSpatial-Bench': 'lidingm/ViewSpatial-Bench',
  'CV-Bench': 'nyu-visionx/CV-Bench',
}

function metric(row: BenchmarkScores): { type: string; name: string; value: number } {
  const type = Object.values(row.types).every((one) => one.metric === 'accuracy') ? 'accuracy' : 'score'
  return { type, name: `overall, ${row.protocol} protocol`, value: Number(percent(row.overall ?? 0)) }
}

/** The part of a dataset that was scored, where there are several. */
function configOf(row: BenchmarkScores | undefined): { config?: string } {
  const config = row?.card?.subset ?? (row?.benchmark.startsWith('SPBench') ? row.benchmark : null)
  return config === null ? {} : { config }
}

/**
 * The `model-index` entry of every model, by benchmark; scores in per cent. Runs on a part of the items are no
 * score of the benchmark and stay out; empty when nothing is left.
 */
function modelIndex(results: BenchmarkResults): string {
  const models = results.scores.filter(
    ({ kind, overall, card }) => kind === 'model' && overall !== null && (card?.limit ?? null) === null,
  )
  if (models.length === 0) return ''
  const names = [...new Set(models.map(({ name }) => name))]
  const index = names.map((name) => {
    const own = models.filter((row) => row.name === name)
    return {
      name:
        name
          .split(/[:/\\]/)
          .filter(Boolean)
          .at(-1) ?? name,
      results: [...new Set(own.map(({ benchmark }) => benchmark))].map((benchmark) => ({
        task: { type: 'visual-question-answering', name: 'Visual Question Answering' },
        dataset: {
          type: DATASETS[benchmark] ?? benchmark,
          name: benchmark,
          ...configOf(own.find((row) => row.benchmark === benchmark)),
          split: 'test',
        },
        metrics: own.filter((row) => row.benchmark === benchmark).map(metric),
      })),
    }
  })
  return `\`\`\`yaml\n${YAML.stringify({ 'model-index': index })}\`\`\`\n\n`
}

/**
 * Markdown to paste into a model card: the `model-index` block for its head matter, and a table per benchmark
 * and protocol with intervals, baselines, counts of what went wrong, and how it was asked.
 */
export function modelCardTable(results: BenchmarkResults): string {
  const tables = groupResults(results).flatMap(({ benchmark, protocols }) =>
    protocols.map(({ protocol, rows }) => {
      const troubles = rows
        .filter((row) => row.kind === 'model' && troubleText(row) !== '')
        .map((row) => `* ${row.name}: ${troubleText(row)}`)
      const cards = new Set(rows.flatMap(({ card }) => (card ? [cardLine(card)] : [])))
      const notes = [...[...cards].map((text) => `* ${text}`), ...troubles]
      return `### ${benchmark}, ${protocol} protocol\n\n${tableMarkdown(benchmarkTable(rows))}${notes.length > 0 ? `\n${notes.join('\n')}\n` : ''}`
    }),
  )
  return `${modelIndex(results)}${tables.join('\n')}`
}

const cardLine = (card: NonNullable<BenchmarkScores['card']>): string => {
  const { generation, media } = card
  return [
    `${card.prompt_type} prompt`,
    media.frames !== undefined && `${media.frames} frames`,
    `at most ${generation.max_new_tokens} new tokens`,
    generation.temperature !== undefined && `temperature ${generation.temperature}`,
    card.limit !== null && `${card.limit} items only`,
    `seed ${card.seed}`,
    `data ${card.data}`,
  ]
    .filter(Boolean)
    .join(', ')
}
