// What `scan synth` writes, read by Python: bench/reference/scannet_reader.py, which shares nothing with our readers.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { decodeImage } from '../../images/codec.js'
import { synthOptionsSchema } from '../synthetic/options.js'
import { synthesizeScans } from '../synthetic/synthesize.js'
import { readMetaText } from './meta-text.js'
import { readPly } from './ply.js'
import { openScan } from './scan.js'
import { openSens, readSensColor, readSensDepth } from './sens.js'

const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'scannet-reference-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))

const sha = (data: NodeJS.ArrayBufferView): string => createHash('sha256').update(data).digest('hex')
const numbers = (values: readonly number[]): (number | string)[] =>
  values.map((value) => (Number.isFinite(value) ? value : String(value).replace('Infinity', 'inf')))

/** The scan as our readers have it, in the form that Python prints. */
async function ours(folder: string): Promise<unknown> {
  const name = path.basename(folder)
  const sens = openSens(path.join(folder, `${name}.sens`))
  const mesh = readPly(path.join(folder, `${name}_vh_clean_2.ply`))
  const vertices = mesh.positions.length / 3
  const objects = (await openScan(folder)).readObjects(vertices) ?? []
  const frames = await Promise.all(
    sens.frames.map(async ({ cameraToWorld, timestamp }, i) => {
      const color = readSensColor(sens, i)
      return {
        pose: numbers(cameraToWorld),
        timestamps: [Number(timestamp), Number(timestamp)],
        color: sha(color),
        pixels: sha((await decodeImage(color)).data),
        depth: sha(readSensDepth(sens, i)),
      }
    }),
  )
  return {
    sens: {
      sensor: sens.sensorName,
      intrinsic_color: numbers(sens.intrinsicColor),
      extrinsic_color: numbers(sens.extrinsicColor),
      intrinsic_depth: numbers(sens.intrinsicDepth),
      extrinsic_depth: numbers(sens.extrinsicDepth),
      codecs: [2, 1],
      sizes: [sens.colorSize.width, sens.colorSize.height, sens.depthSize.width, sens.depthSize.height],
      depth_shift: sens.depthShift,
      frames,
    },
    mesh: {
      vertices,
      faces: mesh.faces.length / 3,
      positions: sha(mesh.positions),
      colors: sha(mesh.colors),
      corners: sha(mesh.faces),
    },
    annotation: {
      vertices,
      objects: objects
        .toSorted((a, b) => a.id - b.id)
        .map(({ id, label, vertices }) => ({ id, label, vertices: sha(vertices) })),
    },
    meta: Object.fromEntries(readMetaText(path.join(folder, `${name}.txt`))),
  }
}

it.skipIf(!python)(
  'made rooms hold the same values for Python as for us (needs SPATIAL_LADDER_REFERENCE_PYTHON)',
  async () => {
    const script = path.resolve(import.meta.dirname, '../../../bench/reference/scannet_reader.py')
    const options = synthOptionsSchema.parse({ rooms: 2, frames: 5, seed: 11 })
    const { scans } = await synthesizeScans({ out: temporary, options })
    for (const name of scans) {
      const folder = path.join(temporary, name)
      const theirs = JSON.parse(
        execFileSync(python ?? '', [script, folder], { encoding: 'utf8', maxBuffer: 64 << 20 }),
      )
      expect(theirs.sens.frames).toHaveLength(5)
      expect(theirs.annotation.objects.length).toBeGreaterThan(5)
      expect(await ours(folder)).toEqual(theirs)
    }
  },
)
