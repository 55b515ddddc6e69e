import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import { createDepthRender } from './depth-render.js'
import { IDENTITY4, type Vec3 } from './matrix.js'

const camera = { fx: 60, fy: 50, cx: 31.3, cy: 23.8 }
const size = { width: 64, height: 48 }

/** Depth at which the ray of a pixel meets a triangle, or infinity: Möller and Trumbore. */
function cast(triangle: readonly Vec3[], u: number, v: number): number {
  const d: Vec3 = [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1]
  const [a, b, c] = triangle
  const sub = (p: Vec3, q: Vec3): Vec3 => [p[0] - q[0], p[1] - q[1], p[2] - q[2]]
  const cross = (p: Vec3, q: Vec3): Vec3 => [
    p[1] * q[2] - p[2] * q[1],
    p[2] * q[0] - p[0] * q[2],
    p[0] * q[1] - p[1] * q[0],
  ]
  const dot = (p: Vec3, q: Vec3): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
  const [e, f] = [sub(b, a), sub(c, a)]
  const p = cross(d, f)
  const s = 1 / dot(e, p)
  const t: Vec3 = [-a[0], -a[1], -a[2]]
  const x = dot(t, p) * s
  const q = cross(t, e)
  const y = dot(d, q) * s
  const z = dot(f, q) * s
  return x >= 0 && y >= 0 && x + y <= 1 && z >= 0.1 ? z : Number.POSITIVE_INFINITY
}

const triangles = (count: number, seed: string): Vec3[][] => {
  const random = rng(5, seed)
  return Array.from({ length: count }, () =>
    Array.from(
      { length: 3 },
      (): Vec3 => [random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(-0.5, 4)],
    ),
  )
}
const meshOf = (list: Vec3[][]) => ({
  positions: Float32Array.from(list.flat(2)),
  faces: Uint32Array.from({ length: 3 * list.length }, (_, i) => i),
})

describe('the rendered depth', () => {
  it('is that of casting a ray through every pixel, also for triangles that reach behind the camera', () => {
    for (const count of [1, 2, 5, 40]) {
      const list = triangles(count, `cast ${count}`)
      const { inverse, face } = createDepthRender({ mesh: meshOf(list), camera, size, faces: true })(
        IDENTITY4,
      )
      let differing = 0
      inverse.forEach((w, i) => {
        const depths = list.map((triangle) => cast(triangle, i % 64, Math.floor(i / 64)))
        const nearest = Math.min(...depths)
        const same = Number.isFinite(nearest) ? Math.abs(w * nearest - 1) < 1e-4 : w === 0
        if (!same) differing++
        else if (w > 0) expect(depths[face[i]] * w).toBeCloseTo(1, 3)
      })
      // Single precision may decide pixels right on an edge otherwise.
      expect(differing, `${count} triangles`).toBeLessThanOrEqual(3)
    }
  })

  it('has no gaps along shared edges', () => {
    const random = rng(2, 'grid')
    const n = 30
    const positions: number[] = []
    for (let i = 0; i <= n; i++)
      for (let j = 0; j <= n; j++) {
        const inner = i > 0 && j > 0 && i < n && j < n ? 0.04 : 0
        positions.push(
          -2 + (4 * i) / n + random.uniform(-inner, inner),
          -2 + (4 * j) / n + random.uniform(-inner, inner),
          2 + random.uniform(0, 0.1),
        )
      }
    const faces: number[] = []
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const a = i * (n + 1) + j
        faces.push(a, a + 1, a + n + 1, a + 1, a + n + 1, a + n + 2)
      }
    const mesh = { positions: Float32Array.from(positions), faces: Uint32Array.from(faces) }
    const { inverse } = createDepthRender({ mesh, camera, size })(IDENTITY4)
    expect([...inverse].filter((w) => w < 1 / 2.11 || w > 1 / 1.99)).toEqual([])
  })

  it('is the same in holes when only they are asked for, and drawn anew for every frame', () => {
    const mesh = meshOf(triangles(60, 'holes'))
    const render = createDepthRender({ mesh, camera, size })
    const whole = render(IDENTITY4).inverse.slice()
    const random = rng(9, 'holes')
    const holes = Uint16Array.from({ length: 64 * 48 }, () => (random.next() < 0.02 ? 0 : 1000))
    const moved = [1, 0, 0, 0.3, 0, 1, 0, 0, 0, 0, 1, 0.2, 0, 0, 0, 1]
    render(moved)
    const { inverse } = render(IDENTITY4, holes)
    const at = [...holes.keys()].filter((i) => holes[i] === 0)
    expect(at.map((i) => inverse[i])).toEqual(at.map((i) => whole[i]))
  })

  it('ends at the far limit', () => {
    const wall: Vec3[][] = [
      [
        [-9, -9, 3],
        [9, -9, 3],
        [0, 18, 3],
      ],
    ]
    const seen = (far: number): number =>
      createDepthRender({ mesh: meshOf(wall), camera, size, far })(IDENTITY4).inverse[24 * 64 + 31]
    expect(seen(2.99)).toBe(0)
    expect(seen(3.01)).toBeCloseTo(1 / 3, 6)
  })
})
