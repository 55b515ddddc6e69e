/** A question for prompts of the benchmark; its reward looks at the completion only. */
import { sampleSchema } from '../../src/schema/sample.js'

export const microSample = sampleSchema.parse({
  question_id: 0,
  question: 'where',
  options: ['A. left', 'B. right'],
  answer: 'A',
  image: ['0.png'],
  question_type: 'relative direction',
  data_type: 'single_image',
  scene_name: 'scene9000_00',
  images: [{ width: 128, height: 96, frame_id: 0 }],
  evidence: { objects: [], numbers: {} },
  generator: { version: 'bench', seed: 0 },
})
