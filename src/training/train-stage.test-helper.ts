/**
 * For tests: trains one small stage in a process of its own, so that it can be killed.
 * Usage: tsx train-stage.test-helper.ts JOB (JSON of a StageJob without samples)
 * SIGINT saves and ends it with 130, as the command line does.
 */
import { microSamples } from './micro-model.test-helper.js'
import { runStage, type StageJob } from './stage.js'

const controller = new AbortController()
process.once('SIGINT', () => controller.abort())
const job = JSON.parse(process.argv[2]) as Omit<StageJob, 'samples'>
try {
  await runStage({ ...job, samples: microSamples, signal: controller.signal })
} catch (error) {
  if ((error as Error).name !== 'AbortError') throw error
  process.exit(130)
}
