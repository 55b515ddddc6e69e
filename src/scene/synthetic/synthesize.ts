/**
 * Makes rooms and writes them as ScanNet scans. Each scan is a pure function of (options, index), so the
 * bytes do not depend on the number of workers, and a run that was cut short goes on where it stopped.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Piscina } from 'piscina'
import sharp from 'sharp'
import { dataError } from '../../common/errors.js'
import { removeTemporaries, sha256, writeJsonAtomic } from '../../common/files.js'
import { type Progress, silentProgress } from '../../common/progress.js'
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

/** What is written beside the scans: what they were made with. */
export const MANIFEST = 'synth.json'
/** Raise when the same options give other bytes. */
const GENERATOR = 1

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

export interface SynthesizeRequest {
  /** Folder that gets one folder per scan. */
  out: string
  options: SynthOptions
  /** Threads that make rooms; 1: this one. */
  workers?: number
  progress?: Progress
}

export interface SynthesizeResult {
  /** Names of all scans, made now or found complete. */
  scans: string[]
  made: number
  skipped: number
}

/** Options that decide what one scan holds; the number of rooms does not. */
const fingerprint = (options: SynthOptions): string => {
  const { rooms: _, ...rest } = options
  return sha256(JSON.stringify({ generator: GENERATOR, ...rest }))
}

function checkManifest(out: string, options: SynthOptions): void {
  const file = path.join(out, MANIFEST)
  const hash = fingerprint(options)
  if (fs.existsSync(file)) {
    const found = JSON.parse(fs.readFileSync(file, 'utf8')) as { hash?: string }
    if (found.hash !== hash)
      throw dataError(out, 'rooms made with the same options (or an empty folder)', 'rooms made with others')
    return
  }
  writeJsonAtomic(file, { hash, generator: GENERATOR, options })
}

/**
 * Makes `options.rooms` scans in `out`. Complete ones are skipped; `out` made with other options is refused.
 */
export async function synthesizeScans(request: SynthesizeRequest): Promise<SynthesizeResult> {
  const { out, options, workers = 1, progress = silentProgress } = request
  fs.mkdirSync(out, { recursive: true })
  checkManifest(out, options)
  removeTemporaries(out)
  const scans = Array.from({ length: options.rooms }, (_, index) => scanName(options, index))
  const missing = scans.flatMap((name, index) => (fs.existsSync(path.join(out, name)) ? [] : [index]))
  const skipped = scans.length - missing.length
  let done = skipped
  const finish = (): void => progress.update(++done)
  if (workers <= 1 || missing.length <= 1) {
    for (const index of missing) {
      await writeSynthetic(out, options, index)
      finish()
    }
  } else {
    const pool = startPool(Math.min(workers, missing.length))
    try {
      await Promise.all(
        missing.map(async (index) => {
          await pool.run({ out, options, index })
          finish()
        }),
      )
    } finally {
      await pool.destroy()
    }
  }
  progress.end()
  return { scans, made: missing.length, skipped }
}

/** Worker threads that run this program's TypeScript where it runs from source. */
function startPool(threads: number): Piscina {
  const source = import.meta.url.endsWith('.ts')
  const worker = new URL(source ? './synthesize-worker.ts' : './synthesize-worker.js', import.meta.url)
  const tsx = source ? pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href : undefined
  return new Piscina({
    filename: fileURLToPath(worker),
    minThreads: threads,
    maxThreads: threads,
    execArgv: tsx ? ['--import', tsx] : [],
  })
}
