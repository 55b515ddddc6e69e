/** `best/`: a model folder of the step whose metric was best, by HF's `metric_for_best_model`. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson, writeFolderAtomic, writeJsonAtomic } from '../common/files.js'
import { mean } from './accumulation.js'
import type { CommonOptions } from './options.js'
import type { MetricsRow } from './step-log.js'

export const BEST = 'best'
const FILE = 'best.json'
const bestSchema = z.object({ step: z.int(), metric: z.string(), value: z.number() })
export type Best = z.infer<typeof bestSchema>

/** What `best/` in a stage's folder holds; null without one. */
export function readBest(folder: string): Best | null {
  const file = path.join(folder, BEST, FILE)
  if (!fs.existsSync(file)) return null
  const parsed = bestSchema.safeParse(readJson(file))
  if (!parsed.success) throw dataError(file, 'step, metric and value', parsed.error.issues[0].message)
  return parsed.data
}

/** As transformers: what ends in "loss" is better when smaller, all else when greater. */
const isGreaterBetter = ({ greater_is_better, metric_for_best_model = '' }: CommonOptions): boolean =>
  greater_is_better ?? !metric_for_best_model.endsWith('loss')

/**
 * Looks at a step that is a multiple of `save_steps`: the mean of the metric over those steps decides. Called before
 * the checkpoint of that step is written, so that a run killed in between comes here again with the same numbers.
 * @param write fills a folder with the model as it is now
 * @returns null where no metric is named
 */
export function bestKeeper(
  folder: string,
  options: CommonOptions,
  write: (target: string) => void,
): ((step: number, rows: readonly MetricsRow[]) => Promise<void>) | null {
  const { metric_for_best_model: metric, save_steps } = options
  if (metric === undefined || save_steps === undefined) return null
  const sign = isGreaterBetter(options) ? 1 : -1
  return async (step, rows) => {
    const values = rows.slice(-save_steps).map((row) => row[metric])
    if (!values.every((value): value is number => typeof value === 'number'))
      throw dataError('metric_for_best_model', `one of ${Object.keys(rows.at(-1) ?? {}).join(', ')}`, metric)
    const value = mean(values)
    const before = readBest(folder)
    if (before && sign * value <= sign * before.value) return
    await writeFolderAtomic(path.join(folder, BEST), (target) => {
      write(target)
      writeJsonAtomic(path.join(target, FILE), { step, metric, value } satisfies Best)
    })
  }
}
