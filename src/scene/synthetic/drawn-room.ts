/** A made room laid out in typed arrays for drawing, with its light and the colour at any surface point. */
import { distanceTo, farFrom } from './footprint.js'
import type { Room } from './room.js'
import type { Vec3 } from './shapes.js'
import { type Material, makeTexture, type Texture, textureAt } from './textures.js'

const SHADOW_CELL = 0.08

/** A room laid out for drawing: one entry per face. */
export interface DrawnRoom {
  count: number
  /** First corner of face i is points[3 * start[i]]; start has count + 1 entries. */
  start: Uint32Array
  points: Float64Array
  /** Per face 3 numbers each. */
  normal: Float64Array
  u: Float64Array
  v: Float64Array
  textures: Texture[]
  /** Light that falls on the face: 3 factors. */
  light: Float64Array
  /** 1 for faces darkened near furniture (floor), 2 for walls, 0 else. */
  surface: Uint8Array
  object: Uint16Array
  shadow: Float32Array
  shadowWidth: number
  width: number
  depth: number
  height: number
}

/** Soft darkening of the floor around what stands on it. */
function floorShadow(room: Room): { shadow: Float32Array; shadowWidth: number } {
  const across = Math.ceil(room.width / SHADOW_CELL) + 1
  const down = Math.ceil(room.depth / SHADOW_CELL) + 1
  const shadow = new Float32Array(across * down).fill(1)
  const standing = room.objects.filter((o) => o.parts.length > 0 && o.z[0] < 0.3)
  for (let j = 0; j < down; j++)
    for (let i = 0; i < across; i++) {
      const [x, y] = [i * SHADOW_CELL - room.width / 2, j * SHADOW_CELL - room.depth / 2]
      for (const object of standing) {
        if (farFrom(object.footprint, x, y, 0.3)) continue
        const d = distanceTo(object.footprint, x, y)
        if (d < 0.3) shadow[j * across + i] *= 0.6 + 0.4 * (d / 0.3)
      }
    }
  return { shadow, shadowWidth: across }
}

export function prepareRoom(room: Room): DrawnRoom {
  const faces = room.objects.flatMap((object, index) => object.faces.map((face) => ({ face, object, index })))
  const corners = faces.reduce((sum, { face }) => sum + face.points.length, 0)
  const drawn: DrawnRoom = {
    count: faces.length,
    start: new Uint32Array(faces.length + 1),
    points: new Float64Array(3 * corners),
    normal: new Float64Array(3 * faces.length),
    u: new Float64Array(3 * faces.length),
    v: new Float64Array(3 * faces.length),
    textures: faces.map(({ face }) => makeTexture(face.material)),
    light: new Float64Array(3 * faces.length),
    surface: new Uint8Array(faces.length),
    object: new Uint16Array(faces.length),
    ...floorShadow(room),
    width: room.width,
    depth: room.depth,
    height: room.height,
  }
  let at = 0
  faces.forEach(({ face, object, index }, i) => {
    drawn.start[i] = at
    for (const p of face.points) drawn.points.set(p, 3 * at++)
    drawn.normal.set(face.normal, 3 * i)
    drawn.u.set(face.u, 3 * i)
    drawn.v.set(face.v, 3 * i)
    drawn.light.set(lightOn(room, face.normal, face.material), 3 * i)
    drawn.surface[i] = object.label === 'floor' ? 1 : object.label === 'wall' ? 2 : 0
    drawn.object[i] = index
  })
  drawn.start[faces.length] = at
  return drawn
}

function lightOn(room: Room, normal: Vec3, material: Material): Vec3 {
  const { direction, ambient, strength, tint } = room.light
  if (material.glow) return [1, 1, 1]
  const direct = Math.max(0, normal[0] * direction[0] + normal[1] * direction[1] + normal[2] * direction[2])
  // Light bounced from the floor and, weakly, from the side opposite to the light.
  const bounce =
    0.1 * (normal[2] * 0.5 + 0.5) + 0.07 * Math.max(0, -normal[0] * direction[0] + normal[1] * direction[1])
  const sum = ambient + strength * direct + bounce
  return [sum * tint[0], sum * tint[1], sum * tint[2]]
}

/**
 * Colour of face `face` at point (x, y, z) of the room, 0..255, written to `out[0..2]`; `reach` is the width
 * of a pixel on the surface, metres.
 */
export function shade(
  room: DrawnRoom,
  face: number,
  x: number,
  y: number,
  z: number,
  reach: number,
  out: Float64Array,
): void {
  const first = 3 * room.start[face]
  const f = 3 * face
  const dx = x - room.points[first]
  const dy = y - room.points[first + 1]
  const dz = z - room.points[first + 2]
  textureAt(
    room.textures[face],
    dx * room.u[f] + dy * room.u[f + 1] + dz * room.u[f + 2],
    dx * room.v[f] + dy * room.v[f + 1] + dz * room.v[f + 2],
    reach,
    out,
  )
  let gain = 1
  const surface = room.surface[face]
  if (surface === 1) {
    const column = Math.min(room.shadowWidth - 1, Math.max(0, Math.round((x + room.width / 2) / SHADOW_CELL)))
    const row = Math.max(0, Math.round((y + room.depth / 2) / SHADOW_CELL))
    gain = room.shadow[Math.min(room.shadow.length - 1, row * room.shadowWidth + column)]
  }
  if (surface !== 0) {
    // Corners of the room are darker.
    let edge = 0.5
    if (surface === 2) edge = Math.min(z, room.height - z)
    const alongX = surface === 1 || Math.abs(room.normal[f]) < 0.5
    const alongY = surface === 1 || Math.abs(room.normal[f + 1]) < 0.5
    if (alongX) edge = Math.min(edge, room.width / 2 - Math.abs(x))
    if (alongY) edge = Math.min(edge, room.depth / 2 - Math.abs(y))
    if (edge < 0.5) gain *= 0.82 + 0.36 * Math.max(0, edge)
  }
  out[0] *= gain * room.light[f]
  out[1] *= gain * room.light[f + 1]
  out[2] *= gain * room.light[f + 2]
}
