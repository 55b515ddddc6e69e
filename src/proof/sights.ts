/** Whether evidence says rightly where objects are seen: picture, box, and place in the camera. */
import type { EvidenceObject, LabelledBox } from '../schema/sample.js'
import { enough } from './answer.js'
import { difference, shown } from './asked.js'
import type { Frame, Room } from './room.js'
import type { Range, Sight } from './sight.js'

/** Evidence is rounded to thousandths, and records to millionths before that. */
export const ROUNDING = 0.0006

/** The likeliest values of a box, for messages. */
const boxOf = (sight: Sight): number[] => sight.box.map(([low]) => low)

export const fitsBox = (sight: Sight, box: readonly number[] | null): boolean =>
  box !== null && sight.box.every(([low, high], k) => box[k] >= low && box[k] <= high)

/** Pictures that may be the one that shows the greatest share (of equal ones the first); null: none surely does. */
function bestPictures(sights: readonly (Sight | undefined)[]): (number | null)[] {
  const range = (sight: Sight | undefined): Range => sight?.ratio ?? [-1, -1]
  const found: (number | null)[] = sights.flatMap((sight, i) =>
    sight && sights.every((other, j) => i === j || range(sight)[1] - range(other)[0] >= (j < i ? 1e-9 : 0))
      ? [i]
      : [],
  )
  return sights.some((sight) => sight?.certain) ? found : [...found, null]
}

/** What is wrong with where `object` is said to be seen. @param first the pictures its first sight may be in */
export function checkSight(
  { id, image_index, bbox_2d, position_camera }: EvidenceObject,
  frames: readonly Frame[],
  room: Room,
  first: Range | null,
): string[] {
  const sights = frames.map((frame) => room.seen(frame, id))
  const allowed = first
    ? sights.flatMap((_, i) =>
        i >= first[0] && i <= first[1] && enough(room, frames[i], id) !== 'not' ? [i] : [],
      )
    : bestPictures(sights)
  if (!(allowed as (number | null)[]).includes(image_index))
    return [
      difference(
        `object ${id} image_index`,
        allowed.length > 0 ? allowed.join(' or ') : 'a first sight',
        image_index,
      ),
    ]
  const seen = image_index === null ? undefined : sights[image_index]
  const problems: string[] = []
  if (seen ? !fitsBox(seen, bbox_2d) : bbox_2d !== null)
    problems.push(difference(`object ${id} bbox_2d`, seen ? boxOf(seen) : null, bbox_2d))
  const place = seen && image_index !== null ? room.inCamera(frames[image_index], id) : null
  if (
    (place === null) !== (position_camera === null) ||
    place?.some((x, k) => Math.abs(x - (position_camera?.[k] ?? Number.NaN)) > ROUNDING)
  )
    problems.push(
      difference(
        `object ${id} position_camera`,
        place?.map((x) => Number(x.toFixed(3))) ?? null,
        position_camera,
      ),
    )
  return problems
}

/** Boxes of a localization answer: those of the objects the question names, in their order, in this picture. */
export function checkBoxes(
  answer: readonly LabelledBox[],
  named: readonly { name: string; id: number }[],
  frame: Frame,
  room: Room,
): string[] {
  const wanted = named.map(({ id, name }) => ({ label: name, sight: room.seen(frame, id) }))
  const right =
    answer.length === wanted.length &&
    wanted.every(
      ({ label, sight }, i) => answer[i].label === label && sight && fitsBox(sight, answer[i].bbox_2d),
    )
  if (right) return []
  const boxes = wanted.map(({ label, sight }) => ({ bbox_2d: sight ? boxOf(sight) : null, label }))
  return [`answer: expected ${shown(boxes)}, got ${shown(answer)}`]
}
