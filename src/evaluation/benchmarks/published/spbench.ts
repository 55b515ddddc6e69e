/** SPBench-SI and SPBench-MV: SpatialLadder's columns, and what EASI measured again. */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { ABLATIONS, ablations, IN_DOMAIN } from './spatial-ladder.js'
import { publishedRows, weightedMean } from './table.js'

const columns = ['NQ', 'MCQ', 'overall']
const again = { source: 'EASI, VLMEvalKit', protocol: 'other', columns: ['overall'] } as const

export const SPBENCH_SI_PUBLISHED: readonly PublishedRow[] = [
  ...publishedRows({
    source: IN_DOMAIN,
    protocol: 'paper',
    columns,
    // Two types with a number, two with a letter.
    rules: [{ figure: 'overall', of: weightedMean({ NQ: 2, MCQ: 2 }) }],
    rows: [
      ['GPT-4o', '24.5 60.3 | 42.4'],
      ['Gemini-2.0-Flash', '49.0 60.4 | 54.7'],
      ['InternVL-2.5-4B', '31.8 53.3 | 42.5'],
      ['InternVL-2.5-8B', '28.3 56.3 | 42.3'],
      ['Kimi-VL-A3B', '25.7 44.9 | 35.3'],
      ['LLaVA-OneVision-7B', '25.4 41.0 | 33.2'],
      ['Qwen2.5-VL-7B', '36.3 60.5 | 48.4'],
      ['SpaceR-7B', '35.7 61.5 | 48.6'],
      ['VILASR-7B', '36.6 63.7 | 50.2'],
      ['Video-R1', '27.7 62.0 | 44.8'],
      ['Qwen2.5-VL-3B', '24.3 56.2 | 40.3'],
      ['Spatial-MLLM-4B', '38.1 49.3 | 43.7'],
      ['SpatialLadder-3B', '58.6 81.8 | 70.2'],
    ],
  }),
  ...publishedRows({ source: ABLATIONS, protocol: 'paper', columns: ['overall'], rows: ablations([1]) }),
  ...publishedRows({
    ...again,
    rows: [
      ['Qwen2.5-VL-3B', '41.2'],
      ['Qwen2.5-VL-7B', '48.1'],
    ],
  }),
]

export const SPBENCH_MV_PUBLISHED: readonly PublishedRow[] = [
  ...publishedRows({
    source: IN_DOMAIN,
    protocol: 'paper',
    columns,
    // Three types with a number, two with a letter.
    rules: [{ figure: 'overall', of: weightedMean({ NQ: 3, MCQ: 2 }) }],
    rows: [
      ['GPT-4o', '40.7 59.4 | 48.2'],
      ['Gemini-2.0-Flash', '51.9 50.7 | 56.5'],
      ['InternVL-2.5-4B', '37.7 51.4 | 43.2'],
      ['InternVL-2.5-8B', '37.3 47.5 | 41.4'],
      ['Kimi-VL-A3B', '23.3 57.6 | 37.0'],
      ['LLaVA-OneVision-7B', '20.6 49.6 | 32.2'],
      ['Qwen2.5-VL-7B', '28.9 49.8 | 37.3'],
      ['SpaceR-7B', '63.2 53.7 | 59.4'],
      ['VILASR-7B', '56.2 59.6 | 57.6'],
      ['Video-R1', '32.5 53.0 | 40.7'],
      ['Qwen2.5-VL-3B', '25.6 53.2 | 36.6'],
      ['Spatial-MLLM-4B', '63.7 58.9 | 53.1'],
      ['SpatialLadder-3B', '68.2 75.0 | 70.9'],
    ],
  }),
  ...publishedRows({ source: ABLATIONS, protocol: 'paper', columns: ['overall'], rows: ablations([2]) }),
  ...publishedRows({
    ...again,
    rows: [
      ['Qwen2.5-VL-3B', '38.4'],
      ['Qwen2.5-VL-7B', '40.7'],
    ],
  }),
]
