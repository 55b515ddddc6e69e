/**
 * Progress on stderr: a bar with rate and time left on a terminal, a line every few seconds elsewhere.
 * Libraries take a `Progress`; only the command line makes one that draws.
 */
export interface Progress {
  /**
   * Moves to `done` of the total; `note` is shown at the end of the line. The first call says where counting
   * starts (what was there before), so that the rate is that of this run.
   */
  update(done: number, note?: string): void
  /** A line of its own, above the bar. */
  say?(text: string): void
  /** Ends the line; the last state stays visible. */
  end(note?: string): void
}

export const silentProgress: Progress = { update: () => {}, end: () => {} }

/** 75 -> "1:15", 3700 -> "1:01:40". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const pad = (n: number): string => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`
}

/** 999 -> "999 B", 24423 -> "24.4 kB", 1838000000 -> "1.84 GB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Math.max(0, bytes)
  let at = 0
  // What would be written as 1000 is one of the next unit.
  for (; at < units.length - 1 && value >= 999.5; at++) value /= 1000
  return `${at === 0 || value >= 999.5 ? Math.round(value) : value.toPrecision(3)} ${units[at]}`
}

export interface ProgressOptions {
  unit?: string
  /** How counts and the rate are written, e.g. `formatBytes`; they then stand without `unit`. */
  format?: (count: number) => string
  stream?: NodeJS.WriteStream
  /** Milliseconds, for tests. */
  now?: () => number
}

export function startProgress(label: string, total: number, options: ProgressOptions = {}): Progress {
  const { unit = 'it', format, stream = process.stderr, now = Date.now } = options
  const terminal = Boolean(stream.isTTY)
  let began = now()
  let start: number | null = null
  let drawn = Number.NEGATIVE_INFINITY
  let shown = ''
  let done = 0
  const line = (note: string): string => {
    const seconds = (now() - began) / 1000
    const rate = (done - (start ?? 0)) / Math.max(seconds, 1e-9)
    const left = (total - done) / rate
    const share = total > 0 ? Math.min(1, done / total) : 1
    const filled = Math.round(share * 24)
    const bar = `${'━'.repeat(filled)}${'╌'.repeat(24 - filled)}`
    const time = done >= total ? formatDuration(seconds) : `${rate > 0 ? formatDuration(left) : '-:--'} left`
    const speed = rate >= 10 ? rate.toFixed(0) : rate.toFixed(rate >= 1 ? 1 : 2)
    const pace =
      done >= total && start === done
        ? 'already there'
        : `${format ? format(rate) : `${speed} ${unit}`}/s  ${time}`
    const count = format ? format(done) : String(done).padStart(String(total).length)
    return `${label.padEnd(24)} ${bar} ${count}/${format ? format(total) : total} ${pace}${note ? `  ${note}` : ''}`
  }
  const draw = (note: string, last: boolean): void => {
    drawn = now()
    if (terminal)
      stream.write(`\r\u001b[2K${line(note).slice(0, (stream.columns ?? 120) - 1)}${last ? '\n' : ''}`)
    else stream.write(`${line(note)}\n`)
    shown = `${done} ${note}`
  }
  let lastNote = ''
  let touched = began
  let waiting = false
  let ended = false
  return {
    update(value, note) {
      done = value
      if (start === null) {
        start = value
        began = now()
      }
      if (note !== undefined) lastNote = note
      const idle = now() - touched
      touched = now()
      if (waiting || now() - drawn < (terminal ? 100 : 5000)) return
      if (idle < 1000) {
        draw(lastNote, false)
        return
      }
      // After a pause answers often come many at once: all of them count before the line is drawn.
      waiting = true
      setImmediate(() => {
        waiting = false
        if (!ended) draw(lastNote, false)
      })
    },
    say(text) {
      stream.write(terminal ? `\r\u001b[2K${text}\n` : `${text}\n`)
      if (terminal && start !== null) draw(lastNote, false)
    },
    end(note) {
      if (ended) return
      ended = true
      const last = note ?? lastNote
      if (terminal || shown !== `${done} ${last}`) draw(last, true)
    },
  }
}
