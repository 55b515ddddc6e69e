/**
 * What all rungs stand on: rooms, records, questions, the starting model and the texts of its training; and a runner of
 * numbered steps. Of several processes the first makes it, the others read it when it is there.
 */
import fs from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { dataError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { type Progress, silentProgress, startProgress } from '../common/progress.js'
import { listScans } from '../scene/scannet/scan.js'
import { takeEvenly } from '../schema/evenly.js'
import { imageRootOf, readSamples } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import { engine } from '../torch/engine.js'
import { ALONE, type Ranks } from '../training/data-parallel.js'
import type { Resize } from '../training/example.js'
import { defectsOf } from '../training/fidelity.js'
import type { DataSource, StageName } from '../training/options.js'
import { rewardFiles } from '../training/rewards.js'
import type { StageJob } from '../training/stage-job.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import {
  CAPTIONS_FILE,
  CELLS_FILE,
  COLD_START_FILE,
  dataHash,
  prepareColdStart,
  prepareDataset,
  preparePretraining,
  prepareRecords,
  prepareScans,
  type Split,
  splitFolders,
} from './data.js'
import { adoptColdStart, prepareGivenSamples } from './given-data.js'
import { type Recipe, stagesOf } from './recipe.js'
import { modelFolder, prepareStartModel } from './start-model.js'
import { openStatus } from './status.js'

export interface LadderJob {
  recipe: Recipe
  /** The run's folder. */
  run: string
  /** Stop after this stage. */
  until?: StageName
  signal?: AbortSignal
  /** Processes that train together, on one folder that all of them see. Absent: this one alone. */
  ranks?: Ranks
}

/** Folder of rung `index` of the recipe's stages: `0-start`, `1-perception`, ... */
export const stageFolder = (run: string, stages: readonly StageName[], index: number): string =>
  path.join(run, 'stages', `${index}-${index === 0 ? 'start' : stages[index - 1]}`)

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
export interface Run extends LadderJob {
  train: Sample[]
  test: Sample[]
  /** Stages to climb, in order. */
  stages: StageName[]
  /** Texts made for this run, by source. */
  files: Partial<Record<DataSource, string>>
  /** Of the first process. */
  status: ReturnType<typeof openStatus> | null
  step: Step
}

type Step = <T>(
  label: string,
  units: number,
  unit: string,
  body: (progress: Progress) => T | Promise<T>,
) => Promise<T>

/** Runs steps one after another, numbered, each with its bar and its place in `status.json`. */
function stepRunner(total: number, status: ReturnType<typeof openStatus>, signal?: AbortSignal): Step {
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

const pretrains = ({ stages }: Recipe): boolean =>
  Object.values(stages).some((one) => one && ('captions' in one.data || 'cells' in one.data))

/** Rooms, records, questions, the starting model and the teacher's traces. */
export async function prepareRun(job: LadderJob, tested: boolean): Promise<Run> {
  const { recipe, run, signal, ranks = ALONE } = job
  if (ranks.rank > 0) return joinRun(job, ranks)
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
    const pretraining = pretrains(recipe) ? preparePretraining(recipe, run) : undefined
    await prepareStartModel(recipe, start, train, pretraining)
    const { image_processor } = loadProcessor(start)
    const resize: Resize = (size) => resizedSize(size, image_processor)
    const coldstart = prepareColdStart(recipe, run, train, resize, progress)
    return { ...pretraining, coldstart }
  })
  ranks.barrier()
  return { ...job, train, test, stages, files, status, step }
}

/** What the first process has made, read by another when it is there; steps are then neither shown nor written down. */
function joinRun(job: LadderJob, ranks: Ranks): Run {
  const { recipe, run } = job
  ranks.barrier()
  const { data } = splitFolders(run, 'train')
  return {
    ...job,
    train: readSamples(data),
    test: [],
    stages: stagesOf(recipe, job.until),
    files: {
      ...(pretrains(recipe)
        ? { cells: path.join(data, CELLS_FILE), captions: path.join(data, CAPTIONS_FILE) }
        : {}),
      coldstart: path.join(data, COLD_START_FILE),
    },
    status: null,
    step: async (_label, _units, _unit, body) => body(silentProgress),
  }
}

/** What training of the rung `index` needs. */
export function jobOf({ recipe, run, train, stages, files, signal, ranks }: Run, index: number): StageJob {
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
    ranks,
  }
}
