/** Look-ups over one SceneRecord that every task needs; built once per scene. */
import type { EvidenceObject } from '../schema/sample.js'
import type { FrameObject, FrameRecord, SceneObject, SceneRecord } from '../schema/scene-record.js'
import { startTally, type Tally } from './funnel.js'
import { round3 } from './numbers.js'
import type { DatasetOptions } from './options.js'

export interface SceneIndex {
  /** Frames in time order. */
  frames: FrameRecord[]
  object(id: number): SceneObject
  /** Closest distance in metres; undefined where the record has none. */
  distance(a: number, b: number): number | undefined
  /** Closest distance between any instances of two sets. */
  closest(a: readonly SceneObject[], b: readonly SceneObject[]): number | undefined
  /** Allowed categories, sorted, with their objects sorted by id. */
  categories: Map<string, SceneObject[]>
  /** Objects whose category occurs once in the room by `object_counts` and by boxes, sorted by id. */
  unique: SceneObject[]
  /** Whether another category of the room goes by the same names (`alike_categories`). */
  ambiguous(category: string): boolean
  view(frame: FrameRecord, id: number): FrameObject | undefined
  /** Name of the filter an object of a picture fails, or null when it may be asked about. */
  flaw(frame: FrameRecord, seen: FrameObject): string | null
  /** Objects of `frame` that pass every filter and whose category it shows once, sorted by id. */
  clear(frame: FrameRecord): FrameObject[]
  /** How many of the pictured objects may be asked about, and what took out the others. */
  pictured(): Tally
}

/** One number for two ids below 2^26. */
const pairKey = (a: number, b: number): number => a * 2 ** 26 + b

export function indexScene(scene: SceneRecord, options: DatasetOptions): SceneIndex {
  const frames = [...scene.frames].sort((a, b) => a.frame_id - b.frame_id)
  const objects = new Map(scene.objects.map((object) => [object.id, object]))
  const excluded = new Set(options.exclude_categories)
  const distances = new Map(scene.distances.map(({ a, b, meters }) => [pairKey(a, b), meters]))
  const views = new Map(
    frames.map((frame) => [frame.frame_id, new Map(frame.objects.map((seen) => [seen.id, seen]))]),
  )
  const clearOf = new Map<number, FrameObject[]>()

  const object = (id: number): SceneObject => {
    const found = objects.get(id)
    if (!found) throw new Error(`${scene.scene_name}: no object ${id}`)
    return found
  }
  const distance = (a: number, b: number): number | undefined =>
    distances.get(a < b ? pairKey(a, b) : pairKey(b, a))

  const categories = new Map<string, SceneObject[]>()
  const byId = [...scene.objects].sort((a, b) => a.id - b.id)
  for (const name of [...new Set(byId.map((o) => o.category))].sort())
    if (!excluded.has(name))
      categories.set(
        name,
        byId.filter((o) => o.category === name),
      )

  // A name may be in several sets: "bench" is a seat like a chair and one like a sofa.
  const others = new Map<string, Set<string>>()
  for (const names of options.alike_categories)
    for (const name of names) others.set(name, new Set([...(others.get(name) ?? []), ...names]))
  const alike = (a: string, b: string): boolean => a === b || (others.get(a)?.has(b) ?? false)
  const inRoom = new Set([
    ...Object.keys(scene.object_counts).filter((name) => scene.object_counts[name] > 0),
    ...byId.map((o) => o.category),
  ])
  const ambiguous = (category: string): boolean =>
    [...(others.get(category) ?? [])].some((name) => name !== category && inRoom.has(name))

  const flaw = (frame: FrameRecord, seen: FrameObject): string | null => {
    const [x1, y1, x2, y2] = seen.bbox_2d
    if (excluded.has(object(seen.id).category)) return 'category excluded'
    if (seen.visible_ratio < options.min_visible_ratio) return 'visible ratio'
    if (seen.pixel_count < options.min_pixel_count) return 'pixel count'
    if (Math.min(x2 - x1 + 1, y2 - y1 + 1) < options.min_box_side) return 'box side'
    const borders = [x1 <= 0, y1 <= 0, x2 >= frame.width - 1, y2 >= frame.height - 1]
    if (borders.filter(Boolean).length > options.max_borders) return 'cut off by the picture'
    const category = object(seen.id).category
    const shown = frame.objects.filter((o) => o.pixel_count > 0 && alike(object(o.id).category, category))
    return shown.length > 1 ? 'unique in image' : null
  }

  return {
    frames,
    object,
    distance,
    closest: (a, b) => {
      const all = a.flatMap((x) => b.map((y) => distance(x.id, y.id)))
      if (all.length === 0 || all.includes(undefined)) return undefined
      return Math.min(...all.filter((d) => d !== undefined))
    },
    categories,
    unique: byId.filter(
      (o) =>
        scene.object_counts[o.category] === 1 &&
        categories.get(o.category)?.length === 1 &&
        !ambiguous(o.category),
    ),
    ambiguous,
    view: (frame, id) => views.get(frame.frame_id)?.get(id),
    flaw,
    clear: (frame) => {
      const known = clearOf.get(frame.frame_id)
      if (known) return known
      const found = frame.objects.filter((seen) => flaw(frame, seen) === null).sort((a, b) => a.id - b.id)
      clearOf.set(frame.frame_id, found)
      return found
    },
    pictured: () => {
      const tally = startTally()
      for (const frame of frames) for (const seen of frame.objects) tally.count(flaw(frame, seen))
      return tally.row
    },
  }
}

/** Evidence already gathered, per list of pictures. */
const gathered = new WeakMap<readonly FrameRecord[], Map<number, EvidenceObject>>()

/** An object as the picture of `frames` that shows the greatest share of it has it. */
export function evidenceIn(index: SceneIndex, frames: readonly FrameRecord[], id: number): EvidenceObject {
  const known = gathered.get(frames) ?? new Map<number, EvidenceObject>()
  gathered.set(frames, known)
  const evidence = known.get(id) ?? findEvidence(index, frames, id)
  known.set(id, evidence)
  return evidence
}

function findEvidence(index: SceneIndex, frames: readonly FrameRecord[], id: number): EvidenceObject {
  const label = index.object(id).category
  let best: { at: number; seen: FrameObject } | undefined
  frames.forEach((frame, at) => {
    const seen = index.view(frame, id)
    if (!seen || seen.pixel_count === 0) return
    if (!best || seen.visible_ratio > best.seen.visible_ratio) best = { at, seen }
  })
  if (!best) return { id, label, image_index: null, bbox_2d: null, position_camera: null }
  const [x, y, z] = best.seen.position_camera
  return {
    id,
    label,
    image_index: best.at,
    bbox_2d: best.seen.bbox_2d,
    position_camera: [round3(x), round3(y), round3(z)],
  }
}
