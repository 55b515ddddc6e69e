/**
 * Questions as SPBench has them: SPBench-SI (one picture) and SPBench-MV (several), VSI-Bench's names of the
 * question types, names of pictures without their folder (`images/<scene_name>/<name>`).
 */
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { writeJsonl } from '../common/jsonl.js'
import type { QuestionType, Sample } from '../schema/sample.js'

export const SPBENCH_SETS = ['SPBench-SI', 'SPBench-MV'] as const
export type SpBenchSet = (typeof SPBENCH_SETS)[number]

/** In the order of SPBench's columns. */
export interface SpBenchRow {
  id: number
  dataset: string
  scene_name: string
  question_type: string
  question: string
  ground_truth: string
  options: string[] | null
  images: string[]
}

/** The types that SPBench has; counting in SPBench-MV only. */
export const SPBENCH_TYPES: Partial<Record<QuestionType, string>> = {
  'absolute distance': 'object_abs_distance',
  'object size': 'object_size_estimation',
  'relative distance': 'object_rel_distance',
  'relative direction': 'object_rel_direction',
  'object count': 'object_counting',
}

function rowOf(sample: Sample, id: number, dataset: string): SpBenchRow {
  const type = SPBENCH_TYPES[sample.question_type]
  if (type === undefined || Array.isArray(sample.answer))
    throw dataError(`question ${sample.question_id}`, 'a question type of SPBench', sample.question_type)
  return {
    id,
    dataset,
    scene_name: sample.scene_name,
    question_type: type,
    question: sample.question,
    ground_truth: sample.answer,
    options: sample.options,
    images: sample.image.map((image) => path.posix.basename(image)),
  }
}

/**
 * The rows of both sets, each numbered from 1 in the order of `samples`.
 * @param dataset what the column `dataset` says, e.g. `scannet`
 * @throws data error for a question that SPBench has no place for
 */
export function spBenchRows(samples: readonly Sample[], dataset: string): Record<SpBenchSet, SpBenchRow[]> {
  const other = samples.find((s) => s.data_type !== 'single_image' && s.data_type !== 'multi_view')
  if (other)
    throw dataError(`question ${other.question_id}`, 'single_image or multi_view', `${other.data_type}`)
  const rows = (type: Sample['data_type']): SpBenchRow[] =>
    samples.filter((s) => s.data_type === type).map((s, i) => rowOf(s, i + 1, dataset))
  return { 'SPBench-SI': rows('single_image'), 'SPBench-MV': rows('multi_view') }
}

/** Writes `SPBench-SI.jsonl` and `SPBench-MV.jsonl` into `out`. @returns the files */
export function writeSpBench(out: string, samples: readonly Sample[], dataset: string): string[] {
  const rows = spBenchRows(samples, dataset)
  return SPBENCH_SETS.map((name) => {
    const file = path.join(out, `${name}.jsonl`)
    writeJsonl(file, rows[name])
    return file
  })
}
