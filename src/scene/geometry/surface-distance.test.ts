import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import type { Vec3 } from './matrix.js'
import { type SurfaceSet, surfaceDistance, surfaceSet } from './surface-distance.js'

/** A soup of triangles as one object. */
const soup = (triangles: readonly Vec3[][]): SurfaceSet => {
  const positions = Float32Array.from(triangles.flat(2))
  const vertices = Uint32Array.from({ length: positions.length / 3 }, (_, i) => i)
  return surfaceSet({ positions, faces: vertices }, vertices)
}
const randomTriangles = (name: string, count: number, shift: number, size: number): Vec3[][] => {
  const random = rng(13, name)
  return Array.from({ length: count }, () => {
    const middle = [0, 1, 2].map(() => random.uniform(-1, 1))
    return [0, 1, 2].map((): Vec3 => {
      const p = middle.map((value) => value + random.uniform(-size, size))
      return [p[0] + shift, p[1], p[2]]
    })
  })
}
/** Points all over a triangle, n steps a side. */
const spread = ([a, b, c]: Vec3[], n: number): Vec3[] => {
  const points: Vec3[] = []
  for (let i = 0; i <= n; i++)
    for (let j = 0; j <= n - i; j++) {
      const [s, t] = [i / n, j / n]
      points.push([0, 1, 2].map((k) => a[k] + s * (b[k] - a[k]) + t * (c[k] - a[k])) as Vec3)
    }
  return points
}

const table: Vec3[] = [
  [0, 0, 0],
  [2, 0, 0],
  [0, 2, 0],
]

describe('distances between surfaces', () => {
  it('are found inside faces, far from any vertex', () => {
    // A spike that points at the middle of a large triangle from 0.3 m above.
    const spike: Vec3[] = [
      [0.5, 0.5, 0.3],
      [0.4, 0.5, 2],
      [0.6, 0.5, 2],
    ]
    expect(surfaceDistance(soup([table]), soup([spike]))).toBeCloseTo(0.3, 6)
    expect(surfaceDistance(soup([spike]), soup([table]))).toBeCloseTo(0.3, 6)
  })

  it('are found between edges that cross above each other', () => {
    const over: Vec3[] = [
      [1, -1, 0.4],
      [1, 1, 0.4],
      [1, 0, 3],
    ]
    const along: Vec3[] = [
      [-1, 0, 0],
      [3, 0, 0],
      [1, 0, -3],
    ]
    expect(surfaceDistance(soup([over]), soup([along]))).toBeCloseTo(0.4, 6)
  })

  it('are zero where surfaces pass through each other, or touch', () => {
    const through: Vec3[] = [
      [0.5, 0.5, -1],
      [0.6, 0.5, -1],
      [0.5, 0.5, 1],
    ]
    const touching: Vec3[] = [
      [2, 0, 0],
      [3, 0, 0],
      [3, 1, 0],
    ]
    expect(surfaceDistance(soup([table]), soup([through]))).toBe(0)
    expect(surfaceDistance(soup([table]), soup([touching]))).toBe(0)
    // In one plane, one inside the other.
    const inside = table.map(([x, y]): Vec3 => [0.3 + x / 4, 0.3 + y / 4, 0])
    expect(surfaceDistance(soup([table]), soup([inside]))).toBe(0)
  })

  it('are those of vertices that belong to no face', () => {
    const positions = Float32Array.from([0, 0, 0, 3, 4, 0])
    const faces = new Uint32Array(0)
    const [a, b] = [[0], [1]].map((own) => surfaceSet({ positions, faces }, Uint32Array.from(own)))
    expect(surfaceDistance(a, b)).toBe(5)
    const point = surfaceSet({ positions: Float32Array.from([0.2, 0.2, 0.7]), faces }, Uint32Array.from([0]))
    expect(surfaceDistance(point, soup([table]))).toBeCloseTo(0.7, 6)
  })

  it('agree with trying points all over both surfaces, and do not change with the order or a bound', () => {
    for (let seed = 0; seed < 60; seed++) {
      const a = randomTriangles(`a ${seed}`, 1 + (seed % 5), 0, 0.8)
      const b = randomTriangles(`b ${seed}`, 1 + (seed % 3), seed % 2 === 0 ? 1 : 2.5, 0.8)
      const n = 24
      const [p, q] = [a, b].map((list) => list.flatMap((triangle) => spread(triangle, n)))
      let tried = Number.POSITIVE_INFINITY
      for (const x of p)
        for (const y of q) tried = Math.min(tried, Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2]))
      const found = surfaceDistance(soup(a), soup(b))
      expect(found).toBeLessThanOrEqual(tried + 1e-6)
      // No point of a triangle is farther than a step from those tried; sides are at most 2.8 m.
      expect(found).toBeGreaterThanOrEqual(tried - (2 * 2.8) / n)
      expect(surfaceDistance(soup(b), soup(a))).toBeCloseTo(found, 9)
      expect(surfaceDistance(soup(a), soup(b), tried + 1e-6)).toBeCloseTo(found, 9)
    }
  })

  it('of many triangles equal the least of all pairs, each by itself', () => {
    const [a, b] = [randomTriangles('many a', 120, 0, 0.1), randomTriangles('many b', 90, 1.5, 0.1)]
    let least = Number.POSITIVE_INFINITY
    for (const s of a) for (const t of b) least = Math.min(least, surfaceDistance(soup([s]), soup([t])))
    expect(surfaceDistance(soup(a), soup(b))).toBe(least)
  })
})
