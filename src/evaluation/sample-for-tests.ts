/** Small valid samples for tests of evaluation, report and command line. */
import { type Sample, sampleSchema } from '../schema/sample.js'

/** A valid sample: a left/right question unless `change` says otherwise. */
export function makeSample(change: Partial<Sample> = {}): Sample {
  return sampleSchema.parse({
    question_id: 0,
    question: 'Is the chair to the left or to the right of the bed?',
    options: ['A. left', 'B. right'],
    answer: 'A',
    image: ['scene9000_00/0.jpg'],
    question_type: 'relative direction',
    data_type: 'single_image',
    scene_name: 'scene9000_00',
    images: [{ width: 200, height: 100, frame_id: 0 }],
    evidence: { objects: [], numbers: {} },
    generator: { version: 'test', seed: 0 },
    ...change,
  } satisfies Record<keyof Sample, unknown>)
}

export const makeNumber = (question_id: number, answer: string, change: Partial<Sample> = {}): Sample =>
  makeSample({
    question_id,
    question: 'How many chairs are in this room?',
    options: null,
    answer,
    question_type: 'object count',
    ...change,
  })

export const makeBoxes = (
  question_id: number,
  boxes: [label: string, box: [number, number, number, number]][],
  change: Partial<Sample> = {},
): Sample =>
  makeSample({
    question_id,
    options: null,
    answer: boxes.map(([label, bbox_2d]) => ({ bbox_2d, label })),
    question_type: 'object localization',
    ...change,
  })
