import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { boxRoomScan, lookingNorth } from './box-room.test-helper.js'
import { inspectScan, pathLength, scanSheet, sheetCells } from './inspect.js'
import { openScan } from './scannet/scan.js'
import { writeScan } from './scannet/write-scan.js'

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'inspect-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))
const livingroom = path.resolve(import.meta.dirname, '../../../shared/real/livingroom')

async function writtenRoom(): Promise<string> {
  const folder = path.join(temporary, 'scene0910_00')
  const scan = await boxRoomScan({
    name: 'scene0910_00',
    blocks: [
      { label: 'wall', min: [-3, 4, -2], max: [3, 4.1, 4] },
      { label: 'Chair', min: [-0.5, 2, 0], max: [0.5, 2.5, 1] },
      { label: 'chair', min: [1, 3, 0], max: [1.5, 3.5, 1] },
    ],
    poses: [
      lookingNorth([0, 0, 0.5]),
      new Array(16).fill(Number.NEGATIVE_INFINITY),
      lookingNorth([0.3, 0.4, 0.5]),
    ],
    camera: { fx: 60, fy: 60, cx: 31.3, cy: 23.4 },
    width: 64,
    height: 48,
    spacing: 0.1,
  })
  await writeScan(folder, scan)
  return folder
}

describe('inspecting a scan', () => {
  it('says what it holds: poses, depth, way, mesh, objects by category', async () => {
    const summary = await inspectScan(await openScan(await writtenRoom()))
    expect(summary).toMatchObject({
      name: 'scene0910_00',
      layout: 'sens',
      scene_type: 'Test room',
      frames: 3,
      valid_poses: 2,
      color: { width: 64, height: 48 },
      axis_aligned: true,
      objects: { chair: 2, wall: 1 },
      problems: ['1 of 3 frames have no pose (tracking was lost)'],
    })
    // Nearest: the chair's front from the second place, 1.6 m; farthest: the wall from the first, 4 m.
    expect(summary.depth_range).toEqual({
      frames_read: 3,
      nearest: 1.6,
      farthest: 4,
      holes: expect.closeTo(1 / 3, 6),
    })
    expect(summary.path_length).toBeCloseTo(0.5, 6)
    expect(summary.vertices).toBeGreaterThan(100)
  })

  it('counts the way over lost frames as one step', () => {
    const pose = (x: number): number[] => [1, 0, 0, x, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    const frames = [pose(0), pose(Number.NEGATIVE_INFINITY), pose(3), pose(1)].map((cameraToWorld, id) => ({
      id,
      cameraToWorld,
      valid: id !== 1,
    }))
    expect(pathLength({ frames })).toBe(5)
  })

  it('makes a sheet of the frames that have a pose, with the boxes of objects', async () => {
    const scan = await openScan(await writtenRoom())
    const cells = await sheetCells(scan, 12)
    expect(cells.map(({ caption }) => caption)).toEqual(['scene0910_00 frame 0', 'scene0910_00 frame 2'])
    expect(cells[0].boxes?.map(({ label }) => label)).toEqual(['chair', 'chair'])
    const sheet = await scanSheet([scan], 12)
    expect(sheet.data).toHaveLength(3 * sheet.width * sheet.height)
  })

  it.skipIf(!fs.existsSync(livingroom))(
    'reads 43 real RGB-D frames (skipped where ../shared/real is absent)',
    async () => {
      const summary = await inspectScan(await openScan(livingroom))
      // Numbers found with numpy and Pillow.
      expect(summary).toMatchObject({
        layout: 'exported',
        frames: 43,
        valid_poses: 43,
        vertices: null,
        objects: null,
      })
      expect(summary.depth_range).toEqual({
        frames_read: 43,
        nearest: 0.702,
        farthest: 3.382,
        holes: expect.closeTo(0.020972550266472868, 9),
      })
      expect(summary.path_length).toBeCloseTo(3.6822996591862984, 6)
    },
  )
})
