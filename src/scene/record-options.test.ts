// What a user can ask of records beyond the defaults, each checked against rays cast through the room.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SceneRecord, sceneRecordSchema } from '../schema/scene-record.js'
import { type BoxRoom, boxRoomScan, castRays, lookingNorth } from './box-room.test-helper.js'
import { BOX_RULE } from './geometry/boxes.js'
import { buildSceneRecord, type RecordOptionsInput } from './record.js'
import { buildRecords, readRecords } from './records.js'
import { openScan } from './scannet/scan.js'
import { writeScan } from './scannet/write-scan.js'

const room: BoxRoom = {
  name: 'scene0910_00',
  blocks: [
    { label: 'floor', min: [-3, -1, -0.1], max: [3, 5, 0] },
    { label: 'desk', min: [-1.5, 2, 0], max: [-0.3, 2.6, 0.8] },
    { label: 'cabinet', min: [0.6, 3, 0], max: [1.6, 3.5, 1.5] },
    // Wholly behind the cabinet as seen from the first camera.
    { label: 'lamp', min: [0.9, 4.2, 0.9], max: [1.3, 4.6, 1.3] },
  ],
  poses: [lookingNorth([0, 0, 1]), lookingNorth([0.2, -0.5, 1.4]), lookingNorth([-0.7, 1.2, 0.7])],
  camera: { fx: 140, fy: 140, cx: 79.3, cy: 59.4 },
  width: 160,
  height: 120,
  spacing: 0.03,
}
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'record-options-'))
const scanFolder = path.join(folder, 'measured', room.name)
/** The same scan by a sensor that measured nothing. */
const blindFolder = path.join(folder, 'blind', room.name)
beforeAll(async () => {
  const scan = await boxRoomScan(room)
  await writeScan(scanFolder, scan)
  const frames = [...(scan.frames as Iterable<{ depth: Uint16Array }>)]
  for (const { depth } of frames) depth.fill(0)
  await writeScan(blindFolder, scan)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const record = async (options: RecordOptionsInput, from = scanFolder): Promise<SceneRecord> => {
  const made = await buildSceneRecord(await openScan(from), options)
  expect(sceneRecordSchema.parse(made)).toEqual(made)
  return made
}
const seenIn = ({ frames }: SceneRecord): [number, number][] =>
  frames.flatMap((frame) => frame.objects.map(({ id }): [number, number] => [frame.frame_id, id]))

describe('a record', () => {
  it("of the scannet rule has the masks' boxes and sizes that casting rays finds", async () => {
    const { frames, objects } = await record({ visibility: 'scannet' })
    let compared = 0
    for (const frame of frames) {
      const { owner } = castRays(room.blocks, frame.pose, room.camera, room.width, room.height)
      for (const { id } of objects) {
        const pixels = [...owner.keys()].filter((i) => owner[i] === id)
        if (pixels.length < 20) continue
        const [xs, ys] = [pixels.map((i) => i % room.width), pixels.map((i) => Math.floor(i / room.width))]
        const seen = frame.objects.find((object) => object.id === id)
        const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
        const off = seen?.bbox_2d.map((side, i) => Math.abs(side - box[i])) ?? [99]
        expect(Math.max(...off), `object ${id}: ${seen?.bbox_2d} for ${box}`).toBeLessThanOrEqual(1)
        expect((seen?.pixel_count ?? 0) / pixels.length).toBeCloseTo(1, 1)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(4)
  })

  it('of a scan without any depth sees by its mesh what it sees by depth, and nothing otherwise', async () => {
    const measured = await record({})
    const meshed = await record({ visibility: 'ladder-mesh' }, blindFolder)
    expect(seenIn(await record({}, blindFolder))).toEqual([])
    expect(seenIn(meshed)).toEqual(seenIn(measured))
    const ratios = ({ frames }: SceneRecord): number[] =>
      frames.flatMap((frame) => frame.objects.map((object) => object.visible_ratio))
    const other = ratios(measured)
    ratios(meshed).forEach((ratio, i) => {
      expect(ratio).toBeCloseTo(other[i], 1)
    })
  })

  it('names the rules it follows', async () => {
    const plain = await record({})
    expect(plain.provenance.rules.box).toBe(BOX_RULE)
    const { rules } = (
      await record({
        visibility: 'vsi',
        box: 'minimal_volume',
        distance: 'surfaces',
        box_percentile: 2,
      })
    ).provenance
    expect(rules.visibility).toContain('|z-d|<=0.2d')
    expect(rules.box).toContain('minimal volume')
    expect(rules.distance).toContain('surfaces')
    expect(rules.box_2d).toBe('percentiles 2 to 98')
  })

  it('also gives the visible share of what is in the picture', async () => {
    const plain = await record({})
    expect(plain.frames[0].objects[0]).not.toHaveProperty('visible_ratio_in_view')
    // The third camera stands before the desk and has only a part of it in the picture.
    const desk = (await record({ in_view_ratio: true })).frames[2].objects[0]
    expect(desk.visible_ratio).toBeLessThan(desk.visible_ratio_in_view ?? 0)
    expect(desk.visible_ratio_in_view).toBeLessThanOrEqual(1)
  })

  it('has boxes of the same size for blocks by either rule, and distances of surfaces', async () => {
    const { objects, distances } = await record({ box: 'minimal_volume', distance: 'surfaces' })
    const desk = [...(objects[0].obb.lengths ?? [])].sort((a, b) => a - b)
    expect(desk).toEqual([0.6, 0.8, 1.2].map((side) => expect.closeTo(side, 5)))
    expect(distances[0].meters).toBeCloseTo(Math.hypot(0.9, 0.4), 5)
  })

  it('has smaller 2D boxes at a percentile', async () => {
    const [whole, trimmed] = [await record({}), await record({ box_percentile: 5 })]
    const [a, b] = [whole.frames[0].objects[0].bbox_2d, trimmed.frames[0].objects[0].bbox_2d]
    expect([b[0] >= a[0], b[1] >= a[1], b[2] <= a[2], b[3] <= a[3]]).toEqual([true, true, true, true])
    const area = ([x1, y1, x2, y2]: number[]): number => (x2 - x1 + 1) * (y2 - y1 + 1)
    expect(area(b) / area(a)).toBeLessThan(0.97)
    expect(area(b) / area(a)).toBeGreaterThan(0.5)
  })
})

describe('records without pictures', () => {
  it('differ from others only in what was copied, and are found complete', async () => {
    const [bare, full] = [path.join(folder, 'bare'), path.join(folder, 'full')]
    await buildRecords({ scans: [scanFolder], out: full })
    const [made] = await buildRecords({ scans: [scanFolder], out: bare, options: { images: false } })
    expect(made.made).toBe(true)
    expect(fs.readdirSync(bare)).toEqual(['records'])
    const [a, b] = [bare, full].map((out) => readRecords(out)[0])
    expect(a.frames).toEqual(b.frames)
    expect(a.frames[0].image).toBe('scene0910_00/0.jpg')
    expect({ ...a, provenance: null }).toEqual({ ...b, provenance: null })
    expect((await buildRecords({ scans: [scanFolder], out: bare, options: { images: false } }))[0].made).toBe(
      false,
    )
    // With pictures asked for it is made anew.
    expect((await buildRecords({ scans: [scanFolder], out: bare }))[0].made).toBe(true)
    expect(fs.existsSync(path.join(bare, 'images', 'scene0910_00', '0.jpg'))).toBe(true)
  })
})
