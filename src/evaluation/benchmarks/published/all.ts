/** All published tables by benchmark, and under `overall` the averages over benchmarks. */
import type { PublishedRow } from '../../../schema/benchmark-results.js'
import { CV_BENCH_PUBLISHED } from './cv-bench.js'
import { OVERALL_PUBLISHED } from './overall.js'
import { SPAR_BENCH_PUBLISHED } from './spar-bench.js'
import { SPBENCH_MV_PUBLISHED, SPBENCH_SI_PUBLISHED } from './spbench.js'
import { VIEWSPATIAL_BENCH_PUBLISHED } from './viewspatial-bench.js'
import { VSI_BENCH_PUBLISHED } from './vsi-bench.js'

export const PUBLISHED = {
  'VSI-Bench': VSI_BENCH_PUBLISHED,
  'SPBench-SI': SPBENCH_SI_PUBLISHED,
  'SPBench-MV': SPBENCH_MV_PUBLISHED,
  'SPAR-Bench': SPAR_BENCH_PUBLISHED,
  'ViewSpatial-Bench': VIEWSPATIAL_BENCH_PUBLISHED,
  'CV-Bench': CV_BENCH_PUBLISHED,
  overall: OVERALL_PUBLISHED,
} as const satisfies Record<string, readonly PublishedRow[]>
