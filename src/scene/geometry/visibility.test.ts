import { describe, expect, it } from 'vitest'
import { groupVertices } from './grouped-vertices.js'
import { IDENTITY4 } from './matrix.js'
import { createVisibility, type FrameVisibility } from './visibility.js'

// A depth picture of 100x80 and a colour picture twice as large; the camera sits at the origin of the world.
const depthSize = { width: 100, height: 80 }
const colorSize = { width: 200, height: 160 }
const depthCamera = { fx: 100, fy: 100, cx: 49.5, cy: 39.5 }
const colorCamera = { fx: 200, fy: 200, cx: 99.5, cy: 79.5 }

interface Look {
  points: [number, number, number][]
  /** Metres, everywhere. */
  depth: number
  faces?: number[]
}

function look({ points, depth, faces = [] }: Look): FrameVisibility {
  const mesh = { positions: Float32Array.from(points.flat()), faces: Uint32Array.from(faces) }
  const grouped = groupVertices(mesh, [{ vertices: Uint32Array.from(points.keys()) }])
  const cameras = { depth: depthCamera, depthSize, color: colorCamera, colorSize, depthShift: 1000 }
  const picture = new Uint16Array(8000).fill(Math.round(1000 * depth))
  return createVisibility(grouped, cameras)(picture, IDENTITY4)
}
const visible = (z: number, depth: number): number => look({ points: [[0, 0, z]], depth }).visible[0]

describe('a vertex', () => {
  it('is seen up to 5 cm behind the measured depth, from 2.5 m on up to 2 %', () => {
    expect([visible(1.049, 1), visible(1.051, 1)]).toEqual([1, 0])
    expect([visible(4.079, 4), visible(4.081, 4)]).toEqual([1, 0])
  })
  it('is seen in front of the measured depth', () => {
    expect(visible(0.5, 4)).toBe(1)
  })
  it('is not seen without a measurement, nearer than 10 cm, or behind the camera', () => {
    expect([visible(1, 0), visible(0.099, 1), visible(-1, 1)]).toEqual([0, 0, 0])
  })
  it('is not seen outside the picture', () => {
    // Column 100 would be u = 99.5 and more: x = 0.5 at z = 1.
    expect(look({ points: [[0.499, 0, 1]], depth: 1 }).visible[0]).toBe(1)
    expect(look({ points: [[0.501, 0, 1]], depth: 1 }).visible[0]).toBe(0)
    expect(look({ points: [[0, -0.401, 1]], depth: 1 }).visible[0]).toBe(0)
  })
})

describe('an object', () => {
  it('has its box in pixels of the colour picture, over its visible vertices', () => {
    const points: [number, number, number][] = [
      [-0.099, -0.049, 1],
      [0.201, 0.101, 1],
      [0.3, 0.3, 3],
    ]
    const seen = look({ points, depth: 1.5 })
    expect(seen.visible[0]).toBe(2)
    // u = 200 * -0.099 + 99.5 = 79.7 -> pixel 80; v = 200 * 0.101 + 79.5 = 99.7 -> pixel 100.
    expect([...seen.boxes]).toEqual([80, 70, 140, 100])
  })

  it('has an empty box and no pixels when it is not seen', () => {
    const seen = look({ points: [[0, 0, 3]], depth: 1 })
    expect([seen.visible[0], seen.pixels[0], ...seen.boxes]).toEqual([0, 0, 0, 0, -1, -1])
  })

  it('covers as many depth pixels as its surface, for coarse and fine meshes', () => {
    for (const [n, z] of [
      [4, 1],
      [40, 1],
      [40, 2],
    ]) {
      // A square of 0.4 m, facing the camera: (0.4 * 100 / z)² pixels.
      const points: [number, number, number][] = []
      const faces: number[] = []
      for (let i = 0; i <= n; i++)
        for (let j = 0; j <= n; j++) points.push([(0.4 * i) / n - 0.2, (0.4 * j) / n - 0.2, z])
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const a = i * (n + 1) + j
          faces.push(a, a + 1, a + n + 1, a + 1, a + n + 2, a + n + 1)
        }
      expect(look({ points, faces, depth: 2 }).pixels[0] / (40 / z) ** 2).toBeCloseTo(1, 2)
    }
  })

  it('keeps its own results beside others', () => {
    const mesh = { positions: Float32Array.from([0, 0, 1, 0.1, 0, 1, 0, 0, 3]), faces: new Uint32Array(0) }
    const grouped = groupVertices(mesh, [
      { vertices: Uint32Array.from([2]) },
      { vertices: Uint32Array.from([0, 1]) },
    ])
    const cameras = { depth: depthCamera, depthSize, color: colorCamera, colorSize, depthShift: 1000 }
    const seen = createVisibility(grouped, cameras)(new Uint16Array(8000).fill(1000), IDENTITY4)
    expect([...seen.visible]).toEqual([0, 2])
    expect([...grouped.bounds.subarray(0, 6)]).toEqual([0, 0, 3, 0, 0, 3])
  })
})
