/**
 * Relative direction from the camera (single image): is A to B's left, right, front or back? The greater of
 * the two offsets of the centres in the camera frame decides, and must win clearly; front is nearer to the
 * camera. Wording: SpatialLadder-26k.
 */
import type { FrameObject, FrameRecord, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, pictureOf, type Task, type TaskContext } from '../candidate.js'
import { round3 } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

const SUBTYPE = 'camera 4-way'

type Direction = 'left' | 'right' | 'front' | 'back'

/** The direction of `a` from `b`, or the name of the margin it misses. */
export function cameraDirection(
  frame: Pick<FrameRecord, 'width'>,
  a: FrameObject,
  b: FrameObject,
  options: TaskContext['options'],
): { direction: Direction } | { flaw: string } {
  const right = a.position_camera[0] - b.position_camera[0]
  const deeper = a.position_camera[2] - b.position_camera[2]
  const [larger, smaller] = [Math.abs(right), Math.abs(deeper)].sort((x, y) => y - x)
  if (larger < options.direction_min_offset_m) return { flaw: 'offset too small' }
  if (larger < options.direction_dominance * smaller) return { flaw: 'no axis dominates' }
  if (Math.abs(right) < Math.abs(deeper)) return { direction: deeper < 0 ? 'front' : 'back' }
  const middle = (o: FrameObject): number => (o.bbox_2d[0] + o.bbox_2d[2]) / 2
  const gap = (middle(a) - middle(b)) * Math.sign(right)
  if (gap < options.direction_min_box_gap * frame.width) return { flaw: 'boxes too close' }
  return { direction: right < 0 ? 'left' : 'right' }
}

function propose(scene: SceneRecord, { options, index, funnel }: TaskContext): Proposal[] {
  const found: Proposal[] = []
  for (const frame of index.frames) {
    const pictures = [frame]
    for (const a of index.clear(frame))
      for (const b of index.clear(frame)) {
        if (a.id === b.id) continue
        funnel.consider()
        const result = cameraDirection(frame, a, b, options)
        if ('flaw' in result) {
          funnel.remove(result.flaw)
          continue
        }
        funnel.keep()
        found.push({
          subtype: SUBTYPE,
          answer_class: result.direction,
          complete: () => ({
            task: 'camera_direction',
            question_type: 'relative direction',
            data_type: 'single_image',
            subtype: SUBTYPE,
            scene_name: scene.scene_name,
            question: `From the camera's perspective, is the ${index.object(a.id).category} to the ${index.object(b.id).category}'s left, right, front, or back?`,
            choices: ['left', 'right', 'front', 'back'],
            answer: result.direction,
            answer_class: result.direction,
            pictures: pictures.map(pictureOf),
            objects: [a, b].map(({ id }) => evidenceIn(index, pictures, id)),
            numbers: {
              right_m: round3(a.position_camera[0] - b.position_camera[0]),
              deeper_m: round3(a.position_camera[2] - b.position_camera[2]),
            },
          }),
        })
      }
  }
  return found
}

export const cameraDirectionTask: Task = { name: 'camera_direction', data_types: ['single_image'], propose }
