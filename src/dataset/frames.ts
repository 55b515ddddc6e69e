/** Which pictures a question comes with: one, several views, a frame list, or none. */
import type { FrameRecord } from '../schema/scene-record.js'
import type { TaskContext } from './candidate.js'
import type { SceneIndex } from './scene-index.js'

/** `k` of `n` indices, both ends included, by numpy's truncating linspace; all of them when n <= k. */
export function uniformIndices(n: number, k: number): number[] {
  if (n <= k) return Array.from({ length: n }, (_, i) => i)
  return Array.from({ length: k }, (_, i) => (i === k - 1 ? n - 1 : Math.floor(i * ((n - 1) / (k - 1)))))
}

/** The frame list of the scan. */
export const videoFrames = (frames: readonly FrameRecord[], count: number): FrameRecord[] =>
  uniformIndices(frames.length, count).map((i) => frames[i])

const shows = (index: SceneIndex, frame: FrameRecord, id: number, minimum: number): boolean => {
  const seen = index.view(frame, id)
  return seen !== undefined && seen.pixel_count > 0 && seen.visible_ratio >= minimum
}

/**
 * `count` frames in time order that together show every object of `ids` by at least `minimum`: first the
 * frames that show most of those not yet shown, then frames spread over the scan. Null where the scan has
 * too few frames or some object is never seen well.
 */
export function chooseViews(
  index: SceneIndex,
  ids: readonly number[],
  count: number,
  minimum: number,
): FrameRecord[] | null {
  const { frames } = index
  if (frames.length < count) return null
  const chosen = new Set<number>()
  const missing = new Set(ids)
  while (missing.size > 0) {
    if (chosen.size === count) return null
    let best = -1
    let most = 0
    frames.forEach((frame, i) => {
      const shown = [...missing].filter((id) => shows(index, frame, id, minimum))
      const score = shown.reduce((sum, id) => sum + 1 + (index.view(frame, id)?.visible_ratio ?? 0) / 100, 0)
      if (score > most) [best, most] = [i, score]
    })
    if (best < 0) return null
    chosen.add(best)
    for (const id of [...missing]) if (shows(index, frames[best], id, minimum)) missing.delete(id)
  }
  // The rest: halve the widest gap until there are enough.
  for (const i of uniformIndices(frames.length, count)) if (chosen.size < count) addNear(chosen, i, frames)
  return [...chosen].sort((a, b) => a - b).map((i) => frames[i])
}

/** Takes frame `at`, or the free one nearest to it. */
function addNear(chosen: Set<number>, at: number, frames: readonly FrameRecord[]): void {
  for (let step = 0; step < frames.length; step++)
    for (const i of [at + step, at - step])
      if (i >= 0 && i < frames.length && !chosen.has(i)) {
        chosen.add(i)
        return
      }
}

/** Whether every object of `ids` is shown by at least `minimum` in one of `frames`. */
export const allShown = (
  index: SceneIndex,
  frames: readonly FrameRecord[],
  ids: readonly number[],
  minimum: number,
): boolean => ids.every((id) => frames.some((frame) => shows(index, frame, id, minimum)))

/** Answers already found, per scene: the same objects are asked about in many ways. */
const known = new WeakMap<SceneIndex, Map<string, FrameRecord[] | string>>()

/**
 * The pictures for a question about `ids` over several views or a frame list; [] for a scene without
 * imagery; a filter's name where it cannot be asked.
 */
export function framesFor(
  { data_type, index, options }: Pick<TaskContext, 'data_type' | 'index' | 'options'>,
  ids: readonly number[],
  minimum: number,
): FrameRecord[] | string {
  if (data_type === 'scene') return []
  const sorted = [...ids].sort((a, b) => a - b)
  const key = `${data_type} ${minimum} ${sorted.join()}`
  const answers = known.get(index) ?? new Map<string, FrameRecord[] | string>()
  known.set(index, answers)
  const answer = answers.get(key) ?? findFrames(data_type, index, options, sorted, minimum)
  answers.set(key, answer)
  return answer
}

function findFrames(
  dataType: TaskContext['data_type'],
  index: SceneIndex,
  options: TaskContext['options'],
  ids: readonly number[],
  minimum: number,
): FrameRecord[] | string {
  if (dataType === 'multi_view') {
    if (index.frames.length < options.views) return 'too few frames'
    return chooseViews(index, ids, options.views, minimum) ?? 'shown in the pictures'
  }
  const frames = videoFrames(index.frames, options.video_frames)
  if (frames.length < 2) return 'too few frames'
  return allShown(index, frames, ids, minimum) ? frames : 'shown in the pictures'
}
