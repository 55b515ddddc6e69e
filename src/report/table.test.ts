import { describe, expect, it } from 'vitest'
import { makeBoxes, makeNumber, makeSample } from '../evaluation/sample-for-tests.js'
import { score } from '../evaluation/score.js'
import { sampleId } from '../schema/results.js'
import { cellText, scoreTable, type TableRow, tableMarkdown, tableText } from './table.js'

const rooms = ['scene1', 'scene2', 'scene3']
const samples = rooms.flatMap((scene_name, i) => [
  makeSample({ question_id: i, scene_name }),
  makeNumber(i, '4', { scene_name }),
  makeBoxes(i, [['bed', [0, 0, 10, 10]]], { scene_name }),
])
const box = '[{"bbox_2d": [0, 0, 10, 10], "label": "bed"}]'
const model = (name: string, letter: string, number: string): TableRow => ({
  scores: score({
    name,
    samples,
    predictions: samples.map((sample) => ({
      id: sampleId(sample),
      prediction: Array.isArray(sample.answer) ? box : sample.options ? letter : number,
    })),
  }).scores,
})
const rows: TableRow[] = [
  { ...model('guess', 'A', '4'), baseline: true },
  model('before', 'B', '4'),
  model('a longer name', 'A', '2'),
]
const table = scoreTable(rows)

describe('the table', () => {
  it('has boxes twice, every type, and the means', () => {
    expect(table.columns.map(({ title, metric }) => `${title}: ${metric}`)).toEqual([
      'localization: IoU',
      'localization: IoU ≥ 0.5',
      'relative direction: accuracy',
      'object count: MRA',
      'numbers: mean of types',
      'choices: mean of types',
      'overall: mean of types',
    ])
  })

  it('marks the best model of a column, all on a tie, and never a baseline', () => {
    const best = table.rows.map(({ cells }) => cells.map((cell) => cell.best))
    expect(best[0].every((mark) => !mark)).toBe(true)
    expect(best[1].slice(0, 4)).toEqual([true, true, false, true])
    expect(best[2].slice(0, 4)).toEqual([true, true, true, false])
  })

  it('shows per cent with the longer arm of the interval', () => {
    expect(cellText({ score: 0.457, interval: [0.4, 0.5] })).toBe('45.7 ±5.7')
    expect(cellText({ score: 0.457, interval: null })).toBe('45.7')
    expect(cellText({ score: null, interval: null })).toBe('–')
  })
})

describe('on a terminal', () => {
  it.each([60, 80, 120, 200])('is aligned and at most %i characters wide', (width) => {
    const all = tableText(table, width).trimEnd().split('\n')
    expect(all.pop()).toBe('* best of the models; ± 95 % interval')
    for (const block of all.join('\n').split('\n\n')) {
      const lines = block.split('\n')
      const lengths = new Set(lines.map((line) => [...line].length))
      expect(lengths.size).toBe(1)
      expect([...lengths][0]).toBeLessThanOrEqual(width)
      const bars = (line: string): number[] =>
        [...line].flatMap((char, i) => (/[│┬┼┴]/.test(char) ? [i] : []))
      // Inner bars stand in one column from the first line to the last.
      const inner = bars(lines[1]).slice(1, -1)
      for (const line of lines) expect(inner.every((i) => /[│┬┼┴]/.test([...line][i]))).toBe(true)
    }
  })

  it('shows every column however narrow it is', () => {
    const text = tableText(table, 40)
    for (const word of ['localization', 'direction', 'count', 'overall']) expect(text).toContain(word)
  })
})

it('is a Markdown table with one cell per column', () => {
  const lines = tableMarkdown(table).trimEnd().split('\n')
  expect(lines).toHaveLength(2 + rows.length)
  for (const line of lines) expect(line.split('|')).toHaveLength(table.columns.length + 3)
  expect(lines[4]).toContain('**100.0')
})
