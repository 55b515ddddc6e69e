/**
 * Makes a room: shell, door, windows, and furniture that stands as furniture does (most along walls, chairs
 * at tables, small things on larger ones), none of it intersecting. A pure function of (options, index).
 *
 * Room frame: metres, z up, floor at z = 0, origin below the middle, walls along x and y.
 */
import { type Random, rng } from '../../common/random.js'
import { type Footprint, overlap } from './footprint.js'
import { catalogue, kindOf } from './furniture.js'
import type { Kind } from './furniture-kind.js'
import type { SynthOptions } from './options.js'
import { makePaints, type Paints } from './paints.js'
import { anywhere, atTable, atWall, fits, onTop, type RoomObject, type Site, settle } from './placing.js'
import { box, type Vec3 } from './shapes.js'
import { doorParts, makeShell, windowParts } from './shell.js'
import type { Material } from './textures.js'

export interface Room {
  width: number
  depth: number
  height: number
  /** Shell first (floor, walls, ceiling), then door, windows and furniture. */
  objects: RoomObject[]
  light: Light
}

export interface Light {
  /** Towards the light, unit length. */
  direction: Vec3
  ambient: number
  strength: number
  /** Colour of the light, factors around 1. */
  tint: Vec3
}

const TRIES = 80

/** The categories of one room: distinct ones first, then some of them several times. */
function chooseKinds(options: SynthOptions, area: number, random: Random): Kind[] {
  const kinds = catalogue.filter(
    (k) => options.categories.length === 0 || options.categories.includes(k.label),
  )
  // Twenty square metres are the usual room; larger ones hold more.
  const count = Math.round(random.int(...options.furniture) * Math.min(1.7, Math.max(0.6, area / 20)))
  const distinct = random.shuffle(kinds).slice(0, Math.max(1, Math.ceil(0.72 * count)))
  const chosen = [...distinct]
  const again = random.shuffle(distinct.filter((k) => k.several))
  for (const kind of again) {
    const more = Math.min(random.int(1, kind.label === 'chair' ? 5 : 4), count - chosen.length)
    for (let i = 0; i < more; i++) chosen.push(kind)
  }
  // What stands on others needs one of those others.
  for (const kind of distinct.filter((k) => k.standing === 'on')) {
    const holders = kind.label === 'pillow' ? ['bed', 'sofa'] : ['cabinet', 'desk']
    if (chosen.some((k) => holders.includes(k.label))) continue
    const holder = kindOf(random.pick(holders))
    if (holder && kinds.includes(holder)) chosen.push(holder)
  }
  // Large things first, then what stands on them.
  const rank = (k: Kind): number =>
    k.standing === 'on' ? 1000 : k.label === 'chair' ? 500 : -k.size[0] * k.size[1]
  return chosen.sort((a, b) => rank(a) - rank(b))
}

function sizeOf(kind: Kind, options: SynthOptions, random: Random): Vec3 {
  const scale = random.uniform(...options.object_scale)
  const stretch = options.style === 'train' ? 0.1 : 0.15
  const side = (): number => scale * random.uniform(1 - stretch, 1 + stretch)
  const tall = kind.steady_height ? 1 + 0.45 * (side() - 1) : side()
  return [kind.size[0] * side(), kind.size[1] * side(), kind.size[2] * tall]
}

function addFurniture(
  site: Site,
  kind: Kind,
  options: SynthOptions,
  paints: Paints,
  random: Random,
): boolean {
  const size = sizeOf(kind, options, random)
  size[2] = Math.min(size[2], site.height - 0.15)
  // No piece takes up more than a sixth of the floor.
  const shrink = Math.min(1, Math.sqrt((0.16 * site.width * site.depth) / (size[0] * size[1])))
  size[0] *= shrink
  size[1] *= shrink
  const { parts, tops = [] } = kind.build(size, paints, random)
  const small =
    kind.on_top &&
    kind.build([size[0] * kind.on_top[0], size[1] * kind.on_top[0], size[2] * kind.on_top[1]], paints, random)
      .parts
  const raised = kind.standing === 'on' || (small !== undefined && random.next() < 0.5)
  const tables = site.placed.filter((o) => o.label === 'table' || o.label === 'desk')
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (small && raised && (kind.standing === 'on' || attempt < TRIES / 2)) {
      const found = onTop(site, small, kind.label, random)
      if (found && fits(site, found.object, 0.02, found.support)) {
        settle(site, found.object)
        return true
      }
      continue
    }
    const wall = kind.standing === 'wall' || (kind.standing === 'either' && random.next() < 0.65)
    const object =
      kind.standing === 'hung'
        ? atWall(site, parts, [], kind.label, random, random.uniform(1.05, 1.5), 0.002)
        : wall
          ? atWall(site, parts, tops, kind.label, random, 0, random.uniform(0.015, 0.05))
          : kind.label === 'chair' && tables.length > 0 && random.next() < 0.65
            ? atTable(random.pick(tables), parts, kind.label, random)
            : anywhere(site, parts, tops, kind.label, random)
    if (fits(site, object, wall ? 0.05 : kind.label === 'chair' ? 0.03 : 0.12)) {
      settle(site, object)
      return true
    }
  }
  return false
}

/**
 * Makes the room L-shaped: a closed block of wall from floor to ceiling in one corner. To everything else it is
 * a thing that stands there, so nothing is placed, seen or measured behind it.
 */
function addCorner(site: Site, wall: Material, random: Random): void {
  const [w, d] = [site.width, site.depth].map((side) => side * random.uniform(0.3, 0.48))
  const [x, y] = [random.pick([-1, 1]) * (site.width - w), random.pick([-1, 1]) * (site.depth - d)]
  const part = box([-w / 2, w / 2], [-d / 2, d / 2], [0, site.height], wall)
  settle(site, {
    label: 'wall',
    parts: [part],
    tops: [],
    at: [x / 2, y / 2, 0],
    yaw: 0,
    faces: [],
    partOf: [],
    footprint: { x: x / 2, y: y / 2, hw: w / 2, hd: d / 2, yaw: 0 },
    z: [0, site.height],
  })
}

/** Whether the ground before a door is free. */
const reachable = (site: Site, ground: Footprint): boolean =>
  site.placed.every((other) => !overlap(other.footprint, ground))

function addDoor(site: Site, paints: Paints, random: Random): void {
  const size: Vec3 = [
    random.uniform(0.75, 1.05),
    0.06,
    Math.min(random.uniform(1.9, 2.15), site.height - 0.1),
  ]
  const parts = doorParts(size, paints, random)
  const into = 0.4
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const door = atWall(site, parts, [], 'door', random, 0, 0.001)
    const { x, y, yaw, hw, hd } = door.footprint
    const reach = into + hd + 0.01
    const ground = { x: x + Math.sin(yaw) * reach, y: y - Math.cos(yaw) * reach, hw, hd: into, yaw }
    if (!fits(site, door, 0.02) || !reachable(site, ground)) continue
    settle(site, door)
    site.keepFree.push(ground)
    return
  }
}

function addWindows(site: Site, paints: Paints, random: Random): void {
  for (let i = random.int(1, 2); i > 0; i--) {
    const sill = random.uniform(0.8, 1.05)
    const size: Vec3 = [random.uniform(0.7, 1.7), 0.06, random.uniform(0.8, site.height - sill - 0.2)]
    const parts = windowParts(size, paints, random)
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const object = atWall(site, parts, [], 'window', random, sill, 0.001)
      if (!fits(site, object, 0.05)) continue
      settle(site, object)
      break
    }
  }
}

function makeLight(random: Random): Light {
  const yaw = random.uniform(-Math.PI, Math.PI)
  const tilt = random.uniform(0.6, 1.05)
  const warm = random.uniform(-0.05, 0.05)
  return {
    direction: [Math.cos(yaw) * Math.cos(tilt), Math.sin(yaw) * Math.cos(tilt), Math.sin(tilt)],
    ambient: random.uniform(0.5, 0.62),
    strength: random.uniform(0.3, 0.42),
    tint: [1 + warm, 1, 1 - warm],
  }
}

/** The `index`-th room of `options`. */
export function makeRoom(options: SynthOptions, index: number): Room {
  const random = rng(options.seed, 'synthetic/room', options.style, index)
  const paints = makePaints(options.style, random)
  const [width, depth] = [random.uniform(...options.room_side_m), random.uniform(...options.room_side_m)]
  const height = random.uniform(...options.room_height_m)
  const site: Site = { width, depth, height, placed: [], keepFree: [] }
  const shell = makeShell(width, depth, height, paints)
  const corner = rng(options.seed, 'synthetic/corner', options.style, index)
  const wall = shell.find(({ label }) => label === 'wall')
  if (wall && corner.next() < options.l_shaped) addCorner(site, wall.face.material, corner)
  const area = site.placed.reduce((sum, { footprint: f }) => sum - 4 * f.hw * f.hd, width * depth)
  addDoor(site, paints, random)
  addWindows(site, paints, random)
  // At most this share of the floor is covered, so that there is somewhere to walk.
  let free = 0.42 * area
  for (const kind of chooseKinds(options, area, random)) {
    const before = site.placed.length
    const floor = kind.standing !== 'on' && kind.standing !== 'hung'
    if (floor && kind.size[0] * kind.size[1] > free) continue
    addFurniture(site, kind, options, paints, random)
    const added = site.placed[before]
    if (added && added.z[0] < 0.05) free -= 4 * added.footprint.hw * added.footprint.hd
  }
  const structure = shell.map(
    ({ label, face }): RoomObject => ({
      label,
      faces: [face],
      partOf: [0],
      parts: [],
      at: [0, 0, 0],
      yaw: 0,
      footprint: { x: 0, y: 0, hw: width / 2, hd: depth / 2, yaw: 0 },
      z: [0, height],
      tops: [],
    }),
  )
  return { width, depth, height, objects: [...structure, ...site.placed], light: makeLight(random) }
}
