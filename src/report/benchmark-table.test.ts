import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import YAML from 'yaml'
import { PUBLISHED } from '../evaluation/benchmarks/published/all.js'
import type { BenchmarkResults } from '../schema/benchmark-results.js'
import { figuresOf, pointsText } from './benchmark-figures.js'
import { makeBenchmarkFolder } from './benchmark-folder.test-helper.js'
import { benchmarkTable, benchmarkTableText } from './benchmark-table.js'
import { modelCardTable } from './model-card.js'

let folder: string
let results: BenchmarkResults
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-table-'))
  const made = { numbers: ['object_counting'], choices: ['object_rel_direction'], perType: 60, pictures: 0 }
  results = await makeBenchmarkFolder(
    folder,
    [
      { ...made, name: 'VSI-Bench' },
      { ...made, name: 'SPBench-MV' },
    ],
    PUBLISHED,
  )
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const LADDER = 'local:models/SpatialLadder-3B'

describe('on a terminal', () => {
  it.each([80, 120])('every benchmark and protocol is a table at most %i wide', (width) => {
    const text = benchmarkTableText(results, width)
    for (const title of ['VSI-Bench, official', 'VSI-Bench, paper', 'SPBench-MV, official'])
      expect(text).toContain(`${title} protocol\n┌`)
    for (const line of text.split('\n').filter((one) => /^[│┌├└]/.test(one)))
      expect([...line].length).toBeLessThanOrEqual(width)
  })

  it('guesses and blind runs are parted from models and never marked best', () => {
    const { rows } = benchmarkTable(
      results.scores.filter((row) => row.benchmark === 'VSI-Bench' && row.protocol === 'paper'),
    )
    expect(rows.map(({ baseline }) => baseline)).toEqual([true, true, true, false, false])
    expect(rows.filter(({ baseline, cells }) => baseline && cells.some(({ best }) => best))).toEqual([])
    expect(rows[4].cells[0].best).toBe(true)
  })

  it('what went wrong stands below', () => {
    const row = results.scores.find((one) => one.name === LADDER && one.protocol === 'paper')
    expect(row?.missing).toBeGreaterThan(0)
    expect(benchmarkTableText(results)).toContain(
      `${LADDER}: ${row?.missing} without an answer, ${row?.unparsed} unreadable\n`,
    )
    const left = results.scores.map((one) => ({ ...one, left_out: 1 }))
    expect(benchmarkTableText({ ...results, scores: left })).toContain('(1 of them not in the denominator)')
  })
})

it('a group that bears a type’s name has one column', () => {
  const rows = results.scores.map((row) => ({
    ...row,
    groups: { ...row.groups, object_rel_direction: { score: 0.5, interval: null } },
  }))
  expect(figuresOf(rows).map(({ name }) => name)).toEqual([
    'overall',
    'NQ',
    'MCQ',
    'object_counting',
    'object_rel_direction',
  ])
})

it('differences are points with a sign', () => {
  expect([0.0123, -0.0123, 0.0004, -0.0004].map(pointsText)).toEqual(['+1.2', '−1.2', '0.0', '0.0'])
})

describe('for a model card', () => {
  const indexOf = (made: BenchmarkResults) =>
    YAML.parse(/```yaml\n([\s\S]*?)```/.exec(modelCardTable(made))?.[1] ?? 'null')

  it('has the model-index of every model, scores in per cent, datasets by their address on the hub', () => {
    const index = indexOf(results)['model-index']
    expect(index.map(({ name }: { name: string }) => name)).toEqual([
      'Qwen2.5-VL-3B-Instruct',
      'SpatialLadder-3B',
    ])
    const [vsi, mv] = index[1].results
    expect(vsi.dataset).toEqual({ type: 'nyu-visionx/VSI-Bench', name: 'VSI-Bench', split: 'test' })
    expect(mv.dataset.config).toBe('SPBench-MV')
    const paper = results.scores.find(
      (row) => row.name === LADDER && row.benchmark === 'VSI-Bench' && row.protocol === 'paper',
    )
    expect(vsi.metrics[1]).toEqual({
      type: 'score',
      name: 'overall, paper protocol',
      value: Number((100 * (paper?.overall ?? 0)).toFixed(1)),
    })
  })

  it('has a table per benchmark and protocol, with how it was asked', () => {
    const text = modelCardTable(results)
    expect(text.match(/^### /gm)).toHaveLength(4)
    expect(text).toContain(
      '* thinking prompt, 32 frames, at most 1024 new tokens, temperature 0.01, seed 42, data a1b2c3d4e5f6',
    )
    for (const table of text.split(/^### .*$/m).slice(1)) {
      const lines = table.split('\n').filter((line) => line.startsWith('|'))
      expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1)
    }
  })

  it('has no index of runs on a part of the items', () => {
    const part = results.scores.map((row) => ({ ...row, card: row.card && { ...row.card, limit: 20 } }))
    expect(indexOf({ ...results, scores: part })).toBeNull()
    expect(modelCardTable({ ...results, scores: part })).toContain('20 items only')
  })
})
