/** One made room as the contents of a ScanNet scan. A pure function of (options, index). */
import path from 'node:path'
import sharp from 'sharp'
import { rng } from '../../common/random.js'
import type { FrameData, ScanData } from '../scannet/types.js'
import { writeScan } from '../scannet/write-scan.js'
import { intrinsicsOf, makeWalk } from './camera.js'
import { prepareRoom } from './drawn-room.js'
import { makeMesh } from './mesh.js'
import { type SynthOptions, scanName } from './options.js'
import { makeRenderer } from './render.js'
import { makeRoom } from './room.js'
import { makeScanFrame, multiply, transformPoints } from './scan-frame.js'
import { sense } from './sensor.js'

/** The `index`-th scan of `options`, its frames rendered as they are read. */
export function synthesizeScan(options: SynthOptions, index: number): ScanData {
  const room = makeRoom(options, index)
  const drawn = prepareRoom(room)
  const { mesh, segIndices, objects } = makeMesh(room, drawn, options)
  const { toScan, axisAlignment } = makeScanFrame(options, index)
  const k = intrinsicsOf(options)
  const intrinsic = [k.fx, 0, k.cx, 0, 0, k.fy, k.cy, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const size = { width: options.width, height: options.height }
  async function* frames(): AsyncGenerator<FrameData> {
    const render = makeRenderer(options.width, options.height, k)
    const poses = makeWalk(room, options, index)
    for (let i = 0; i < poses.length; i++) {
      const random = rng(options.seed, 'synthetic/sensor', options.style, index, i)
      const { rgb, depth } = sense(render(drawn, poses[i]), options, random)
      const colorJpeg = await sharp(Buffer.from(rgb), { raw: { ...size, channels: 3 } })
        .jpeg({ quality: options.jpeg_quality, chromaSubsampling: '4:4:4' })
        .toBuffer()
      const timestamp = Math.round((i * 1e6) / options.fps)
      yield { colorJpeg, depth, cameraToWorld: multiply(toScan, poses[i]), timestamp }
    }
  }
  return {
    name: scanName(options, index),
    colorSize: size,
    depthSize: size,
    intrinsicColor: intrinsic,
    intrinsicDepth: intrinsic,
    depthShift: 1000,
    axisAlignment,
    sceneType: 'Living room / Lounge',
    frames: frames(),
    mesh: { ...mesh, positions: transformPoints(toScan, mesh.positions) },
    segIndices,
    objects,
  }
}

/** Makes and writes one scan; the folder `out/<scan>` appears whole or not at all. */
export async function writeSynthetic(out: string, options: SynthOptions, index: number): Promise<void> {
  sharp.concurrency(1)
  await writeScan(path.join(out, scanName(options, index)), synthesizeScan(options, index))
}
