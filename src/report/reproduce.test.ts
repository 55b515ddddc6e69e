import { describe, expect, it } from 'vitest'
import { PUBLISHED } from '../evaluation/benchmarks/published/all.js'
import type { BenchmarkResults, BenchmarkScores } from '../schema/benchmark-results.js'
import { reproduceMarkdown, reproduceSection, reproduceTable, reproduceText, stateOf } from './reproduce.js'
import { unbalanced } from './unbalanced.test-helper.js'

const IN = 'SpatialLadder v1, in-domain table'

/** A row of ours with an overall and groups, all with an interval of ±2 points. */
function ours(
  benchmark: string,
  name: string,
  figures: Record<string, number>,
  more: Partial<BenchmarkScores> = {},
): BenchmarkScores {
  const { overall, ...groups } = figures
  const around = (score: number): [number, number] => [score - 0.02, score + 0.02]
  return {
    version: 1,
    benchmark,
    protocol: 'paper',
    prompt_type: 'thinking',
    name,
    kind: 'model',
    overall,
    interval: around(overall),
    n: 100,
    correct: null,
    missing: 0,
    left_out: 0,
    unparsed: 0,
    types: {},
    groups: Object.fromEntries(
      Object.entries(groups).map(([key, score]) => [key, { score, interval: around(score) }]),
    ),
    notes: [],
    differs: [],
    bootstrap: { seed: 0, resamples: 1000, rooms: 50 },
    card: null,
    ...more,
  }
}
const resultsOf = (...scores: BenchmarkScores[]): BenchmarkResults => ({
  version: 1,
  scores,
  disagreements: [],
  comparisons: [],
  published: {},
})
const LADDER = 'local:/models/SpatialLadder-3B/'
const results = resultsOf(
  ours('VSI-Bench', LADDER, { overall: 0.45, NQ: 0.5, MCQ: 0.43 }),
  ours('SPBench-SI', LADDER, { overall: 0.7, NQ: 0.6, MCQ: 0.8 }),
  ours('SPBench-MV', LADDER, { overall: 0.7, NQ: 0.68, MCQ: 0.74 }),
  ours('SPBench-MV', 'openai:gemini-2.0-flash', { overall: 0.52, NQ: 0.52, MCQ: 0.52 }),
  ours('VSI-Bench', 'local:models/Qwen2.5-VL-3B-Instruct', { overall: 0.3, NQ: 0.27, MCQ: 0.33 }),
)
const tables = reproduceTable(results, PUBLISHED)
const tableOf = (benchmark: string, source = IN) => {
  const table = tables.find((one) => one.benchmark === benchmark && one.source === source)
  if (!table) throw new Error(`${benchmark} ${source}`)
  return table
}
const rowOf = (benchmark: string, model: string, source = IN) => {
  const row = tableOf(benchmark, source).rows.find((one) => one.model === model)
  if (!row) throw new Error(model)
  return row
}
const state = (benchmark: string, model: string): string =>
  stateOf(rowOf(benchmark, model), tableOf(benchmark).figures).text

describe('ours beside the paper', () => {
  it('has every row of its tables, run or not', () => {
    for (const benchmark of ['VSI-Bench', 'SPBench-SI', 'SPBench-MV', 'overall'])
      expect(tableOf(benchmark).rows).toHaveLength(13)
    for (const benchmark of ['CV-Bench', 'SPAR-Bench', 'ViewSpatial-Bench'])
      expect(tables.find((one) => one.benchmark === benchmark)?.rows).toHaveLength(7)
    expect(tableOf('overall', 'SpatialLadder v1, ablations').rows).toHaveLength(5)
  })

  it('has no rows of other tables, and the ablations once', () => {
    const sources = new Set(tables.map(({ source }) => source))
    expect([...sources].every((source) => source.startsWith('SpatialLadder'))).toBe(true)
    expect(tables.filter(({ source }) => source.includes('ablations'))).toHaveLength(1)
    const alone = reproduceTable(results, { 'VSI-Bench': PUBLISHED['VSI-Bench'] })
    expect(alone.filter(({ source }) => source.includes('ablations'))).toHaveLength(1)
  })

  it('says whether the figure lies in our interval', () => {
    expect(state('VSI-Bench', 'SpatialLadder-3B')).toBe('outside: MCQ')
    expect(state('SPBench-MV', 'SpatialLadder-3B')).toBe('inside our interval')
    const [nq, mcq] = rowOf('VSI-Bench', 'SpatialLadder-3B').cells
    expect(nq.difference).toBeCloseTo(-0.008, 9)
    expect(mcq).toMatchObject({ printed: 0.405, ours: 0.43, inside: false })
  })

  it('measures against the corrected figure where the printed one is wrong', () => {
    const overall = rowOf('SPBench-MV', 'Gemini-2.0-Flash').cells[2]
    expect(overall).toMatchObject({ printed: 0.565, corrected: 0.5142, inside: true })
    expect(overall.difference).toBeCloseTo(0.0058, 9)
  })

  it('says plainly what nobody ran', () => {
    expect(state('VSI-Bench', 'GPT-4o')).toBe('not run (no weights here)')
    expect(state('overall', 'Qwen2.5-VL-3B')).toBe('not all benchmarks run')
    expect(state('VSI-Bench', 'Qwen2.5-VL-3B')).toBe('inside our interval')
  })

  it('averages our benchmarks as the paper averages its own', () => {
    expect(rowOf('overall', 'SpatialLadder-3B').cells[0].ours).toBeCloseTo((0.45 + 0.7 + 0.7) / 3, 9)
    const gains = tableOf('overall', 'SpatialLadder v1, gains')
    expect(gains.rows[0].cells[0].ours).toBeNull()
  })

  it('takes no other protocol, no blind run and no part of a benchmark for the model', () => {
    const other = reproduceTable(
      resultsOf(
        ours('VSI-Bench', LADDER, { overall: 0.4 }, { protocol: 'official' }),
        ours('VSI-Bench', 'blind:local:SpatialLadder-3B', { overall: 0.4 }, { kind: 'blind' }),
      ),
      { 'VSI-Bench': PUBLISHED['VSI-Bench'] },
    )
    expect(other.flatMap(({ rows }) => rows).every(({ ran }) => ran === null)).toBe(true)
  })
})

describe('it is shown', () => {
  it('on a terminal, how it went first', () => {
    const text = reproduceText(tables, 140)
    expect(text).toMatch(/│ Gemini-2\.0-Flash +│ +inside our interval │ +51\.9 │ +52\.0 ±2\.0 │ +\+0\.1 │/)
    expect(text).toContain('56.5 [51.4]')
    expect(text).toMatch(/│ GPT-4o +│ not run \(no weights here\) │/)
    for (const line of text.split('\n').filter((one) => one.startsWith('│')))
      expect([...line].length).toBeLessThanOrEqual(140)
  })

  it('in Markdown', () => {
    const lines = reproduceMarkdown(tables).split('\n')
    expect(lines.filter((line) => line.startsWith('### '))).toHaveLength(tables.length)
    expect(
      lines.find((line) => line.startsWith('| Spatial-MLLM-4B') && line.includes('[61.8]')),
    ).toBeDefined()
  })

  it('as a section of the report, or not at all', () => {
    const markup = reproduceSection(tables)?.html ?? ''
    expect(unbalanced(markup)).toEqual([])
    expect(markup).toContain('<s>56.5</s> <b>51.4</b>')
    expect(markup).toContain('outside: MCQ')
    expect(reproduceSection([])).toBeNull()
  })
})
