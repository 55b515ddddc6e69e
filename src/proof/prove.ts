/**
 * One sample against its room: question, options, answer, boxes, pictures and evidence, all recomputed. Each thing
 * that does not hold is one phrase, `subject: expected X, got Y`.
 */
import { answerKind, type EvidenceObject, type LabelledBox, type Sample } from '../schema/sample.js'
import type { FrameRecord } from '../schema/scene-record.js'
import { type Measured, measure, type Named } from './answer.js'
import { type Claim, parseClaim, TYPE_OF } from './claims.js'
import type { Room } from './room.js'

/** Evidence is rounded to thousandths, and records to millionths before that. */
const ROUNDING = 0.0006

const shown = (value: unknown): string => JSON.stringify(value) ?? 'nothing'
const difference = (subject: string, expected: unknown, got: unknown): string =>
  `${subject}: expected ${typeof expected === 'string' ? expected : shown(expected)}, got ${shown(got)}`

/** Frame number of `<scene>/<number>.jpg`; null for another kind of path. */
function frameOf(image: string, scene: string): number | null {
  const [, folder, number] = /^(.+)\/(\d+)\.(?:jpg|png)$/.exec(image) ?? []
  return folder === scene ? Number(number) : null
}

/** The frames of the pictures, and what is wrong with them. */
function checkPictures(sample: Sample, room: Room): { frames: FrameRecord[]; problems: string[] } {
  const { image, images, data_type, scene_name } = sample
  const problems: string[] = []
  const frames: FrameRecord[] = []
  if (images.length !== image.length)
    problems.push(difference('images', `${image.length} sizes`, images.length))
  image.forEach((file, i) => {
    const id = frameOf(file, scene_name)
    const frame = id === null ? undefined : room.frame(id)
    if (!frame) {
      problems.push(difference(`image ${i}`, `a frame of ${scene_name}`, file))
      return
    }
    frames.push(frame)
    const size = images[i]
    if (size && (size.width !== frame.width || size.height !== frame.height || size.frame_id !== id))
      problems.push(
        difference(`images ${i}`, { width: frame.width, height: frame.height, frame_id: id }, size),
      )
  })
  const numbers = frames.map(({ frame_id }) => frame_id)
  if (numbers.some((id, i) => i > 0 && id <= numbers[i - 1]))
    problems.push(difference('image', 'frames in the order of time', numbers))
  const wanted = {
    single_image: image.length === 1,
    multi_view: image.length > 1,
    video: image.length > 1,
    scene: image.length === 0,
  }
  if (!wanted[data_type])
    problems.push(difference('data_type', `one for ${image.length} pictures`, data_type))
  return { frames, problems }
}

/** The objects a question names, by the ids that the evidence claims, each claim checked. */
function findNamed(
  sample: Sample,
  claim: Claim,
  room: Room,
  problems: string[],
): { named: Named[]; target?: number } | null {
  const claimed = sample.evidence.objects
  // Order of the evidence: as in the question; the target last; first sights in their order; every instance.
  let names: string[] = [...claim.names]
  if (claim.kind === 'relative distance') names = [...claim.names, claim.target]
  if (claim.kind === 'appearance order') names = claimed.map(({ label }) => label)
  if (claim.kind === 'object count') names = room.instances(claim.names[0]).map(() => claim.names[0])
  if (claimed.length !== names.length) {
    problems.push(difference('evidence objects', `${names.length}, as the question names`, claimed.length))
    return null
  }
  const named = names.map((name, i): Named => ({ name, id: claimed[i].id }))
  for (const { name, id } of named)
    if (room.category(id) !== name.toLowerCase())
      problems.push(difference(`evidence object ${id}`, `a ${name}`, room.category(id) ?? 'no such object'))
  claimed.forEach(({ label }, i) => {
    if (label !== names[i]) problems.push(difference(`evidence label ${i}`, names[i], label))
  })
  if (
    claim.kind === 'appearance order' &&
    named
      .map(({ name }) => name)
      .toSorted()
      .join() !== claim.names.toSorted().join()
  )
    problems.push(
      difference('evidence objects', claim.names.join(', '), named.map(({ name }) => name).join(', ')),
    )
  if (claim.kind === 'object count') {
    const ids = named.map(({ id }) => id)
    if (
      ids.toSorted((a, b) => a - b).join() !==
      room
        .instances(claim.names[0])
        .toSorted((a, b) => a - b)
        .join()
    )
      problems.push(difference('evidence objects', room.instances(claim.names[0]), ids))
  }
  if (problems.length > 0) return null
  const target = claim.kind === 'relative distance' ? named.pop()?.id : undefined
  return { named, target }
}

/** Whether a name says which object is meant: one in the picture, or one in the room. */
function checkUnique(
  claim: Claim,
  named: readonly Named[],
  target: number | undefined,
  frames: readonly FrameRecord[],
  single: boolean,
  room: Room,
): string[] {
  if (claim.kind === 'object count' || claim.kind === 'appearance order') return []
  const all =
    target === undefined ? named : [...named, { name: (claim as { target: string }).target, id: target }]
  return all.flatMap(({ name, id }) => {
    const instances = room.instances(name)
    if (single) {
      const seen = instances.filter((one) => (room.seen(frames[0], one)?.pixel_count ?? 0) > 0)
      return seen.length === 1 && seen[0] === id
        ? []
        : [difference(`the ${name}`, 'one in the picture, the one meant', `objects ${seen.join(', ')}`)]
    }
    // A category with several members stands for the one closest to the target.
    if (claim.kind === 'relative distance' && id !== target && claim.names.length > 2) {
      const closest = Math.min(...instances.map((one) => room.distance(one, target ?? id)))
      return room.distance(id, target ?? id) <= closest + 1e-6
        ? []
        : [difference(`the ${name}`, 'the one closest to the target', `object ${id}`)]
    }
    return instances.length === 1 ? [] : [difference(`the ${name}`, 'one in the room', `${instances.length}`)]
  })
}

/** Letters in order, no text twice, the texts that the question allows; the index of the right one. */
function checkOptions(sample: Sample, claim: Claim, measured: Measured): string[] {
  const options = sample.options ?? []
  const problems: string[] = []
  const texts = options.map((option, i) => {
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
  if (sample.answer !== letter) problems.push(difference('answer', letter, sample.answer))
  return problems
}

/** A number as text: exactly as many digits, and the measured value rounded to them. */
function checkNumber(answer: unknown, { answer: value, digits = 0 }: Measured): string[] {
  const exact = Number(value)
  const text = String(answer)
  const formed = new RegExp(digits > 0 ? `^\\d+\\.\\d{${digits}}$` : '^\\d+$').test(text)
  // What lies on the edge between two roundings may go either way.
  const right = formed && Math.abs(Number(text) - exact) <= 0.5 * 10 ** -digits + 1e-5 * Math.max(1, exact)
  return right ? [] : [difference('answer', exact.toFixed(digits), answer)]
}

/** Where each object is seen: the picture that shows the greatest share of it (or its first), box and place. */
function checkSights(
  objects: readonly EvidenceObject[],
  frames: readonly FrameRecord[],
  room: Room,
  firstSights: readonly number[] | null,
): string[] {
  return objects.flatMap(({ id, image_index, bbox_2d, position_camera }, k) => {
    const ratios = frames.map((frame) => {
      const seen = room.seen(frame, id)
      return seen && seen.pixel_count > 0 ? seen.visible_ratio : -1
    })
    const best = firstSights ? firstSights[k] : ratios.indexOf(Math.max(...ratios))
    const seen =
      frames.length > 0 && (firstSights || ratios[best] >= 0) ? room.seen(frames[best], id) : undefined
    const wanted = seen ? best : null
    const problems: string[] = []
    if (image_index !== wanted) problems.push(difference(`object ${id} image_index`, wanted, image_index))
    if (shown(bbox_2d) !== shown(seen?.bbox_2d ?? null))
      problems.push(difference(`object ${id} bbox_2d`, seen?.bbox_2d ?? null, bbox_2d))
    const place = seen ? room.inCamera(frames[best], id) : null
    if (
      (place === null) !== (position_camera === null) ||
      place?.some((x, i) => Math.abs(x - (position_camera?.[i] ?? Number.NaN)) > ROUNDING)
    )
      problems.push(
        difference(
          `object ${id} position_camera`,
          place?.map((x) => Number(x.toFixed(3))) ?? null,
          position_camera,
        ),
      )
    return problems
  })
}

function checkNumbers(given: Record<string, number>, expected: Record<string, number>): string[] {
  const names = new Set([...Object.keys(given), ...Object.keys(expected)])
  return [...names].flatMap((name) => {
    const [want, got] = [expected[name], given[name]]
    // Centimetres and degrees are made of rounded parts.
    const slack = /_(cm|deg)$/.test(name) ? 0.05 : ROUNDING
    return want !== undefined && got !== undefined && Math.abs(want - got) <= slack + 1e-5 * Math.abs(want)
      ? []
      : [
          difference(
            `evidence ${name}`,
            want === undefined ? 'no such number' : Number(want.toFixed(3)),
            got ?? null,
          ),
        ]
  })
}

/** Width and height in centimetres that an object's box spans at the depth of its middle. */
function seenSize(
  room: Room,
  frames: readonly FrameRecord[],
  { id, image_index, bbox_2d }: EvidenceObject,
): Record<string, number> {
  if (image_index === null || !bbox_2d) return {}
  const frame = frames[image_index]
  const depth = room.inCamera(frame, id)[2]
  return {
    seen_width_cm: (100 * depth * (bbox_2d[2] - bbox_2d[0] + 1)) / frame.intrinsics.fx,
    seen_height_cm: (100 * depth * (bbox_2d[3] - bbox_2d[1] + 1)) / frame.intrinsics.fy,
  }
}

/** Boxes of a localization sample: those of the objects the question names, in this picture. */
function checkBoxes(
  answer: readonly LabelledBox[],
  objects: readonly EvidenceObject[],
  frame: FrameRecord,
  room: Room,
): string[] {
  const wanted = objects.map(({ id, label }) => ({ bbox_2d: room.seen(frame, id)?.bbox_2d ?? null, label }))
  return shown(answer) === shown(wanted) ? [] : [difference('answer', wanted, answer)]
}

/** Everything about `sample` that its room does not bear out. */
export function proveSample(sample: Sample, room: Room): string[] {
  const boxes = answerKind(sample) === 'boxes'
  const claim = parseClaim(sample.question)
  if (!claim) return [difference('question', 'a wording that can be proven', sample.question.slice(0, 60))]
  const { frames, problems } = checkPictures(sample, room)
  const type = boxes ? 'object localization' : TYPE_OF[claim.kind]
  if (sample.question_type !== type) problems.push(difference('question_type', type, sample.question_type))
  if (boxes && sample.options !== null)
    problems.push(difference('options', 'none beside boxes', sample.options))
  if (problems.length > 0) return problems
  const found = findNamed(sample, claim, room, problems)
  if (!found) return problems
  const { named, target } = found
  const measured = measure(room, claim, named, frames, target)
  const { objects, numbers, subtype } = sample.evidence
  problems.push(...checkUnique(claim, named, target, frames, sample.data_type === 'single_image', room))
  const sights =
    claim.kind === 'appearance order'
      ? named.map((_, i) => measured.numbers[`first_${i + 1}_frame`] - 1)
      : null
  problems.push(...checkSights(objects, frames, room, sights))
  if (subtype !== measured.subtype) problems.push(difference('evidence subtype', measured.subtype, subtype))
  const kind = typeof measured.answer === 'string' ? 'choice' : 'number'
  if (boxes) problems.push(...checkBoxes(sample.answer as LabelledBox[], objects, frames[0], room))
  else if (answerKind(sample) !== kind)
    problems.push(difference('options', kind === 'choice' ? 'options' : 'none', sample.options))
  else
    problems.push(
      ...(kind === 'choice' ? checkOptions(sample, claim, measured) : checkNumber(sample.answer, measured)),
    )
  const sizes = claim.kind === 'object size' ? seenSize(room, frames, objects[0]) : {}
  problems.push(...checkNumbers(numbers, boxes ? {} : { ...measured.numbers, ...sizes }))
  return problems
}
