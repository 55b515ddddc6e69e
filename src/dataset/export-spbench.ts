/**
 * SPBench as published and as its evaluation reads it: `SPBench-SI.parquet` and `SPBench-MV.parquet` with the names of
 * the pictures, and the pictures as `images/<scene_name>/<name>`.
 */
import path from 'node:path'
import type { Progress } from '../common/progress.js'
import type { Sample } from '../schema/sample.js'
import { type ExportedFile, exportParquet } from './export-parquet.js'
import { placePictures } from './export-pictures.js'
import type { SpBenchSets } from './export-source.js'
import { spBenchImages, spBenchTables } from './export-table.js'
import { SPBENCH_TYPES, spBenchRows } from './spbench.js'

/** Whether SPBench has questions like this one. */
const fits = ({ answer, data_type, image, question_type }: Sample): boolean =>
  !Array.isArray(answer) &&
  SPBENCH_TYPES[question_type] !== undefined &&
  (data_type === 'single_image' ? image.length === 1 : data_type === 'multi_view' && image.length > 1)

/** The rows of both sets that `samples` give. @returns also how many samples SPBench has no place for */
export function spBenchOf(
  samples: readonly Sample[],
  dataset: string,
): { sets: SpBenchSets; left_out: number } {
  const fitting = samples.filter(fits)
  return { sets: spBenchRows(fitting, dataset), left_out: samples.length - fitting.length }
}

/** Writes both sets and their pictures. @throws data error naming a picture that is missing */
export async function exportSpBench(job: {
  sets: SpBenchSets
  imageRoot: string
  out: string
  progress?: Progress
}): Promise<ExportedFile[]> {
  const { sets, imageRoot, out, progress } = job
  const images = Object.values(sets).flatMap((rows) => rows.flatMap(spBenchImages))
  placePictures(images, imageRoot, path.join(out, 'images'), progress)
  return exportParquet({
    tables: spBenchTables(sets, { embed: false }),
    imageRoot,
    out,
    shardBytes: Infinity,
    single: true,
  })
}
