/**
 * Checks a reasoning trace against the sample it is for: sums and comparisons that are wrong, boxes that lie
 * elsewhere, a conclusion that is not the answer. Works on the geometric teacher's language, whoever wrote it;
 * what it cannot read it does not judge.
 */
import type { Sample } from '../schema/sample.js'
import type { ReasoningOptions } from './teacher.js'

const NUMBER = String.raw`-?\d+(?:\.\d+)?`
const SUM = new RegExp(`(?<![\\d.])(${NUMBER}) ([-+*]) (${NUMBER}) = (${NUMBER})`, 'g')
const COMPARISON = new RegExp(`(?<![\\d.])(?=(${NUMBER}) (<|>|>=|<=) (${NUMBER}))`, 'g')
const PLACE = new RegExp(
  String.raw`(?:^|: |\. )(?:the )?([a-z][a-z ]*?) (?:is |first )?at \[(${NUMBER}), (${NUMBER}), (${NUMBER}), (${NUMBER})\](?: in image (\d+))?`,
  'g',
)

/** Half a unit in the last written place, and what two rounded operands may add to it. */
const tolerance = (text: string): number => (text.includes('.') ? 0.051 : 0.51)

function wrongSums(text: string): string[] {
  return [...text.matchAll(SUM)].flatMap(([written, a, sign, b, result]) => {
    const [x, y] = [Number(a), Number(b)]
    const value = sign === '+' ? x + y : sign === '-' ? x - y : x * y
    return Math.abs(value - Number(result)) > tolerance(result) ? [`wrong sum: ${written}`] : []
  })
}

function wrongComparisons(text: string): string[] {
  return [...text.matchAll(COMPARISON)].flatMap(([, a, sign, b]) => {
    const [x, y] = [Number(a), Number(b)]
    const holds = sign === '<' ? x < y : sign === '>' ? x > y : sign === '>=' ? x >= y : x <= y
    return holds ? [] : [`wrong comparison: ${a} ${sign} ${b}`]
  })
}

/** Every side must lie within a tenth of the box's longer side (at least 2 pixels) of some such object's. */
function wrongPlaces(sample: Sample, text: string, { rescale = (box) => box }: ReasoningOptions): string[] {
  return [...text.matchAll(PLACE)].flatMap(([, label, x1, y1, x2, y2, image]) => {
    const box = [x1, y1, x2, y2].map(Number)
    const known = sample.evidence.objects.flatMap((object) => {
      const { bbox_2d, image_index } = object
      if (object.label !== label || !bbox_2d || image_index === null) return []
      if (image !== undefined && Number(image) !== image_index + 1) return []
      return [rescale(bbox_2d, image_index)]
    })
    const near = known.some((true_) => {
      const slack = Math.max(2, 0.1 * Math.max(true_[2] - true_[0], true_[3] - true_[1]))
      return true_.every((side, i) => Math.abs(side - box[i]) <= slack)
    })
    return near ? [] : [`wrong place: ${label} at [${box.join(', ')}]`]
  })
}

function wrongConclusion(sample: Sample, text: string): string[] {
  if (Array.isArray(sample.answer)) return []
  if (sample.options) {
    const letter = [...text.matchAll(/that is ([A-Z])\b/g)].at(-1)?.[1]
    return letter === undefined || letter === sample.answer ? [] : [`wrong conclusion: ${letter}`]
  }
  const last = [...text.matchAll(new RegExp(NUMBER, 'g'))].at(-1)?.[0]
  return last === undefined || Number(last) === Number(sample.answer) ? [] : [`wrong conclusion: ${last}`]
}

/** What is wrong in `text` as reasoning for `sample`; [] when nothing was found. */
export const checkReasoning = (sample: Sample, text: string, options: ReasoningOptions = {}): string[] => [
  ...wrongSums(text),
  ...wrongComparisons(text),
  ...wrongPlaces(sample, text, options),
  ...wrongConclusion(sample, text),
]
