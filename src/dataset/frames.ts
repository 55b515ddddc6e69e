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

/** The share of object `id` that `frame` shows, if it is at least `minimum`; else null. */
const shownRatio = (index: SceneIndex, frame: FrameRecord, id: number, minimum: number): number | null => {
  const seen = index.view(frame, id)
  return seen !== undefined && seen.pixel_count > 0 && seen.visible_ratio >= minimum
    ? seen.visible_ratio
    : null
}

const shows = (index: SceneIndex, frame: FrameRecord, id: number, minimum: number): boolean =>
  shownRatio(index, frame, id, minimum) !== null

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
    for (let i = 0; i < frames.length; i++) {
      let score = 0
      for (const id of missing) {
        const ratio = shownRatio(index, frames[i], id, minimum)
        if (ratio !== null) score += 1 + ratio / 100
      }
      if (score > most) {
        best = i
        most = score
      }
    }
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
interface Known {
  views: Map<string, FrameRecord[] | string>
  /** The frame list, and by visible ratio the objects it shows. */
  video?: FrameRecord[]
  inVideo: Map<number, Set<number>>
}
const known = new WeakMap<SceneIndex, Known>()

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
  let answers = known.get(index)
  if (!answers) {
    answers = { views: new Map(), inVideo: new Map() }
    known.set(index, answers)
  }
  return data_type === 'multi_view'
    ? viewsFor(answers, index, options, ids, minimum)
    : videoFor(answers, index, options.video_frames, ids, minimum)
}

function viewsFor(
  { views }: Known,
  index: SceneIndex,
  { data_types, video_frames, views: count }: TaskContext['options'],
  ids: readonly number[],
  minimum: number,
): FrameRecord[] | string {
  if (index.frames.length < count) return 'too few frames'
  const sorted = [...ids].sort((a, b) => a - b)
  const key = `${minimum} ${sorted.join()}`
  const before = views.get(key)
  if (before) return before
  const chosen = chooseViews(index, sorted, count, minimum) ?? 'shown in the pictures'
  // Where they are the frame list, the video's question would be asked a second time.
  const video = data_types.includes('video') ? videoFrames(index.frames, video_frames) : []
  const twice = chosen.length === video.length && video.every((frame, i) => frame === chosen[i])
  const found = twice ? 'pictures of the video' : chosen
  views.set(key, found)
  return found
}

function videoFor(
  answers: Known,
  index: SceneIndex,
  count: number,
  ids: readonly number[],
  minimum: number,
): FrameRecord[] | string {
  answers.video ??= videoFrames(index.frames, count)
  const frames = answers.video
  if (frames.length < 2) return 'too few frames'
  let shown = answers.inVideo.get(minimum)
  if (!shown) {
    const seen = frames.flatMap(({ objects }) => objects)
    shown = new Set(seen.filter((o) => o.pixel_count > 0 && o.visible_ratio >= minimum).map(({ id }) => id))
    answers.inVideo.set(minimum, shown)
  }
  for (const id of ids) if (!shown.has(id)) return 'shown in the pictures'
  return frames
}
