/**
 * The whole job in order: rooms, records, questions, then the model up the rungs of the recipe with a test after
 * each, and the report. Everything complete is kept, so the same command goes on where it was stopped. Several processes
 * train together; all else the first one does, while the others wait.
 */
import path from 'node:path'
import { blindfold } from '../clients/blind.js'
import { openLocal } from '../clients/local.js'
import { formatDuration } from '../common/progress.js'
import { evaluate, writeBaselines } from '../evaluation/evaluate.js'
import { writeReport } from '../report/report.js'
import { scoreTable, type TableRow } from '../report/table.js'
import { imageRootOf } from '../schema/read-samples.js'
import type { Scores } from '../schema/results.js'
import { productSpeed } from '../torch/speed.js'
import { ALONE } from '../training/data-parallel.js'
import { stageProcessor } from '../training/fidelity.js'
import { firstBatchText } from '../training/first-batch.js'
import { isGrpo, type StageName } from '../training/options.js'
import { Pictures } from '../training/pictures.js'
import { runStage } from '../training/stage.js'
import type { StageFile } from '../training/stage-file.js'
import { stageRows } from '../training/stage-rows.js'
import { readConfig } from '../vision-language/config.js'
import { splitFolders } from './data.js'
import { jobOf, type LadderJob, prepareRun, type Run, stageFolder } from './prepare-run.js'
import type { RunStatus } from './status.js'

export interface LadderResult {
  run: string
  table: ReturnType<typeof scoreTable>
  scores: Scores[]
  report: string
  status: RunStatus
}

/** Answers that reason first are asked for once the model has been shown how. */
const modeOf = (stages: readonly StageName[], index: number): 'direct' | 'think' =>
  stages.slice(0, index).some((name) => name === 'cold-start' || name === 'reasoning') ? 'think' : 'direct'

/** Trains the rung `index`, or finds it complete. */
function trainRung(prepared: Run, index: number): Promise<StageFile> {
  const job = jobOf(prepared, index)
  return prepared.step(job.name, job.options.max_steps, 'steps', (progress) => runStage({ ...job, progress }))
}

/** Asks the model of rung `index` the test questions. */
const testRung = ({ recipe, run, test, stages, step, signal }: Run, index: number): Promise<Scores> => {
  const folder = stageFolder(run, stages, index)
  const name = index === 0 ? 'start' : stages[index - 1]
  const mode = modeOf(stages, index)
  return step(`test ${name}`, test.length, 'questions', async (progress) => {
    const opened = await openLocal(folder)
    const client = recipe.stages[stages[index - 1]]?.blind ? blindfold(opened) : opened
    try {
      return await evaluate({
        client,
        samples: test,
        name,
        imageRoot: imageRootOf(splitFolders(run, 'test').data),
        folder: path.join(run, 'evaluation', path.basename(folder)),
        mode,
        style: recipe.prompt_style,
        options: {
          max_new_tokens: recipe.evaluation.max_new_tokens[mode],
          temperature: 0,
          seed: recipe.seed,
        },
        progress,
        signal,
      })
    } finally {
      client.dispose?.()
    }
  })
}

/**
 * Climbs and tests. @returns null in other processes than the first
 * @throws AbortError after saving when `signal` is aborted
 */
export async function runLadder(job: LadderJob): Promise<LadderResult | null> {
  const began = performance.now()
  const prepared = await prepareRun(job, true)
  const { run, train, test, stages, status } = prepared
  if (status === null) {
    // A stage begins when the first process has come to it from its test.
    for (let index = 1; index <= stages.length; index++) await trainRung(prepared, index)
    return null
  }
  const { rows: guesses } = writeBaselines({ train, test, folder: path.join(run, 'evaluation') })
  const scores: Scores[] = []
  for (let index = 0; index <= stages.length; index++) {
    if (index > 0) await trainRung(prepared, index)
    scores.push(await testRung(prepared, index))
  }
  const rows: TableRow[] = [
    ...guesses.map((guess) => ({ scores: guess.scores, baseline: true })),
    ...scores.map((one) => ({ scores: one })),
  ]
  const final = status.finish()
  const report = await writeReport({ run })
  const [now, all] = [(performance.now() - began) / 1000, final.seconds].map(formatDuration)
  process.stderr.write(`done in ${now} (${all} of work over all sittings)\n`)
  return { run, table: scoreTable(rows), scores, report, status: final }
}

/** Trains up to `stage`, without tests. */
export async function trainTo(
  job: LadderJob,
  stage: StageName,
): Promise<{ folder: string; file: StageFile }> {
  const prepared = await prepareRun({ ...job, until: stage }, false)
  const { stages } = prepared
  let file: StageFile | undefined
  for (let index = 1; index <= stages.length; index++) file = await trainRung(prepared, index)
  return { folder: stageFolder(job.run, stages, stages.length), file: file as StageFile }
}

/**
 * The first batch of `stage` with its loss mask, and the speed of matrix products here; data and starting model are made
 * if they are not there, and nothing is trained. @param processes that would share a step's batches
 */
export async function previewStage(
  job: LadderJob,
  stage: StageName,
  processes = 1,
): Promise<{ firstBatch: string; flopsPerSecond: number }> {
  const prepared = await prepareRun({ ...job, until: stage }, false)
  const { stages } = prepared
  // Every rung has the processor of the first, and its config.
  const start = stageFolder(job.run, stages, 0)
  const stageJob = jobOf(prepared, stages.length)
  const { defects } = stageJob
  const processor = stageProcessor(start, defects)
  const [rows] = await stageRows({ ...stageJob, ranks: { ...ALONE, size: processes } }, processor)
  const pictures = new Pictures(processor.image_processor)
  await pictures.load(rows.flatMap(([{ media }]) => media))
  const model = { config: readConfig(start), rope: '4.49' as const }
  const firstBatch = firstBatchText(rows, {
    processor,
    pictures,
    model,
    defects,
    isPrompt: isGrpo(stageJob.options),
  })
  return { firstBatch, flopsPerSecond: productSpeed(stageJob.options.bf16 ? 'bf16' : 'f32') }
}
