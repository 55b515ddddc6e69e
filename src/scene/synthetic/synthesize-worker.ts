/** Runs in a worker thread of `synthesizeScans`: one scan per task. */
import type { SynthOptions } from './options.js'
import { writeSynthetic } from './synthesize.js'

export default async function makeScan(task: {
  out: string
  options: SynthOptions
  index: number
}): Promise<void> {
  await writeSynthetic(task.out, task.options, task.index)
}
