/**
 * SPBench-SI (one picture) and SPBench-MV (eight; the paper also writes MI): SpatialLadder's own benchmark, so
 * its evaluation is the official one.
 */
import type { Benchmark, Protocol } from './benchmark.js'
import { PAPER_PIXELS } from './paper-prompt.js'
import { SPBENCH_MV_PUBLISHED, SPBENCH_SI_PUBLISHED } from './published/spbench.js'
import { loadSpBench, SP_MULTI, SP_SINGLE, type SpSet } from './spbench-data.js'
import { vsiPaper, vsiStrict } from './vsi-paper.js'

const media = { pixels: PAPER_PIXELS }
const paper = vsiPaper(media, [
  'A question that lacks a picture has no answer; the original asks it without the picture.',
])
const official: Protocol = {
  ...paper,
  notes: [
    'SPBench’s authors wrote the paper: its protocol and the official one are the same.',
    ...paper.notes,
  ],
}

const spBench = (set: SpSet): Omit<Benchmark, 'aliases' | 'published'> => ({
  name: set.name,
  hub: { repo: 'hongxingli/SPBench', files: [`${set.name}.parquet`, `${set.name}-images.zip`] },
  load: loadSpBench(set),
  protocols: { official, paper, strict: vsiStrict(media) },
})

export const spBenchSi: Benchmark = {
  ...spBench(SP_SINGLE),
  aliases: ['SPBenchSI'],
  published: SPBENCH_SI_PUBLISHED,
}

export const spBenchMv: Benchmark = {
  ...spBench(SP_MULTI),
  aliases: ['SPBenchMV', 'SPBench-MI', 'SPBenchMI'],
  published: SPBENCH_MV_PUBLISHED,
}
