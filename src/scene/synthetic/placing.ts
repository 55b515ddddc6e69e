/** Where a piece can stand: at a wall, anywhere, at a table, on another piece; and whether it is in the way. */
import type { Random } from '../../common/random.js'
import { type Footprint, overlap, within } from './footprint.js'
import type { Top } from './furniture-kind.js'
import { type Face, type Part, placeFace, type Vec3 } from './shapes.js'

/** Something with a label; `faces` are in the room frame. */
export interface RoomObject {
  label: string
  faces: Face[]
  /** Index into `parts` for each face; shell objects have none. */
  partOf: number[]
  parts: Part[]
  at: Vec3
  yaw: number
  footprint: Footprint
  /** Lowest and highest point. */
  z: [number, number]
  tops: Top[]
}

/** The ground furniture is placed on. */
export interface Site {
  width: number
  depth: number
  height: number
  placed: RoomObject[]
  /** Ground that stays empty (before the door). */
  keepFree: Footprint[]
}

const WALL_YAWS = [0, Math.PI / 2, Math.PI, -Math.PI / 2]

function place(label: string, parts: Part[], tops: Top[], yaw: number, at: Vec3): RoomObject {
  const min: Vec3 = [0, 1, 2].map((i) => Math.min(...parts.map((p) => p.min[i]))) as Vec3
  const max: Vec3 = [0, 1, 2].map((i) => Math.max(...parts.map((p) => p.max[i]))) as Vec3
  const [mx, my] = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2]
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  return {
    label,
    parts,
    tops,
    at,
    yaw,
    faces: [],
    partOf: [],
    footprint: {
      x: at[0] + c * mx - s * my,
      y: at[1] + s * mx + c * my,
      hw: (max[0] - min[0]) / 2,
      hd: (max[1] - min[1]) / 2,
      yaw,
    },
    z: [at[2] + min[2], at[2] + max[2]],
  }
}

/** Puts `object`, whose place is final, among the placed ones: only now its faces are moved there. */
export function settle(site: Site, object: RoomObject): void {
  const { parts, yaw, at } = object
  site.placed.push({
    ...object,
    faces: parts.flatMap((part) => part.faces.map((face) => placeFace(face, yaw, at))),
    partOf: parts.flatMap((part, index) => part.faces.map(() => index)),
  })
}

/** Whether `object` keeps `margin` to everything of the same height, but for `support`. */
export function fits(site: Site, object: RoomObject, margin: number, support?: RoomObject): boolean {
  if (!within(object.footprint, site.width / 2, site.depth / 2) || object.z[1] > site.height - 0.02)
    return false
  const onFloor = object.z[0] < 0.05
  if (onFloor && site.keepFree.some((free) => overlap(free, object.footprint))) return false
  return site.placed.every(
    (other) =>
      other === support ||
      other.z[0] >= object.z[1] ||
      other.z[1] <= object.z[0] ||
      !overlap(other.footprint, object.footprint, margin),
  )
}

/** Back to a random wall, `bottom` metres above the floor. */
export function atWall(
  site: Site,
  parts: Part[],
  tops: Top[],
  label: string,
  random: Random,
  bottom = 0,
  gap = 0.02,
): RoomObject {
  const wall = random.int(0, 3)
  const yaw = WALL_YAWS[wall]
  const back = Math.max(...parts.map((p) => p.max[1]))
  const half = Math.max(...parts.map((p) => p.max[0]))
  const [along, across] = wall % 2 === 0 ? [site.width, site.depth] : [site.depth, site.width]
  const slack = Math.max(0, along / 2 - half - 0.02)
  // Pieces like corners: a third of them is pushed to an end of the wall.
  const t = random.next() < 0.33 ? (random.next() < 0.5 ? -slack : slack) : random.uniform(-slack, slack)
  const off = across / 2 - back - gap
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  return place(label, parts, tops, yaw, [c * t - s * off, s * t + c * off, bottom])
}

/** Anywhere, turned by any angle or by quarter turns. */
export function anywhere(site: Site, parts: Part[], tops: Top[], label: string, random: Random): RoomObject {
  const yaw = random.next() < 0.5 ? random.pick(WALL_YAWS) : random.uniform(-Math.PI, Math.PI)
  return place(label, parts, tops, yaw, [
    random.uniform(-site.width / 2, site.width / 2),
    random.uniform(-site.depth / 2, site.depth / 2),
    0,
  ])
}

/** A chair at a side of a table or desk, its back turned away. */
export function atTable(table: RoomObject, parts: Part[], label: string, random: Random): RoomObject {
  const f = table.footprint
  // A desk is used from the front only (side 0: -y).
  const side = table.label === 'desk' ? 0 : random.int(0, 3)
  const turn = [Math.PI, -Math.PI / 2, 0, Math.PI / 2][side]
  const yaw = f.yaw + turn
  const depth = Math.max(...parts.map((p) => p.max[1]))
  const reach = (side % 2 === 0 ? f.hd : f.hw) + depth + random.uniform(0.03, 0.18)
  const slack = 0.6 * (side % 2 === 0 ? f.hw : f.hd)
  // The chair's back (+y) points away from the table.
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  const t = random.uniform(-slack, slack)
  return place(label, parts, [], yaw + random.uniform(-0.2, 0.2), [
    f.x + c * t - s * reach,
    f.y + s * t + c * reach,
    0,
  ])
}

/** On a random top that holds such pieces; undefined when there is none. */
export function onTop(
  site: Site,
  parts: Part[],
  label: string,
  random: Random,
): { object: RoomObject; support: RoomObject } | undefined {
  const supports = site.placed.flatMap((support) =>
    support.tops.filter((top) => top.holds.includes(label)).map((top) => ({ support, top })),
  )
  if (supports.length === 0) return undefined
  const { support, top } = random.pick(supports)
  const turn = label === 'tv' ? random.uniform(-0.1, 0.1) : random.uniform(-0.3, 0.3)
  const [c, s] = [Math.cos(support.yaw), Math.sin(support.yaw)]
  const [x, y] = [random.uniform(...top.x), random.uniform(...top.y)]
  const local = place(label, parts, [], turn, [x, y, 0]).footprint
  const middle: [number, number] = [(top.x[0] + top.x[1]) / 2, (top.y[0] + top.y[1]) / 2]
  const slackHw = (top.x[1] - top.x[0]) / 2
  const slackHd = (top.y[1] - top.y[0]) / 2
  const moved = { ...local, x: local.x - middle[0], y: local.y - middle[1] }
  // A television's foot must stand on the top, its screen may hang over.
  const foot = label === 'tv' ? { ...moved, hw: 0.5 * moved.hw } : moved
  if (!within(foot, slackHw, slackHd)) return undefined
  const at: Vec3 = [
    support.at[0] + c * x - s * y,
    support.at[1] + s * x + c * y,
    support.at[2] + top.z + 0.001,
  ]
  return { object: place(label, parts, [], support.yaw + turn, at), support }
}
