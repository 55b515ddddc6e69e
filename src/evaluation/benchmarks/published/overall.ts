/**
 * Averages over benchmarks that the SpatialLadder paper prints, and what they should be: every one is the plain
 * mean of three benchmarks' overalls. Where one of these was wrong, its corrected figure counts.
 */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { CV_BENCH_PUBLISHED } from './cv-bench.js'
import { SPAR_BENCH_PUBLISHED } from './spar-bench.js'
import { ABLATIONS, ablations, IN_DOMAIN, OUT_OF_DOMAIN } from './spatial-ladder.js'
import { SPBENCH_MV_PUBLISHED, SPBENCH_SI_PUBLISHED } from './spbench.js'
import { meanOf, type PrintedRow, percentOf, publishedRows, type Rule } from './table.js'
import { VIEWSPATIAL_BENCH_PUBLISHED } from './viewspatial-bench.js'
import { VSI_BENCH_PUBLISHED } from './vsi-bench.js'

const IN: Record<string, readonly PublishedRow[]> = {
  'VSI-Bench': VSI_BENCH_PUBLISHED,
  'SPBench-SI': SPBENCH_SI_PUBLISHED,
  'SPBench-MV': SPBENCH_MV_PUBLISHED,
}
const OUT: Record<string, readonly PublishedRow[]> = {
  'CV-Bench': CV_BENCH_PUBLISHED,
  'SPAR-Bench': SPAR_BENCH_PUBLISHED,
  'ViewSpatial-Bench': VIEWSPATIAL_BENCH_PUBLISHED,
}

/** Rows that print only the average; the three it is made of are looked up, corrected, in their own tables. */
function averages(
  figure: string,
  source: string,
  benchmarks: Record<string, readonly PublishedRow[]>,
  rows: readonly (readonly [model: string, figure: string])[],
): PublishedRow[] {
  return rows.flatMap(([model, text]) => {
    const parts = Object.values(benchmarks).map((table) => percentOf(table, model, source)('overall'))
    const mean: Rule['of'] = () => parts.reduce<number>((sum, part) => sum + (part ?? Number.NaN), 0) / 3
    return publishedRows({
      source,
      protocol: 'paper',
      columns: [figure],
      rules: [{ figure, of: mean }],
      rows: [[model, text]],
    })
  })
}

/** What the paper says was gained on the model it starts from. */
function gains(): PublishedRow[] {
  const overall = (table: readonly PublishedRow[], source: string, model: string): number =>
    percentOf(table, model, source)('overall') ?? Number.NaN
  const gain = (source: string, tables: readonly (readonly PublishedRow[])[]): number =>
    tables.reduce(
      (sum, table) =>
        sum + overall(table, source, 'SpatialLadder-3B') - overall(table, source, 'Qwen2.5-VL-3B'),
      0,
    ) / tables.length
  return publishedRows({
    source: 'SpatialLadder v1, gains',
    protocol: 'paper',
    columns: ['in-domain', 'out-of-domain', 'ViewSpatial-Bench'],
    rules: [
      { figure: 'in-domain', of: () => gain(IN_DOMAIN, Object.values(IN)) },
      { figure: 'out-of-domain', of: () => gain(OUT_OF_DOMAIN, Object.values(OUT)) },
      { figure: 'ViewSpatial-Bench', of: () => gain(OUT_OF_DOMAIN, [OUT['ViewSpatial-Bench']]) },
    ],
    rows: [
      [
        'SpatialLadder-3B less Qwen2.5-VL-3B',
        '23.4 7.2 8.9',
        { note: '+23.4 is no difference of two figures of the table either: 62.3 - 38.8 is 23.5' },
      ],
    ],
  })
}

const later: readonly PrintedRow[] = [
  ['Gemini-2.0-Flash', '51.4 | 50.5'],
  ['Spatial-MLLM-4B', '61.8 | 50.9'],
  ['Qwen2.5-VL-3B', '- | 35.4'],
]

export const OVERALL_PUBLISHED: readonly PublishedRow[] = [
  ...averages('in-domain', IN_DOMAIN, IN, [
    ['GPT-4o', '41.5'],
    ['Gemini-2.0-Flash', '52.2'],
    ['InternVL-2.5-4B', '42.8'],
    ['InternVL-2.5-8B', '41.4'],
    ['Kimi-VL-A3B', '36.0'],
    ['LLaVA-OneVision-7B', '32.2'],
    ['Qwen2.5-VL-7B', '43.9'],
    ['SpaceR-7B', '50.8'],
    ['VILASR-7B', '51.1'],
    ['Video-R1', '39.6'],
    ['Qwen2.5-VL-3B', '38.8'],
    ['Spatial-MLLM-4B', '48.0'],
    ['SpatialLadder-3B', '62.3'],
  ]),
  ...averages('out-of-domain', OUT_OF_DOMAIN, OUT, [
    ['GPT-4o', '48.1'],
    ['InternVL-2.5-4B', '47.6'],
    ['Kimi-VL-A3B', '37.1'],
    ['LLaVA-OneVision-7B', '39.0'],
    ['Qwen2.5-VL-7B', '49.0'],
    ['Qwen2.5-VL-3B', '43.6'],
    ['SpatialLadder-3B', '50.8'],
  ]),
  ...gains(),
  ...publishedRows({
    source: ABLATIONS,
    protocol: 'paper',
    columns: ['VSI-Bench', 'SPBench-SI', 'SPBench-MV', 'in-domain'],
    rules: [{ figure: 'in-domain', of: meanOf(['VSI-Bench', 'SPBench-SI', 'SPBench-MV']) }],
    rows: ablations([0, 1, 2, 3]),
  }),
  ...publishedRows({
    source: 'SpatialLadder, later version (as a third party sums it up)',
    protocol: 'paper',
    columns: ['SPBench-MV', 'in-domain'],
    rows: later,
  }),
]
