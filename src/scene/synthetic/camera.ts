/**
 * A walk with a hand-held camera: around the middle of the room, looking across it, turning steadily, so
 * that objects come into view one after the other. Never in a wall or in furniture.
 */
import { type Random, rng } from '../../common/random.js'
import { distanceTo } from './footprint.js'
import type { SynthOptions } from './options.js'
import type { Room } from './room.js'

/** Camera to room, 4x4 row-major, OpenCV camera (+x right, +y down, +z forward). */
export type Pose = Float64Array

/** Intrinsics in pixels; pixel (i, j) has its middle at (i, j). */
export interface Intrinsics {
  fx: number
  fy: number
  cx: number
  cy: number
}

export function intrinsicsOf(options: SynthOptions): Intrinsics {
  const f = options.focal_ratio * options.width
  return { fx: f, fy: f, cx: (options.width - 1) / 2, cy: (options.height - 1) / 2 }
}

const CELL = 0.1
type Point = [number, number]

/** Cells a person may stand on: clear of walls and of what stands on the floor. */
function freeCells(room: Room): Point[] {
  const solid = room.objects.filter((o) => o.parts.length > 0)
  // First as one walks; in a crowded room, over low pieces too; at last anywhere a camera may be.
  for (const [wall, margin, above] of [
    [0.45, 0.22, 0.1],
    [0.35, 0.25, 0.8],
    [0.3, 0.1, 1.1],
  ]) {
    const [hw, hd] = [room.width / 2 - wall, room.depth / 2 - wall]
    const blocking = solid.filter((o) => o.z[1] > above)
    const cells: Point[] = []
    for (let x = -hw; x <= hw; x += CELL)
      for (let y = -hd; y <= hd; y += CELL)
        if (blocking.every((o) => distanceTo(o.footprint, x, y) > margin)) cells.push([x, y])
    if (cells.length >= 25) return cells
  }
  throw new Error('no place for a camera in a made room')
}

function nearest(cells: Point[], x: number, y: number): Point {
  let best = cells[0]
  let least = Infinity
  for (const cell of cells) {
    const d = (cell[0] - x) ** 2 + (cell[1] - y) ** 2
    if (d < least) {
      least = d
      best = cell
    }
  }
  return best
}

/** Metres from (x, y) along a direction to the wall. */
function toWall(room: Room, x: number, y: number, dx: number, dy: number): number {
  const along = (p: number, d: number, half: number): number =>
    Math.abs(d) < 1e-9 ? Infinity : (Math.sign(d) * half - p) / d
  return Math.min(along(x, dx, room.width / 2), along(y, dy, room.depth / 2))
}

/** The pose at (x, y, z) looking along `yaw`, `pitch` downwards, turned by `roll` about the view axis. */
export function lookPose(x: number, y: number, z: number, yaw: number, pitch: number, roll: number): Pose {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)]
  const forward = [cy * cp, sy * cp, -sp]
  const right = [sy, -cy, 0]
  const down = [-cy * sp, -sy * sp, -cp]
  const [cr, sr] = [Math.cos(roll), Math.sin(roll)]
  const r = right.map((value, i) => cr * value + sr * down[i])
  const d = right.map((value, i) => -sr * value + cr * down[i])
  return Float64Array.of(
    r[0],
    d[0],
    forward[0],
    x,
    r[1],
    d[1],
    forward[1],
    y,
    r[2],
    d[2],
    forward[2],
    z,
    0,
    0,
    0,
    1,
  )
}

/** Slow wavering around 0: a sum of sines with random phases. */
function wobble(random: Random, size: number): (t: number) => number {
  const parts = [1.3, 2.9, 5.3].map((f) => ({
    f: f * random.uniform(0.8, 1.2),
    phase: random.uniform(0, 6.3),
  }))
  return (t) => parts.reduce((sum, { f, phase }) => sum + Math.sin(f * t * 6.3 + phase) / f, 0) * size
}

/** `options.frames` poses in order of time. */
export function makeWalk(room: Room, options: SynthOptions, index: number): Pose[] {
  const random = rng(options.seed, 'synthetic/walk', options.style, index)
  const cells = freeCells(room)
  const n = options.frames
  const turn = random.next() < 0.5 ? -1 : 1
  const start = random.uniform(-Math.PI, Math.PI)
  // A full turn shows every wall; the last frame stops short of the first.
  const sweep = 2 * Math.PI * random.uniform(0.9, 1.1)
  const eye = random.uniform(1.3, 1.7)
  const back = random.uniform(0.6, 0.9)
  const [sway, nod, rise, lean] = [
    wobble(random, 0.25),
    wobble(random, 0.09),
    wobble(random, 0.07),
    wobble(random, 0.03),
  ]
  let previous: Point | undefined
  const poses: Pose[] = []
  for (let i = 0; i < n; i++) {
    const t = i / n
    const yaw = start + turn * sweep * t + sway(t)
    const [gx, gy] = [Math.cos(yaw), Math.sin(yaw)]
    // Stand opposite to what is looked at.
    const reach = Math.max(0, back * toWall(room, 0, 0, -gx, -gy) - 0.2)
    const [wx, wy] = [-gx * reach, -gy * reach]
    const keep = n > 40 && previous ? 0.7 : 0
    const [px, py] = previous ?? [wx, wy]
    const [x, y] = nearest(cells, wx + keep * (px - wx), wy + keep * (py - wy))
    previous = [x, y]
    const z = eye + rise(t)
    const far = toWall(room, x, y, gx, gy)
    const pitch = Math.atan2(z - 0.55, Math.max(1.2, 0.62 * far)) + nod(t)
    const jitter = (): number => random.uniform(-0.03, 0.03)
    poses.push(
      lookPose(x + jitter(), y + jitter(), z, yaw + jitter(), Math.min(0.7, Math.max(0.06, pitch)), lean(t)),
    )
  }
  return poses
}
