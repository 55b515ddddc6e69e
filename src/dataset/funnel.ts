/** Counts how many candidates each filter removed, per task and data type: the funnel table. */
import type { DataType } from '../schema/sample.js'
import type { TaskName } from './options.js'

export interface Tally {
  /** Candidates looked at. */
  considered: number
  /** Candidates taken out, by filter. */
  removed: Record<string, number>
  /** Candidates left over. */
  kept: number
}

export interface FunnelRow extends Tally {
  task: TaskName
  data_type: DataType
}

/** Counts what passes (`null`) and what falls to a filter, by its name. */
export function startTally(): { row: Tally; count(flaw: string | null): void } {
  const row: Tally = { considered: 0, removed: {}, kept: 0 }
  return {
    row,
    count: (flaw) => {
      row.considered++
      if (flaw === null) row.kept++
      else row.removed[flaw] = (row.removed[flaw] ?? 0) + 1
    },
  }
}

const addTo = (sum: Tally, { considered, kept, removed }: Tally): void => {
  sum.considered += considered
  sum.kept += kept
  for (const [filter, amount] of Object.entries(removed))
    sum.removed[filter] = (sum.removed[filter] ?? 0) + amount
}

const byName = (table: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)))

export function sumTallies(tallies: readonly Tally[]): Tally {
  const { row } = startTally()
  for (const tally of tallies) addTo(row, tally)
  return { ...row, removed: byName(row.removed) }
}

/** `filter 12, other 3`: the filters of a tally, the busiest first. */
export function listRemoved(removed: Record<string, number>, most = Number.POSITIVE_INFINITY): string {
  return Object.entries(removed)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([filter, amount]) => `${filter} ${amount}`)
    .join(', ')
}

/** Of one task and data type: every `consider` ends in one `remove` or one `keep`. */
export interface Funnel {
  consider(): void
  remove(filter: string, amount?: number): void
  keep(): void
  readonly row: FunnelRow
}

export function startFunnel(task: TaskName, dataType: DataType): Funnel {
  const row: FunnelRow = { task, data_type: dataType, considered: 0, removed: {}, kept: 0 }
  return {
    row,
    consider: () => {
      row.considered++
    },
    remove: (filter, amount = 1) => {
      if (amount > 0) row.removed[filter] = (row.removed[filter] ?? 0) + amount
    },
    keep: () => {
      row.kept++
    },
  }
}

/** Sums rows of the same task and data type, in the order of first appearance. */
export function mergeFunnels(rows: readonly FunnelRow[]): FunnelRow[] {
  const merged = new Map<string, FunnelRow>()
  for (const row of rows) {
    const key = `${row.task}/${row.data_type}`
    const sum = merged.get(key) ?? { ...row, considered: 0, removed: {}, kept: 0 }
    merged.set(key, sum)
    addTo(sum, row)
  }
  return [...merged.values()].map((row) => ({ ...row, removed: byName(row.removed) }))
}
