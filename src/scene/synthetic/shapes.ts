/**
 * Flat-sided shapes: everything in a made room is a list of planar convex faces, which the renderer draws
 * as they are and the mesh cuts into small triangles, so that both show the same surface.
 */
import type { Material } from './textures.js'

export type Vec3 = [number, number, number]

/** A planar convex polygon, counter-clockwise seen from outside; metres. */
export interface Face {
  points: Vec3[]
  normal: Vec3
  /** Texture coordinates of p: (p - points[0]) . u and . v, in metres. */
  u: Vec3
  v: Vec3
  material: Material
}

/** One solid piece of an object: its faces and the box around it in the object's own frame. */
export interface Part {
  faces: Face[]
  min: Vec3
  max: Vec3
}

export const sub = (a: Vec3, b: Vec3): Vec3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
export const dot = (a: Vec3, b: Vec3): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
export const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
]
export const normalize = (a: Vec3): Vec3 => {
  const length = Math.hypot(a[0], a[1], a[2]) || 1
  return [a[0] / length, a[1] / length, a[2] / length]
}

/** A face through `points`; `u` runs along the first edge. */
export function makeFace(points: Vec3[], material: Material): Face {
  const edge = normalize(sub(points[1], points[0]))
  const last = sub(points[points.length - 1], points[0])
  const normal = normalize(cross(edge, last))
  return { points, normal, u: edge, v: cross(normal, edge), material }
}

/** Turns by `yaw` about +z, then moves by `at`. */
export function placeFace(face: Face, yaw: number, at: Vec3): Face {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  const turn = (p: Vec3): Vec3 => [c * p[0] - s * p[1], s * p[0] + c * p[1], p[2]]
  return {
    points: face.points.map((p) => {
      const q = turn(p)
      return [q[0] + at[0], q[1] + at[1], q[2] + at[2]]
    }),
    normal: turn(face.normal),
    u: turn(face.u),
    v: turn(face.v),
    material: face.material,
  }
}

const part = (faces: Face[]): Part => {
  const min: Vec3 = [Infinity, Infinity, Infinity]
  const max: Vec3 = [-Infinity, -Infinity, -Infinity]
  for (const face of faces)
    for (const p of face.points)
      for (let i = 0; i < 3; i++) {
        min[i] = Math.min(min[i], p[i])
        max[i] = Math.max(max[i], p[i])
      }
  return { faces, min, max }
}

/** An upright box; `front` (the -y side) and `top` may have their own material. */
export function box(
  x: [number, number],
  y: [number, number],
  z: [number, number],
  material: Material,
  other: { front?: Material; top?: Material } = {},
): Part {
  const [[x0, x1], [y0, y1], [z0, z1]] = [x, y, z]
  return part([
    makeFace(
      [
        [x0, y0, z0],
        [x1, y0, z0],
        [x1, y0, z1],
        [x0, y0, z1],
      ],
      other.front ?? material,
    ),
    makeFace(
      [
        [x1, y0, z0],
        [x1, y1, z0],
        [x1, y1, z1],
        [x1, y0, z1],
      ],
      material,
    ),
    makeFace(
      [
        [x1, y1, z0],
        [x0, y1, z0],
        [x0, y1, z1],
        [x1, y1, z1],
      ],
      material,
    ),
    makeFace(
      [
        [x0, y1, z0],
        [x0, y0, z0],
        [x0, y0, z1],
        [x0, y1, z1],
      ],
      material,
    ),
    makeFace(
      [
        [x0, y0, z1],
        [x1, y0, z1],
        [x1, y1, z1],
        [x0, y1, z1],
      ],
      other.top ?? material,
    ),
    makeFace(
      [
        [x0, y1, z0],
        [x1, y1, z0],
        [x1, y0, z0],
        [x0, y0, z0],
      ],
      material,
    ),
  ])
}

/** An upright cylinder or cone: radius `r0` at the bottom, `r1` at the top, `sides` flat sides. */
export function cylinder(
  center: [number, number],
  z: [number, number],
  r0: number,
  r1: number,
  material: Material,
  options: { sides?: number; top?: Material } = {},
): Part {
  const { sides = 10, top = material } = options
  const ring = (r: number, h: number): Vec3[] =>
    Array.from({ length: sides }, (_, i) => {
      const a = (2 * Math.PI * i) / sides
      return [center[0] + r * Math.cos(a), center[1] + r * Math.sin(a), h]
    })
  const [low, high] = [ring(r0, z[0]), ring(r1, z[1])]
  const faces = low.map((p, i) => {
    const j = (i + 1) % sides
    return makeFace([p, low[j], high[j], high[i]], material)
  })
  faces.push(makeFace(high, top), makeFace([...low].reverse(), material))
  return part(faces)
}

/** A lying cylinder along y (a washing machine's window, a clock): `y[0]` is its front. */
export function disc(
  center: [number, number],
  y: [number, number],
  radius: number,
  material: Material,
  sides = 12,
): Part {
  const ring = (at: number): Vec3[] =>
    Array.from({ length: sides }, (_, i) => {
      const a = (2 * Math.PI * i) / sides
      return [center[0] + radius * Math.cos(a), at, center[1] + radius * Math.sin(a)]
    })
  const [front, back] = [ring(y[0]), ring(y[1])]
  const faces = front.map((p, i) => {
    const j = (i + 1) % sides
    return makeFace([front[j], p, back[i], back[j]], material)
  })
  faces.push(makeFace(front, material), makeFace([...back].reverse(), material))
  return part(faces)
}

/** A coarse ellipsoid of `rings` x `sides` flat faces. */
export function ball(
  center: Vec3,
  radii: Vec3,
  material: Material,
  options: { sides?: number; rings?: number; square?: number } = {},
): Part {
  const { sides = 8, rings = 4, square = 1 } = options
  // `square` < 1 pulls the outline towards a rounded rectangle (pillows, cushions).
  const bend = (t: number): number => Math.sign(t) * Math.abs(t) ** square
  const at = (ring: number, side: number): Vec3 => {
    const tilt = -Math.PI / 2 + (Math.PI * ring) / rings
    const a = (2 * Math.PI * (side + 0.5)) / sides
    const c = Math.cos(tilt)
    return [
      center[0] + radii[0] * bend(Math.cos(a)) * bend(c),
      center[1] + radii[1] * bend(Math.sin(a)) * bend(c),
      center[2] + radii[2] * Math.sin(tilt),
    ]
  }
  const faces: Face[] = []
  for (let ring = 0; ring < rings; ring++)
    for (let side = 0; side < sides; side++) {
      const next = side + 1
      // Two triangles where the four corners need not lie in a plane; one at the poles.
      const [a, b, c, d] = [at(ring, side), at(ring, next), at(ring + 1, next), at(ring + 1, side)]
      if (ring > 0) faces.push(makeFace([a, b, c], material))
      if (ring < rings - 1) faces.push(makeFace([a, c, d], material))
    }
  return part(faces)
}
