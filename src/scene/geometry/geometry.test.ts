import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import { axisAlignedBox, convexHull, uprightBox } from './boxes.js'
import { pixelOf, project, scaleIntrinsics, unproject } from './camera.js'
import { closestDistance, pointSet } from './distance.js'
import { buildKdTree, nearest } from './kd-tree.js'
import { IDENTITY4, invertAffine, multiply, transformPoint, transformPoints, type Vec3 } from './matrix.js'
import { roomArea } from './room-area.js'

// Single precision, as the coordinates of meshes are: products of differences do not vanish in double.
const number = fc.float({ min: -5, max: 5, noNaN: true })
const angle = fc.double({ min: -3, max: 3, noNaN: true })

/** Turn about z, then about x, then a shift. */
function rigid(yaw: number, pitch: number, shift: readonly number[]): number[] {
  const [c, s, d, t] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)]
  const turn = [c, -s, 0, 0, s, c, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const tilt = [1, 0, 0, shift[0], 0, d, -t, shift[1], 0, t, d, shift[2], 0, 0, 0, 1]
  return multiply(tilt, turn)
}

describe('matrices', () => {
  it('move a point as worked by hand', () => {
    // A quarter turn about z, then a shift: (1, 2, 3) -> (-2, 1, 3) -> (-1, 1, 5)
    const a = [0, -1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1]
    expect(transformPoint(a, [1, 2, 3])).toEqual([-1, 1, 5])
    expect([...transformPoints(a, [1, 2, 3, 0, 0, 0])]).toEqual([-1, 1, 5, 1, 0, 2])
    expect(multiply(a, IDENTITY4)).toEqual(a)
  })

  it('are undone by their inverse', () => {
    fc.assert(
      fc.property(angle, angle, fc.tuple(number, number, number), (yaw, pitch, shift) => {
        const a = rigid(yaw, pitch, shift)
        const product = multiply(a, invertAffine(a) ?? [])
        product.forEach((value, i) => {
          expect(value).toBeCloseTo(IDENTITY4[i], 9)
        })
      }),
    )
  })

  it('have no inverse when singular or not finite', () => {
    expect(invertAffine(new Array(16).fill(0))).toBeNull()
    expect(invertAffine(new Array(16).fill(Number.NEGATIVE_INFINITY))).toBeNull()
  })
})

describe('the camera', () => {
  const camera = { fx: 500, fy: 400, cx: 320, cy: 240 }
  it('projects x to the right, y down, and nothing nearer than 10 cm', () => {
    expect(project(camera, [0.5, 0.25, 2])).toEqual([445, 290])
    expect(project(camera, [0, 0, 0.0999])).toBeNull()
    expect(project(camera, [0, 0, -1])).toBeNull()
    expect([pixelOf(444.5), pixelOf(444.49), pixelOf(-0.5)]).toEqual([445, 444, 0])
  })

  it('finds a point again from its pixel and depth', () => {
    fc.assert(
      fc.property(number, number, fc.double({ min: 0.1, max: 8, noNaN: true }), (x, y, z) => {
        const [u, v] = project(camera, [x, y, z]) ?? [Number.NaN, Number.NaN]
        unproject(camera, u, v, z).forEach((value, i) => {
          expect(value).toBeCloseTo([x, y, z][i], 9)
        })
      }),
    )
  })

  it('scales x and y apart, as 1296x968 to 640x480 does', () => {
    const scaled = scaleIntrinsics(camera, { width: 1296, height: 968 }, { width: 640, height: 480 })
    expect(scaled.fx / camera.fx).toBeCloseTo(0.4938, 4)
    expect(scaled.cy / camera.cy).toBeCloseTo(0.4959, 4)
  })
})

/** The eight corners of a block of `lengths`, turned by `yaw`, about `center`. */
function corners(center: Vec3, lengths: Vec3, yaw: number): number[] {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  return [0, 1, 2, 3, 4, 5, 6, 7].flatMap((bits) => {
    const [x, y, z] = lengths.map((length, k) => (bits & (1 << k) ? 0.5 : -0.5) * length)
    return [center[0] + c * x - s * y, center[1] + s * x + c * y, center[2] + z]
  })
}

describe('boxes', () => {
  it('of a block are the block, whatever its turn', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1.57, noNaN: true }),
        fc.tuple(number, number, number),
        (yaw, center) => {
          const box = uprightBox(corners(center, [2, 0.5, 1], yaw))
          expect([...box.lengths.slice(0, 2)].sort()).toEqual([expect.closeTo(0.5, 6), expect.closeTo(2, 6)])
          expect(box.lengths[2]).toBeCloseTo(1, 6)
          box.center.forEach((value, k) => {
            expect(value).toBeCloseTo(center[k], 6)
          })
          // Rows are orthonormal and the first points along a side.
          const along = Math.abs(box.axes[0] * Math.cos(yaw) + box.axes[1] * Math.sin(yaw))
          expect(Math.min(along, Math.abs(1 - along))).toBeLessThan(1e-6)
        },
      ),
    )
  })

  it('hold all points and are never larger than the axis-aligned one', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { minLength: 3, maxLength: 30 }), (points) => {
        const flat = points.flat()
        const box = uprightBox(flat)
        for (const p of points)
          for (let axis = 0; axis < 3; axis++) {
            const along = [0, 1, 2].reduce(
              (sum, k) => sum + box.axes[3 * axis + k] * (p[k] - box.center[k]),
              0,
            )
            expect(Math.abs(along)).toBeLessThanOrEqual(box.lengths[axis] / 2 + 1e-9)
          }
        const { min, max } = axisAlignedBox(flat)
        expect(box.lengths[0] * box.lengths[1]).toBeLessThanOrEqual(
          (max[0] - min[0]) * (max[1] - min[1]) + 1e-9,
        )
      }),
    )
  })

  it('of a diamond are turned by 45 degrees', () => {
    const box = uprightBox([1, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 1])
    expect(Math.atan2(box.axes[1], box.axes[0])).toBeCloseTo(Math.PI / 4, 9)
    expect(box.lengths).toEqual([expect.closeTo(Math.SQRT2, 9), expect.closeTo(Math.SQRT2, 9), 1])
  })

  it('stand on a hull without inner or collinear points, also for lines and single points', () => {
    const square: [number, number][] = [
      [0, 0],
      [1, 0],
      [2, 0],
      [2, 2],
      [0, 2],
      [1, 1],
      [0, 1],
      [2, 2],
    ]
    expect(convexHull(square)).toEqual([
      [0, 0],
      [2, 0],
      [2, 2],
      [0, 2],
    ])
    expect(uprightBox([1, 2, 3]).lengths).toEqual([0, 0, 0])
    expect(uprightBox([0, 0, 0, 3, 4, 0, 6, 8, 2]).lengths[0]).toBeCloseTo(10, 9)
  })
})

const cloud = (name: string, count: number, shift = 0): Float32Array => {
  const r = rng(7, name)
  return Float32Array.from({ length: 3 * count }, () => r.uniform(0, 1) + shift)
}

describe('closest distances', () => {
  const slow = (a: Float32Array, b: Float32Array): number => {
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < a.length; i += 3)
      for (let j = 0; j < b.length; j += 3)
        best = Math.min(best, (a[i] - b[j]) ** 2 + (a[i + 1] - b[j + 1]) ** 2 + (a[i + 2] - b[j + 2]) ** 2)
    return Math.sqrt(best)
  }

  it('equal those of trying all pairs, both ways round, near and far', () => {
    for (const [n, m, shift] of [
      [1, 1, 0],
      [5, 300, 0.5],
      [400, 250, 0],
      [200, 200, 3],
      [9, 8, 1],
    ]) {
      const [a, b] = [cloud('a', n), cloud('b', m, shift)]
      const [first, second] = [pointSet(a), pointSet(b)]
      expect(closestDistance(first, second)).toBeCloseTo(slow(a, b), 12)
      expect(closestDistance(second, first)).toBe(closestDistance(first, second))
    }
  })

  it('are zero for objects that touch', () => {
    const [a, b] = [cloud('a', 50), cloud('b', 60)]
    b.set(a.subarray(30, 33), 90)
    expect(closestDistance(pointSet(a), pointSet(b))).toBe(0)
  })

  it('come from a tree that finds the first of equal points and heeds a bound', () => {
    // Many equal coordinates: points on a coarse grid, each several times.
    const r = rng(3, 'grid')
    const grid = Float32Array.from({ length: 3000 }, () => r.int(0, 3))
    const tree = buildKdTree(grid)
    for (let k = 0; k < 50; k++) {
      const [x, y, z] = [r.uniform(-1, 4), r.uniform(-1, 4), r.uniform(-1, 4)]
      let [best, index] = [Number.POSITIVE_INFINITY, -1]
      for (let i = 0; i < 1000; i++) {
        const d = (x - grid[3 * i]) ** 2 + (y - grid[3 * i + 1]) ** 2 + (z - grid[3 * i + 2]) ** 2
        if (d < best) [best, index] = [d, i]
      }
      expect(nearest(tree, x, y, z)).toEqual({ index, squared: expect.closeTo(best, 12) })
      expect(nearest(tree, x, y, z, best / 2)).toEqual({ index: -1, squared: best / 2 })
    }
  })
})

/** Points every `step` metres over the cells of a plan of 1 m squares, `#` being floor. */
function floor(plan: readonly string[], step = 0.1): number[] {
  const points: number[] = []
  plan.forEach((row, y) => {
    ;[...row].forEach((cell, x) => {
      if (cell !== '#') return
      const n = Math.round(1 / step)
      for (let i = 0; i <= n; i++) for (let j = 0; j <= n; j++) points.push(x + i / n, y + j / n, (i * j) % 2)
    })
  })
  return points
}

describe('room area', () => {
  it('of a rectangle is its area', () => {
    expect(roomArea(floor(['###', '###']))).toBeCloseTo(6, 6)
  })
  it('follows an L and does not bridge its corner', () => {
    // The hull of the L would be 3.5; triangles across the corner are too large.
    expect(roomArea(floor(['#.', '##']))).toBeCloseTo(3, 1)
    expect(roomArea(floor(['#.', '##']))).toBeLessThan(3.05)
  })
  it('counts a hole in the floor, as VSI-Bench does', () => {
    expect(roomArea(floor(['###', '#.#', '###']))).toBeCloseTo(9, 6)
  })
  it('does not count a bay that is open to the outside', () => {
    expect(roomArea(floor(['#.#', '#.#', '###']))).toBeLessThan(7.1)
  })
  it('adds rooms that lie apart', () => {
    expect(roomArea(floor(['#..#']))).toBeCloseTo(2, 6)
  })
  it('is zero for points too far apart, on a line, or too few', () => {
    expect(roomArea([0, 0, 0, 1, 0, 0, 0, 1, 0])).toBe(0)
    expect(roomArea([0, 0, 0, 0.1, 0, 0, 0.2, 0, 0, 0.3, 0, 0])).toBe(0)
    expect(roomArea([])).toBe(0)
  })
})
