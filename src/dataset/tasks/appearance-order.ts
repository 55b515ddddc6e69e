/**
 * Appearance order (frame lists): in which order do four categories first appear? First sight is the first
 * listed picture that shows enough of any instance; the order must not change when every pixel counts.
 * Wording: VSI-Bench.
 */
import type { FrameRecord, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, type Task, type TaskContext } from '../candidate.js'
import { videoFrames } from '../frames.js'
import { subsets } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

const SUBTYPE = '4 categories'

interface Appearance {
  category: string
  /** The instance seen first. */
  id: number
  /** Index in the frame list of its first sight, and of its first pixel. */
  first: number
  glimpse: number
  time_s: number
}

/** When each category is first seen in `frames`; categories never seen well are left out. */
export function appearances(
  { index, options }: Pick<TaskContext, 'index' | 'options'>,
  frames: readonly FrameRecord[],
): Appearance[] {
  return [...index.categories].flatMap(([category, objects]) => {
    if (index.ambiguous(category)) return []
    const firstWith = (enough: (ratio: number, pixels: number) => boolean): [number, number] | null => {
      for (const [at, frame] of frames.entries())
        for (const { id } of objects) {
          const seen = index.view(frame, id)
          if (seen && enough(seen.visible_ratio, seen.pixel_count)) return [at, id]
        }
      return null
    }
    const well = firstWith(
      (ratio, pixels) =>
        ratio >= options.appearance_visible_ratio && pixels >= Math.max(1, options.appearance_pixel_count),
    )
    const glimpse = firstWith((_, pixels) => pixels > 0)
    if (!well || !glimpse) return []
    const [first, id] = well
    return [{ category, id, first, glimpse: glimpse[0], time_s: frames[first].time_s }]
  })
}

/** Whether any two of `order`, sorted by first sight, appear together or within `gap` seconds. */
function tooClose(order: readonly Appearance[], gap: number): boolean {
  for (let i = 0; i < order.length; i++)
    for (let j = i + 1; j < order.length; j++)
      if (order[i].first === order[j].first || order[j].time_s - order[i].time_s <= gap) return true
  return false
}

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options, random } = context
  const frames = videoFrames(index.frames, options.video_frames)
  const found: Proposal[] = []
  for (const four of subsets(appearances(context, frames), 4, 4000, random)) {
    funnel.consider()
    const order = [...four].sort((a, b) => a.first - b.first || (a.category < b.category ? -1 : 1))
    const close = tooClose(order, options.appearance_gap_s)
    const unstable = order.some((a, i) => i > 0 && a.glimpse <= order[i - 1].glimpse)
    if (close || unstable) {
      funnel.remove(close ? 'appearances too close' : 'order depends on the threshold')
      continue
    }
    funnel.keep()
    const names = order.map((a) => a.category)
    const answer = names.join(', ')
    const choices = new Set([answer])
    while (choices.size < 4) choices.add(random.shuffle(names).join(', '))
    const listed = random.shuffle(names).join(', ')
    found.push({
      subtype: SUBTYPE,
      answer_class: '',
      complete: () => ({
        task: 'appearance_order',
        question_type: 'appearance order',
        data_type,
        subtype: SUBTYPE,
        scene_name: scene.scene_name,
        question: `What will be the first-time appearance order of the following categories in the video: ${listed}?`,
        choices: [...choices],
        answer,
        answer_class: '',
        pictures: picturesOf(frames),
        // Each as it is at its first sight.
        objects: order.map((a) => ({
          ...evidenceIn(index, [frames[a.first]], a.id),
          image_index: a.first,
        })),
        numbers: Object.fromEntries(order.map((a, i) => [`first_${i + 1}_frame`, a.first + 1])),
      }),
    })
  }
  return found
}

export const appearanceOrderTask: Task = { name: 'appearance_order', data_types: ['video'], propose }
