import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import type { OrientedBox } from '../../schema/scene-record.js'
import { uprightBox } from './boxes.js'
import { convexHull3 } from './convex-hull.js'
import type { Vec3 } from './matrix.js'
import { minimalBox } from './minimal-box.js'

const volume = ({ lengths: [a, b, c] }: OrientedBox): number => a * b * c
const sub = (p: Vec3, q: Vec3): Vec3 => [p[0] - q[0], p[1] - q[1], p[2] - q[2]]
const dot = (p: Vec3, q: Vec3): number => p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
const cross = (p: Vec3, q: Vec3): Vec3 => [
  p[1] * q[2] - p[2] * q[1],
  p[2] * q[0] - p[0] * q[2],
  p[0] * q[1] - p[1] * q[0],
]
const pointsOf = (flat: ArrayLike<number>): Vec3[] =>
  Array.from({ length: flat.length / 3 }, (_, i) => [flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]])

/** Any rotation, from Euler angles. */
function rotated(points: readonly Vec3[], [a, b, c]: Vec3, shift: Vec3): number[] {
  return points.flatMap(([x, y, z]) => {
    ;[x, y] = [x * Math.cos(a) - y * Math.sin(a), x * Math.sin(a) + y * Math.cos(a)]
    ;[y, z] = [y * Math.cos(b) - z * Math.sin(b), y * Math.sin(b) + z * Math.cos(b)]
    ;[x, z] = [x * Math.cos(c) - z * Math.sin(c), x * Math.sin(c) + z * Math.cos(c)]
    return [x + shift[0], y + shift[1], z + shift[2]]
  })
}
/** Points of the six sides of a block, n x n each. */
function block([a, b, c]: Vec3, n: number): Vec3[] {
  const points: Vec3[] = []
  for (let i = 0; i <= n; i++)
    for (let j = 0; j <= n; j++) {
      const [s, t] = [i / n - 0.5, j / n - 0.5]
      for (const side of [-0.5, 0.5])
        points.push([side * a, s * b, t * c], [s * a, side * b, t * c], [s * a, t * b, side * c])
    }
  return points
}
const cloud = (name: string, count: number): number[] => {
  const random = rng(11, name)
  return Array.from({ length: 3 * count }, () => random.uniform(-1, 1))
}

/** Open3D's way: for every plane through three points with all others on one side, one edge of it followed. */
function openStyleVolume(flat: ArrayLike<number>): number {
  const points = pointsOf(flat)
  let best = Number.POSITIVE_INFINITY
  for (const a of points)
    for (const b of points)
      for (const c of points) {
        const w = cross(sub(b, a), sub(c, a))
        if (Math.hypot(...w) < 1e-9 || points.some((p) => dot(sub(p, a), w) > 1e-9)) continue
        const extents = [sub(b, a), cross(w, sub(b, a)), w].map((axis) => {
          const along = points.map((p) => dot(p, axis) / Math.hypot(...axis))
          return Math.max(...along) - Math.min(...along)
        })
        best = Math.min(best, extents[0] * extents[1] * extents[2])
      }
  return best
}

describe('convex hulls in space', () => {
  it('have all points inside and only points of the cloud', () => {
    for (const count of [4, 5, 10, 100, 1000]) {
      const flat = cloud(`hull ${count}`, count)
      const points = pointsOf(flat)
      const hull = convexHull3(flat)
      for (const [a, b, c] of hull?.faces ?? []) {
        const normal = cross(sub(points[b], points[a]), sub(points[c], points[a]))
        for (const p of points) expect(dot(sub(p, points[a]), normal)).toBeLessThan(1e-6)
      }
      // Euler: a closed surface of triangles.
      expect(hull?.faces.length).toBe(2 * (hull?.vertices.length ?? 0) - 4)
    }
  })
  it('of a meshed block are few faces; flat clouds have none', () => {
    const flat = rotated(block([2, 1, 0.5], 20), [0.3, 0.4, 0.5], [3, 2, 1])
    expect(convexHull3(flat)?.faces.length).toBeLessThan(60)
    expect(convexHull3([0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0])).toBeNull()
    expect(convexHull3([1, 2, 3])).toBeNull()
  })
})

describe('the box of least volume', () => {
  it('of a block is the block, however it is turned', () => {
    const angle = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(fc.tuple(angle, angle, angle), (angles) => {
        const box = minimalBox(rotated(block([2, 1, 0.5], 3), angles, [1, 2, 3]))
        ;[2, 1, 0.5].forEach((length, k) => {
          expect(box.lengths[k]).toBeCloseTo(length, 5)
        })
        ;[1, 2, 3].forEach((value, k) => {
          expect(box.center[k]).toBeCloseTo(value, 5)
        })
      }),
      { numRuns: 30 },
    )
  })

  it('of a regular tetrahedron is the cube around it, though none of its faces lies on a side', () => {
    const corners: Vec3[] = [
      [1, 1, 1],
      [1, -1, -1],
      [-1, 1, -1],
      [-1, -1, 1],
    ]
    for (const angles of [
      [0, 0, 0],
      [0.3, 0.8, 2],
    ] as Vec3[])
      expect(volume(minimalBox(rotated(corners, angles, [0, 0, 0])))).toBeCloseTo(8, 5)
  })

  it("holds all points, is never larger than Open3D's or the upright one, and has orthonormal axes", () => {
    for (let seed = 0; seed < 25; seed++) {
      const flat = cloud(`box ${seed}`, 4 + seed)
      const box = minimalBox(flat)
      expect(volume(box)).toBeLessThanOrEqual(openStyleVolume(flat) * (1 + 1e-9))
      expect(volume(box)).toBeLessThanOrEqual(volume(uprightBox(flat)) * (1 + 1e-9))
      const axes = pointsOf(box.axes)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) expect(dot(axes[i], axes[j])).toBeCloseTo(i === j ? 1 : 0, 9)
      expect(dot(cross(axes[0], axes[1]), axes[2])).toBeCloseTo(1, 9)
      for (const p of pointsOf(flat))
        axes.forEach((axis, k) => {
          expect(Math.abs(dot(sub(p, box.center), axis))).toBeLessThanOrEqual(box.lengths[k] / 2 + 1e-9)
        })
    }
  })

  it('is that of many random turns or smaller', () => {
    const flat = cloud('turns', 60)
    const random = rng(4, 'turns')
    const least = volume(minimalBox(flat))
    for (let i = 0; i < 2000; i++) {
      const turned = pointsOf(
        rotated(
          pointsOf(flat),
          [random.uniform(0, 3.15), random.uniform(0, 3.15), random.uniform(0, 3.15)],
          [0, 0, 0],
        ),
      )
      const extents = [0, 1, 2].map((k) => {
        const along = turned.map((p) => p[k])
        return Math.max(...along) - Math.min(...along)
      })
      expect(least).toBeLessThanOrEqual(extents[0] * extents[1] * extents[2])
    }
  })

  it('of flat things, lines and points has no thickness', () => {
    const tilted = rotated(
      [0, 1, 2, 3].map((i): Vec3 => [i & 1 ? 3 : 0, i & 2 ? 1 : 0, 0]),
      [0.2, 0.7, 0.4],
      [1, 1, 1],
    )
    expect(minimalBox(tilted).lengths).toEqual([
      expect.closeTo(3, 6),
      expect.closeTo(1, 6),
      expect.closeTo(0, 6),
    ])
    expect(minimalBox([0, 0, 0, 1, 2, 2, 2, 4, 4]).lengths[0]).toBeCloseTo(6, 6)
    expect(minimalBox([1, 2, 3, 1, 2, 3]).lengths).toEqual([0, 0, 0])
  })
})
