/** Seconds spent in the phases of a step: `time/rollout`, `time/loss`, ... */

export interface Stopwatch {
  /** Runs `body` and adds its time to `phase`. */
  <T>(phase: string, body: () => T): T
  /** Seconds by `time/<phase>` since the last call. */
  take(): Record<string, number>
}

export function stopwatch(): Stopwatch {
  const spent = new Map<string, number>()
  const watch = <T>(phase: string, body: () => T): T => {
    const began = performance.now()
    const result = body()
    spent.set(phase, (spent.get(phase) ?? 0) + (performance.now() - began) / 1000)
    return result
  }
  const take = (): Record<string, number> => {
    const times = Object.fromEntries([...spent].map(([phase, seconds]) => [`time/${phase}`, seconds]))
    spent.clear()
    return times
  }
  return Object.assign(watch, { take })
}
