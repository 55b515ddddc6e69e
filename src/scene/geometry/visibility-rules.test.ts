import { describe, expect, it } from 'vitest'
import { IDENTITY4, type Vec3 } from './matrix.js'
import { createObserver } from './observer.js'
import type { FrameVisibility } from './visibility.js'
import { VISIBILITY_NAMES, VISIBILITY_RULES, type VisibilityName } from './visibility-rules.js'

// A depth picture of 100x80 and a colour picture twice as large; the camera sits at the origin of the world.
const cameras = {
  depth: { fx: 100, fy: 100, cx: 49.5, cy: 39.5 },
  depthSize: { width: 100, height: 80 },
  color: { fx: 200, fy: 200, cx: 99.5, cy: 79.5 },
  colorSize: { width: 200, height: 160 },
  depthShift: 1000,
}

interface Scene {
  /** One list of points per object. */
  objects: Vec3[][]
  faces?: number[]
  /** Metres: everywhere, or of a pixel. */
  depth: number | ((column: number, row: number) => number)
  percentile?: number
}

function look(rule: VisibilityName, { objects, faces = [], depth, percentile }: Scene): FrameVisibility {
  const points = objects.flat()
  let next = 0
  const own = objects.map((list) => ({ vertices: Uint32Array.from(list, () => next++) }))
  const mesh = { positions: Float32Array.from(points.flat()), faces: Uint32Array.from(faces) }
  const metres = typeof depth === 'number' ? () => depth : depth
  const picture = Uint16Array.from({ length: 8000 }, (_, i) =>
    Math.round(1000 * metres(i % 100, Math.floor(i / 100))),
  )
  return createObserver({ mesh, objects: own, cameras, rule, percentile })(picture, IDENTITY4)
}
/** Of one point straight ahead at `z`, whether it is seen where `depth` was measured. */
const seesAt = (rule: VisibilityName, z: number, depth: number): boolean =>
  look(rule, { objects: [[[0, 0, z]]], depth }).visible[0] === 1

/** Two triangles: a square of side `side` about (x, y), facing the camera at depth z; vertices from `start`. */
const square = (x: number, y: number, z: number, side: number): Vec3[] => [
  [x - side / 2, y - side / 2, z],
  [x + side / 2, y - side / 2, z],
  [x + side / 2, y + side / 2, z],
  [x - side / 2, y + side / 2, z],
]
const squareFaces = (start: number): number[] => [0, 1, 2, 0, 2, 3].map((i) => start + i)

describe('rules for vertices', () => {
  it('ladder: up to max(5 cm, 2 %) behind the measured depth, anything in front of it, nothing unmeasured', () => {
    expect([1.049, 1.051, 0.3].map((z) => seesAt('ladder', z, 1))).toEqual([true, false, true])
    expect(seesAt('ladder', 1, 0)).toBe(false)
  })

  it('ladder-two-sided: as far in front of the measured depth as behind it', () => {
    expect([0.949, 0.951, 1.049, 1.051].map((z) => seesAt('ladder-two-sided', z, 1))).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([3.919, 3.921, 4.079, 4.081].map((z) => seesAt('ladder-two-sided', z, 4))).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('vsi: within 20 % of the measured depth on both sides, not where nothing was measured', () => {
    expect([1.59, 1.61, 2, 2.39, 2.41].map((z) => seesAt('vsi', z, 2))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
    expect(seesAt('vsi', 2, 0)).toBe(false)
  })

  it('multispa: strictly nearer than the measured depth, without tolerance', () => {
    expect([0.05, 0.999, 1, 1.001].map((z) => seesAt('multispa', z, 1))).toEqual([true, true, false, false])
    expect([seesAt('multispa', 1, 0), seesAt('multispa', -1, 1)]).toEqual([false, false])
  })

  it('multispa: an object with less than 5 % of its vertices visible is not in the image', () => {
    const hidden = (n: number): Vec3[] => Array.from({ length: n }, (_, i): Vec3 => [0.001 * i, 0, 3])
    const nineteen = look('multispa', { objects: [[[0, 0, 1], ...hidden(19)]], depth: 2 })
    expect([nineteen.visible[0], nineteen.pixels[0]]).toEqual([1, 1])
    const twenty = look('multispa', { objects: [[[0, 0, 1], ...hidden(20)]], depth: 2 })
    expect([twenty.visible[0], twenty.pixels[0], ...twenty.boxes]).toEqual([0, 0, 0, 0, -1, -1])
  })

  it('count what lies in the picture apart from what is visible', () => {
    // Visible, hidden behind, beside the picture, behind the camera.
    const objects: Vec3[][] = [
      [
        [0, 0, 1],
        [0.1, 0, 3],
        [2, 0, 1],
        [0, 0, -1],
      ],
    ]
    const { totals, inView, visible } = look('ladder', { objects, depth: 2 })
    expect([totals[0], inView[0], visible[0]]).toEqual([4, 2, 1])
  })

  it('leave stray vertices out of the 2D box at a percentile', () => {
    // 101 columns of the colour picture, 50..150, and row 79.5 -> 80; then a stray one at column 190.
    const points = Array.from({ length: 101 }, (_, i): Vec3 => [(50 + i - 99.5) / 200, 0, 1])
    const whole = look('ladder', { objects: [points], depth: 2 })
    expect([...whole.boxes]).toEqual([50, 80, 150, 80])
    expect([...look('ladder', { objects: [points], depth: 2, percentile: 10 }).boxes]).toEqual([
      60, 80, 140, 80,
    ])
    const stray: Vec3[] = [...points, [(190 - 99.5) / 200, 0, 1]]
    expect(look('ladder', { objects: [stray], depth: 2 }).boxes[2]).toBe(190)
    expect(look('ladder', { objects: [stray], depth: 2, percentile: 1 }).boxes[2]).toBe(150)
  })
})

describe('ladder-mesh', () => {
  // A screen at 1 m hides what is behind its square of 40x40 depth pixels; nothing was measured anywhere.
  const screen = square(0, 0, 1, 0.4)
  const objects: Vec3[][] = [screen, [[0, 0, 2]], [[0.8, 0, 2]], [[0, 0, 1.04]], [[0, 0, 0.5]]]

  it('asks the mesh where nothing was measured', () => {
    const seen = look('ladder-mesh', { objects, faces: squareFaces(0), depth: 0 })
    // The screen itself, not what is behind it, what is beside it, within its tolerance and before it.
    expect([...seen.visible]).toEqual([4, 0, 1, 1, 1])
    expect([...look('ladder', { objects, faces: squareFaces(0), depth: 0 }).visible]).toEqual([0, 0, 0, 0, 0])
  })

  it('believes a measurement more than the mesh', () => {
    const seen = look('ladder-mesh', { objects, faces: squareFaces(0), depth: 3 })
    expect([...seen.visible]).toEqual([4, 1, 1, 1, 1])
    // One hole, just where the hidden point falls: pixel floor(49.5 + 0.5).
    const hole = look('ladder-mesh', {
      objects,
      faces: squareFaces(0),
      depth: (column, row) => (column === 50 && row === 40 ? 0 : 3),
    })
    expect([...hole.visible]).toEqual([4, 0, 1, 1, 1])
  })
})

describe('viewspatial', () => {
  it('tests the corners of the axis-aligned box, hidden 10 cm behind a measured depth', () => {
    // Four corners at 1 m and four at 2 m, of which a depth of 1.5 m hides the farther.
    const box: Vec3[] = [
      [-0.099, -0.099, 1],
      [0.099, 0.099, 2],
    ]
    const seen = look('viewspatial', { objects: [box], depth: 1.5 })
    expect([seen.totals[0], seen.inView[0], seen.visible[0]]).toEqual([8, 8, 4])
    // u = 99.5 -+ 19.8: 79.7 and 119.3; v = 59.7 and 99.3.
    expect([...seen.boxes]).toEqual([80, 60, 119, 99])
    expect(look('viewspatial', { objects: [box], depth: 1.91 }).visible[0]).toBe(8)
    expect(look('viewspatial', { objects: [box], depth: 1.89 }).visible[0]).toBe(4)
    // Nothing measured hides nothing.
    expect(look('viewspatial', { objects: [box], depth: 0 }).visible[0]).toBe(8)
  })

  it('does not see corners beside the picture or behind the camera', () => {
    const box: Vec3[] = [
      [0, 0, -1],
      [2, 0.1, 1],
    ]
    // Of the eight only x = 0 at z = 1 is in the picture, twice (y = 0 and 0.1).
    expect(look('viewspatial', { objects: [box], depth: 0 }).visible[0]).toBe(2)
  })
})

describe('scannet', () => {
  // A poster of 20x20 depth pixels (40x40 of colour) before a wall that is another object.
  const objects = [square(0, 0, 2, 0.4), square(0, 0, 3, 2)]
  const faces = [...squareFaces(0), ...squareFaces(4)]

  it('gives the boxes and sizes of rendered masks', () => {
    const seen = look('scannet', { objects, faces, depth: 0 })
    // Columns 99.5 -+ 20 at pixel centres: 80..119; the wall's -+ 66.67: 33..166, less what the poster covers.
    expect([...seen.boxes]).toEqual([80, 60, 119, 99, 33, 13, 166, 146])
    // 40 x 40 and 134 x 134 pixels of colour, a quarter of them of depth. The filter keeps the corners (9/25).
    expect([...seen.pixels]).toEqual([400, Math.round((134 * 134 - 1600) / 4)])
  })

  it('drops pixels whose measurement differs by more than 0.2 m + 1 %, keeping unmeasured ones', () => {
    const at = (metres: number): number[] => [...look('scannet', { objects, faces, depth: metres }).pixels]
    // The poster at 2 m stands 0.218 m before a measurement of 2.218 m and 0.2222 m is let pass.
    expect(at(2.218)[0]).toBe(400)
    expect(at(2.23)[0]).toBe(0)
    expect(at(2.23)[1]).toBe(0)
    expect(at(2.9)[1]).toBeGreaterThan(4000)
  })

  it('drops specks that fill less than a fifth of the window around them', () => {
    // 2x2 and 3x3 pixels of colour: 4/25 and 9/25.
    const speck = (pixels: number): Vec3[][] => [square(0, 0, 2, pixels / 100), square(0, 0, 3, 2)]
    expect(look('scannet', { objects: speck(2), faces, depth: 0 }).pixels[0]).toBe(0)
    expect(look('scannet', { objects: speck(4), faces, depth: 0 }).pixels[0]).toBe(4)
  })

  it('does not draw beyond 15 m', () => {
    const far = [square(0, 0, 14.9, 8), square(0, 0, 15.1, 10)]
    expect([...look('scannet', { objects: far, faces, depth: 0 }).pixels].map((n) => n > 0)).toEqual([
      true,
      false,
    ])
  })
})

it('every rule has a name for the record, no two the same', () => {
  const names = VISIBILITY_NAMES.map((name) => VISIBILITY_RULES[name])
  expect(new Set(names).size).toBe(VISIBILITY_NAMES.length)
})
