/**
 * Relative distance: which candidate is closest to a target, by closest points? Two candidates for single
 * images and several views (SpatialLadder's wording), four categories for frame lists and scenes (VSI-Bench).
 */
import type { FrameRecord, SceneObject, SceneRecord } from '../../schema/scene-record.js'
import { type Candidate, type Proposal, picturesOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { pairs, round3, subsets } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

interface Option {
  label: string
  /** The instance that is closest to the target. */
  object: SceneObject
  instances: number
  meters: number
}

/** Why these distances make no fair question, or null. */
function flawOf(
  meters: readonly number[],
  scene: SceneRecord,
  options: TaskContext['options'],
): string | null {
  if (Math.min(...meters) < options.relative_distance_min_m) return 'nearest too close'
  const large = (scene.room_area ?? 0) > 40
  const gap = large ? options.relative_distance_gap_large_room_m : options.relative_distance_gap_m
  for (let i = 0; i < meters.length; i++)
    for (let j = 0; j < i; j++) if (Math.abs(meters[i] - meters[j]) <= gap) return 'distances too alike'
  return null
}

const ORDINALS = ['first', 'second', 'third', 'fourth']

const nearestOf = (options: readonly Option[]): Option =>
  options.reduce((best, option) => (option.meters < best.meters ? option : best))

const subtypeOf = (options: readonly Option[]): string => `${options.length} candidates`
const classOf = (options: readonly Option[]): string => ORDINALS[options.indexOf(nearestOf(options))]

function candidate(
  scene: SceneRecord,
  { data_type, index }: TaskContext,
  target: SceneObject,
  options: readonly Option[],
  frames: readonly FrameRecord[],
): Candidate {
  const labels = options.map((option) => option.label)
  const listed = labels.join(', ')
  const nearest = nearestOf(options)
  const several = options.some((option) => option.instances > 1)
  const question =
    options.length === 2
      ? `Measuring from the closest point of each object, which of these two objects (${listed}) is closer to the ${target.category}?`
      : `Measuring from the closest point of each object, which of these objects (${listed}) is the closest to the ${target.category}?${several ? '\nIf there are multiple instances of an object category, measure to the closest.' : ''}`
  return {
    task: 'relative_distance',
    question_type: 'relative distance',
    data_type,
    subtype: subtypeOf(options),
    scene_name: scene.scene_name,
    question,
    choices: labels,
    answer: nearest.label,
    answer_class: classOf(options),
    pictures: picturesOf(frames),
    objects: [...options.map((option) => option.object), target].map((o) => evidenceIn(index, frames, o.id)),
    numbers: Object.fromEntries(
      options.map((option, i) => [`distance_${i + 1}_m`, round3(option.meters)] as const),
    ),
  }
}

const proposal = (...parts: Parameters<typeof candidate>): Proposal => ({
  subtype: subtypeOf(parts[3]),
  answer_class: classOf(parts[3]),
  complete: candidate.bind(null, ...parts),
})

/** Single pictures: every target with every pair of other clear objects. */
function proposeSingle(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { funnel, index, options, random } = context
  const found: Proposal[] = []
  for (const frame of index.frames) {
    const pictures = [frame]
    const clear = index.clear(frame).map((seen) => index.object(seen.id))
    for (const target of clear)
      for (const pair of pairs(clear.filter((o) => o !== target))) {
        funnel.consider()
        const choice = random.shuffle(pair).map((object): Option => {
          const meters = index.distance(object.id, target.id) ?? Number.NaN
          return { label: object.category, object, instances: 1, meters }
        })
        const meters = choice.map((option) => option.meters)
        const flaw = meters.some(Number.isNaN) ? 'distance unknown' : flawOf(meters, scene, options)
        if (flaw !== null) {
          funnel.remove(flaw)
          continue
        }
        funnel.keep()
        found.push(proposal(scene, context, target, choice, pictures))
      }
  }
  return found
}

/** Categories other than the target's with the instance nearest to it. */
function optionsAround(context: TaskContext, target: SceneObject, onlyUnique: boolean): Option[] {
  const { index } = context
  return [...index.categories].flatMap(([label, objects]) => {
    if (label === target.category || index.ambiguous(label)) return []
    if (onlyUnique && !index.unique.includes(objects[0])) return []
    const near = objects.map((object) => ({ object, meters: index.distance(object.id, target.id) }))
    const known = near.flatMap(({ object, meters }) => (meters === undefined ? [] : [{ object, meters }]))
    if (known.length < objects.length) return []
    const best = known.reduce((a, b) => (b.meters < a.meters ? b : a))
    return [{ label, instances: objects.length, ...best }]
  })
}

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options, random } = context
  if (data_type === 'single_image') return proposeSingle(scene, context)
  const size = data_type === 'multi_view' ? 2 : 4
  const found: Proposal[] = []
  for (const target of index.unique)
    for (const subset of subsets(optionsAround(context, target, size === 2), size, 100, random)) {
      funnel.consider()
      const choice = random.shuffle(subset)
      const ids = [...choice.map((option) => option.object.id), target.id]
      const flaw = flawOf(
        choice.map((option) => option.meters),
        scene,
        options,
      )
      const frames = flaw ?? framesFor(context, ids, options.min_visible_ratio)
      if (typeof frames === 'string') {
        funnel.remove(frames)
        continue
      }
      funnel.keep()
      found.push(proposal(scene, context, target, choice, frames))
    }
  return found
}

export const relativeDistanceTask: Task = {
  name: 'relative_distance',
  data_types: ['single_image', 'multi_view', 'video', 'scene'],
  propose,
}
