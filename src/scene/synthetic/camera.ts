/**
 * A walk with a hand-held camera: around the middle of the room, looking across it, turning steadily, so
 * that objects come into view one after the other. Never in a wall or in furniture.
 */
import { type Random, rng } from '../../common/random.js'
import { corners, distanceTo, farFrom } from './footprint.js'
import type { SynthOptions } from './options.js'
import type { Room } from './room.js'
import type { Vec3 } from './shapes.js'

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
        if (
          blocking.every((o) => farFrom(o.footprint, x, y, margin) || distanceTo(o.footprint, x, y) > margin)
        )
          cells.push([x, y])
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

/** The corners of the box around every piece of furniture, in the room frame. */
const boxesOf = (room: Room): Vec3[][] =>
  room.objects
    .filter((o) => o.parts.length > 0 && o.label !== 'wall')
    .map((o) => corners(o.footprint).flatMap(([x, y]): Vec3[] => o.z.map((z): Vec3 => [x, y, z])))

/**
 * How good a view is: pieces wholly in the picture count one, cut ones less; what stands right before the
 * camera counts against it.
 */
function worth(boxes: Vec3[][], pose: Pose, k: Intrinsics, width: number, height: number): number {
  let sum = 0
  for (const box of boxes) {
    let inside = 0
    let near = Infinity
    for (const [px, py, pz] of box) {
      const [x, y, z] = [px - pose[3], py - pose[7], pz - pose[11]]
      const depth = pose[2] * x + pose[6] * y + pose[10] * z
      if (depth < 0.2) continue
      const u = k.cx + (k.fx * (pose[0] * x + pose[4] * y + pose[8] * z)) / depth
      const v = k.cy + (k.fy * (pose[1] * x + pose[5] * y + pose[9] * z)) / depth
      if (u < 0 || v < 0 || u > width - 1 || v > height - 1) continue
      inside++
      near = Math.min(near, depth)
    }
    sum += inside === box.length ? 1 : 0.3 * (inside / box.length)
    if (inside > 0 && near < 1.1) sum -= 0.8 * (1.1 - near) + 0.3
  }
  return sum
}

/** Candidates per frame; the one that shows most is taken, as a person filming does. */
const CANDIDATES = 10

/** `options.frames` poses in order of time. */
export function makeWalk(room: Room, options: SynthOptions, index: number): Pose[] {
  const random = rng(options.seed, 'synthetic/walk', options.style, index)
  const cells = freeCells(room)
  const boxes = boxesOf(room)
  const k = intrinsicsOf(options)
  const n = options.frames
  const turn = random.next() < 0.5 ? -1 : 1
  const start = random.uniform(-Math.PI, Math.PI)
  // About a full turn shows every wall.
  const sweep = 2 * Math.PI * random.uniform(0.9, 1.1)
  const eye = random.uniform(1.35, 1.75)
  const [sway, nod, rise, lean] = [
    wobble(random, 0.2),
    wobble(random, 0.07),
    wobble(random, 0.07),
    wobble(random, 0.03),
  ]
  // In a film the camera moves little from one frame to the next.
  const film = Math.min(1, 16 / n)
  let previous: Point | undefined
  const poses: Pose[] = []
  for (let i = 0; i < n; i++) {
    const t = i / n
    let best: { pose: Pose; at: Point; score: number } | undefined
    for (let attempt = 0; attempt < CANDIDATES; attempt++) {
      const yaw = start + turn * sweep * t + sway(t) + random.uniform(-0.2, 0.2) * film
      const [gx, gy] = [Math.cos(yaw), Math.sin(yaw)]
      // Stand opposite to what is looked at.
      const reach = random.uniform(0.5, 1) * Math.max(0, toWall(room, 0, 0, -gx, -gy) - 0.3)
      const aside = random.uniform(-0.6, 0.6)
      const wish: Point = [-gx * reach - gy * aside, -gy * reach + gx * aside]
      const keep = previous && film < 1 ? 1 - 0.5 * film : 0
      const [px, py] = previous ?? wish
      const at = nearest(cells, wish[0] + keep * (px - wish[0]), wish[1] + keep * (py - wish[1]))
      const z = eye + rise(t)
      const far = toWall(room, at[0], at[1], gx, gy)
      const pitch = Math.atan2(z - 0.6, Math.max(1.2, 0.68 * far)) + nod(t)
      const jitter = (): number => random.uniform(-0.03, 0.03)
      const tilt = Math.min(0.65, Math.max(0.05, pitch))
      const pose = lookPose(at[0] + jitter(), at[1] + jitter(), z, yaw, tilt, lean(t))
      const moved = previous ? Math.hypot(at[0] - previous[0], at[1] - previous[1]) : 0
      const score = worth(boxes, pose, k, options.width, options.height) - (film < 1 ? 3 : 0.3) * moved
      if (!best || score > best.score) best = { pose, at, score }
    }
    if (!best) continue
    previous = best.at
    poses.push(best.pose)
  }
  return poses
}
