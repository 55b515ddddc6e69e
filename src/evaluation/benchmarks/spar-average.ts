/** SPAR-Bench's averages: its authors' over tasks, SpatialLadder's over questions. */
import type { Averages, Tally } from './benchmark.js'
import { SPAR_TASKS, type SparLevel } from './spar-tasks.js'
import { meanOf, pooled, scoreByType } from './tallies.js'

const LEVELS: readonly SparLevel[] = ['Low', 'Medium', 'High']
export const IMAGE_TYPES = ['single_view', 'multi_view'] as const

const ofLevel = (level: SparLevel, tallies: readonly Tally[]): Tally[] =>
  tallies.filter(({ type }) => SPAR_TASKS.get(type)?.level === level)

const macro = (tallies: readonly Tally[]): number | null => meanOf([...scoreByType(tallies).values()])

/** Plain means over the tasks that are present; `skip` leaves a task out of its level (not out of the whole). */
export function averageTasks(tallies: readonly Tally[], skip?: string): Averages {
  const counted = tallies.filter(({ type }) => type !== skip)
  const groups = Object.fromEntries(LEVELS.map((level) => [level, macro(ofLevel(level, counted))]))
  return { overall: macro(tallies), groups }
}

/** Every average over questions, also for single-view and multi-view questions alone. */
export function averageQuestions(tallies: readonly Tally[]): Averages {
  const groups = Object.fromEntries(LEVELS.map((level) => [level, pooled(ofLevel(level, tallies))]))
  for (const image of IMAGE_TYPES) {
    const own = tallies.filter(({ fields }) => fields.img_type === image)
    groups[image] = pooled(own)
    for (const level of LEVELS) groups[`${image} ${level}`] = pooled(ofLevel(level, own))
  }
  return { overall: pooled(tallies), groups }
}
