/**
 * For tests: trains one small stage in a process of its own, so that it can be killed.
 * Usage: tsx train-stage.test-helper.ts JOB (JSON of a StageJob without samples)
 * With torchrun's variables it is one of several processes that train the stage together.
 * SIGINT saves and ends it with 130, as the command line does.
 */
import { launchFrom } from '../torch/process-group.js'
import { openRanks } from './data-parallel.js'
import { microSamples } from './micro-model.test-helper.js'
import { runStage } from './stage.js'
import type { StageJob } from './stage-job.js'

const controller = new AbortController()
process.once('SIGINT', () => controller.abort())
const job = JSON.parse(process.argv[2]) as Omit<StageJob, 'samples'>
const launch = launchFrom()
try {
  const ranks = launch ? openRanks(launch) : undefined
  await runStage({ ...job, samples: microSamples, signal: controller.signal, ranks })
  ranks?.barrier()
  ranks?.dispose()
} catch (error) {
  if ((error as Error).name !== 'AbortError') {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
  process.exit(130)
}
