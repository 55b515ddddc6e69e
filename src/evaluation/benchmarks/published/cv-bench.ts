/** CV-Bench: SpatialLadder's columns and what others measured; its authors print no row for chance or people. */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { OUT_OF_DOMAIN } from './spatial-ladder.js'
import { meanOf, publishedRows } from './table.js'

const columns = ['2D', '3D', 'overall']
const rules = [{ figure: 'overall', of: meanOf(['2D', '3D']) }]

export const CV_BENCH_PUBLISHED: readonly PublishedRow[] = [
  ...publishedRows({
    source: OUT_OF_DOMAIN,
    protocol: 'paper',
    columns,
    rules,
    rows: [
      ['GPT-4o', '69.4 81.3 | 75.4'],
      ['InternVL-2.5-4B', '73.5 75.1 | 74.4'],
      ['Kimi-VL-A3B', '41.9 54.7 | 48.3'],
      ['LLaVA-OneVision-7B', '53.2 63.5 | 58.3'],
      ['Qwen2.5-VL-7B', '75.0 83.1 | 79.0'],
      ['Qwen2.5-VL-3B', '69.1 72.2 | 70.6'],
      ['SpatialLadder-3B', '72.4 74.9 | 73.7'],
    ],
  }),
  ...publishedRows({
    source: 'SpatialThinker, issue 3',
    protocol: 'other',
    columns,
    rules,
    rows: [
      ['Qwen2.5-VL-3B', '70.10 66.58 | 69.56', { note: 'prompt with reasoning' }],
      ['Qwen2.5-VL-3B', '67.04 70.50 | 69.26', { note: 'prompt without reasoning' }],
    ],
  }),
  ...publishedRows({
    source: 'VLMEvalKit, pull request 909',
    protocol: 'other',
    columns,
    rows: [['Qwen-VL-Plus', '73.5 74.5 | -']],
  }),
]
