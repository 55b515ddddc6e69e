/**
 * Averages of VSI-Bench and SPBench: means of the types' means, the three levels of relative direction as one
 * type. The two evaluations differ in what they do when a level is missing, which happens with a part of the
 * data only. Groups: `NQ` types with a number, `MCQ` types with a letter, `object_rel_direction` the merged term
 * (where it is no type already).
 */
import { dataError } from '../../common/errors.js'
import type { Averages, Tally } from './benchmark.js'
import { meanOf, scoreByType } from './tallies.js'
import { DIRECTION, DIRECTION_LEVELS, vsiKind } from './vsi-types.js'

/** Averages over `terms`, by type; `merged` is that of the levels, absent where direction is a type already. */
function averagesOf(terms: ReadonlyMap<string, number>, merged?: number | null): Averages {
  const of = (kind: string): number | null =>
    meanOf([...terms].flatMap(([type, score]) => (vsiKind(type) === kind ? [score] : [])))
  return {
    overall: meanOf([...terms.values()]),
    groups: {
      NQ: of('number'),
      MCQ: of('choice'),
      ...(merged === undefined ? {} : { [DIRECTION]: merged }),
    },
  }
}

/**
 * VSI-Bench's own: the levels are merged when there is an easy one. Where then another is missing the original
 * stops (KeyError), so there is no average; without an easy one, the others are terms of their own.
 * @throws data error for a type that the original does not know (`object_rel_direction` itself)
 */
export function averageVsi(tallies: readonly Tally[]): Averages {
  const terms = scoreByType(tallies)
  if (terms.has(DIRECTION))
    throw dataError(
      'VSI-Bench, protocol official',
      `${DIRECTION_LEVELS.join(', ')} (the original knows no other)`,
      DIRECTION,
    )
  if (!terms.has(DIRECTION_LEVELS[0])) return averagesOf(terms, null)
  const levels = DIRECTION_LEVELS.map((level) => terms.get(level))
  for (const level of DIRECTION_LEVELS) terms.delete(level)
  if (levels.includes(undefined)) {
    const { groups } = averagesOf(terms, null)
    return { overall: null, groups: { ...groups, MCQ: null } }
  }
  const merged = meanOf(levels.map((level) => level ?? null)) ?? 0
  return averagesOf(terms.set(DIRECTION, merged), merged)
}

/**
 * SpatialLadder's: unless there is a merged type already, the levels are taken out one after another; at the
 * first that is missing, the merged term is 0, those taken out are lost, and the rest stay terms of their own.
 */
export function averageVsiPaper(tallies: readonly Tally[]): Averages {
  const terms = scoreByType(tallies)
  if (terms.has(DIRECTION)) return averagesOf(terms)
  if (terms.size === 0) return averagesOf(terms, null)
  let merged = 0
  for (const level of DIRECTION_LEVELS) {
    const score = terms.get(level)
    if (score === undefined) {
      merged = 0
      break
    }
    terms.delete(level)
    merged += score
  }
  merged /= DIRECTION_LEVELS.length
  return averagesOf(terms.set(DIRECTION, merged), merged)
}

/** Ours: relative direction is the mean of the levels that are there; what is not there is no term. */
export function averageVsiStrictly(tallies: readonly Tally[]): Averages {
  const terms = scoreByType(tallies)
  const whole = terms.get(DIRECTION)
  const merged = meanOf([whole ?? null, ...DIRECTION_LEVELS.map((level) => terms.get(level) ?? null)])
  for (const level of DIRECTION_LEVELS) terms.delete(level)
  if (merged !== null) terms.set(DIRECTION, merged)
  return averagesOf(terms, whole === undefined ? merged : undefined)
}
