/** ViewSpatial-Bench: the table of its authors, SpatialLadder's columns, and what others measured. */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { OUT_OF_DOMAIN } from './spatial-ladder.js'
import { publishedRows, type Rule, weightedMean } from './table.js'

const CAMERA = {
  'Camera perspective - Relative Direction': 1773,
  'Camera perspective - Object View Orientation': 996,
}
const PERSON = {
  'Person perspective - Object View Orientation': 996,
  'Person perspective - Relative Direction': 842,
  'Person perspective - Scene Simulation Relative Direction': 1105,
}
/** Every average is over questions: 2,769 from the camera, 2,943 from a person. */
const overall: Rule = { figure: 'overall', of: weightedMean({ CC: 2769, PC: 2943 }) }

const official = publishedRows({
  source: 'ViewSpatial-Bench, official table',
  protocol: 'official',
  columns: [...Object.keys(CAMERA), 'CC', ...Object.keys(PERSON), 'PC', 'overall'],
  rules: [
    { figure: 'CC', of: weightedMean(CAMERA) },
    { figure: 'PC', of: weightedMean(PERSON) },
    { figure: 'overall', of: weightedMean({ ...CAMERA, ...PERSON }) },
  ],
  rows: [
    ['GPT-4o', '41.46 19.58 33.57 | 42.97 40.86 26.79 36.29 | 34.98'],
    ['Gemini-2.0-Flash', '45.29 12.95 33.66 | 41.16 32.78 21.90 31.53 | 32.56'],
    ['Qwen2.5-VL-7B', '46.64 29.72 40.56 | 37.05 35.04 28.78 33.37 | 36.85'],
    ['Qwen2.5-VL-3B', '43.43 33.33 39.80 | 39.16 28.62 28.51 32.14 | 35.85'],
    ['InternVL2.5-2B', '38.52 22.59 32.79 | 47.09 40.02 25.70 37.04 | 34.98'],
    ['InternVL2.5-8B', '49.41 41.27 46.48 | 46.79 42.04 32.85 40.20 | 43.24'],
    ['InternVL3-14B', '54.65 33.63 47.09 | 33.43 37.05 31.86 33.88 | 40.28'],
    ['Kimi-VL', '26.85 22.09 25.14 | 63.05 43.94 20.27 41.52 | 33.58'],
    ['LLaVA-NeXT-Video-7B', '26.34 19.28 23.80 | 44.68 38.60 29.05 37.07 | 30.64'],
    ['LLaVA-OneVision-7B', '29.84 26.10 28.49 | 22.39 31.00 26.88 26.54 | 27.49'],
    ['Llama-3.2-Vision', '25.27 20.98 23.73 | 51.20 32.19 18.82 33.61 | 28.82'],
    ['MVSM', '83.59 87.65 85.05 | 90.16 71.14 75.75 79.31 | 82.09'],
    [
      'Random',
      '25.16 26.10 25.50 | 24.60 31.12 26.33 27.12 | 26.33',
      { kind: 'chance', note: 'one draw; the expectation is 25.76' },
    ],
  ],
})

const gpt4o = (figure: string): number => {
  const row = official.find(({ model }) => model === 'GPT-4o')
  return 100 * (row?.scores[figure] ?? Number.NaN)
}
const paper = publishedRows({
  source: OUT_OF_DOMAIN,
  protocol: 'paper',
  columns: ['CC', 'PC', 'overall'],
  rules: [overall],
  rows: [
    [
      'GPT-4o',
      '33.7 31.5 | 32.6',
      {
        note: 'these are the figures of Gemini-2.0-Flash in the official table, where GPT-4o has others',
        corrected: { CC: gpt4o('CC'), PC: gpt4o('PC'), overall: gpt4o('overall') },
      },
    ],
    ['InternVL-2.5-4B', '40.8 35.1 | 37.9'],
    ['Kimi-VL-A3B', '25.1 41.5 | 33.6', { note: 'taken from the official table' }],
    ['LLaVA-OneVision-7B', '28.5 26.5 | 27.5', { note: 'taken from the official table' }],
    ['Qwen2.5-VL-7B', '41.8 34.3 | 37.9'],
    ['Qwen2.5-VL-3B', '39.5 32.0 | 35.6'],
    ['SpatialLadder-3B', '39.6 48.5 | 44.2'],
  ],
})

/** EASI ran two harnesses and prints two figures. */
const easi = (which: string, figures: readonly [string, string, string]): PublishedRow[] =>
  publishedRows({
    source: `EASI, ${which} of two harnesses`,
    protocol: 'other',
    columns: ['overall'],
    rows: [
      ['Qwen2.5-VL-3B', figures[0]],
      ['Qwen2.5-VL-7B', figures[1]],
      ['InternVL3-14B', figures[2]],
    ],
  })

export const VIEWSPATIAL_BENCH_PUBLISHED: readonly PublishedRow[] = [
  ...official,
  ...paper,
  ...easi('first', ['31.97', '36.85', '40.53']),
  ...easi('second', ['32.23', '36.43', '40.70']),
  ...publishedRows({
    source: 'SenseNova-SI README (EASI)',
    protocol: 'other',
    columns: ['overall'],
    rows: [['SpatialLadder-3B', '39.85']],
  }),
  ...publishedRows({
    source: 'Spatial-SSRL paper',
    protocol: 'other',
    columns: ['overall'],
    rows: [['SpatialLadder-3B', '39.06']],
  }),
]
