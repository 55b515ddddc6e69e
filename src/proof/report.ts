/** What a check found: each problem with its file and row, and counts by what rows ask. */
export interface Problem {
  file: string
  /** From 1; null for what concerns a whole file or scan. */
  row: number | null
  problem: string
}

export interface Counts {
  rows: number
  wrong: number
  /** Rows whose answer was recomputed from a scan, right or wrong. */
  recomputed: number
  not_provable: number
}

export interface Report {
  problems: Problem[]
  counts: Map<string, Counts>
  /** Why rows could not be proven, and how many. */
  reasons: Map<string, number>
  count(about: string): void
  /** A problem of a row, or with null of a whole file. The same one is taken once. */
  say(file: string, row: number | null, about: string, problem: string): void
  recomputed(about: string): void
  skip(about: string, reason: string, rows?: number): void
  total(): Counts
}

const NONE: Counts = { rows: 0, wrong: 0, recomputed: 0, not_provable: 0 }

export function startReport(): Report {
  const problems: Problem[] = []
  const counts = new Map<string, Counts>()
  const reasons = new Map<string, number>()
  const wrong = new Map<string, Set<string>>()
  const of = (about: string): Counts => {
    const found = counts.get(about) ?? { ...NONE }
    counts.set(about, found)
    return found
  }
  return {
    problems,
    counts,
    reasons,
    count(about) {
      of(about).rows++
    },
    say(file, row, about, problem) {
      const place = `${file} ${row}`
      const said = wrong.get(place) ?? new Set()
      if (said.has(problem)) return
      problems.push({ file, row, problem })
      if (said.size === 0 && row !== null) of(about).wrong++
      wrong.set(place, said.add(problem))
    },
    recomputed(about) {
      of(about).recomputed++
    },
    skip(about, reason, rows = 1) {
      of(about).not_provable += rows
      reasons.set(reason, (reasons.get(reason) ?? 0) + rows)
    },
    total: () =>
      [...counts.values()].reduce(
        (sum, one) => ({
          rows: sum.rows + one.rows,
          wrong: sum.wrong + one.wrong,
          recomputed: sum.recomputed + one.recomputed,
          not_provable: sum.not_provable + one.not_provable,
        }),
        NONE,
      ),
  }
}
