/**
 * What a stage writes of every step, beside its checkpoints: metrics.jsonl, rollouts.jsonl, alarms.jsonl and a
 * TensorBoard file. All of them can be read while the run goes on.
 */
import fs from 'node:fs'
import path from 'node:path'
import { appendJsonl, readJsonl, writeJsonl } from '../common/jsonl.js'
import { type Alarm, watchRun } from './alarms.js'
import { FIRST_BATCH } from './first-batch.js'
import { openEvents } from './tensorboard.js'

export const METRICS = 'metrics.jsonl'
export const ROLLOUTS = 'rollouts.jsonl'
export const ALARMS = 'alarms.jsonl'
/** TensorBoard looks for "tfevents" in names. */
export const EVENTS = 'events.out.tfevents.0.spatial-ladder'
/** Files of a run, which are no part of the model. */
export const LOGS: readonly string[] = [METRICS, ROLLOUTS, ALARMS, EVENTS, FIRST_BATCH]

/** Metrics that tell of the machine, not of the run: a run that was killed and continued has others. */
export const isMeasured = (name: string): boolean =>
  /^(time|memory)\//.test(name) || name === 'step_time' || name === 'train_tokens_per_second'

/** `num_tokens` counts those of the run so far, as TRL does. */
export type MetricsRow = Record<string, unknown> & { step: number; num_tokens: number }

export interface StepLog {
  /** All steps so far, of earlier sittings too. */
  rows: readonly MetricsRow[]
  write(row: MetricsRow, rollouts: readonly Record<string, unknown>[]): Alarm[]
  /** An alarm that ends the run. */
  raise(alarm: Alarm): void
}

/** Rows of `file` up to `step`; what was logged after the checkpoint that the run goes on from is dropped. */
function rewind<Row extends { step: number }>(file: string, step: number): Row[] {
  if (!fs.existsSync(file)) return []
  const rows = readJsonl<Row>(file, { tolerateTail: true }).filter((row) => row.step <= step)
  writeJsonl(file, rows)
  return rows
}

/** For processes that write nothing. */
export const silentLog = (): StepLog => ({ rows: [], write: () => [], raise: () => {} })

/** Opens the files of `folder` after `done` steps. */
export function openStepLog(folder: string, done: number): StepLog {
  fs.mkdirSync(folder, { recursive: true })
  const at = (name: string): string => path.join(folder, name)
  const rows = rewind<MetricsRow>(at(METRICS), done)
  rewind(at(ROLLOUTS), done)
  rewind(at(ALARMS), done)
  const watch = watchRun()
  for (const row of rows) watch(row)
  const addEvent = openEvents(at(EVENTS), rows)
  return {
    rows,
    write(row, rollouts) {
      rows.push(row)
      appendJsonl(at(METRICS), [row])
      addEvent(row)
      if (rollouts.length > 0)
        appendJsonl(
          at(ROLLOUTS),
          rollouts.map((one) => ({ step: row.step, ...one })),
        )
      const alarms = watch(row)
      if (alarms.length > 0) appendJsonl(at(ALARMS), alarms)
      return alarms
    },
    raise: (alarm) => appendJsonl(at(ALARMS), [alarm]),
  }
}
