/**
 * Learning-rate schedules of transformers' `get_scheduler`, exactly: `step` counts optimizer steps already
 * done, so the first warm-up step has rate 0.
 */
export const SCHEDULES = ['constant', 'constant_with_warmup', 'linear', 'cosine'] as const
export type Schedule = (typeof SCHEDULES)[number]

/** The factor on the peak rate before update `step` (0-based) of `total`, after `warmup` warm-up steps. */
export function scheduleFactor(schedule: Schedule, step: number, warmup: number, total: number): number {
  if (schedule === 'constant') return 1
  if (step < warmup) return step / Math.max(1, warmup)
  if (schedule === 'constant_with_warmup') return 1
  const left = Math.max(1, total - warmup)
  if (schedule === 'linear') return Math.max(0, (total - step) / left)
  return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / left)))
}
