/** One item's result: what the answer says, in source pixels, and what it is worth. Pure. */
import { dataError } from '../common/errors.js'
import { type ItemResult, sampleId } from '../schema/results.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { cleanAnswer, parseNumber } from '../scoring/answer.js'
import { localizationScore, type PredictedBox, parseBoxes } from '../scoring/boxes.js'
import { choiceScore, optionLetter } from '../scoring/choice.js'
import { formatReward } from '../scoring/format.js'
import { meanRelativeAccuracy } from '../scoring/numeric.js'
import { pythonFloat } from '../scoring/python.js'

/** From the size of a source picture to the size at which the model saw it. */
export type ModelSize = (width: number, height: number) => { width: number; height: number }
export const sameSize: ModelSize = (width, height) => ({ width, height })

/** An item's result plus what only the sums need. */
export interface ScoredItem extends ItemResult {
  question_type: Sample['question_type']
  data_type: Sample['data_type']
  kind: 'boxes' | 'choice' | 'number'
  /** Boxes: share of targets overlapped by half. */
  share_at_50?: number
  unparsed: boolean
}

/** Boxes from the pixels the model saw to those of the source picture; to 0.01 pixel. */
export function toSourcePixels(
  boxes: readonly PredictedBox[],
  source: { width: number; height: number },
  seen: { width: number; height: number },
): PredictedBox[] {
  const back = (value: number, axis: 'width' | 'height'): number =>
    Math.round(((value * source[axis]) / seen[axis]) * 100) / 100
  return boxes.map(({ bbox_2d: [x1, y1, x2, y2], label }) => ({
    bbox_2d: [back(x1, 'width'), back(y1, 'height'), back(x2, 'width'), back(y2, 'height')],
    label,
  }))
}

const isTrue = (value: number): boolean => value === 1

/**
 * Scores one answer. No prediction (null) and an answer that cannot be read are both worth 0.
 * @param reasoned whether reasoning was asked for, so that the form of the answer counts
 * @throws data error when the sample's own answer is not what its type needs
 */
export function scoreItem(
  sample: Sample,
  prediction: string | null,
  { modelSize = sameSize, reasoned = false }: { modelSize?: ModelSize; reasoned?: boolean } = {},
): ScoredItem {
  const kind = answerKind(sample)
  const id = sampleId(sample)
  const common = {
    id,
    scene_name: sample.scene_name,
    question_type: sample.question_type,
    data_type: sample.data_type,
    kind,
    prediction,
    format: reasoned && kind !== 'boxes' ? isTrue(formatReward(prediction ?? '')) : null,
  }
  if (prediction === null) return { ...common, score: 0, correct: false, parsed: null, unparsed: false }
  const { answer } = sample
  if (Array.isArray(answer)) {
    const [size] = sample.images
    const found = parseBoxes(prediction)
    const boxes = size ? toSourcePixels(found, size, modelSize(size.width, size.height)) : found
    const { iou, share_at_50 } = localizationScore(boxes, answer)
    return {
      ...common,
      score: iou,
      correct: iou >= 0.5,
      parsed: null,
      boxes,
      share_at_50,
      unparsed: boxes.length === 0,
    }
  }
  if (kind === 'choice') {
    const letters = (sample.options ?? []).map((_, index) => optionLetter(index))
    if (!letters.includes(answer))
      throw dataError(`sample ${id} answer`, `one of ${letters.join(', ')}`, JSON.stringify(answer))
    const letter = cleanAnswer(prediction).toUpperCase()
    const parsed = letters.includes(letter) ? letter : null
    const score = choiceScore(prediction, answer)
    return { ...common, score, correct: score === 1, parsed, unparsed: parsed === null }
  }
  const target = pythonFloat(answer)
  if (target === null || !Number.isFinite(target))
    throw dataError(`sample ${id} answer`, 'a number', JSON.stringify(answer))
  const value = parseNumber(prediction)
  const score = meanRelativeAccuracy(value, target)
  return {
    ...common,
    score,
    correct: score >= 0.5,
    parsed: value === null ? null : String(value),
    unparsed: value === null,
  }
}
