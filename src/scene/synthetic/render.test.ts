import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import { intrinsicsOf, makeWalk, type Pose } from './camera.js'
import { prepareRoom } from './drawn-room.js'
import { makeMesh } from './mesh.js'
import { synthOptionsSchema } from './options.js'
import { makeRenderer } from './render.js'
import { makeRoom, type Room } from './room.js'
import { sense } from './sensor.js'
import { dot, sub, type Vec3 } from './shapes.js'

const options = synthOptionsSchema.parse({ seed: 11, frames: 6 })
const k = intrinsicsOf(options)
const render = makeRenderer(options.width, options.height, k)

/** The ray of image point (u, v): origin, and a direction whose length along the optical axis is 1. */
function rayOf(pose: Pose, u: number, v: number): { origin: Vec3; direction: Vec3 } {
  const [x, y] = [(u - k.cx) / k.fx, (v - k.cy) / k.fy]
  const direction = [0, 4, 8].map((r) => pose[r] * x + pose[r + 1] * y + pose[r + 2]) as Vec3
  return { origin: [pose[3], pose[7], pose[11]], direction }
}

/** Depth and face of the first surface on a ray, by testing every face of the room on its own. */
function castFaces(room: Room, pose: Pose, u: number, v: number): { depth: number; id: string } {
  const { origin, direction } = rayOf(pose, u, v)
  let best = { depth: Infinity, id: '' }
  room.objects.forEach((object, o) => {
    object.faces.forEach(({ points, normal }, f) => {
      const along = dot(normal, direction)
      if (along >= 0) return
      const t = dot(normal, sub(points[0], origin)) / along
      if (t < 0.05 || t >= best.depth) return
      const hit = origin.map((value, i) => value + t * direction[i]) as Vec3
      const inside = points.every((p, i) => {
        const e = sub(points[(i + 1) % points.length], p)
        const h = sub(hit, p)
        const c: Vec3 = [e[1] * h[2] - e[2] * h[1], e[2] * h[0] - e[0] * h[2], e[0] * h[1] - e[1] * h[0]]
        return dot(c, normal) >= -1e-9
      })
      if (inside) best = { depth: t, id: `${o}/${f}` }
    })
  })
  return best
}

/** Depth of the first mesh triangle on a ray: the signs of three volumes say which triangles it meets. */
function castMesh(p: Float32Array, faces: Uint32Array, pose: Pose, u: number, v: number): number {
  const { origin, direction } = rayOf(pose, u, v)
  const [ox, oy, oz] = origin
  const [dx, dy, dz] = direction
  const volume = (a: number, b: number): number => {
    const [ax, ay, az] = [p[a] - ox, p[a + 1] - oy, p[a + 2] - oz]
    const [bx, by, bz] = [p[b] - ox, p[b + 1] - oy, p[b + 2] - oz]
    return dx * (ay * bz - az * by) + dy * (az * bx - ax * bz) + dz * (ax * by - ay * bx)
  }
  let best = Infinity
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]]
    const [x, y, z] = [volume(b, c), volume(c, a), volume(a, b)]
    const sum = x + y + z
    if (Math.abs(sum) < 1e-12 || x / sum < -1e-5 || y / sum < -1e-5 || z / sum < -1e-5) continue
    // The hit is the corners weighed by the volumes; its depth along the optical axis:
    const hit = [0, 1, 2].map((i) => (x * p[a + i] + y * p[b + i] + z * p[c + i]) / sum - origin[i])
    const depth = pose[2] * hit[0] + pose[6] * hit[1] + pose[10] * hit[2]
    if (depth > 0.05 && depth < best) best = depth
  }
  return best
}

describe('the rendered depth', () => {
  const room = makeRoom(options, 2)
  const drawn = prepareRoom(room)
  const poses = makeWalk(room, options, 2)

  it('is that of a ray cast against every face, to a millimetre, where a pixel shows one face', () => {
    const random = rng(1, 'pixels')
    let checked = 0
    for (const pose of poses) {
      const { depth } = render(drawn, pose)
      for (let n = 0; n < 150; n++) {
        const [i, j] = [random.int(0, options.width - 1), random.int(0, options.height - 1)]
        const hit = castFaces(room, pose, i, j)
        const corners = [-0.3, 0.3].flatMap((dx) =>
          [-0.3, 0.3].map((dy) => castFaces(room, pose, i + dx, j + dy).id),
        )
        if (corners.some((id) => id !== hit.id)) continue
        checked++
        expect(Math.abs(depth[j * options.width + i] - hit.depth)).toBeLessThan(1e-3)
      }
    }
    expect(checked).toBeGreaterThan(600)
  })

  it('leaves no pixel empty, since the room is closed', () => {
    for (const pose of poses) expect(render(drawn, pose).depth.some((z) => z === 0)).toBe(false)
  })

  it('lies on the mesh to a centimetre, for 97 % of the pixels', () => {
    const { mesh } = makeMesh(room, drawn, options)
    const random = rng(2, 'pixels')
    const errors: number[] = []
    for (const pose of poses.slice(0, 2)) {
      const { depth } = render(drawn, pose)
      for (let n = 0; n < 50; n++) {
        const [i, j] = [random.int(0, options.width - 1), random.int(0, options.height - 1)]
        errors.push(Math.abs(castMesh(mesh.positions, mesh.faces, pose, i, j) - depth[j * options.width + i]))
      }
    }
    expect(errors.filter((e) => e < 0.01).length / errors.length).toBeGreaterThan(0.97)
  })

  it('gets noise below a centimetre and few holes from the sensor', () => {
    const view = render(drawn, poses[0])
    const clean = Float32Array.from(view.depth)
    const { depth } = sense(view, options, rng(1, 'sensor'))
    const measured = [...depth.keys()].filter((i) => depth[i] > 0)
    expect(measured.length / depth.length).toBeGreaterThan(0.9)
    expect(measured.length).toBeLessThan(depth.length)
    const errors = measured.map((i) => Math.abs(depth[i] / 1000 - clean[i]))
    const mean = errors.reduce((sum, e) => sum + e, 0) / errors.length
    expect(mean).toBeGreaterThan(0.0005)
    expect(mean).toBeLessThan(0.01)
  })
})

describe('the mesh', () => {
  const rooms = Array.from({ length: 6 }, (_, index) => makeRoom(options, index))
  const meshes = rooms.map((room) => makeMesh(room, prepareRoom(room), options))

  it('has 4,000 to 25,000 vertices, all used, and annotates every object once', () => {
    meshes.forEach(({ mesh, segIndices, objects }, index) => {
      const count = mesh.positions.length / 3
      expect(count).toBeGreaterThan(4000)
      expect(count).toBeLessThan(25000)
      expect(new Set(mesh.faces).size).toBe(count)
      expect(objects.map((o) => o.label)).toEqual(rooms[index].objects.map((o) => o.label))
      const owner = new Map(objects.flatMap((o) => o.segments.map((s) => [s, o.id] as const)))
      expect(owner.size).toBe(objects.reduce((sum, o) => sum + o.segments.length, 0))
      expect(segIndices.every((segment) => owner.has(segment))).toBe(true)
    })
  })

  it('reaches to every side of an object that a camera can see', () => {
    const { mesh, segIndices, objects } = meshes[1]
    const top = new Map<number, number>()
    const owner = new Map(objects.flatMap((o) => o.segments.map((s) => [s, o.id] as const)))
    segIndices.forEach((segment, vertex) => {
      const id = owner.get(segment) ?? -1
      top.set(id, Math.max(top.get(id) ?? -Infinity, mesh.positions[3 * vertex + 2]))
    })
    rooms[1].objects.forEach((object, id) => {
      if (object.parts.length > 0) expect(top.get(id)).toBeCloseTo(object.z[1], 2)
    })
  })
})
