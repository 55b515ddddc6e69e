/** Which frames of a video are taken, and at which size they are shown. */
import fs from 'node:fs'
import { linspaceInt } from '../../scoring/linspace.js'
import { frameFiles } from '../data/frame-files.js'
import { filmFrames } from './film.js'

/**
 * Pictures of `k` frames spread evenly over the video at `place`, a film or a folder of frames; where it has
 * fewer, frames repeat. Frames of a film are written into the empty folder `scratch`.
 * @throws environment error where a film needs ffmpeg; data error when the video cannot be read
 */
export async function evenFrames(place: string, k: number, scratch: string): Promise<string[]> {
  if (!fs.statSync(place).isDirectory()) return filmFrames(place, (n) => linspaceInt(n, k), scratch)
  const files = frameFiles(place)
  return linspaceInt(files.length, k).map((i) => files[i])
}

/** About `area` pixels at the shape of `width` × `height`, both sides rounded down: `w = int(sqrt(P a))`. */
export function areaSize(width: number, height: number, area: number): { width: number; height: number } {
  const shape = width / height
  return {
    width: Math.max(1, Math.floor(Math.sqrt(area * shape))),
    height: Math.max(1, Math.floor(Math.sqrt(area / shape))),
  }
}
