/**
 * Object localization: upstream's grounding file is the single-image question set again, without options
 * and with the boxes of the objects named as the answer; both share `question_id`.
 */
import type { LabelledBox, Sample } from '../../schema/sample.js'

/** The localization twin of a single-image sample; null for one without boxes. */
export function localizationSample(sample: Sample): Sample | null {
  if (sample.data_type !== 'single_image') return null
  const answer = sample.evidence.objects.flatMap(({ bbox_2d, label }): LabelledBox[] =>
    bbox_2d ? [{ bbox_2d, label }] : [],
  )
  if (answer.length === 0 || answer.length < sample.evidence.objects.length) return null
  return {
    ...sample,
    options: null,
    answer,
    question_type: 'object localization',
    evidence: { ...sample.evidence, numbers: {} },
  }
}
