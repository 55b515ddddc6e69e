import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256File } from '../../common/files.js'
import { decodeImage } from '../../images/codec.js'
import { buildSceneRecord } from '../record.js'
import { openScan } from '../scannet/scan.js'
import { scanName, synthOptionsSchema } from './options.js'
import { makeRoom } from './room.js'
import { synthesizeScan } from './scan-data.js'
import { synthesizeScans } from './synthesize.js'

const options = synthOptionsSchema.parse({ rooms: 3, frames: 4, seed: 8 })
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'synth-'))
const one = path.join(root, 'one')

/** Hash of every file below `folder`, by path. */
const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    fs
      .readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), sha256File(file)]),
  )

beforeAll(async () => {
  await synthesizeScans({ out: one, options })
})
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

describe('made scans on disk', () => {
  it('are the same bytes for one worker and for two', async () => {
    const two = path.join(root, 'two')
    expect(await synthesizeScans({ out: two, options, workers: 2 })).toMatchObject({ made: 3, skipped: 0 })
    expect(hashes(two)).toEqual(hashes(one))
  }, 60000)

  it('are completed, not made again, when the command is repeated after a kill', async () => {
    const cut = path.join(root, 'cut')
    fs.cpSync(one, cut, { recursive: true })
    fs.rmSync(path.join(cut, scanName(options, 1)), { recursive: true })
    fs.mkdirSync(path.join(cut, `${scanName(options, 1)}.tmp-1-0`))
    expect(await synthesizeScans({ out: cut, options })).toMatchObject({ made: 1, skipped: 2 })
    expect(hashes(cut)).toEqual(hashes(one))
    expect(fs.readdirSync(cut).filter((name) => name.includes('tmp'))).toEqual([])
  })

  it('are not mixed with rooms of other options', async () => {
    const other = { ...options, seed: 9 }
    await expect(synthesizeScans({ out: one, options: other })).rejects.toThrow(/same options/)
  })

  it('read back as ScanNet scans with frames, depth, mesh and objects as made', async () => {
    const scan = await openScan(path.join(one, scanName(options, 2)))
    expect(scan.problems).toEqual([])
    expect(scan.frames).toHaveLength(options.frames)
    expect(scan.frames.every((frame) => frame.valid)).toBe(true)
    const made = synthesizeScan(options, 2)
    let index = 0
    for await (const frame of made.frames) {
      expect(await scan.readDepth(index)).toEqual(frame.depth)
      const { bytes, format } = await scan.readColor(index)
      expect(format).toBe('jpeg')
      expect(Buffer.compare(bytes, frame.colorJpeg)).toBe(0)
      expect(await decodeImage(bytes)).toMatchObject({ width: 168, height: 112 })
      index++
    }
    const mesh = scan.readMesh()
    expect(mesh?.positions).toEqual(made.mesh.positions)
    const objects = scan.readObjects(made.segIndices.length)
    expect(objects?.map((o) => o.label)).toEqual(made.objects.map((o) => o.label))
  })

  it('give records whose objects stand where the room has them, with walls along the axes', async () => {
    const scan = await openScan(path.join(one, scanName(options, 0)))
    const room = makeRoom(options, 0)
    const record = await buildSceneRecord(scan, { dataset: 'synthetic' })
    const furniture = room.objects.filter((o) => o.parts.length > 0)
    expect(record.objects.map((o) => o.category)).toEqual(furniture.map((o) => o.label))
    record.objects.forEach((object, i) => {
      const { footprint: f, z } = furniture[i]
      expect(Math.abs(object.aabb.max[2] - z[1])).toBeLessThan(0.02)
      expect(Math.hypot(object.obb.center[0] - f.x, object.obb.center[1] - f.y)).toBeLessThan(0.15)
    })
    expect(Math.abs((record.room_area ?? 0) - room.width * room.depth)).toBeLessThan(
      0.08 * room.width * room.depth,
    )
    // Every piece but the odd hidden one is seen well in some frame.
    const seen = new Set(
      record.frames.flatMap((f) => f.objects.filter((o) => o.visible_ratio > 0.2).map((o) => o.id)),
    )
    expect(seen.size).toBeGreaterThan(0.6 * record.objects.length)
  })
})
