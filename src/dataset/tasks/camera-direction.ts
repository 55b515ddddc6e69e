/**
 * Relative direction from the camera (single image), by the centres of the two objects in the camera frame.
 * 2-way: left or right. 4-way: the greater of the two offsets decides, and must win clearly. Diagonal: both
 * do, and neither may be slight. Front is nearer to the camera. Wording: SpatialLadder-26k.
 */
import type { FrameObject, FrameRecord, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, type Task, type TaskContext } from '../candidate.js'
import { round3 } from '../numbers.js'
import type { CameraDirections } from '../options.js'
import { evidenceIn } from '../scene-index.js'

/** What is asked, and the answers in the order of the options before they are shuffled. */
const FORMS: Record<CameraDirections, { asked: string; choices: string[] }> = {
  '2-way': { asked: 'left or right', choices: ['left', 'right'] },
  '4-way': { asked: 'left, right, front, or back', choices: ['left', 'right', 'front', 'back'] },
  diagonal: {
    asked: 'left-front, left-back, right-front, or right-back',
    choices: ['left-front', 'left-back', 'right-front', 'right-back'],
  },
}

export type Direction = { direction: string } | { flaw: string }

/** The direction of `a` from `b` in one form, or the name of the margin it misses. */
export function cameraDirection(
  frame: Pick<FrameRecord, 'width'>,
  a: FrameObject,
  b: FrameObject,
  options: TaskContext['options'],
  form: CameraDirections = '4-way',
): Direction {
  const right = a.position_camera[0] - b.position_camera[0]
  const deeper = a.position_camera[2] - b.position_camera[2]
  const [larger, smaller] = [Math.abs(right), Math.abs(deeper)].sort((x, y) => y - x)
  const depth = deeper < 0 ? 'front' : 'back'
  if (form === '4-way') {
    if (larger < options.direction_min_offset_m) return { flaw: 'offset too small' }
    if (larger < options.direction_dominance * smaller) return { flaw: 'no axis dominates' }
    if (Math.abs(right) < Math.abs(deeper)) return { direction: depth }
  }
  if (form === '2-way' && Math.abs(right) < options.direction_min_offset_m)
    return { flaw: 'offset too small' }
  if (form === 'diagonal') {
    if (smaller < options.direction_min_offset_m) return { flaw: 'offset too small' }
    const offAxis = (Math.atan2(smaller, larger) * 180) / Math.PI
    if (offAxis < options.direction_diagonal_margin_deg) return { flaw: 'near an axis' }
  }
  // Left and right must be so in the picture, too.
  const middle = (o: FrameObject): number => (o.bbox_2d[0] + o.bbox_2d[2]) / 2
  const gap = (middle(a) - middle(b)) * Math.sign(right)
  if (gap < options.direction_min_box_gap * frame.width) return { flaw: 'boxes too close' }
  const side = right < 0 ? 'left' : 'right'
  return { direction: form === 'diagonal' ? `${side}-${depth}` : side }
}

function propose(scene: SceneRecord, { options, index, funnel }: TaskContext): Proposal[] {
  const found: Proposal[] = []
  const ask = (form: CameraDirections, frames: FrameRecord[], a: FrameObject, b: FrameObject): void => {
    funnel.consider()
    const result = cameraDirection(frames[0], a, b, options, form)
    if ('flaw' in result) {
      funnel.remove(result.flaw)
      return
    }
    funnel.keep()
    const { asked, choices } = FORMS[form]
    const subtype = `camera ${form}`
    found.push({
      subtype,
      answer_class: result.direction,
      complete: () => ({
        task: 'camera_direction',
        question_type: 'relative direction',
        data_type: 'single_image',
        subtype,
        scene_name: scene.scene_name,
        question: `From the camera's perspective, is the ${index.object(a.id).category} to the ${index.object(b.id).category}'s ${asked}?`,
        choices,
        answer: result.direction,
        answer_class: result.direction,
        pictures: picturesOf(frames),
        objects: [a, b].map(({ id }) => evidenceIn(index, frames, id)),
        numbers: {
          right_m: round3(a.position_camera[0] - b.position_camera[0]),
          deeper_m: round3(a.position_camera[2] - b.position_camera[2]),
        },
      }),
    })
  }
  for (const frame of index.frames) {
    const frames = [frame]
    for (const a of index.clear(frame))
      for (const b of index.clear(frame))
        if (a.id !== b.id) for (const form of options.camera_directions) ask(form, frames, a, b)
  }
  return found
}

export const cameraDirectionTask: Task = { name: 'camera_direction', data_types: ['single_image'], propose }
