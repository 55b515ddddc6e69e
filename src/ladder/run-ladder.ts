/**
 * The whole job in order: rooms, records, questions, then the model up the rungs of the recipe with a test after
 * each, and the report. Everything complete is kept, so the same command goes on where it was stopped.
 */
import fs from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { openLocal } from '../clients/local.js'
import { dataError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { formatDuration, type Progress, startProgress } from '../common/progress.js'
import { evaluate, writeBaselines } from '../evaluation/evaluate.js'
import { writeReport } from '../report/report.js'
import { scoreTable, type TableRow } from '../report/table.js'
import { listScans } from '../scene/scannet/scan.js'
import { takeEvenly } from '../schema/evenly.js'
import { imageRootOf } from '../schema/read-samples.js'
import type { Scores } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { engine } from '../torch/engine.js'
import { productSpeed } from '../torch/speed.js'
import type { Resize } from '../training/example.js'
import { defectsOf, stageProcessor } from '../training/fidelity.js'
import { firstBatchText } from '../training/first-batch.js'
import { type DataSource, isGrpo, type StageName } from '../training/options.js'
import { Pictures } from '../training/pictures.js'
import { rewardFiles } from '../training/rewards.js'
import { runStage, type StageFile, type StageJob, stageRows } from '../training/stage.js'
import { readConfig } from '../vision-language/config.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import {
  dataHash,
  prepareCaptions,
  prepareColdStart,
  prepareDataset,
  prepareRecords,
  prepareScans,
  type Split,
  splitFolders,
} from './data.js'
import { adoptColdStart, prepareGivenSamples } from './given-data.js'
import { type Recipe, stagesOf } from './recipe.js'
import { modelFolder, prepareStartModel } from './start-model.js'
import { openStatus, type RunStatus } from './status.js'

export interface LadderJob {
  recipe: Recipe
  /** The run's folder. */
  run: string
  /** Stop after this stage. */
  until?: StageName
  signal?: AbortSignal
}

export interface LadderResult {
  run: string
  table: ReturnType<typeof scoreTable>
  scores: Scores[]
  report: string
  status: RunStatus
}

/** Folder of rung `index` of the recipe's stages: `0-start`, `1-perception`, ... */
const stageFolder = (run: string, stages: readonly StageName[], index: number): string =>
  path.join(run, 'stages', `${index}-${index === 0 ? 'start' : stages[index - 1]}`)

/** Answers that reason first are asked for once the model has been shown how. */
const modeOf = (stages: readonly StageName[], index: number): 'direct' | 'think' =>
  stages.slice(0, index).some((name) => name === 'cold-start' || name === 'reasoning') ? 'think' : 'direct'

/** Finds out before anything is written that a folder named in the recipe is not there. */
function checkInputs({ data, model, stages }: Recipe): void {
  for (const { scans } of [data.train, data.test]) {
    if ('folder' in scans) listScans(scans.folder)
    if ('samples' in scans && !fs.existsSync(scans.samples))
      throw dataError(scans.samples, 'a folder of samples', 'nothing there')
  }
  if ('name_or_path' in model) modelFolder(model.name_or_path)
  if (stages.reasoning) rewardFiles(stages.reasoning)
}

/** Keeps the resolved recipe with the run. @throws data error when the folder holds another one */
function claimFolder(run: string, recipe: Recipe): void {
  const file = path.join(run, 'recipe.yaml')
  const text = stringify(recipe)
  if (!fs.existsSync(file)) writeFileAtomic(file, text)
  else if (fs.readFileSync(file, 'utf8') !== text)
    throw dataError(
      run,
      'a run of this recipe',
      'one of another; name a fresh folder with --out or remove it',
    )
}

/** What every rung needs: the questions, and a runner of numbered steps. */
interface Run extends LadderJob {
  train: Sample[]
  test: Sample[]
  /** Stages to climb, in order. */
  stages: StageName[]
  /** Texts made for this run, by source. */
  files: Partial<Record<DataSource, string>>
  status: ReturnType<typeof openStatus>
  step: Step
}

type Step = <T>(
  label: string,
  units: number,
  unit: string,
  body: (progress: Progress) => T | Promise<T>,
) => Promise<T>

/** Runs steps one after another, numbered, each with its bar and its place in `status.json`. */
function stepRunner(total: number, status: Run['status'], signal?: AbortSignal): Step {
  let number = 0
  return async (label, units, unit, body) => {
    signal?.throwIfAborted()
    const progress = startProgress(`${String(++number).padStart(2)}/${total} ${label}`, units, { unit })
    const result = await status.step(label, () => body(progress))
    progress.update(units)
    progress.end()
    return result
  }
}

/** Rooms, records, questions, the starting model and the teacher's traces. */
async function prepareRun(job: LadderJob, tested: boolean): Promise<Run> {
  const { recipe, run, signal } = job
  const stages = stagesOf(recipe, job.until)
  checkInputs(recipe)
  engine()
  claimFolder(run, recipe)
  const status = openStatus(run, recipe.name)
  status.useEngine()
  const made = [recipe.data.train, recipe.data.test].filter(({ scans }) => !('samples' in scans)).length
  const step = stepRunner(3 + 2 * made + stages.length * (tested ? 2 : 1) + (tested ? 1 : 0), status, signal)
  const { coldstart_file } = recipe.data.train
  if (coldstart_file !== undefined) adoptColdStart(coldstart_file, splitFolders(run, 'train').data)
  const samples = {} as Record<Split, Sample[]>
  for (const split of ['train', 'test'] as const) {
    const { scans: wanted } = recipe.data[split]
    const { data } = splitFolders(run, split)
    if ('samples' in wanted) {
      samples[split] = await step(`${split} samples`, 1, 'folders', () => prepareGivenSamples(wanted, data))
      continue
    }
    const scans = await step(`${split} rooms`, 'rooms' in wanted ? wanted.rooms : 1, 'rooms', (progress) =>
      prepareScans(recipe, run, split, { progress, signal }),
    )
    await step(`${split} records`, scans.length, 'rooms', (progress) =>
      prepareRecords(recipe, run, split, scans, { progress, signal }),
    )
    samples[split] = await step(`${split} questions`, scans.length, 'rooms', (progress) =>
      prepareDataset(recipe, run, split, progress),
    )
  }
  const { max_samples } = recipe.evaluation
  const { train } = samples
  const test = max_samples
    ? takeEvenly(samples.test, max_samples, recipe.seed, 'evaluation/limit')
    : samples.test
  const start = stageFolder(run, stages, 0)
  const files = await step('start model, texts', train.length, 'questions', async (progress) => {
    const asked = Object.values(recipe.stages).some((one) => one && 'captions' in one.data)
    const captions = asked ? prepareCaptions(recipe, run) : undefined
    await prepareStartModel(recipe, start, train, captions)
    const { image_processor } = loadProcessor(start)
    const resize: Resize = (size) => resizedSize(size, image_processor)
    const coldstart = prepareColdStart(recipe, run, train, resize, progress)
    return captions ? { captions, coldstart } : { coldstart }
  })
  return { ...job, train, test, stages, files, status, step }
}

/** What training of the rung `index` needs. */
function jobOf({ recipe, run, train, stages, files, signal }: Run, index: number): StageJob {
  const name = stages[index - 1]
  const options = recipe.stages[name]
  if (!options) throw new Error(`${recipe.name}: expected options of stage ${name}, got none`)
  return {
    name,
    from: stageFolder(run, stages, index - 1),
    out: stageFolder(run, stages, index),
    samples: train,
    imageRoot: imageRootOf(splitFolders(run, 'train').data),
    files,
    dataHash: dataHash(run, Object.values(files)),
    style: recipe.prompt_style,
    seed: recipe.seed,
    options,
    defects: defectsOf(recipe.fidelity),
    signal,
  }
}

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
    const client = await openLocal(folder)
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

/** Climbs and tests. @throws AbortError after saving when `signal` is aborted */
export async function runLadder(job: LadderJob): Promise<LadderResult> {
  const began = performance.now()
  const prepared = await prepareRun(job, true)
  const { run, train, test, stages, status } = prepared
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
 * if they are not there, and nothing is trained.
 */
export async function previewStage(
  job: LadderJob,
  stage: StageName,
): Promise<{ firstBatch: string; flopsPerSecond: number }> {
  const prepared = await prepareRun({ ...job, until: stage }, false)
  const { stages } = prepared
  // Every rung has the processor of the first, and its config.
  const start = stageFolder(job.run, stages, 0)
  const stageJob = jobOf(prepared, stages.length)
  const { defects } = stageJob
  const processor = stageProcessor(start, defects)
  const [rows] = await stageRows(stageJob, processor)
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
