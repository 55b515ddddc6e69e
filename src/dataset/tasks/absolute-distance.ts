/** Absolute distance between the closest points of two objects, metres with one decimal. Wording: VSI-Bench. */
import type { FrameRecord, SceneObject, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { pairs, round3 } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

const SUBTYPE = 'closest points'

const centers = ({ obb: { center: a } }: SceneObject, { obb: { center: b } }: SceneObject): number =>
  Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options, random } = context
  const found: Proposal[] = []
  const ask = (pair: [SceneObject, SceneObject], pictures?: FrameRecord[]): void => {
    funnel.consider()
    const [a, b] = random.shuffle(pair)
    const meters = index.distance(a.id, b.id)
    const flaw =
      meters === undefined
        ? 'distance unknown'
        : meters < options.absolute_distance_min_m
          ? 'objects too close'
          : meters > options.absolute_distance_max_m
            ? 'objects too far apart'
            : null
    const frames = flaw ?? pictures ?? framesFor(context, [a.id, b.id], options.min_visible_ratio)
    if (meters === undefined || typeof frames === 'string') {
      funnel.remove(flaw ?? String(frames))
      return
    }
    funnel.keep()
    found.push({
      subtype: SUBTYPE,
      answer_class: '',
      complete: () => ({
        task: 'absolute_distance',
        question_type: 'absolute distance',
        data_type,
        subtype: SUBTYPE,
        scene_name: scene.scene_name,
        question: `Measuring from the closest point of each object, what is the distance between the ${a.category} and the ${b.category} (in meters)?`,
        choices: null,
        answer: meters.toFixed(1),
        answer_class: '',
        pictures: picturesOf(frames),
        objects: [a, b].map((o) => evidenceIn(index, frames, o.id)),
        numbers: { distance_m: round3(meters), center_distance_m: round3(centers(a, b)) },
      }),
    })
  }
  if (data_type !== 'single_image') for (const pair of pairs(index.unique)) ask(pair)
  else
    for (const frame of index.frames) {
      const pictures = [frame]
      for (const [a, b] of pairs(index.clear(frame))) ask([index.object(a.id), index.object(b.id)], pictures)
    }
  return found
}

export const absoluteDistanceTask: Task = {
  name: 'absolute_distance',
  data_types: ['single_image', 'multi_view', 'video', 'scene'],
  propose,
}
