/** Reads samples from a JSONL file, or from a data folder as `data build` leaves it. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { sampleId } from './results.js'
import { type Sample, sampleSchema } from './sample.js'

/** Upstream's file names: boxes, then everything else. */
export const SAMPLE_FILES = ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl'] as const

/** Where the pictures of a data folder (or of the folder a JSONL file lies in) are looked for. */
export function imageRootOf(dataPath: string): string {
  const folder = fs.statSync(dataPath).isDirectory() ? dataPath : path.dirname(dataPath)
  const images = path.join(folder, 'images')
  return fs.existsSync(images) ? images : folder
}

/**
 * All samples of `dataPath`, in file order.
 * @throws data error naming file and row: not a sample, or an id that was there before
 */
export function readSamples(dataPath: string): Sample[] {
  const isFolder = fs.statSync(dataPath).isDirectory()
  const files = isFolder
    ? SAMPLE_FILES.map((name) => path.join(dataPath, name)).filter((file) => fs.existsSync(file))
    : [dataPath]
  if (files.length === 0) throw dataError(dataPath, SAMPLE_FILES.join(' or '), 'a folder with neither')
  const seen = new Map<string, string>()
  return files.flatMap((file) =>
    readJsonl(file).map((row, index) => {
      const place = `${file} row ${index + 1}`
      const parsed = sampleSchema.safeParse(row)
      if (!parsed.success) {
        const [issue] = parsed.error.issues
        throw dataError(`${place} field ${issue.path.join('.') || '(row)'}`, 'a sample', issue.message)
      }
      const id = sampleId(parsed.data)
      const before = seen.get(id)
      if (before) throw dataError(`${place} question_id`, 'a new id', `${id}, which is ${before} too`)
      seen.set(id, place)
      return parsed.data
    }),
  )
}
