/**
 * Counting: how many of a category are in the room? Asked with pictures only when the count is exhaustive as
 * far as can be told: boxes agree with it, every instance is seen in at least one picture, and no unlabelled
 * surface lies around them that may be one more (VSI-Bench has wrong counts of towels). Wording: VSI-Bench.
 */
import type { SceneObject, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, proposalOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { evidenceIn } from '../scene-index.js'

/** Why the labelled instances may not be all there are, or null. */
function flawOf(
  scene: SceneRecord,
  { data_type, index, options }: TaskContext,
  category: string,
  objects: readonly SceneObject[],
): string | null {
  const amount = scene.object_counts[category]
  if (amount < options.object_count_min) return 'too few to count'
  if (options.object_count_exclude_categories.includes(category)) return 'category not countable'
  if (index.ambiguous(category)) return 'alike category in the room'
  if (data_type !== 'scene' && objects.length !== amount) return 'count disagrees with boxes'
  if (objects.some((o) => o.longest_dimension < options.object_count_min_size_m)) return 'instance too small'
  const spare = Math.max(0, ...objects.map((o) => o.unlabelled_nearby ?? 0))
  return spare > options.object_count_max_unlabelled ? 'unlabelled surface near by' : null
}

/** The class whose frequency must not give the answer away. */
const classOf = (amount: number, most: number): string =>
  most === 0 ? '' : amount > most ? `more than ${most}` : String(amount)

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options } = context
  const found: Proposal[] = []
  const names = Object.keys(scene.object_counts).sort()
  for (const category of names.filter((name) => !options.exclude_categories.includes(name))) {
    funnel.consider()
    const amount = scene.object_counts[category]
    const objects = index.categories.get(category) ?? []
    const flaw = flawOf(scene, context, category, objects)
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
        answer_class: classOf(amount, options.object_count_classes),
        pictures: picturesOf(frames),
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
