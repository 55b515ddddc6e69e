import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sceneRecordSchema } from '../schema/scene-record.js'
import { type BoxRoom, boxRoomScan, castRays, lookingNorth } from './box-room.test-helper.js'
import { buildSceneRecord, selectFrames } from './record.js'
import { buildRecords, readRecords } from './records.js'
import { listScans, openScan } from './scannet/scan.js'
import { writeScan } from './scannet/write-scan.js'

const LOST = new Array<number>(16).fill(Number.NEGATIVE_INFINITY)
const room: BoxRoom = {
  name: 'scene0900_00',
  blocks: [
    { label: 'floor', min: [-3, -1, -0.1], max: [3, 5, 0] },
    { label: 'Desk ', min: [-1.5, 2, 0], max: [-0.3, 2.6, 0.8] },
    { label: 'cabinet', min: [0.6, 3, 0], max: [1.6, 3.5, 1.5] },
    // Wholly behind the cabinet as seen from the first camera.
    { label: 'lamp', min: [0.9, 4.2, 0.9], max: [1.3, 4.6, 1.3] },
  ],
  poses: [lookingNorth([0, 0, 1]), LOST, lookingNorth([1.1, 3.55, 1.1]), lookingNorth([0.2, -0.5, 1.4])],
  camera: { fx: 140, fy: 140, cx: 79.3, cy: 59.4 },
  width: 160,
  height: 120,
  spacing: 0.03,
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'record-'))
const scanFolder = path.join(folder, 'scans', room.name)
beforeAll(async () => {
  await writeScan(scanFolder, await boxRoomScan(room))
  const turned: BoxRoom = {
    ...room,
    name: 'scene0901_00',
    axisAlignment: [0, -1, 0, 1, 1, 0, 0, 2, 0, 0, 1, 0.5, 0, 0, 0, 1],
  }
  await writeScan(path.join(folder, 'scans', turned.name), await boxRoomScan(turned))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('a scene record', () => {
  it('fulfils its schema and leaves walls, floors and lost frames out', async () => {
    const record = await buildSceneRecord(await openScan(scanFolder))
    expect(sceneRecordSchema.parse(record)).toEqual(record)
    expect(record.objects.map(({ category }) => category)).toEqual(['desk', 'cabinet', 'lamp'])
    expect(record.object_counts).toEqual({ desk: 1, cabinet: 1, lamp: 1 })
    expect(record.frames.map(({ frame_id }) => frame_id)).toEqual([0, 2, 3])
    expect(record.frames[1].time_s).toBeCloseTo(2 / 30, 6)
    expect(record.frames[0].image).toBe('scene0900_00/0.jpg')
  })

  it('gives the sizes, the closest distances and the floor area of the room', async () => {
    const record = await buildSceneRecord(await openScan(scanFolder))
    const [desk, cabinet, lamp] = record.objects
    expect(desk.longest_dimension).toBeCloseTo(1.2, 5)
    expect(cabinet.obb.lengths[2]).toBeCloseTo(1.5, 5)
    expect(cabinet.obb.center).toEqual([1.1, 3.25, 0.75].map((value) => expect.closeTo(value, 5)))
    const meters = (a: number, b: number): number | undefined =>
      record.distances.find((row) => row.a === a && row.b === b)?.meters
    // Desk to cabinet: 0.9 in x, 0.4 in y, same heights; vertices are at most 3 cm apart.
    expect(meters(desk.id, cabinet.id)).toBeCloseTo(Math.hypot(0.9, 0.4), 2)
    expect(meters(cabinet.id, lamp.id)).toBeCloseTo(0.7, 2)
    expect(record.room_area).toBeCloseTo(36, 3)
  })

  it('finds the boxes and pixel counts that casting rays finds', async () => {
    const record = await buildSceneRecord(await openScan(scanFolder))
    for (const frame of record.frames) {
      const { owner } = castRays(room.blocks, frame.pose, room.camera, room.width, room.height)
      for (const object of record.objects) {
        const pixels = [...owner.keys()].filter((i) => owner[i] === object.id)
        const seen = frame.objects.find(({ id }) => id === object.id)
        if (pixels.length < 20) continue
        const [xs, ys] = [pixels.map((i) => i % room.width), pixels.map((i) => Math.floor(i / room.width))]
        const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
        expect(seen, `${object.category} in frame ${frame.frame_id}`).toBeDefined()
        const off = seen?.bbox_2d.map((side, i) => Math.abs(side - box[i])) ?? []
        expect(Math.max(...off), `${object.category}: ${seen?.bbox_2d} for ${box}`).toBeLessThanOrEqual(2)
        expect((seen?.pixel_count ?? 0) / pixels.length).toBeGreaterThan(0.85)
        expect((seen?.pixel_count ?? 0) / pixels.length).toBeLessThan(1.15)
      }
    }
  })

  it('does not see the lamp through the cabinet', async () => {
    const { frames, objects } = await buildSceneRecord(await openScan(scanFolder))
    const lamp = objects.find(({ category }) => category === 'lamp')?.id
    expect(frames[0].objects.map(({ id }) => id)).not.toContain(lamp)
    expect(frames[1].objects.map(({ id }) => id)).toContain(lamp)
  })

  it('is the same in the camera, and turned in the world, when the scan has an axis alignment', async () => {
    const plain = await buildSceneRecord(await openScan(scanFolder))
    const turned = await buildSceneRecord(await openScan(path.join(folder, 'scans', 'scene0901_00')))
    expect(turned.frames.map((frame) => frame.objects)).toEqual(
      plain.frames.map((frame) =>
        frame.objects.map((object) => ({
          ...object,
          position_camera: object.position_camera.map((value) => expect.closeTo(value, 4)),
          visible_ratio: expect.closeTo(object.visible_ratio, 2),
          pixel_count: expect.toSatisfy((n: number) => Math.abs(n - object.pixel_count) <= 2 + 0.01 * n),
        })),
      ),
    )
    // (x, y, z) -> (1 - y, x + 2, z + 0.5)
    const [x, y, z] = plain.objects[0].obb.center
    expect(turned.objects[0].obb.center).toEqual([1 - y, x + 2, z + 0.5].map((v) => expect.closeTo(v, 4)))
    expect(turned.room_area).toBeCloseTo(plain.room_area ?? 0, 3)
  })
})

describe('choosing frames', () => {
  const frames = Array.from({ length: 10 }, (_, id) => ({ id, cameraToWorld: [], valid: id !== 4 }))
  it('strides over the scan and passes lost frames over', () => {
    expect(selectFrames(frames, { stride: 2, max_frames: null })).toEqual([0, 2, 6, 8])
  })
  it('spreads a limited number from the first to the last', () => {
    expect(selectFrames(frames, { stride: 1, max_frames: 3 })).toEqual([0, 5, 9])
    expect(selectFrames(frames, { stride: 1, max_frames: 1 })).toEqual([0])
  })
})

describe('records of a folder of scans', () => {
  const bytes = (out: string): Record<string, string> =>
    Object.fromEntries(
      fs
        .readdirSync(out, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name))
        .sort()
        .map((file) => [path.relative(out, file), fs.readFileSync(file).toString('base64')]),
    )

  it('are the same bytes for one worker and for two, and a second run makes nothing', async () => {
    const scans = listScans(path.join(folder, 'scans'))
    const [one, two] = [path.join(folder, 'one'), path.join(folder, 'two')]
    const first = await buildRecords({ scans, out: one })
    expect(first.map(({ made }) => made)).toEqual([true, true])
    await buildRecords({ scans, out: two, workers: 2 })
    expect(bytes(two)).toEqual(bytes(one))
    expect(Object.keys(bytes(one))).toContain('images/scene0900_00/2.jpg')
    expect((await buildRecords({ scans, out: one })).map(({ made }) => made)).toEqual([false, false])
    const other = await buildRecords({ scans, out: one, options: { max_frames: 1 } })
    expect(other.map(({ made }) => made)).toEqual([true, true])
    expect(readRecords(one).map(({ scene_name, frames }) => [scene_name, frames.length])).toEqual([
      ['scene0900_00', 1],
      ['scene0901_00', 1],
    ])
    expect(fs.readdirSync(path.join(one, 'images', 'scene0900_00'))).toEqual(['0.jpg'])
  }, 60_000)

  it('make a bad scan one clear line, from a worker too', async () => {
    const bad = path.join(folder, 'bad', 'scene0902_00')
    fs.cpSync(scanFolder, bad, { recursive: true })
    fs.writeFileSync(path.join(bad, 'scene0900_00.sens'), Buffer.from([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
    const out = path.join(folder, 'bad-out')
    for (const workers of [1, 2])
      await expect(buildRecords({ scans: [scanFolder, bad], out, workers })).rejects.toMatchObject({
        kind: 'data',
        message: expect.stringMatching(/scene0900_00\.sens: version at byte 0: expected 4, got 9$/),
      })
  }, 60_000)

  it('says which field of a record is wrong', () => {
    const file = path.join(folder, 'wrong', 'records', 'a.json')
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, JSON.stringify({ version: 1, scene_name: 3 }))
    expect(() => readRecords(path.join(folder, 'wrong'))).toThrow(
      /a\.json: scene_name: expected a scene record/,
    )
  })
})
