/** VSI-Bench: the table of its authors, SpatialLadder's columns, and what others measured. */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { ABLATIONS, ablations, IN_DOMAIN } from './spatial-ladder.js'
import { meanOf, publishedRows } from './table.js'

const NUMBERS = ['object_counting', 'object_abs_distance', 'object_size_estimation', 'room_size_estimation']
const CHOICES = ['object_rel_distance', 'object_rel_direction', 'route_planning', 'obj_appearance_order']
const TYPES = [...NUMBERS, ...CHOICES]
const overall = { figure: 'overall', of: meanOf(TYPES) }
const TINY = 'tiny subset'

const official = publishedRows({
  source: 'VSI-Bench, official table',
  protocol: 'official',
  columns: ['overall', ...TYPES],
  rules: [overall],
  rows: [
    ['Chance (random)', '- | - - - - | 25.0 36.1 28.3 25.0', { kind: 'chance' }],
    ['Chance (frequency)', '34.0 | 62.1 32.0 29.9 33.1 | 25.1 47.9 28.4 25.2', { kind: 'frequent' }],
    ['Human', '79.2 | 94.3 47.0 60.4 45.9 | 94.7 95.8 95.8 100.0', { kind: 'human', note: TINY }],
    ['Gemini-1.5 Flash', '45.7 | 50.8 33.6 56.5 45.2 | 48.0 39.8 32.7 59.2', { note: TINY }],
    ['Gemini-1.5 Pro', '48.8 | 49.6 28.8 58.6 49.4 | 46.0 48.1 42.0 68.0', { note: TINY }],
    ['Gemini-2.0 Flash', '45.4 | 52.4 30.6 66.7 31.8 | 56.0 46.3 24.5 55.1', { note: TINY }],
    ['GPT-4o', '34.0 | 46.2 5.3 43.8 38.2 | 37.0 41.3 31.5 28.5'],
    ['Gemini-1.5 Flash', '42.1 | 49.8 30.8 53.5 54.4 | 37.7 41.0 31.5 37.8'],
    ['Gemini-1.5 Pro', '45.4 | 56.2 30.9 64.1 43.6 | 51.3 46.3 36.0 34.6'],
    ['LLaVA-NeXT-Video-7B', '35.6 | 48.5 14.0 47.8 24.2 | 43.5 42.4 34.0 30.6'],
    ['LLaVA-NeXT-Video-72B', '40.9 | 48.9 22.8 57.4 35.3 | 42.4 36.7 35.0 48.6'],
    ['LLaVA-OneVision-0.5B', '28.0 | 46.1 28.4 15.4 28.3 | 28.9 36.9 34.5 5.8'],
    ['LLaVA-OneVision-7B', '32.4 | 47.7 20.2 47.4 12.3 | 42.5 35.2 29.4 24.4'],
    ['LLaVA-OneVision-72B', '40.2 | 43.5 23.9 57.6 37.5 | 42.5 39.9 32.5 44.6'],
    ['InternVL2-2B', '27.4 | 21.8 24.9 22.0 35.0 | 33.8 44.2 30.5 7.1'],
    ['InternVL2-8B', '34.6 | 23.1 28.7 48.2 39.8 | 36.7 30.7 29.9 39.6'],
    ['InternVL2-40B', '36.0 | 34.9 26.9 46.5 31.8 | 42.1 32.2 34.0 39.6'],
    ['LongVILA-8B', '21.6 | 29.1 9.1 16.7 0.0 | 29.6 30.7 32.5 25.5'],
    ['VILA-1.5-8B', '28.9 | 17.4 21.8 50.3 18.8 | 32.1 34.8 31.0 24.8'],
    ['VILA-1.5-40B', '31.2 | 22.4 24.8 48.7 22.7 | 40.5 25.7 31.5 32.9'],
    ['LongVA-7B', '29.2 | 38.0 16.6 38.9 22.2 | 33.1 43.3 25.4 15.7'],
  ],
})

const paper = publishedRows({
  source: IN_DOMAIN,
  protocol: 'paper',
  columns: ['NQ', 'MCQ', 'overall'],
  // Four types of each kind.
  rules: [{ figure: 'overall', of: meanOf(['NQ', 'MCQ']) }],
  rows: [
    ['GPT-4o', '33.4 34.6 | 34.0', { note: "taken from VSI-Bench's own table, under its rules" }],
    ['Gemini-2.0-Flash', '46.4 44.3 | 45.4'],
    ['InternVL-2.5-4B', '30.6 34.1 | 32.6'],
    ['InternVL-2.5-8B', '40.4 40.0 | 40.2'],
    ['Kimi-VL-A3B', '31.8 25.5 | 28.7'],
    ['LLaVA-OneVision-7B', '34.5 31.2 | 33.1'],
    ['Qwen2.5-VL-7B', '37.1 34.6 | 35.8'],
    ['SpaceR-7B', '47.8 41.2 | 44.5'],
    ['VILASR-7B', '47.4 43.4 | 45.4'],
    ['Video-R1', '33.8 32.9 | 33.4'],
    ['Qwen2.5-VL-3B', '26.0 33.0 | 29.4'],
    ['Spatial-MLLM-4B', '51.5 43.1 | 47.3'],
    ['SpatialLadder-3B', '50.8 40.5 | 45.7'],
  ],
})

const measuredElsewhere = [
  ...publishedRows({
    source: 'Spatial-R1 README',
    protocol: 'other',
    columns: ['overall', ...TYPES],
    rules: [overall],
    rows: [
      ['Qwen2.5-VL-7B', '34.43 | 33.96 17.48 51.85 36.60 | 35.77 37.73 29.38 32.69', { note: 'zero-shot' }],
      ['Qwen2.5-VL-7B', '25.35 | - - - - | - - - -', { note: 'with chain of thought' }],
    ],
  }),
  ...publishedRows({
    source: 'VLMEvalKit, pull request 1342',
    protocol: 'other',
    columns: [
      'overall',
      ...NUMBERS,
      'object_rel_distance',
      'object_rel_direction_easy',
      'object_rel_direction_medium',
      'object_rel_direction_hard',
      'route_planning',
      'obj_appearance_order',
    ],
    // Its overall is the mean over questions, 5,130 of them, not over types: nothing to correct.
    rows: [
      [
        'Qwen2.5-VL-7B',
        '32.47 | 24.44 21.98 42.40 26.81 | 36.62 48.39 46.03 27.61 27.84 27.02',
        { note: '64 frames; overall is the mean over questions, not over types' },
      ],
    ],
  }),
  ...publishedRows({
    source: "EASI, VSI-Bench's own code",
    protocol: 'official',
    columns: ['overall'],
    rows: [
      ['Qwen2.5-VL-3B', '26.80', { note: '128 frames' }],
      ['Qwen2.5-VL-7B', '33.50', { note: '128 frames' }],
    ],
  }),
  ...publishedRows({
    source: 'EASI, VLMEvalKit',
    protocol: 'other',
    columns: ['overall'],
    rows: [
      ['Qwen2.5-VL-3B', '26.60', { note: '128 frames' }],
      ['Qwen2.5-VL-7B', '33.70', { note: '128 frames' }],
    ],
  }),
  ...publishedRows({
    source: 'EASI, lmms-eval',
    protocol: 'other',
    columns: ['overall'],
    rows: [
      ['Qwen2.5-VL-3B', '29.59', { note: '128 frames' }],
      ['Qwen2.5-VL-7B', '38.67', { note: '128 frames' }],
    ],
  }),
  ...publishedRows({
    source: 'SenseNova-SI README (EASI)',
    protocol: 'other',
    columns: ['overall'],
    rows: [['SpatialLadder-3B', '44.86']],
  }),
  ...publishedRows({
    source: 'Spatial-SSRL paper',
    protocol: 'other',
    columns: ['overall'],
    rows: [['SpatialLadder-3B', '41.67']],
  }),
]

export const VSI_BENCH_PUBLISHED: readonly PublishedRow[] = [
  ...official,
  ...paper,
  ...publishedRows({ source: ABLATIONS, protocol: 'paper', columns: ['overall'], rows: ablations([0]) }),
  ...measuredElsewhere,
]
