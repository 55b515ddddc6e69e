/**
 * One question against its room: wording, options, answer, boxes, pictures and evidence, all recomputed. Each thing
 * that does not hold is one phrase, `subject: expected X, got Y`.
 */
import type { EvidenceObject, LabelledBox } from '../schema/sample.js'
import { type Measured, measure } from './answer.js'
import { type Asked, difference } from './asked.js'
import { type Claim, parseClaim, TYPE_OF } from './claims.js'
import { findNamed } from './named.js'
import type { Frame, Room } from './room.js'
import type { Range } from './sight.js'
import { checkBoxes, checkSight, ROUNDING } from './sights.js'

/** Frame number of `<scene>/<number>.jpg`; null for another kind of path. */
function frameOf(image: string, scene: string): number | null {
  const [, folder, number] = /^(.+)\/(\d+)\.(?:jpe?g|png)$/.exec(image) ?? []
  return folder === scene ? Number(number) : null
}

/** The frames of the pictures, and what is wrong with them. */
function checkPictures({ data_type, image, images, scene_name }: Asked, room: Room) {
  const problems: string[] = []
  const frames: Frame[] = []
  if (images && images.length !== image.length)
    problems.push(difference('images', `${image.length} sizes`, images.length))
  image.forEach((file, i) => {
    const id = frameOf(file, scene_name)
    const frame = id === null ? undefined : room.frame(id)
    if (!frame) {
      problems.push(difference(`image ${i}`, `a frame of ${scene_name} with a pose`, file))
      return
    }
    frames.push(frame)
    const size = images?.[i]
    const { width, height } = frame.colorSize
    if (size && (size.width !== width || size.height !== height || size.frame_id !== id))
      problems.push(difference(`images ${i}`, { width, height, frame_id: id }, size))
  })
  const numbers = frames.map(({ id }) => id)
  if (numbers.some((id, i) => i > 0 && id <= numbers[i - 1]))
    problems.push(difference('image', 'frames in the order of time', numbers))
  const fits = {
    single_image: image.length === 1,
    multi_view: image.length > 1,
    video: image.length > 1,
    scene: image.length === 0,
  }
  if (!fits[data_type]) problems.push(difference('data_type', `one for ${image.length} pictures`, data_type))
  return { frames, problems }
}

/** Letters in order, no text twice, the texts that the question allows, and the letter of the right one. */
function checkOptions({ answer, options: given }: Asked, claim: Claim, measured: Measured): string[] {
  const problems: string[] = []
  const texts = (given ?? []).map((option, i) => {
    const letter = String.fromCharCode(65 + i)
    if (!option.startsWith(`${letter}. `))
      problems.push(difference(`option ${i}`, `one that begins ${letter}.`, option))
    return option.slice(3)
  })
  if (new Set(texts).size < texts.length) problems.push(difference('options', 'different texts', texts))
  if (measured.options && texts.toSorted().join('|') !== measured.options.toSorted().join('|'))
    problems.push(difference('options', measured.options.join(', '), texts.join(', ')))
  if (claim.kind === 'appearance order') {
    const names = claim.names.toSorted().join(', ')
    const odd = texts.find((text) => text.split(', ').toSorted().join(', ') !== names)
    if (odd !== undefined || texts.length !== 4)
      problems.push(difference('options', `four orders of ${names}`, odd ?? texts.length))
  }
  const right = texts.indexOf(String(measured.answer))
  const letter = right < 0 ? `an option ${String(measured.answer)}` : String.fromCharCode(65 + right)
  if (answer !== letter) problems.push(difference('answer', letter, answer))
  return problems
}

/** A number as text: exactly as many digits, and the measured value rounded to them. */
function checkNumber(answer: unknown, { answer: value, digits = 0 }: Measured): string[] {
  const exact = Number(value)
  const text = String(answer)
  const formed = new RegExp(digits > 0 ? `^(?:0|[1-9]\\d*)\\.\\d{${digits}}$` : '^(?:0|[1-9]\\d*)$').test(
    text,
  )
  // What lies on the edge between two roundings may go either way.
  const right = formed && Math.abs(Number(text) - exact) <= 0.5 * 10 ** -digits + 1e-5 * Math.max(1, exact)
  return right ? [] : [difference('answer', exact.toFixed(digits), answer)]
}

function checkNumbers(given: Record<string, number>, expected: Measured['numbers']): string[] {
  return [...new Set([...Object.keys(given), ...Object.keys(expected)])].flatMap((name) => {
    const [want, got] = [expected[name], given[name]]
    if (want === undefined || got === undefined)
      return [difference(`evidence ${name}`, want === undefined ? 'no such number' : want, got ?? null)]
    const [low, high]: Range = typeof want === 'number' ? [want, want] : want
    // A tenth of a millimetre moves the direction of what is close by more than that.
    const slack = (name.endsWith('_deg') ? 0.01 : ROUNDING) + 1e-5 * Math.abs(high)
    if (got >= low - slack && got <= high + slack) return []
    // Whole turns: 359.9996 and 0.0004 are the same direction.
    if (name.endsWith('_deg') && Math.abs(Math.abs(got - low) - 360) <= slack) return []
    return [difference(`evidence ${name}`, low === high ? Number(low.toFixed(3)) : `${low} to ${high}`, got)]
  })
}

/** Width and height in centimetres that an object's box spans at the depth of its middle (kept to the millimetre). */
function seenSize(
  room: Room,
  frames: readonly Frame[],
  { id, image_index, bbox_2d }: EvidenceObject,
): Measured['numbers'] {
  const frame = image_index === null ? undefined : frames[image_index]
  if (!frame || !bbox_2d) return {}
  const depth = room.inCamera(frame, id)[2]
  const spanned = (pixels: number, focal: number): Range => [
    (100 * (depth - ROUNDING) * pixels) / focal,
    (100 * (depth + ROUNDING) * pixels) / focal,
  ]
  return {
    seen_width_cm: spanned(bbox_2d[2] - bbox_2d[0] + 1, frame.color.fx),
    seen_height_cm: spanned(bbox_2d[3] - bbox_2d[1] + 1, frame.color.fy),
  }
}

/** What the evidence says beside naming the objects. */
function checkEvidence(
  { objects, numbers, subtype }: NonNullable<Asked['evidence']>,
  boxes: boolean,
  measured: Measured,
  frames: readonly Frame[],
  room: Room,
): string[] {
  const sizes = measured.subtype === 'longest side' ? seenSize(room, frames, objects[0]) : {}
  return [
    ...objects.flatMap((object, i) => checkSight(object, frames, room, measured.firsts?.[i] ?? null)),
    ...(subtype === measured.subtype ? [] : [difference('evidence subtype', measured.subtype, subtype)]),
    ...checkNumbers(numbers, boxes ? {} : { ...measured.numbers, ...sizes }),
  ]
}

/**
 * Everything about `asked` that its room does not bear out; null for a question of others in words that are not
 * known here.
 * @throws data error where the scan's depth cannot be read
 */
export async function prove(asked: Asked, room: Room): Promise<string[] | null> {
  const boxes = Array.isArray(asked.answer)
  const claim = parseClaim(asked.question)
  if (!claim)
    return asked.evidence
      ? [difference('question', 'a wording that can be proven', asked.question.slice(0, 60))]
      : null
  const { frames, problems } = checkPictures(asked, room)
  const type = boxes ? 'object localization' : TYPE_OF[claim.kind]
  if (asked.question_type !== null && asked.question_type !== type)
    problems.push(difference('question_type', type, asked.question_type))
  if (boxes && asked.options) problems.push(difference('options', 'none beside boxes', asked.options))
  if (boxes && frames.length !== 1) problems.push(difference('image', 'one picture for boxes', frames.length))
  if (problems.length > 0) return problems
  await room.look(frames)
  const found = findNamed(asked, claim, frames, room)
  // Without knowing what is meant nothing can be measured.
  if (found.problems.length > 0) return found.problems
  const { named } = found
  const target = claim.kind === 'relative distance' ? named[named.length - 1].id : undefined
  const measured = measure(room, claim, target === undefined ? named : named.slice(0, -1), frames, target)
  if (boxes) problems.push(...checkBoxes(asked.answer as LabelledBox[], named, frames[0], room))
  else {
    const choice = typeof measured.answer === 'string'
    if (choice !== Boolean(asked.options))
      problems.push(difference('options', choice ? 'options' : 'none', asked.options))
    else
      problems.push(...(choice ? checkOptions(asked, claim, measured) : checkNumber(asked.answer, measured)))
  }
  if (asked.evidence) problems.push(...checkEvidence(asked.evidence, boxes, measured, frames, room))
  return problems
}
