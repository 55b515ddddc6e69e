// Poses, cameras and depth of real frames must fit together by our conventions, or boxes would be wrong.
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { pixelOf, project, unproject } from './geometry/camera.js'
import { groupVertices } from './geometry/grouped-vertices.js'
import { invertAffine, transformPoint } from './geometry/matrix.js'
import { createVisibility } from './geometry/visibility.js'
import { openScan } from './scannet/scan.js'

const livingroom = path.resolve(import.meta.dirname, '../../../shared/real/livingroom')

describe.skipIf(!fs.existsSync(livingroom))('real frames (skipped where ../shared/real is absent)', () => {
  /** World points of every 8th pixel of frame `index` that has depth. */
  async function worldPoints(index: number): Promise<number[][]> {
    const scan = await openScan(livingroom)
    const depth = await scan.readDepth(index)
    const points: number[][] = []
    for (let v = 0; v < 480; v += 8)
      for (let u = 0; u < 640; u += 8) {
        const z = depth[640 * v + u] / scan.depthShift
        if (z > 0)
          points.push(
            transformPoint(scan.frames[index].cameraToWorld, unproject(scan.intrinsicDepth, u, v, z)),
          )
      }
    return points
  }

  it("show a point of one frame at the next frame's depth, within a centimetre", async () => {
    const scan = await openScan(livingroom)
    for (const [from, to] of [
      [0, 1],
      [10, 12],
      [30, 28],
    ]) {
      const depth = await scan.readDepth(to)
      const worldToCamera = invertAffine(scan.frames[to].cameraToWorld) ?? []
      const errors: number[] = []
      for (const point of await worldPoints(from)) {
        const local = transformPoint(worldToCamera, point)
        const [u, v] = (project(scan.intrinsicDepth, local) ?? [-1, -1]).map(pixelOf)
        if (u < 0 || u >= 640 || v < 0 || v >= 480 || depth[640 * v + u] === 0) continue
        errors.push(Math.abs(local[2] - depth[640 * v + u] / scan.depthShift))
      }
      errors.sort((a, b) => a - b)
      expect(errors.length).toBeGreaterThan(2000)
      expect(errors[Math.floor(errors.length / 2)]).toBeLessThan(0.01)
    }
  })

  it('see nearly all of their own surface, and little through it', async () => {
    const scan = await openScan(livingroom)
    const points = await worldPoints(5)
    const eye = [3, 7, 11].map((k) => scan.frames[5].cameraToWorld[k])
    // The same points a fifth farther from the camera lie behind the surface.
    const behind = points.map((p) => p.map((value, k) => eye[k] + 1.2 * (value - eye[k])))
    const mesh = { positions: Float32Array.from([...points, ...behind].flat()), faces: new Uint32Array(0) }
    const range = (start: number): Uint32Array => Uint32Array.from(points.keys(), (i) => start + i)
    const look = createVisibility(
      groupVertices(mesh, [{ vertices: range(0) }, { vertices: range(points.length) }]),
      {
        depth: scan.intrinsicDepth,
        depthSize: scan.depthSize,
        color: scan.intrinsicColor,
        colorSize: scan.colorSize,
        depthShift: scan.depthShift,
      },
    )
    const seen = look(await scan.readDepth(5), invertAffine(scan.frames[5].cameraToWorld) ?? [])
    expect(seen.visible[0] / points.length).toBeGreaterThan(0.99)
    expect(seen.visible[1] / points.length).toBeLessThan(0.01)
  })
})
