/** The accuracy reward: one rule per kind of answer, shared by GRPO and the evaluation of our own samples. */
import { dataError } from '../common/errors.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { localizationScore, parseBoxes } from './boxes.js'
import { choiceScore } from './choice.js'
import { type NumberPolicy, readNumber, STRICT_NUMBERS } from './number-policy.js'
import { meanRelativeAccuracy, type ZeroTargetPolicy } from './numeric.js'
import { pythonFloat } from './python.js'

/** How answers at the edges are judged; each by name. */
export interface AccuracyPolicy extends NumberPolicy {
  zero_target: ZeroTargetPolicy
  /** Of boxes: their mean IoU, or the share of them with an IoU of at least one half. */
  boxes: 'iou' | 'iou_50'
}
export const DEFAULT_ACCURACY: AccuracyPolicy = {
  ...STRICT_NUMBERS,
  zero_target: 'absolute',
  boxes: 'iou',
}

/**
 * 0..1 for `completion` as an answer to `sample`: letter match, mean relative accuracy, or mean IoU.
 * For boxes, `sample.answer` must be in the pixels the model saw.
 * @throws data error when the sample's own answer is not a number where one is due
 */
export function accuracyReward(
  sample: Pick<Sample, 'answer' | 'options'> & { question_id?: number },
  completion: string,
  policy: AccuracyPolicy = DEFAULT_ACCURACY,
): number {
  const { answer } = sample
  if (Array.isArray(answer)) {
    const { iou, share_at_50 } = localizationScore(parseBoxes(completion), answer)
    return policy.boxes === 'iou' ? iou : share_at_50
  }
  if (answerKind(sample) === 'choice') return choiceScore(completion, answer)
  const target = pythonFloat(answer)
  if (target === null || !Number.isFinite(target))
    throw dataError(
      `sample ${sample.question_id ?? ''}`.trim(),
      'a number as answer',
      JSON.stringify(sample.answer),
    )
  return meanRelativeAccuracy(readNumber(completion, policy), target, policy.zero_target)
}
