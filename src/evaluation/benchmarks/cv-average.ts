/** CV-Bench's averages: the mean of ADE20K and COCO is 2D, Omni3D is 3D, and the mean of these is the whole. */
import type { Averages, Tally } from './benchmark.js'
import { meanOf, pooled } from './tallies.js'

export const CV_SOURCES = ['ADE20K', 'COCO', 'Omni3D'] as const

/** A source that is not in the data leaves its mean, as upstream filters NaN. */
export function averageSources(tallies: readonly Tally[]): Averages {
  const of = (...sources: string[]): number | null =>
    pooled(tallies.filter(({ fields }) => sources.includes(fields.source)))
  const [ade, coco, omni] = CV_SOURCES.map((source) => of(source))
  const flat = meanOf([ade, coco])
  return {
    overall: meanOf([flat, omni]),
    groups: {
      '2D': flat,
      '3D': omni,
      ADE20K: ade,
      COCO: coco,
      Omni3D: omni,
      '2D micro': of('ADE20K', 'COCO'),
    },
  }
}
