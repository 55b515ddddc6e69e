/** Scans for the benchmarks: made rooms, with as many mesh vertices as asked for. */
import path from 'node:path'
import { openScan } from '../../src/scene/scannet/scan.js'
import { scanName, synthOptionsSchema } from '../../src/scene/synthetic/options.js'
import { synthesizeScans } from '../../src/scene/synthetic/synthesize.js'

export interface RoomsAsked {
  rooms: number
  frames: number
  width: number
  height: number
  /** Wanted in the first room, met within 5 %. */
  vertices: number
}

/** Makes the rooms under `folder`, the mesh as fine as it takes; returns the scans' folders. */
export async function makeRooms(folder: string, { vertices, ...asked }: RoomsAsked): Promise<string[]> {
  const make = async (
    out: string,
    spacing: number,
    what: Omit<RoomsAsked, 'vertices'>,
  ): Promise<string[]> => {
    const options = synthOptionsSchema.parse({
      ...what,
      seed: 3,
      furniture: [30, 30],
      object_spacing_m: spacing,
      wall_spacing_m: Math.max(0.02, spacing),
    })
    await synthesizeScans({ out, options })
    return Array.from({ length: what.rooms }, (_, i) => path.join(out, scanName(options, i)))
  }
  let spacing = 0.05
  for (let round = 0; round < 8; round++) {
    const [trial] = await make(path.join(folder, `trial${round}`), spacing, {
      rooms: 1,
      frames: 1,
      width: 64,
      height: 48,
    })
    const got = ((await openScan(trial)).readMesh()?.positions.length ?? 0) / 3
    if (Math.abs(got / vertices - 1) < 0.05) return make(path.join(folder, 'rooms'), spacing, asked)
    spacing = Math.max(0.01, spacing * Math.sqrt(got / vertices))
  }
  throw new Error(`rooms of ${vertices} vertices: none made`)
}
