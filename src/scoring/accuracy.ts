/** The accuracy reward: one rule per kind of answer, shared by GRPO and the evaluation of our own samples. */
import { dataError } from '../common/errors.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { parseNumber } from './answer.js'
import { localizationScore, parseBoxes } from './boxes.js'
import { choiceScore } from './choice.js'
import { meanRelativeAccuracy, type ZeroTargetPolicy } from './numeric.js'
import { pythonFloat } from './python.js'

/**
 * 0..1 for `completion` as an answer to `sample`: letter match, mean relative accuracy, or mean IoU.
 * For boxes, `sample.answer` must be in the pixels the model saw.
 * @throws data error when the sample's own answer is not a number where one is due
 */
export function accuracyReward(
  sample: Pick<Sample, 'answer' | 'options'> & { question_id?: number },
  completion: string,
  zeroTarget: ZeroTargetPolicy = 'absolute',
): number {
  const { answer } = sample
  if (Array.isArray(answer)) return localizationScore(parseBoxes(completion), answer).iou
  if (answerKind(sample) === 'choice') return choiceScore(completion, answer)
  const target = pythonFloat(answer)
  if (target === null || !Number.isFinite(target))
    throw dataError(
      `sample ${sample.question_id ?? ''}`.trim(),
      'a number as answer',
      JSON.stringify(sample.answer),
    )
  return meanRelativeAccuracy(parseNumber(completion), target, zeroTarget)
}
