import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeJpeg } from '../../images/codec.js'
import { readPly } from './ply.js'
import { openScan } from './scan.js'
import { openSens, readSensColor, readSensDepth } from './sens.js'
import type { FrameData, ScanData } from './types.js'
import { encodePly } from './write-ply.js'
import { writeScan } from './write-scan.js'

const NAME = 'scene0007_00'
const golden = path.join(import.meta.dirname, 'fixtures', NAME)
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'write-scan-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

/** The golden scan as data, so that writing it again must give what Python wrote. */
function goldenScan(frames?: ScanData['frames']): ScanData {
  const sens = openSens(path.join(golden, `${NAME}.sens`))
  return {
    name: NAME,
    colorSize: sens.colorSize,
    depthSize: sens.depthSize,
    intrinsicColor: sens.intrinsicColor,
    intrinsicDepth: sens.intrinsicDepth,
    depthShift: 1000,
    axisAlignment: [0, -1, 0, 0.25, 1, 0, 0, 0.5, 0, 0, 1, -0.125, 0, 0, 0, 1],
    sceneType: 'Bedroom / Hotel',
    frames:
      frames ??
      sens.frames.map((frame, i) => ({
        colorJpeg: readSensColor(sens, i),
        depth: readSensDepth(sens, i),
        cameraToWorld: frame.cameraToWorld,
        timestamp: Number(frame.timestamp),
      })),
    mesh: readPly(path.join(golden, `${NAME}_vh_clean_2.ply`)),
    segIndices: [10, 10, 10, 7, 40, 50],
    objects: [
      { id: 0, label: 'Chair', segments: [10, 40] },
      { id: 1, label: 'desk', segments: [40, 50] },
      { id: 2, label: 'Chair', segments: [40, 10] },
    ],
  }
}

describe('a written scan', () => {
  it("has the bytes that Python's struct writes, but for zlib's choice of compression", async () => {
    const folder = path.join(temporary, 'same', NAME)
    await writeScan(folder, goldenScan())
    const [ours, theirs] = [folder, golden].map((from) => fs.readFileSync(path.join(from, `${NAME}.sens`)))
    expect(ours.subarray(0, 319)).toEqual(theirs.subarray(0, 319))
    // Walk both files by offsets of the format, without our reader.
    let [a, b] = [319, 319]
    for (let frame = 0; frame < 3; frame++) {
      expect(ours.subarray(a, a + 88)).toEqual(theirs.subarray(b, b + 88))
      const color = Number(ours.readBigUInt64LE(a + 80))
      const sizes = [Number(ours.readBigUInt64LE(a + 88)), Number(theirs.readBigUInt64LE(b + 88))]
      expect(ours.subarray(a + 96, a + 96 + color)).toEqual(theirs.subarray(b + 96, b + 96 + color))
      expect(inflateSync(ours.subarray(a + 96 + color, a + 96 + color + sizes[0]))).toEqual(
        inflateSync(theirs.subarray(b + 96 + color, b + 96 + color + sizes[1])),
      )
      a += 96 + color + sizes[0]
      b += 96 + color + sizes[1]
    }
    // What follows the last frame is the IMU trailer: a count of 0.
    expect(ours.subarray(a)).toEqual(Buffer.alloc(8))
    for (const [file, exact] of [
      ['_vh_clean_2.ply', true],
      ['.aggregation.json', false],
    ] as const) {
      const [mine, python] = [folder, golden].map((from) =>
        fs.readFileSync(path.join(from, `${NAME}${file}`)),
      )
      if (exact) expect(mine).toEqual(python)
      else expect(JSON.parse(mine.toString())).toEqual(JSON.parse(python.toString()))
    }
  })

  it('reads back as it was, cameras and alignment in the text file too', async () => {
    const folder = path.join(temporary, 'back', NAME)
    await writeScan(folder, goldenScan())
    const scan = await openScan(folder)
    expect(scan.axisAlignment).toEqual(goldenScan().axisAlignment)
    expect(scan.frames.map(({ valid }) => valid)).toEqual([true, false, true])
    expect(scan.readObjects(6)?.map(({ id }) => id)).toEqual([0, 1])
    const text = fs.readFileSync(path.join(folder, `${NAME}.txt`), 'utf8')
    expect(text).toContain('fx_color = 7.500000\n')
    expect(text).toContain('numDepthFrames = 3\n')
  })

  it('has the 284-byte mesh header and the 16 and 13 bytes per vertex and face of scene0470_00', () => {
    const [vertices, faces] = [67465, 127003]
    const bytes = encodePly({
      positions: new Float32Array(3 * vertices),
      colors: new Uint8Array(3 * vertices),
      faces: new Uint32Array(3 * faces),
    })
    expect(bytes.length).toBe(2_730_763)
  })

  it('takes frames as a stream, any depth surviving', async () => {
    const colorJpeg = await encodeJpeg({ width: 8, height: 6, data: new Uint8Array(144) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint16Array({ minLength: 12, maxLength: 12 }), { maxLength: 4 }),
        async (depths) => {
          const folder = path.join(temporary, 'stream', NAME)
          async function* frames(): AsyncGenerator<FrameData> {
            for (const depth of depths) yield { colorJpeg, depth, cameraToWorld: goldenScan().axisAlignment }
          }
          await writeScan(folder, goldenScan(frames()))
          const sens = openSens(path.join(folder, `${NAME}.sens`))
          expect(sens.frames.map((_, i) => readSensDepth(sens, i))).toEqual(depths)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('that fails half-way leaves nothing, and the old one where there was one', async () => {
    const folder = path.join(temporary, 'whole', NAME)
    function* broken(): Generator<FrameData> {
      yield* goldenScan().frames as FrameData[]
      throw new Error('the renderer failed')
    }
    await expect(writeScan(folder, goldenScan(broken()))).rejects.toThrow('the renderer failed')
    expect(fs.readdirSync(path.dirname(folder))).toEqual([])
    await writeScan(folder, goldenScan())
    await expect(writeScan(folder, goldenScan(broken()))).rejects.toThrow('the renderer failed')
    expect(fs.readdirSync(path.dirname(folder))).toEqual([NAME])
    expect((await openScan(folder)).frames).toHaveLength(3)
  })

  it('must have a segment for every vertex and faces within the mesh', async () => {
    const folder = path.join(temporary, 'bad', NAME)
    await expect(writeScan(folder, { ...goldenScan(), segIndices: [1] })).rejects.toThrow(
      'scene0007_00: segIndices: expected 6 values, one per vertex, got 1',
    )
    const { mesh } = goldenScan()
    await expect(
      writeScan(folder, { ...goldenScan(), mesh: { ...mesh, faces: Uint32Array.from([0, 1, 6]) } }),
    ).rejects.toThrow('mesh face 0: expected vertex indices below 6, got 6')
  })
})
