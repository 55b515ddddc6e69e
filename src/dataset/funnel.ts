/** Counts how many candidates each filter removed, per task and data type: the funnel table. */
import type { DataType } from '../schema/sample.js'
import type { TaskName } from './options.js'

export interface FunnelRow {
  task: TaskName
  data_type: DataType
  /** Candidates looked at. */
  considered: number
  /** Candidates taken out, by filter. */
  removed: Record<string, number>
  /** Candidates left over. */
  kept: number
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
    sum.considered += row.considered
    sum.kept += row.kept
    for (const [filter, amount] of Object.entries(row.removed))
      sum.removed[filter] = (sum.removed[filter] ?? 0) + amount
  }
  return [...merged.values()].map((row) => ({
    ...row,
    removed: Object.fromEntries(Object.entries(row.removed).sort(([a], [b]) => (a < b ? -1 : 1))),
  }))
}
