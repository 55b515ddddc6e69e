import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type BoxRoom, boxRoomScan, lookingNorth } from './box-room.test-helper.js'
import { buildSceneRecord } from './record.js'
import { openScan } from './scannet/scan.js'
import { writeScan } from './scannet/write-scan.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unlabelled-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Two chairs, one of them with a thing beside it that is labelled `label`. */
const room = (name: string, label: string): BoxRoom => ({
  name,
  blocks: [
    { label: 'floor', min: [-3, -1, -0.1], max: [3, 5, 0] },
    { label: 'chair', min: [-1.5, 2, 0.05], max: [-1, 2.5, 0.8] },
    { label: 'chair', min: [1, 2, 0.05], max: [1.5, 2.5, 0.8] },
    { label, min: [1.55, 2, 0.05], max: [2.05, 2.5, 0.8] },
  ],
  poses: [lookingNorth([0, 0, 1])],
  camera: { fx: 140, fy: 140, cx: 79.3, cy: 59.4 },
  width: 160,
  height: 120,
  spacing: 0.05,
})

async function nearby(name: string, label: string, within?: number): Promise<(number | undefined)[]> {
  const scan = path.join(folder, name)
  await writeScan(scan, await boxRoomScan(room(name, label)))
  const { objects } = await buildSceneRecord(await openScan(scan), { unlabelled_within_m: within })
  return objects.filter((o) => o.category === 'chair').map((o) => o.unlabelled_nearby)
}

describe('surface without a label', () => {
  it('is measured around each object, where it is asked for', async () => {
    const [alone, beside] = await nearby('a', 'unknown', 0.1)
    expect(alone).toBe(0)
    // One side of the thing and a strip of four others.
    expect(beside).toBeGreaterThan(0.15)
    expect(beside).toBeLessThan(0.5)
    expect(await nearby('b', 'unknown')).toEqual([undefined, undefined])
  })

  it('is not what stands there under a name, nor the floor', async () => {
    expect(await nearby('c', 'table', 0.1)).toEqual([0, 0])
  })

  it('is not what lies further away', async () => {
    expect(await nearby('d', 'unknown', 0.02)).toEqual([0, 0])
  })
})
