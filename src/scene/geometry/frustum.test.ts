import { describe, expect, it } from 'vitest'
import { rng } from '../../common/random.js'
import { boxesOfRuns, isBeyond, RUN, viewPlanes } from './frustum.js'
import { invertAffine, transformPoint } from './matrix.js'

const camera = { fx: 70, fy: 90, cx: 30, cy: 25 }
const size = { width: 64, height: 48 }
const NEAR = 0.1

/** Whether a point falls into the picture, one point at a time. */
function inView(m: number[], p: number[]): boolean {
  const [x, y, z] = transformPoint(m, p)
  if (!(z >= NEAR)) return false
  const column = Math.floor((camera.fx * x) / z + camera.cx + 0.5)
  const row = Math.floor((camera.fy * y) / z + camera.cy + 0.5)
  return column >= 0 && column < size.width && row >= 0 && row < size.height
}

describe('boxes of runs of vertices', () => {
  it('are never passed over when a vertex of theirs is in the picture, and mostly when none is', () => {
    const random = rng(21, 'frustum')
    const planes = new Float64Array(20)
    let [passed, empty] = [0, 0]
    for (let round = 0; round < 400; round++) {
      const [yaw, tilt] = [random.uniform(-3, 3), random.uniform(-1, 1)]
      const [c, s, d, t] = [Math.cos(yaw), Math.sin(yaw), Math.cos(tilt), Math.sin(tilt)]
      const pose = [c, -s * d, s * t, 0.3, s, c * d, -c * t, -0.2, 0, t, d, 0.1, 0, 0, 0, 1]
      const m = invertAffine(pose) ?? []
      const middle = [0, 1, 2].map(() => random.uniform(-3, 3))
      const points = Array.from({ length: 40 }, () =>
        middle.map((value) => value + random.uniform(-0.3, 0.3)),
      )
      const { boxes } = boxesOfRuns(Float32Array.from(points.flat()), Uint32Array.from([0, 40]))
      viewPlanes(planes, m, camera, size, NEAR)
      const shown = points.some((p) => inView(m, p.map(Math.fround)))
      if (isBeyond(planes, boxes, 0)) {
        expect(shown).toBe(false)
        passed++
      } else if (!shown) empty++
    }
    expect(passed).toBeGreaterThan(150)
    expect(empty).toBeLessThan(passed / 4)
  })

  it('are counted from the start of each object', () => {
    const starts = Uint32Array.from([0, RUN + 1, RUN + 1, 2 * RUN])
    const positions = Float32Array.from({ length: 6 * RUN }, (_, i) => Math.floor(i / 3))
    const { boxes, first } = boxesOfRuns(positions, starts)
    expect([...first]).toEqual([0, 2, 2, 3])
    // The second run of the first object is its last vertex alone.
    expect([...boxes.subarray(6, 12)]).toEqual([RUN, RUN, RUN, 0, 0, 0])
  })
})
