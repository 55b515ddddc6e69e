/** Alarms in words: what a look at the curves would tell, told when it happens. Fed with rows of metrics, in order. */
import { mean } from './accumulation.js'

type Row = Readonly<Record<string, unknown>>

export interface Alarm {
  step: number
  alarm: string
  text: string
}

/** Steps that are looked at together, and that stand for what was before. */
const WINDOW = 10

const percent = (share: number): string => `${Math.round(100 * share)} %`

/** The last values of one metric: the mean of the latest window, and the best mean that a window had before it. */
function track(pick: (a: number, b: number) => number) {
  const recent: number[] = []
  let before: number | null = null
  return (value: unknown): { now: number; before: number | null } | null => {
    if (typeof value !== 'number' || !Number.isFinite(value)) return null
    recent.push(value)
    if (recent.length < WINDOW) return null
    if (recent.length > 2 * WINDOW) recent.shift()
    if (recent.length === 2 * WINDOW) {
      const earlier = mean(recent.slice(0, WINDOW))
      before = before === null ? earlier : pick(before, earlier)
    }
    return { now: mean(recent.slice(-WINDOW)), before }
  }
}

/** Nats a token: the policy then gives tokens less than half of the reference's probability, or more than twice. */
const KL_LIMIT = 0.5

/**
 * Watches a run. @returns a function that takes each row and gives the alarms that begin with it; one goes on until its
 * cause is gone, and may then begin again
 */
export function watchRun(): (row: Row & { step: number }) => Alarm[] {
  const ringing = new Set<string>()
  const [variance, kl, format, length] = [track(Math.max), track(Math.min), track(Math.max), track(Math.max)]
  const cut = track(Math.max)
  return (row) => {
    const found: Alarm[] = []
    const ring = (alarm: string, holds: boolean | null, text: () => string): void => {
      if (holds === null) return
      if (holds && !ringing.has(alarm)) found.push({ step: row.step, alarm, text: text() })
      if (holds) ringing.add(alarm)
      else ringing.delete(alarm)
    }
    const equal = variance(row.frac_reward_zero_std)
    ring(
      'no variance in rewards',
      equal && equal.now >= 0.9,
      () =>
        `in ${percent(equal?.now ?? 0)} of the groups of the last ${WINDOW} steps all completions earned the same: nothing is learnt from them`,
    )
    const far = kl(row.kl)
    ring(
      'KL running away',
      far && far.now > KL_LIMIT && (far.before === null || far.now > 2 * far.before),
      () => `${far?.now.toFixed(2)} nats a token from the reference over the last ${WINDOW} steps`,
    )
    const form = format(row['rewards/format/mean'])
    ring(
      'format lost',
      form && form.before !== null && form.before >= 0.5 && form.now < form.before / 2,
      () =>
        `${percent(form?.now ?? 0)} of the last completions have the right form, ${percent(form?.before ?? 0)} had it`,
    )
    const tokens = length(row['completions/mean_length'])
    ring(
      'answers shrinking',
      tokens && tokens.before !== null && tokens.now < tokens.before / 2,
      () =>
        `${tokens?.now.toFixed(0)} tokens over the last ${WINDOW} steps, ${tokens?.before?.toFixed(0)} before`,
    )
    const clipped = cut(row['completions/clipped_ratio'])
    ring(
      'answers cut off',
      clipped && clipped.now > 0.5,
      () =>
        `${percent(clipped?.now ?? 0)} of the completions of the last ${WINDOW} steps reached max_completion_length without an end`,
    )
    return found
  }
}

/** What is wrong with a step whose loss or gradients are no numbers; null when they are. */
export function notFinite(step: number, loss: number, norm: number): Alarm | null {
  if (Number.isFinite(loss) && Number.isFinite(norm)) return null
  return {
    step,
    alarm: 'gradients not finite',
    text: `loss ${loss}, gradient norm ${norm}: the last checkpoint is from before`,
  }
}
