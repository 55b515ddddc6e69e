/**
 * Data that is there already, instead of made from scans: a folder of samples (the released SpatialLadder-26k files as
 * they are, this program's, or SPBench's), and a file of cold-start traces. They are brought into the run's own form
 * once, so that everything after this step is the same.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { writeFileAtomic, writeJsonAtomic } from '../common/files.js'
import { writeJsonl } from '../common/jsonl.js'
import { STATS_FILE } from '../dataset/build.js'
import { readExportSource } from '../dataset/export-source.js'
import { readSamples, SAMPLE_FILES } from '../schema/read-samples.js'
import { sampleId } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { readPrompted } from '../training/example.js'
import { COLD_START_FILE } from './data.js'

/** A folder (or one JSONL file) of samples, and where its pictures are (default: `images/` in it). */
export interface GivenData {
  samples: string
  images?: string
}

/** Every picture is there, and no two samples have one id: a later one of a pair gets a new number. */
function checked(samples: readonly Sample[], subject: string): Sample[] {
  const seen = new Set<string>()
  let free = samples.reduce((most, { question_id }) => Math.max(most, question_id), 0) + 1
  return samples.map((sample) => {
    if (sample.images.length !== sample.image.length || sample.image.length === 0)
      throw dataError(
        `${subject} sample ${sampleId(sample)}`,
        'its pictures in the folder of images',
        `not all of ${sample.image.join(', ') || 'none'}`,
      )
    // Upstream removes the placeholder, which its template writes itself.
    const question = sample.question.replaceAll('<image>', '')
    const known = seen.has(sampleId(sample))
    const one = { ...sample, question, question_id: known ? free++ : sample.question_id }
    seen.add(sampleId(one))
    return one
  })
}

/**
 * The samples of `given`, kept in `data` as the run's own; read once.
 * @throws data error naming file and row, or a sample whose pictures are not there
 */
export async function prepareGivenSamples(given: GivenData, data: string): Promise<Sample[]> {
  if (fs.existsSync(path.join(data, STATS_FILE))) return readSamples(data)
  const source = await readExportSource(given.samples, given.images)
  const samples = checked(source.samples, given.samples)
  const isBoxes = ({ answer }: Sample): boolean => Array.isArray(answer)
  const [boxes, questions] = [samples.filter(isBoxes), samples.filter((one) => !isBoxes(one))]
  fs.mkdirSync(data, { recursive: true })
  const images = path.join(data, 'images')
  fs.rmSync(images, { recursive: true, force: true })
  fs.symlinkSync(path.resolve(source.imageRoot), images)
  writeJsonl(path.join(data, SAMPLE_FILES[0]), boxes)
  writeJsonl(path.join(data, SAMPLE_FILES[1]), questions)
  const traces = path.join(given.samples, COLD_START_FILE)
  if (fs.existsSync(traces)) adoptColdStart(traces, data)
  writeJsonAtomic(path.join(data, STATS_FILE), {
    given: given.samples,
    localization: boxes.length,
    spatial: questions.length,
  })
  return readSamples(data)
}

/** Takes a file of traces, instead of the geometric teacher's. @throws data error naming file, row and field */
export function adoptColdStart(file: string, data: string): void {
  const target = path.join(data, COLD_START_FILE)
  if (fs.existsSync(target)) return
  readPrompted(file, data)
  writeFileAtomic(target, fs.readFileSync(file))
}
