/** From rooms to questions: scans, scene records, samples, and the teacher's cold-start traces. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { sha256File } from '../common/files.js'
import { writeJsonl } from '../common/jsonl.js'
import type { Progress } from '../common/progress.js'
import { makeDataset, writeDataset } from '../dataset/build.js'
import { captionRows } from '../dataset/captions.js'
import { cellRows } from '../dataset/cells.js'
import { geometricReasoning } from '../dataset/teacher.js'
import { buildRecords, readRecords } from '../scene/records.js'
import { listScans } from '../scene/scannet/scan.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import { promptText, tagged } from '../schema/prompts.js'
import { readSamples } from '../schema/read-samples.js'
import type { LabelledBox, Sample } from '../schema/sample.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { type Resize, scaleBox } from '../training/example.js'
import type { Recipe } from './recipe.js'

export type Split = 'train' | 'test'
export const COLD_START_FILE = 'spld_coldstart_data.jsonl'
export const CAPTIONS_FILE = 'captions.jsonl'
export const CELLS_FILE = 'cells.jsonl'
/** Cores that rooms and records are made on. */
const workers = (): number => Math.max(1, Math.min(os.availableParallelism(), 8))

/** How long work is followed, and stopped. */
export interface Watch {
  progress: Progress
  signal?: AbortSignal
}

export interface SplitFolders {
  scans: string
  data: string
}

export const splitFolders = (run: string, split: Split): SplitFolders => ({
  scans: path.join(run, 'scans', split),
  data: path.join(run, 'data', split),
})

/** Rooms written as ScanNet scans, or the user's own. @returns folders of single scans */
export async function prepareScans(
  recipe: Recipe,
  run: string,
  split: Split,
  watch: Watch,
): Promise<string[]> {
  const { scans } = recipe.data[split]
  if ('folder' in scans) return listScans(scans.folder)
  if ('samples' in scans) return []
  const out = splitFolders(run, split).scans
  const made = await synthesizeScans({ out, options: scans, workers: workers(), ...watch })
  return made.scans.map((name) => path.join(out, name))
}

/** Scene records of the scans, read through the ScanNet reader. */
export async function prepareRecords(
  recipe: Recipe,
  run: string,
  split: Split,
  scans: readonly string[],
  watch: Watch,
): Promise<void> {
  const { data } = splitFolders(run, split)
  await buildRecords({ scans, out: data, options: recipe.data[split].records, workers: workers(), ...watch })
}

/** Makes and writes the questions; what is returned is what reading them again gives. */
function makeSamples(data: string, recipe: Recipe, split: Split, progress: Progress): Sample[] {
  const made = makeDataset({
    records: readRecords(path.join(data, 'records')),
    options: recipe.data[split].dataset,
    seed: recipe.seed,
    progress,
  })
  writeDataset(data, made)
  return [...made.localization, ...made.spatial]
}

/** Questions from the records; made once. `progress` counts rooms. */
export function prepareDataset(recipe: Recipe, run: string, split: Split, progress: Progress): Sample[] {
  const { data } = splitFolders(run, split)
  const samples = fs.existsSync(path.join(data, 'stats.json'))
    ? readSamples(data)
    : makeSamples(data, recipe, split, progress)
  if (samples.length === 0)
    throw dataError(data, 'questions from these rooms', 'none; see stats.json for what was filtered')
  return samples
}

/**
 * The geometric teacher's traces for the training questions, with boxes in the pixels the model sees, under
 * upstream's field names; made once.
 */
export function prepareColdStart(
  recipe: Recipe,
  run: string,
  samples: readonly Sample[],
  resize: Resize,
  progress: Progress,
): string {
  const file = path.join(splitFolders(run, 'train').data, COLD_START_FILE)
  if (fs.existsSync(file)) return file
  progress.update(0)
  const rows = samples.flatMap((sample, index): PromptedRow[] => {
    progress.update(index + 1)
    const rescale = (box: LabelledBox['bbox_2d'], image: number) =>
      scaleBox(box, sample.images[image], resize)
    const reasoning = geometricReasoning(sample, { rescale })
    if (reasoning === null || Array.isArray(sample.answer)) return []
    return [
      {
        question_id: sample.question_id,
        prompt: promptText(sample, 'think', recipe.prompt_style),
        solution: tagged(reasoning, sample.answer),
        image: sample.image,
        data_type: sample.data_type,
      },
    ]
  })
  writeJsonl(file, rows)
  return file
}

/** Targets and captions of the training pictures, for the stages that pretrain; made once. */
export function preparePretraining(recipe: Recipe, run: string): { cells: string; captions: string } {
  const { data } = splitFolders(run, 'train')
  const files = { cells: path.join(data, CELLS_FILE), captions: path.join(data, CAPTIONS_FILE) }
  if (Object.values(files).every((file) => fs.existsSync(file))) return files
  const { captions } = recipe.data.train
  const records = [...readRecords(path.join(data, 'records'))]
  const names = namesOf(records)
  const rows = <T>(make: typeof cellRows | typeof captionRows): T[] =>
    records.flatMap((record) => make(record, names, captions, recipe.seed) as T[])
  writeJsonl(files.cells, rows(cellRows))
  writeJsonl(files.captions, rows(captionRows))
  return files
}

/** Categories of all objects, by the alphabet. */
const namesOf = (records: readonly SceneRecord[]): string[] =>
  [...new Set(records.flatMap(({ objects }) => objects.map(({ category }) => category)))].sort()

/** Hash of all that training reads: the questions, and the files of captions and traces. */
export function dataHash(run: string, files: readonly string[]): string {
  const { data } = splitFolders(run, 'train')
  const questions = ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl'].map((name) =>
    path.join(data, name),
  )
  return [...questions, ...files].map(sha256File).join()
}
