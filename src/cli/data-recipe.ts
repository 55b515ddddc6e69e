/** What `data build RECIPE` reads: where the scenes come from, which of them, and what is asked about them. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { usageError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { readRecipeFile } from '../common/recipe-file.js'
import type { HeldOut } from '../dataset/leakage.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { SPBENCH_SETS } from '../dataset/spbench.js'
import { recordOptionsSchema } from '../scene/record.js'
import { SAMPLE_FILES } from '../schema/read-samples.js'

const folder = z.string().min(1)

export const dataRecipeSchema = z.strictObject({
  name: z.string().min(1),
  seed: z.int().min(0).default(42),
  /** One of them; `--scans`, `--records` and `--scenes` come before it. */
  source: z
    .union([
      z.strictObject({ scans: folder }),
      z.strictObject({ records: folder }),
      z.strictObject({ scenes: folder }),
    ])
    .optional(),
  /** A file of scene names, one a line, such as ScanNet's `scannetv2_train.txt`; null takes all. */
  split: z.string().nullable().default(null),
  /** Files of scene names, or folders of data sets and benchmarks, whose rooms are kept out. */
  held_out: z.array(z.string()).default([]),
  /** Scenes to leave out. */
  exclude: z.array(z.string()).default([]),
  /** Take the rooms of VSI-Bench, too: only for what will not be trained on. */
  keep_vsi_bench: z.boolean().default(false),
  records: recordOptionsSchema.prefault({}),
  dataset: datasetOptionsSchema.prefault({}),
  /** `spbench` also writes SPBench's two files. */
  format: z.enum(['spatialladder', 'spbench']).default('spatialladder'),
})
export type DataRecipe = z.infer<typeof dataRecipeSchema>

export const readDataRecipe = (file: string, settings: readonly string[] = []): DataRecipe =>
  readRecipeFile(file, dataRecipeSchema, settings)

const questionsOf = (rows: readonly unknown[]): { scene: string; question: string }[] =>
  rows.flatMap((row) => {
    const parsed = z.object({ scene_name: z.string(), question: z.string() }).safeParse(row)
    return parsed.success ? [{ scene: parsed.data.scene_name, question: parsed.data.question }] : []
  })

/**
 * Scenes held out for testing: a list of names, or the questions of a data folder.
 * @param readNames reads a list of names
 * @throws usage error for a folder without questions
 */
export function readHeldOut(place: string, readNames: (file: string) => string[]): HeldOut {
  const name = path.basename(place)
  if (!fs.statSync(place, { throwIfNoEntry: false })?.isDirectory())
    return { name, scenes: readNames(place), questions: [] }
  const wanted = [...SPBENCH_SETS.map((set) => `${set}.jsonl`), SAMPLE_FILES[1]]
  const file = wanted.map((file) => path.join(place, file)).filter((file) => fs.existsSync(file))
  if (file.length === 0) throw usageError(`held_out ${place}`, wanted.join(' or '), 'a folder with none')
  // SPBench's files hold the same questions as the samples beside them.
  const rows = questionsOf(
    file.filter((f, _, all) => all.length === 1 || !f.endsWith(SAMPLE_FILES[1])).flatMap((f) => readJsonl(f)),
  )
  return {
    name,
    scenes: [...new Set(rows.map((row) => row.scene))],
    questions: rows.map((row) => row.question),
  }
}
