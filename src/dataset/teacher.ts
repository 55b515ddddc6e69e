/**
 * The geometric teacher: writes the reasoning for a sample from its own evidence, for the cold start. It is
 * short, names where things are, and every step follows from the numbers it has written: where rounding to
 * one decimal would break a step, or there is no picture to look at, it writes nothing.
 */
import type { EvidenceObject, Sample } from '../schema/sample.js'
import { directionClass } from './tasks/egocentric-direction.js'

type Box = [number, number, number, number]

export interface ReasoningOptions {
  /** Turns a box of picture `imageIndex` from source pixels into the pixels the model sees. */
  rescale?: (box: Box, imageIndex: number) => Box
}

type Rescale = NonNullable<ReasoningOptions['rescale']>

/** An object that is surely in a picture. */
interface Seen {
  label: string
  image: number
  box: Box
  position: [number, number, number]
}

const tenth = (value: number): number => Math.round(value * 10) / 10 + 0
const text1 = (value: number): string => tenth(value).toFixed(1)

/** The evidence as the model sees it; null when some object is in no picture. */
function seenObjects(objects: readonly EvidenceObject[], rescale: Rescale): Seen[] | null {
  const seen = objects.flatMap(({ bbox_2d, image_index, label, position_camera }): Seen[] =>
    bbox_2d && position_camera && image_index !== null
      ? [
          {
            label,
            image: image_index,
            box: rescale(bbox_2d, image_index).map(Math.round) as Box,
            position: position_camera,
          },
        ]
      : [],
  )
  return seen.length === objects.length ? seen : null
}

const place = (sample: Sample, { box, image }: Seen): string =>
  `at [${box.join(', ')}]${sample.image.length > 1 ? ` in image ${image + 1}` : ''}`

const places = (sample: Sample, objects: readonly Seen[]): string =>
  objects.map((o) => `the ${o.label} is ${place(sample, o)}.`).join(' ')

/** "that is B." for the option that reads `choice`; null when there is none or it is not the answer. */
function letterOf(sample: Sample, choice: string): string | null {
  const option = sample.options?.find((o) => o.slice(3) === choice)
  return option && option[0] === sample.answer ? `that is ${option[0]}.` : null
}

const join = (...parts: (string | null)[]): string | null => (parts.includes(null) ? null : parts.join(' '))

/** Which of two boxes is further left, and how that reads; null where they are at one place. */
function leftOrRight(a: Seen, b: Seen): { name: string; shown: string } | null {
  const [p, q] = [a, b].map((o) => Math.round((o.box[0] + o.box[2]) / 2))
  if (p === q) return null
  const name = p < q ? 'left' : 'right'
  return { name, shown: `center x ${p} ${p < q ? '<' : '>'} ${q} so ${name}.` }
}

function cameraDirection(sample: Sample, [a, b]: Seen[]): string | null {
  const x = [a, b].map((o) => tenth(o.position[0]))
  const depth = [a, b].map((o) => tenth(o.position[2]))
  const where = [a, b].map(
    (o, i) => `the ${o.label} is ${place(sample, o)}, x ${text1(x[i])}, depth ${text1(depth[i])}.`,
  )
  if (sample.evidence.subtype !== 'camera 4-way') {
    const side = leftOrRight(a, b)
    const two = sample.evidence.subtype === 'camera 2-way'
    if (!side || (!two && depth[0] === depth[1])) return null
    const front = depth[0] < depth[1] ? 'front' : 'back'
    const nearer = `depth ${text1(depth[0])} ${front === 'front' ? '<' : '>'} ${text1(depth[1])} so ${front}.`
    return two
      ? join(...where, side.shown, letterOf(sample, side.name))
      : join(...where, side.shown, nearer, letterOf(sample, `${side.name}-${front}`))
  }
  const [side, deep] = [tenth(Math.abs(x[0] - x[1])), tenth(Math.abs(depth[0] - depth[1]))]
  if (side === deep) return null
  const wins = side > deep
  const compared = `x differs by ${text1(side)}, depth by ${text1(deep)}. ${text1(Math.max(side, deep))} > ${text1(Math.min(side, deep))} so it is ${wins ? 'left or right' : 'front or back'}.`
  const [p, q] = wins ? [a, b].map((o) => Math.round((o.box[0] + o.box[2]) / 2)) : depth
  if (p === q) return null
  const answer = wins ? (p < q ? 'left' : 'right') : p < q ? 'front' : 'back'
  const shown = wins
    ? `center x ${p} ${p < q ? '<' : '>'} ${q}`
    : `depth ${text1(p)} ${p < q ? '<' : '>'} ${text1(q)}`
  return join(...where, compared, `${shown} so ${answer}.`, letterOf(sample, answer))
}

function egocentricDirection(sample: Sample, seen: Seen[]): string | null {
  const { numbers, subtype } = sample.evidence
  const [a, b, c] = seen.map((o) => o.label)
  const [forward, left] = [tenth(numbers.forward_m), tenth(numbers.left_m)]
  const start = `i stand by the ${a} and face the ${b}.`
  if (subtype === 'egocentric hard') {
    if (forward === 0 || left === 0) return null
    const [ahead, side] = [forward > 0 ? 'front' : 'back', left > 0 ? 'left' : 'right']
    const answer = `${ahead}-${side}`
    const moved = `the ${c} is ${text1(Math.abs(forward))} to the ${ahead} and ${text1(Math.abs(left))} to the ${side} so ${answer}.`
    return join(places(sample, seen), start, moved, letterOf(sample, answer))
  }
  const angle = Math.round(numbers.left_turn_deg)
  const turn = Math.min(angle, 360 - angle)
  const side = angle <= 180 ? 'left' : 'right'
  const answer = directionClass(angle, subtype === 'egocentric easy' ? 'easy' : 'medium')
  const turned = `to face the ${c} i turn ${turn} degrees ${side}.`
  const bound = `${turn} ${turn < 135 ? '<' : '>='} 135 so ${answer}.`
  return join(places(sample, seen), start, turned, bound, letterOf(sample, answer))
}

function relativeDistance(sample: Sample, seen: Seen[]): string | null {
  const target = seen[seen.length - 1]
  const candidates = seen.slice(0, -1)
  const meters = candidates.map((_, i) => tenth(sample.evidence.numbers[`distance_${i + 1}_m`]))
  const least = Math.min(...meters)
  if (meters.filter((m) => m === least).length !== 1) return null
  const nearest = candidates[meters.indexOf(least)]
  const listed = candidates.map((o, i) => `${o.label} ${text1(meters[i])}`).join(', ')
  const facts = `distances to the ${target.label}: ${listed}. the smallest is ${text1(least)} so ${nearest.label}.`
  return join(places(sample, seen), facts, letterOf(sample, nearest.label))
}

function absoluteDistance(sample: Sample, seen: Seen[]): string | null {
  const answer = Number(sample.answer)
  const centers = tenth(sample.evidence.numbers.center_distance_m)
  const less = tenth(centers - answer)
  if (!(less >= 0)) return null
  const steps = `the centers are ${text1(centers)} apart. the closest points are ${text1(less)} less. ${text1(centers)} - ${text1(less)} = ${text1(answer)}.`
  return join(places(sample, seen), steps)
}

function objectSize(sample: Sample, [object]: Seen[]): string | null {
  const { seen_height_cm: high, seen_width_cm: wide } = sample.evidence.numbers
  if (high === undefined || wide === undefined) return null
  const [x1, y1, x2, y2] = object.box
  const where = `the ${object.label} is ${place(sample, object)}, depth ${text1(object.position[2])}.`
  const spans = `its box is ${x2 - x1} wide and ${y2 - y1} high, there ${Math.round(wide)} by ${Math.round(high)} cm.`
  const seen = Math.round(Math.max(wide, high))
  const change = Number(sample.answer) - seen
  const sign = change < 0 ? '-' : '+'
  return join(
    where,
    spans,
    `the longest side is ${seen} ${sign} ${Math.abs(change)} = ${String(sample.answer)} cm.`,
  )
}

function objectCount(sample: Sample, seen: Seen[]): string | null {
  if (seen.length !== Number(sample.answer)) return null
  const lines = seen.map((o, i) => `${i + 1}: ${o.label} ${place(sample, o)}.`)
  return join(...lines, `that makes ${seen.length}.`)
}

function roomSize(sample: Sample): string | null {
  const { reach_x_m, reach_y_m } = sample.evidence.numbers
  if (!(reach_x_m > 0) || !(reach_y_m > 0)) return null
  const [x, y, area] = [tenth(reach_x_m), tenth(reach_y_m), Number(sample.answer)]
  const product = tenth(x * y)
  const change = tenth(area - product)
  return join(
    `the things reach over ${text1(x)} by ${text1(y)}. ${text1(x)} * ${text1(y)} = ${text1(product)}.`,
    `the floor is ${text1(product)} ${change < 0 ? '-' : '+'} ${text1(Math.abs(change))} = ${text1(area)}.`,
  )
}

function appearanceOrder(sample: Sample, seen: Seen[]): string | null {
  const lines = seen.map((o) => `${o.label} first ${place(sample, o)}.`)
  const order = [...seen].sort((a, b) => a.image - b.image)
  const frames = order.map((o) => o.image + 1)
  if (new Set(frames).size !== frames.length) return null
  const answer = order.map((o) => o.label).join(', ')
  return join(...lines, `${frames.join(' < ')} so ${answer}.`, letterOf(sample, answer))
}

/**
 * Reasoning that ends in `sample.answer`, for between the `<think>` tags; null where the evidence cannot
 * carry it: boxes as answer, no imagery, or numbers that rounding would make equal.
 */
export function geometricReasoning(sample: Sample, options: ReasoningOptions = {}): string | null {
  if (sample.image.length === 0 || Array.isArray(sample.answer)) return null
  const seen = seenObjects(sample.evidence.objects, options.rescale ?? ((box) => box))
  if (!seen) return null
  switch (sample.question_type) {
    case 'relative direction':
      return sample.evidence.subtype?.startsWith('camera')
        ? cameraDirection(sample, seen)
        : egocentricDirection(sample, seen)
    case 'relative distance':
      return relativeDistance(sample, seen)
    case 'absolute distance':
      return absoluteDistance(sample, seen)
    case 'object size':
      return objectSize(sample, seen)
    case 'object count':
      return objectCount(sample, seen)
    case 'room size':
      return roomSize(sample)
    case 'appearance order':
      return appearanceOrder(sample, seen)
    default:
      return null
  }
}
