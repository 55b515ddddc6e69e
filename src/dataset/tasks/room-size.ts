/** Room size: floor area, square metres with one decimal; one question per scene. Wording: VSI-Bench. */
import type { SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, proposalOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { round3 } from '../numbers.js'

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel } = context
  funnel.consider()
  const frames = scene.room_area === null ? 'area unknown' : framesFor(context, [], 0)
  if (scene.room_area === null || typeof frames === 'string') {
    funnel.remove(String(frames))
    return []
  }
  funnel.keep()
  const extent = (axis: 0 | 1): number => {
    const low = scene.objects.map((o) => o.aabb.min[axis])
    const high = scene.objects.map((o) => o.aabb.max[axis])
    return scene.objects.length > 0 ? Math.max(...high) - Math.min(...low) : 0
  }
  return [
    proposalOf({
      task: 'room_size',
      question_type: 'room size',
      data_type,
      subtype: 'floor area',
      scene_name: scene.scene_name,
      question:
        'What is the size of this room (in square meters)? \nIf multiple rooms are shown, estimate the size of the combined space.',
      choices: null,
      answer: scene.room_area.toFixed(1),
      answer_class: '',
      pictures: picturesOf(frames),
      objects: [],
      numbers: {
        area_m2: round3(scene.room_area),
        // What the things in the room reach over, a lower bound a viewer can see.
        reach_x_m: round3(extent(0)),
        reach_y_m: round3(extent(1)),
      },
    }),
  ]
}

export const roomSizeTask: Task = { name: 'room_size', data_types: ['video', 'scene'], propose }
