// Golden files: bench/reference/scannet_fixture.py (Python's struct, zlib and Pillow).
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeImage } from '../../images/codec.js'
import { axisAlignment, parseMetaText, parseNumbers } from './meta-text.js'
import { readPly } from './ply.js'
import { isScan, listScans, openScan } from './scan.js'
import { joinObjects, readAggregation, readSegIndices } from './segments.js'
import { openSens, readSensColor, readSensDepth } from './sens.js'

const fixtures = path.join(import.meta.dirname, 'fixtures')
const NAME = 'scene0007_00'
const fixture = (...parts: string[]): string => path.join(fixtures, ...parts)
const sensFile = fixture(NAME, `${NAME}.sens`)
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'scannet-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

const POSE = [1, 0, 0, 0.5, 0, 0, 1, -2, 0, -1, 0, 1.25, 0, 0, 0, 1]
/** Depth of frame `i` as the fixture script makes it. */
const depthOf = (i: number): number[] => Array.from({ length: 12 }, (_, k) => (k === 5 ? 0 : 257 * k + i))

/** A copy of the golden .sens after `change`. */
function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  const file = path.join(temporary, name)
  fs.writeFileSync(file, change(Buffer.from(fs.readFileSync(sensFile))))
  return file
}

describe('a .sens file', () => {
  it('gives sizes, cameras, poses, depth and the colour bytes as they are', async () => {
    const sens = openSens(sensFile)
    expect(sens.sensorName).toBe('StructureSensor')
    expect([sens.colorSize, sens.depthSize]).toEqual([
      { width: 8, height: 6 },
      { width: 4, height: 3 },
    ])
    expect([sens.colorFormat, sens.depthFormat, sens.depthShift]).toEqual(['jpeg', 'zlib', 1000])
    expect(sens.intrinsicColor.slice(0, 7)).toEqual([7.5, 0, 4, 0, 0, 7.25, 3])
    expect(sens.intrinsicDepth.slice(0, 7)).toEqual([3.75, 0, 1.5, 0, 0, 3.5, 1])
    expect(sens.frames.map(({ timestamp }) => timestamp)).toEqual([0n, 33333n, 66666n])
    expect(sens.frames[0].cameraToWorld).toEqual(POSE)
    expect([...readSensDepth(sens, 2)]).toEqual(depthOf(2))
    const picture = await decodeImage(readSensColor(sens, 1))
    expect([picture.width, picture.height]).toEqual([8, 6])
    expect(Math.abs(picture.data[0] - 60)).toBeLessThan(4)
  })

  it('marks frames whose tracking was lost', () => {
    const sens = openSens(sensFile)
    expect(sens.frames.map(({ valid }) => valid)).toEqual([true, false, true])
    expect(sens.frames[1].cameraToWorld[0]).toBe(Number.NEGATIVE_INFINITY)
  })

  it('may be uncompressed and end without its IMU trailer', () => {
    const sens = openSens(fixture('sens', 'raw.sens'))
    expect([...readSensDepth(sens, 0)]).toEqual(depthOf(0))
    expect([...readSensColor(sens, 0)]).toEqual(Array.from({ length: 144 }, (_, i) => i))
  })

  it('that is cut off anywhere in header or frames is named with frame and byte', () => {
    const whole = fs.readFileSync(sensFile)
    const last = openSens(sensFile).frames[2]
    const end = last.offset + last.colorBytes + last.depthBytes
    for (const length of [0, 5, 100, 318, 319, 400, last.offset - 50, last.offset + 3, end - 1]) {
      const file = changed('cut.sens', (bytes) => bytes.subarray(0, length))
      expect(() => openSens(file), `${length} bytes`).toThrow(
        /cut\.sens: (header|frame \d of 3) at byte \d+: expected \d+ bytes, got \d+ \(the file is cut off\)$/,
      )
    }
    const file = changed('cut.sens', () => whole.subarray(0, last.offset + 3))
    expect(() => openSens(file)).toThrow(`frame 2 of 3 at byte ${last.offset - 96}: expected`)
    expect(openSens(changed('tail.sens', (bytes) => bytes.subarray(0, end))).frames).toHaveLength(3)
  })

  it('of another version or compression, or with a damaged stream, is one clear line', () => {
    const version = changed('v3.sens', (bytes) => {
      bytes.writeUInt32LE(3, 0)
      return bytes
    })
    expect(() => openSens(version)).toThrow(/v3\.sens: version at byte 0: expected 4, got 3$/)
    expect(() => readSensDepth(openSens(fixture('sens', 'occi.sens')), 0)).toThrow(/depth of frame 0 .*occi/)
    const { offset, colorBytes } = openSens(sensFile).frames[0]
    const damaged = changed('damaged.sens', (bytes) =>
      bytes.fill(0xff, offset + colorBytes, offset + colorBytes + 8),
    )
    expect(() => readSensDepth(openSens(damaged), 0)).toThrow(
      /damaged\.sens: depth of frame 0 at byte \d+: expected a zlib stream/,
    )
    expect([...readSensDepth(openSens(damaged), 1)]).toEqual(depthOf(1))
  })
})

describe('a PLY mesh', () => {
  it("is read in ScanNet's binary layout", () => {
    const mesh = readPly(fixture(NAME, `${NAME}_vh_clean_2.ply`))
    expect([...mesh.positions]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1.5, 2, 2, 0.5, 3, 2, 0.5])
    expect([...mesh.colors.subarray(3, 6)]).toEqual([10, 20, 254])
    expect([...mesh.faces]).toEqual([0, 1, 2, 0, 1, 3, 3, 4, 5])
    expect(mesh.labels).toBeUndefined()
  })

  it('is read in ascii, with labels, a polygon becoming triangles', () => {
    const mesh = readPly(fixture('labels.ply'))
    expect([...(mesh.labels ?? [])]).toEqual([5, 5, 0, 39, 0])
    expect([...mesh.faces]).toEqual([0, 1, 2, 0, 2, 3, 0, 1, 4])
    expect([...mesh.positions.subarray(12)]).toEqual([0, 0, 1])
  })

  it('that is cut off, no PLY, or points outside itself is one clear line', () => {
    const bytes = fs.readFileSync(fixture(NAME, `${NAME}_vh_clean_2.ply`))
    const write = (name: string, data: Buffer): string => {
      fs.writeFileSync(path.join(temporary, name), data)
      return path.join(temporary, name)
    }
    expect(() => readPly(write('cut.ply', bytes.subarray(0, -3)))).toThrow(/cut\.ply at byte \d+: .*cut off/)
    expect(() => readPly(write('no.ply', Buffer.from('solid cube')))).toThrow(/no\.ply: expected a PLY file/)
    const outside = Buffer.from(bytes)
    outside.writeInt32LE(6, outside.length - 4)
    expect(() => readPly(write('out.ply', outside))).toThrow(
      /out\.ply at byte 406: face 2: expected vertex indices below 6, got 6/,
    )
    const big = Buffer.from(bytes.toString('latin1').replace('little', 'big   '), 'latin1')
    expect(() => readPly(write('big.ply', big))).toThrow(/expected format binary_little_endian or ascii/)
  })
})

describe('objects', () => {
  const files = { segments: 'a.segs.json', aggregation: 'a.aggregation.json' }
  it('are joined from segments: repeats dropped, a shared segment goes to the later group', () => {
    const { groups, duplicates } = readAggregation(fixture(NAME, `${NAME}.aggregation.json`))
    const segIndices = readSegIndices(fixture(NAME, `${NAME}_vh_clean_2.0.010000.segs.json`))
    expect(duplicates).toBe(1)
    expect(joinObjects(segIndices, groups, 6, files)).toEqual({
      objects: [
        { id: 0, label: 'Chair', vertices: Uint32Array.from([0, 1, 2]) },
        { id: 1, label: 'desk', vertices: Uint32Array.from([4, 5]) },
      ],
      shared: 1,
    })
  })

  it('of the other resolution are recognised', () => {
    const groups = [{ id: 0, label: 'chair', segments: [1, 2, 3] }]
    expect(() => joinObjects(new Int32Array(9), groups, 6, files)).toThrow(
      'a.segs.json: segIndices: expected 6 values, one per vertex of the mesh, got 9 (are these the files of another resolution?)',
    )
    expect(() => joinObjects(new Int32Array(6).fill(1), groups, 6, files)).toThrow(
      /a\.aggregation\.json: .*2 of 3 .*high-resolution/,
    )
  })

  it('in files that are no annotation are one clear line', () => {
    const file = path.join(temporary, 'x.json')
    fs.writeFileSync(file, '{"segGroups": [{"segments": "all", "label": "a"}]}')
    expect(() => readAggregation(file)).toThrow(/x\.json: segGroups\.0\.segments: expected/)
    fs.writeFileSync(file, '{"segIndices": [1, 2.5]}')
    expect(() => readSegIndices(file)).toThrow(
      /x\.json: segIndices\[1\]: expected an integer of 32 bits, got 2\.5/,
    )
    fs.writeFileSync(file, '{"segIndices": [1')
    expect(() => readSegIndices(file)).toThrow(/x\.json: expected JSON/)
  })
})

describe('meta text', () => {
  it('splits at the first = and needs no key', () => {
    const meta = parseMetaText('deviceName = a = b\r\nnothing\nsceneType = Bedroom / Hotel\n')
    expect([meta.get('deviceName'), meta.get('sceneType')]).toEqual(['a = b', 'Bedroom / Hotel'])
    expect(axisAlignment(meta, 'x.txt')).toBeNull()
    expect(() => axisAlignment(parseMetaText('axisAlignment = 1 2 3'), 'x.txt')).toThrow(
      /x\.txt: axisAlignment: expected 16 finite numbers, got 3/,
    )
  })
  it('reads numbers as C++ writes them', () => {
    expect(parseNumbers('1e-3, -inf inf\nnan', 'x')).toEqual([0.001, -Infinity, Infinity, Number.NaN])
    expect(() => parseNumbers('1 two', 'x.txt')).toThrow('x.txt: expected numbers, got "two"')
  })
})

describe('a folder', () => {
  it('with a .sens is a scan with mesh, objects and alignment', async () => {
    const scan = await openScan(fixture(NAME))
    expect([scan.name, scan.layout, scan.sceneType]).toEqual([NAME, 'sens', 'Bedroom / Hotel'])
    expect(scan.intrinsicColor).toEqual({ fx: 7.5, fy: 7.25, cx: 4, cy: 3 })
    expect(scan.axisAlignment).toEqual([0, -1, 0, 0.25, 1, 0, 0, 0.5, 0, 0, 1, -0.125, 0, 0, 0, 1])
    expect(scan.readMesh()?.positions).toHaveLength(18)
    expect(scan.readObjects(6)?.map(({ label }) => label)).toEqual(['Chair', 'desk'])
    expect(scan.problems).toEqual([
      '1 of 3 frames have no pose (tracking was lost)',
      'objects listed twice: 1; the first of each is kept',
      'segments of several objects: 1; each goes to the last of them',
    ])
  })

  it("with the exporter's folders is a scan, frames in the order of their numbers", async () => {
    const scan = await openScan(fixture('exported'))
    expect([scan.name, scan.layout, scan.hasAxisAlignment]).toEqual(['exported', 'exported', false])
    expect(scan.frames.map(({ id, valid }) => [id, valid])).toEqual([
      [2, true],
      [10, false],
    ])
    expect(scan.frames[0].cameraToWorld).toEqual(POSE)
    expect([scan.colorSize.width, scan.depthSize.width]).toEqual([8, 4])
    expect(scan.intrinsicColor).toEqual({ fx: 7.5, fy: 7.25, cx: 4, cy: 3 })
    expect(scan.intrinsicDepth).toEqual({ fx: 3.75, fy: 3.5, cx: 1.5, cy: 1 })
    expect([...(await scan.readDepth(1))]).toEqual(depthOf(10))
    expect((await scan.readColor(0)).bytes).toEqual(fs.readFileSync(fixture('exported', 'color', '2.jpg')))
    expect(scan.readMesh()).toBeNull()
  })

  it('exported with padded numbers, colour of 640x480 and no axisAlignment is a scan all the same', async () => {
    const scan = await openScan(fixture('scene0704_00'))
    expect(scan.frames.map(({ id, cameraToWorld }) => [id, cameraToWorld[3]])).toEqual([
      [9, 9],
      [10, 10],
      [100, 100],
    ])
    expect([scan.colorSize, scan.hasAxisAlignment]).toEqual([{ width: 640, height: 480 }, false])
    expect(scan.axisAlignment).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    expect(scan.intrinsicColor).toEqual({ fx: 577.590698, fy: 578.729797, cx: 318.905426, cy: 242.683609 })
    expect(scan.sceneType).toBe('Misc.')
    expect([...(await scan.readDepth(2))]).toEqual(depthOf(100))
  })

  it('with two files of one frame, or a camera without a focal length, is one clear line', async () => {
    const twice = path.join(temporary, 'twice')
    fs.cpSync(fixture('exported'), twice, { recursive: true })
    fs.copyFileSync(path.join(twice, 'pose', '2.txt'), path.join(twice, 'pose', '000002.txt'))
    await expect(openScan(twice)).rejects.toThrow(
      /pose: expected one file of frame 2, got 000002\.txt and 2\.txt$/,
    )
    fs.rmSync(path.join(twice, 'pose', '000002.txt'))
    fs.writeFileSync(path.join(twice, 'intrinsic', 'intrinsic_color.txt'), '0 0 4 0 7 3 0 0 1')
    await expect(openScan(twice)).rejects.toThrow(
      /intrinsic_color\.txt: expected finite numbers, focal lengths above 0, got fx 0, fy 7, cx 4, cy 3$/,
    )
  })

  it('with exported frames and mesh files has both', async () => {
    const both = path.join(temporary, NAME)
    fs.cpSync(fixture('exported'), both, { recursive: true })
    fs.cpSync(fixture(NAME), both, { recursive: true })
    fs.rmSync(path.join(both, `${NAME}.sens`))
    const scan = await openScan(both)
    expect([scan.layout, scan.name, scan.frames.length]).toEqual(['exported', NAME, 2])
    expect(scan.readObjects(6)).toHaveLength(2)
    expect(scan.hasAxisAlignment).toBe(true)
  })

  it('with the files of two scans is one clear line', async () => {
    await expect(openScan(fixture('sens'))).rejects.toThrow(
      /sens: expected the files of one scan, got occi, png, raw$/,
    )
  })

  it('of scans gives them sorted; one without any is one clear line', async () => {
    expect(listScans(fixtures).map((folder) => path.basename(folder))).toEqual([
      'exported',
      NAME,
      'scene0704_00',
      'sens',
    ])
    expect(listScans(fixture(NAME))).toEqual([fixture(NAME)])
    const empty = path.join(temporary, 'empty')
    fs.mkdirSync(empty)
    expect(isScan(empty)).toBe(false)
    expect(() => listScans(empty)).toThrow(/empty: expected a scan .*, got none$/)
    await expect(openScan(empty)).rejects.toThrow(/empty: expected a scan .*, got none$/)
    expect(() => listScans(path.join(temporary, 'nowhere'))).toThrow(
      /nowhere: expected a folder with scans, got nothing there$/,
    )
  })
})
