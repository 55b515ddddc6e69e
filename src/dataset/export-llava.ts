/**
 * A data set as LLaVA's training code and those after it read it: one JSON list of conversations, an `<image>` for
 * every picture, paths below `images/`. The user's text is upstream's of the direct stages.
 */
import path from 'node:path'
import { writeFileAtomic } from '../common/files.js'
import type { Progress } from '../common/progress.js'
import { directAnswer, plainMode, promptText } from '../schema/prompts.js'
import { sampleId } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { placePictures } from './export-pictures.js'

export const LLAVA_FILE = 'llava.json'

const conversation = (sample: Sample) => ({
  id: sampleId(sample),
  // One picture is a string there, several are a list.
  ...(sample.image.length > 0 && { image: sample.image.length === 1 ? sample.image[0] : sample.image }),
  conversations: [
    {
      from: 'human',
      value: `${'<image>\n'.repeat(sample.image.length)}${promptText(sample, plainMode(sample), 'upstream')}`,
    },
    { from: 'gpt', value: directAnswer(sample.answer, 'upstream') },
  ],
})

/** Writes `llava.json` and the pictures into `out`. @returns the file */
export function exportLlava(
  samples: readonly Sample[],
  imageRoot: string,
  out: string,
  progress?: Progress,
): string {
  placePictures(
    samples.flatMap(({ image }) => image),
    imageRoot,
    path.join(out, 'images'),
    progress,
  )
  const file = path.join(out, LLAVA_FILE)
  writeFileAtomic(
    file,
    `[\n${samples.map((sample) => JSON.stringify(conversation(sample))).join(',\n')}\n]\n`,
  )
  return file
}
