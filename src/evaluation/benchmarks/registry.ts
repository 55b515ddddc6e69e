/** The benchmarks by name. */
import { usageError } from '../../common/errors.js'
import type { Benchmark } from './benchmark.js'
import { cvBench } from './cv-bench.js'
import { ownSamples } from './own-samples.js'
import { sparBench } from './spar-bench.js'
import { spBenchMv, spBenchSi } from './spbench.js'
import { viewSpatialBench } from './viewspatial-bench.js'
import { vsiBench } from './vsi-bench.js'

export const BENCHMARKS: readonly Benchmark[] = [
  vsiBench,
  spBenchSi,
  spBenchMv,
  sparBench,
  viewSpatialBench,
  cvBench,
  ownSamples,
]

/** The benchmark of this name or alias, in any case. */
export const findBenchmark = (name: string): Benchmark | undefined =>
  BENCHMARKS.find((one) => [one.name, ...one.aliases].some((n) => n.toLowerCase() === name.toLowerCase()))

/**
 * A benchmark and, after a colon, one of its published subsets: `VSI-Bench`, `vsi-bench:debiased`.
 * @throws usage error naming what there is
 */
export function parseBenchmark(text: string): { benchmark: Benchmark; subset?: string } {
  const [name, ...rest] = text.split(':')
  const subset = rest.length > 0 ? rest.join(':') : undefined
  const benchmark = findBenchmark(name)
  if (!benchmark)
    throw usageError('--benchmark', `one of ${BENCHMARKS.map((one) => one.name).join(', ')}`, name)
  if (subset === undefined) return { benchmark }
  const known = benchmark.subsets?.find((one) => one.toLowerCase() === subset.toLowerCase())
  if (known === undefined)
    throw usageError(
      `--benchmark ${benchmark.name}`,
      benchmark.subsets ? `one of the subsets ${benchmark.subsets.join(', ')}` : 'no subset',
      subset,
    )
  return { benchmark, subset: known }
}
