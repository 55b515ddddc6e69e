/**
 * Egocentric direction: standing by A, facing B, where is C? Rules and wording: VSI-Bench (easy, medium,
 * hard); angles on the floor from centre to centre, counter-clockwise from the facing direction. Unlike the
 * public generator, the margin holds at both ends of every class.
 */
import type { OrientedBox, SceneObject, SceneRecord } from '../../schema/scene-record.js'
import { type Proposal, picturesOf, type Task, type TaskContext } from '../candidate.js'
import { framesFor } from '../frames.js'
import { round3, subsets } from '../numbers.js'
import { evidenceIn } from '../scene-index.js'

type Point = readonly [number, number]
export type Difficulty = 'easy' | 'medium' | 'hard'

/** Class boundaries in degrees and the classes between them, from 0 counter-clockwise. */
const CLASSES: Record<Difficulty, { bounds: number[]; names: string[] }> = {
  hard: { bounds: [0, 90, 180, 270], names: ['front-left', 'back-left', 'back-right', 'front-right'] },
  medium: { bounds: [0, 135, 225], names: ['left', 'back', 'right'] },
  easy: { bounds: [0, 135, 225], names: ['left', 'back', 'right'] },
}

/** Degrees in [0, 360) by which one turns left at `standing`, facing `facing`, to face `query`. */
export function leftTurn(standing: Point, facing: Point, query: Point): number {
  const f = [facing[0] - standing[0], facing[1] - standing[1]]
  const q = [query[0] - standing[0], query[1] - standing[1]]
  const angle = (Math.atan2(f[0] * q[1] - f[1] * q[0], f[0] * q[0] + f[1] * q[1]) * 180) / Math.PI
  return (angle + 360) % 360
}

export function directionClass(angle: number, difficulty: Difficulty): string {
  const { bounds, names } = CLASSES[difficulty]
  return names[bounds.findLastIndex((bound) => angle >= bound)]
}

/** Degrees from `angle` to the nearest boundary. */
export const boundaryDistance = (angle: number, difficulty: Difficulty): number =>
  Math.min(
    ...CLASSES[difficulty].bounds.map((bound) => {
      const apart = Math.abs(angle - bound) % 360
      return Math.min(apart, 360 - apart)
    }),
  )

/** The eight corners on the floor plan. */
export function floorCorners({ center, axes, lengths }: OrientedBox): Point[] {
  return Array.from({ length: 8 }, (_, corner): Point => {
    const sign = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? 0.5 : -0.5) * lengths[axis])
    const at = (k: number): number =>
      center[k] + sign[0] * axes[k] + sign[1] * axes[3 + k] + sign[2] * axes[6 + k]
    return [at(0), at(1)]
  })
}

/** Corners already found: an object is asked about in hundreds of triples. */
const corners = new WeakMap<SceneObject, Point[]>()
function cornersOf(object: SceneObject): Point[] {
  const known = corners.get(object) ?? floorCorners(object.obb)
  corners.set(object, known)
  return known
}

const floor = (object: SceneObject): Point => [object.obb.center[0], object.obb.center[1]]
const apart = (a: Point, b: Point): number => Math.hypot(a[0] - b[0], a[1] - b[1])

function wording(difficulty: Difficulty, a: string, b: string, c: string): string {
  const start = `If I am standing by the ${a} and facing the ${b}, is the ${c} to`
  if (difficulty === 'easy') return `${start} the left or the right of the ${b}?`
  if (difficulty === 'medium')
    return `${start} my left, right, or back?\nAn object is to my back if I would have to turn at least 135 degrees in order to face it.`
  return `${start} my front-left, front-right, back-left, or back-right?\nThe directions refer to the quadrants of a Cartesian plane (if I am standing at the origin and facing along the positive y-axis).`
}

/** The margin the distances of the three objects miss, or null; the same for every difficulty. */
function flawOfDistances({ index, options }: TaskContext, [a, b, c]: readonly SceneObject[]): string | null {
  for (const [x, y] of [
    [a, b],
    [a, c],
    [b, c],
  ]) {
    const distance = index.distance(x.id, y.id)
    if (distance === undefined) return 'distance unknown'
    if (distance < options.egocentric_min_distance_m) return 'objects too close'
    if (distance > options.egocentric_max_distance_m) return 'objects too far apart'
  }
  const [pa, pb, pc] = [floor(a), floor(b), floor(c)]
  return Math.min(apart(pa, pb), apart(pa, pc)) < options.egocentric_min_distance_m
    ? 'objects too close'
    : null
}

/** The margin the angle misses, or null. */
function flawOfAngle(
  { options }: TaskContext,
  [a, b, c]: readonly SceneObject[],
  angle: number,
  difficulty: Difficulty,
): string | null {
  const [pa, pb] = [floor(a), floor(b)]
  const name = directionClass(angle, difficulty)
  if (difficulty === 'easy' && name === 'back') return 'neither left nor right'
  if (boundaryDistance(angle, difficulty) < options.egocentric_margin_deg) return 'near a boundary'
  let stray = 0
  for (const corner of cornersOf(c))
    if (directionClass(leftTurn(pa, pb, corner), difficulty) !== name) stray++
  return stray > options.egocentric_max_stray_corners ? 'object spans two classes' : null
}

function propose(scene: SceneRecord, context: TaskContext): Proposal[] {
  const { data_type, funnel, index, options, random } = context
  const found: Proposal[] = []
  const ask = (
    objects: SceneObject[],
    angle: number,
    tooNear: string | null,
    difficulty: Difficulty,
  ): void => {
    funnel.consider()
    const flaw = tooNear ?? flawOfAngle(context, objects, angle, difficulty)
    const ids = objects.map((o) => o.id)
    const frames = flaw ?? framesFor(context, ids, options.min_visible_ratio)
    if (typeof frames === 'string') {
      funnel.remove(frames)
      return
    }
    funnel.keep()
    const [a, b, c] = objects
    const answer = directionClass(angle, difficulty)
    const subtype = `egocentric ${difficulty}`
    found.push({
      subtype,
      answer_class: answer,
      complete: () => {
        const away = apart(floor(a), floor(c))
        return {
          task: 'egocentric_direction',
          question_type: 'relative direction',
          data_type,
          subtype,
          scene_name: scene.scene_name,
          question: wording(difficulty, a.category, b.category, c.category),
          choices: CLASSES[difficulty].names.filter((name) => difficulty !== 'easy' || name !== 'back'),
          answer,
          answer_class: answer,
          pictures: picturesOf(frames),
          objects: ids.map((id) => evidenceIn(index, frames, id)),
          numbers: {
            left_turn_deg: round3(angle),
            forward_m: round3(away * Math.cos((angle * Math.PI) / 180)),
            left_m: round3(away * Math.sin((angle * Math.PI) / 180)),
          },
        }
      },
    })
  }
  for (const triple of subsets(index.unique, 3, 400, random)) {
    const [x, y, z] = random.shuffle(triple)
    for (const objects of [
      [x, y, z],
      [x, z, y],
      [y, x, z],
    ]) {
      const [a, b, c] = objects.map(floor)
      const angle = leftTurn(a, b, c)
      const tooNear = flawOfDistances(context, objects)
      for (const difficulty of ['easy', 'medium', 'hard'] as const) ask(objects, angle, tooNear, difficulty)
    }
  }
  return found
}

export const egocentricDirectionTask: Task = {
  name: 'egocentric_direction',
  data_types: ['multi_view', 'video', 'scene'],
  propose,
}
