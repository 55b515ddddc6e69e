/** `stage.json`: written last into a stage's folder; says that it is complete and what it was made from. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson, writeJsonAtomic } from '../common/files.js'
import { hashWeights } from '../vision-language/model/folder.js'

const stageFileSchema = z.object({
  name: z.string(),
  complete: z.literal(true),
  /** Hash of options, data, parent, engine and threads. */
  fingerprint: z.string(),
  weights_sha256: z.string(),
  parent: z.object({ folder: z.string(), weights_sha256: z.string() }).nullable(),
  steps: z.int(),
  /** That trained it together. */
  processes: z.int().min(1).default(1),
  seconds: z.number(),
})
export type StageFile = z.infer<typeof stageFileSchema>

/** The record of a complete stage. @throws data error when the folder is not one */
export function readStageFile(folder: string): StageFile {
  const file = path.join(folder, 'stage.json')
  if (!fs.existsSync(file)) throw dataError(folder, 'a complete stage', 'no stage.json in it')
  const parsed = stageFileSchema.safeParse(readJson(file))
  if (!parsed.success) throw dataError(file, 'the record of a complete stage', parsed.error.issues[0].message)
  const actual = hashWeights(folder)
  if (actual !== parsed.data.weights_sha256)
    throw dataError(
      `${folder} weights`,
      `hash ${parsed.data.weights_sha256.slice(0, 12)}`,
      actual.slice(0, 12),
    )
  return parsed.data
}

/** Writes the folder of a model that no stage made: the ladder's first rung. */
export function writeStageFile(
  folder: string,
  stage: Omit<z.input<typeof stageFileSchema>, 'complete' | 'weights_sha256'>,
): void {
  writeJsonAtomic(path.join(folder, 'stage.json'), {
    ...stage,
    complete: true,
    weights_sha256: hashWeights(folder),
  } satisfies z.input<typeof stageFileSchema>)
}
