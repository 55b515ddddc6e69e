/**
 * Counting: how many of a category are in the room? Asked with pictures only when the boxes agree with the
 * count and every instance is seen in at least one of them. Wording: VSI-Bench.
 */
import type { SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, pictureOf, proposalOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { evidenceIn } from '../scene-index.js'

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options } = context
  const found: Proposal[] = []
  const names = Object.keys(scene.object_counts).sort()
  for (const category of names.filter((name) => !options.exclude_categories.includes(name))) {
    funnel.consider()
    const amount = scene.object_counts[category]
    const objects = index.categories.get(category) ?? []
    const flaw =
      amount < options.object_count_min
        ? 'too few to count'
        : data_type !== 'scene' && objects.length !== amount
          ? 'count disagrees with boxes'
          : null
    const ids = objects.map((o) => o.id)
    const frames = flaw ?? framesFor(context, ids, options.object_count_visible_ratio)
    if (typeof frames === 'string') {
      funnel.remove(frames === 'shown in the pictures' ? 'every instance shown' : frames)
      continue
    }
    funnel.keep()
    found.push(
      proposalOf({
        task: 'object_count',
        question_type: 'object count',
        data_type,
        subtype: 'instances in the room',
        scene_name: scene.scene_name,
        question: `How many ${category}(s) are in this room?`,
        choices: null,
        answer: String(amount),
        answer_class: '',
        pictures: frames.map(pictureOf),
        objects: ids.map((id) => evidenceIn(index, frames, id)),
        numbers: { count: amount },
      }),
    )
  }
  return found
}

export const objectCountTask: Task = {
  name: 'object_count',
  data_types: ['multi_view', 'video', 'scene'],
  propose,
}
