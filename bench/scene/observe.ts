/**
 * Observing all objects of a room of 67,000 vertices in one frame of 640x480, three ways in one run: here, in
 * numpy (`observe_peer.py`, same files, must find the same), and the floor below which nobody gets: inflating
 * the frame's depth and passing once over the vertices. Walls, floor and ceiling count as objects, so that
 * every vertex has to be looked at.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateSync, inflateSync } from 'node:zlib'
import { type GroupedVertices, groupVertices } from '../../src/scene/geometry/grouped-vertices.js'
import { invertAffine, multiply, transformPoints } from '../../src/scene/geometry/matrix.js'
import { createObserver } from '../../src/scene/geometry/observer.js'
import type { VisibilityName } from '../../src/scene/geometry/visibility-rules.js'
import { openScan, type Scan } from '../../src/scene/scannet/scan.js'
import { median } from '../median.js'
import { makeRooms } from './rooms.js'

const ROUNDS = 30
const PEER_ROUNDS = 8
const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON ?? 'python3'
const peer = path.join(path.dirname(fileURLToPath(import.meta.url)), 'observe_peer.py')

/** One pass: each vertex moved into the camera's frame and projected to its pixel, and no more. */
function pass({ positions }: GroupedVertices, m: number[], { intrinsicDepth: k }: Scan): number {
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11] = m
  const { fx, fy, cx, cy } = k
  let sum = 0
  for (let i = 0; i < positions.length; i += 3) {
    const x = positions[i]
    const y = positions[i + 1]
    const z = positions[i + 2]
    const inverse = 1 / (m8 * x + m9 * y + m10 * z + m11)
    sum += fx * (m0 * x + m1 * y + m2 * z + m3) * inverse + cx
    sum += fy * (m4 * x + m5 * y + m6 * z + m7) * inverse + cy
  }
  return sum
}

interface Found {
  visible: number[][]
  pixels: number[][]
  boxes: number[][]
}
/** Shares of objects (over frames) with other numbers; a vertex on an edge of a test may fall either way. */
function differing(ours: Found, theirs: Found): number {
  let [other, all] = [0, 0]
  ours.visible.forEach((visible, frame) => {
    visible.forEach((n, k) => {
      all++
      const box = (found: Found): string => found.boxes[frame].slice(4 * k, 4 * k + 4).join()
      const same =
        n === theirs.visible[frame][k] &&
        Math.abs(ours.pixels[frame][k] - theirs.pixels[frame][k]) <= 1 &&
        box(ours) === box(theirs)
      if (!same) other++
    })
  })
  return other / all
}

/** Runs the comparison in `folder`. @throws when numpy finds anything else */
export async function benchObserving(folder: string): Promise<string[]> {
  const [room] = await makeRooms(folder, { rooms: 1, frames: 8, width: 640, height: 480, vertices: 67_000 })
  const scan = await openScan(room)
  const stored = scan.readMesh()
  if (!stored) throw new Error('expected a mesh')
  const mesh = { ...stored, positions: transformPoints(scan.axisAlignment, stored.positions) }
  const objects = scan.readObjects(mesh.positions.length / 3) ?? []
  const grouped = groupVertices(mesh, objects)
  const cameras = {
    depth: scan.intrinsicDepth,
    depthSize: scan.depthSize,
    color: scan.intrinsicColor,
    colorSize: scan.colorSize,
    depthShift: scan.depthShift,
  }
  const poses = scan.frames.map(({ cameraToWorld }) => {
    const inverse = invertAffine(multiply(scan.axisAlignment, cameraToWorld))
    if (!inverse) throw new Error('expected an invertible pose')
    return inverse
  })
  // Level 6 as most writers have it; the payload of the scan itself has a level of its writer's choice.
  const depths = await Promise.all(poses.map((_, index) => scan.readDepth(index)))
  const payloads = depths.map((depth) => deflateSync(new Uint8Array(depth.buffer)))
  const observer = (rule: VisibilityName) => createObserver({ mesh, objects, grouped, cameras, rule })
  const [ladder, filled] = [observer('ladder'), observer('ladder-mesh')]
  const inflated = (index: number): Uint16Array => {
    const bytes = inflateSync(payloads[index], { chunkSize: 2 * depths[index].length })
    return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
  }
  const ways = {
    inflate: (i: number) => inflated(i),
    floor: (i: number) => [inflated(i), pass(grouped, poses[i], scan)],
    'look alone': (i: number) => ladder(depths[i], poses[i]),
    observe: async (i: number) => ladder(await scan.readDepth(i), poses[i]),
    'observe, unmeasured from the mesh': async (i: number) => filled(await scan.readDepth(i), poses[i]),
  }
  const times = Object.fromEntries(Object.keys(ways).map((name) => [name, [] as number[]]))
  // Ways take turns on each frame, so that whatever else the machine does falls on all alike.
  for (let round = -3; round < ROUNDS; round++)
    for (let i = 0; i < poses.length; i++)
      for (const [name, way] of Object.entries(ways)) {
        const began = performance.now()
        await way(i)
        if (round >= 0) times[name].push(performance.now() - began)
      }
  const ours: Found = { visible: [], pixels: [], boxes: [] }
  poses.forEach((pose, i) => {
    const seen = ladder(depths[i], pose)
    for (const key of ['visible', 'pixels', 'boxes'] as const) ours[key].push([...seen[key]])
  })
  const to = (name: string): string => path.join(folder, name)
  fs.writeFileSync(to('positions.f32'), grouped.positions)
  fs.writeFileSync(to('areas.f32'), grouped.areas)
  fs.writeFileSync(to('starts.u32'), grouped.starts)
  payloads.forEach((bytes, i) => {
    fs.writeFileSync(to(`depth${i}.z`), bytes)
  })
  const about = {
    ...scan.depthSize,
    colorWidth: scan.colorSize.width,
    colorHeight: scan.colorSize.height,
    depthShift: scan.depthShift,
    depth: scan.intrinsicDepth,
    color: scan.intrinsicColor,
    frames: poses.length,
    worldToCamera: poses,
  }
  fs.writeFileSync(to('about.json'), JSON.stringify(about))
  const theirs = JSON.parse(
    execFileSync(python, [peer, folder, `${PEER_ROUNDS}`], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  ) as Found & Record<'seconds' | 'seconds_each' | 'seconds_inflate', number[]> & { numpy: string }
  const other = differing(ours, theirs)
  if (other > 0.01)
    throw new Error(`expected what numpy finds, got ${(100 * other).toFixed(2)} % of objects otherwise`)
  const [numpy, each, zlib] = [theirs.seconds, theirs.seconds_each, theirs.seconds_inflate].map(
    (list) => median(list) * 1000,
  )
  const look = median(times['look alone'])
  const floor = median(times.floor)
  const show = (what: string, ms: number): string =>
    `  ${what.padEnd(36)}${ms.toFixed(2).padStart(7)} ms   ${(ms / floor).toFixed(2)} of the floor   ${(ms / each).toFixed(2)} of numpy   ${(ms / numpy).toFixed(2)} of numpy at once`
  const shown = ours.visible.map((row) => row.filter((n) => n > 0).length)
  return [
    `observing ${objects.length} objects (${grouped.positions.length / 3} vertices, ${median(shown)} objects shown) in a frame of ${scan.depthSize.width}x${scan.depthSize.height}, medians of ${ROUNDS} rounds over ${poses.length} frames`,
    ...Object.entries(times).map(([name, list]) => show(name, median(list))),
    show(`numpy ${theirs.numpy}, object by object`, each),
    show('numpy, all objects at once', numpy),
    `  without inflating, on either side: ${(look / (each - zlib)).toFixed(2)} of numpy, ${(look / (numpy - zlib)).toFixed(2)} of numpy at once`,
    `  objects found otherwise by numpy: ${(100 * other).toFixed(2)} %`,
  ]
}
