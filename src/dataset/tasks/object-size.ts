/** Object size: longest side of the oriented box, whole centimetres. Wording: VSI-Bench. */
import type { FrameRecord, SceneObject, SceneRecord } from '../../schema/scene-record.js'
import {
  type Candidate,
  type Proposal,
  picturesOf,
  proposalOf,
  type Task,
  type TaskContext,
} from '../candidate.js'
import { framesFor } from '../frames.js'
import { round3 } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options } = context
  const found: Proposal[] = []
  const ask = (object: SceneObject, pictures?: FrameRecord[]): void => {
    funnel.consider()
    const flaw = object.longest_dimension < options.object_size_min_m ? 'object too small' : null
    const frames = flaw ?? pictures ?? framesFor(context, [object.id], options.min_visible_ratio)
    if (typeof frames === 'string') {
      funnel.remove(frames)
      return
    }
    funnel.keep()
    const evidence = evidenceIn(index, frames, object.id)
    found.push(
      proposalOf({
        task: 'object_size',
        question_type: 'object size',
        data_type,
        subtype: 'longest side',
        scene_name: scene.scene_name,
        question: `What is the length of the longest dimension (length, width, or height) of the ${object.category}, measured in centimeters?`,
        choices: null,
        answer: String(Math.round(object.longest_dimension * 100)),
        answer_class: '',
        pictures: picturesOf(frames),
        objects: [evidence],
        numbers: { longest_m: round3(object.longest_dimension), ...seenSize(frames, evidence) },
      }),
    )
  }
  if (data_type !== 'single_image') for (const object of index.unique) ask(object)
  else
    for (const frame of index.frames)
      for (const seen of index.clear(frame)) ask(index.object(seen.id), [frame])
  return found
}

/** Width and height that the object's box spans at the depth of its centre, centimetres. */
function seenSize(
  frames: readonly FrameRecord[],
  { image_index, bbox_2d, position_camera }: Candidate['objects'][number],
): Record<string, number> {
  if (image_index === null || !bbox_2d || !position_camera) return {}
  const { fx, fy } = frames[image_index].intrinsics
  const [x1, y1, x2, y2] = bbox_2d
  const centimeters = (pixels: number, focal: number): number =>
    round3((100 * pixels * position_camera[2]) / focal)
  return {
    seen_width_cm: centimeters(x2 - x1 + 1, fx),
    seen_height_cm: centimeters(y2 - y1 + 1, fy),
  }
}

export const objectSizeTask: Task = {
  name: 'object_size',
  data_types: ['single_image', 'multi_view', 'video', 'scene'],
  propose,
}
