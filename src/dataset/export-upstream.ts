/**
 * A data set as SpatialLadder's training code reads it: `spld_grounding_data.jsonl`, `spld_spatial_data.jsonl` and
 * `spld_coldstart_data.jsonl` with upstream's fields and no others, and the pictures in `images/`.
 */
import path from 'node:path'
import { writeJsonl } from '../common/jsonl.js'
import type { Progress } from '../common/progress.js'
import { promptText, tagged } from '../schema/prompts.js'
import { SAMPLE_FILES } from '../schema/read-samples.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { placePictures } from './export-pictures.js'
import { geometricReasoning } from './teacher.js'

export const COLD_START_ROWS = 'spld_coldstart_data.jsonl'

const asked = ({ question_id, question, image, data_type }: Sample) => ({
  question_id,
  question,
  image,
  data_type,
})

/**
 * Writes files and pictures into `out`; questions without a picture are left out, as upstream's loaders open the first.
 * @returns the files, with how many rows each has
 * @throws data error naming a picture that is missing
 */
export function exportUpstream(
  all: readonly Sample[],
  imageRoot: string,
  out: string,
  progress?: Progress,
): Record<string, number> {
  const samples = all.filter(({ image }) => image.length > 0)
  const boxes = samples.filter((sample) => answerKind(sample) === 'boxes')
  const spatial = samples.filter((sample) => answerKind(sample) !== 'boxes')
  const cold = spatial.flatMap((sample) => {
    const reasoning = geometricReasoning(sample)
    if (reasoning === null || Array.isArray(sample.answer)) return []
    const { question_id, image, data_type } = sample
    const solution = tagged(reasoning, sample.answer)
    return [{ question_id, prompt: promptText(sample, 'think', 'upstream'), solution, image, data_type }]
  })
  const files = {
    [SAMPLE_FILES[0]]: boxes.map((sample) => ({ ...asked(sample), answer: sample.answer })),
    [SAMPLE_FILES[1]]: spatial.map((sample) => {
      const { options, answer, question_type } = sample
      return { ...asked(sample), options, answer, question_type }
    }),
    [COLD_START_ROWS]: cold,
  }
  placePictures(
    samples.flatMap(({ image }) => image),
    imageRoot,
    path.join(out, 'images'),
    progress,
  )
  for (const [name, rows] of Object.entries(files)) writeJsonl(path.join(out, name), rows)
  return Object.fromEntries(Object.entries(files).map(([name, rows]) => [name, rows.length]))
}
