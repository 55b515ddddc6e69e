/**
 * Writes a scan as ScanNet ships it: `<scan>.sens`, `<scan>_vh_clean_2.ply`, its segments and aggregation,
 * and `<scan>.txt`. The folder appears whole or not at all.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { writeFolderAtomic } from '../../common/files.js'
import type { ScanData, SegmentGroup } from './types.js'
import { writePly } from './write-ply.js'
import { writeSens } from './write-sens.js'

/** The parameters ScanNet's segmenter records; strings, as in its files. */
const SEGMENTATION = {
  kThresh: '0.0100000',
  segMinVerts: '20',
  minPoints: '750',
  maxPoints: '30000',
  thinThresh: '0.05',
  flatThresh: '0.001',
  minLength: '0.02',
  maxLength: '1',
}

const segmentsFileName = (name: string): string => `${name}_vh_clean_2.0.010000.segs.json`

const segmentsJson = (name: string, segIndices: ArrayLike<number>): string =>
  JSON.stringify({ params: SEGMENTATION, sceneId: name, segIndices: Array.from(segIndices) })

const aggregationJson = (name: string, objects: readonly SegmentGroup[]): string =>
  JSON.stringify({
    sceneId: `scannet.${name}`,
    appId: 'Aggregator.v2',
    segGroups: objects.map(({ id, label, segments }) => ({ id, objectId: id, segments, label })),
    segmentsFile: `scannet.${segmentsFileName(name)}`,
  })

/** `key = value` lines in the alphabetical order of ScanNet's own files. */
function metaText(scan: ScanData, frames: number): string {
  const list = (values: ArrayLike<number>): string =>
    Array.from(values, (value) => value.toFixed(6)).join(' ')
  const [color, depth] = [scan.intrinsicColor, scan.intrinsicDepth]
  const entries: Record<string, string | number> = {
    axisAlignment: list(scan.axisAlignment),
    colorHeight: scan.colorSize.height,
    colorToDepthExtrinsics: list([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
    colorWidth: scan.colorSize.width,
    depthHeight: scan.depthSize.height,
    depthWidth: scan.depthSize.width,
    fx_color: color[0].toFixed(6),
    fx_depth: depth[0].toFixed(6),
    fy_color: color[5].toFixed(6),
    fy_depth: depth[5].toFixed(6),
    mx_color: color[2].toFixed(6),
    mx_depth: depth[2].toFixed(6),
    my_color: color[6].toFixed(6),
    my_depth: depth[6].toFixed(6),
    numColorFrames: frames,
    numDepthFrames: frames,
    numIMUmeasurements: 0,
    sceneType: scan.sceneType,
  }
  return Object.entries(entries)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}

/**
 * Writes `scan` into `folder` (replacing it), whose files are named after `scan.name`.
 * @throws data error when vertices and segment indices do not go together
 */
export async function writeScan(folder: string, scan: ScanData): Promise<void> {
  const vertices = scan.mesh.positions.length / 3
  if (scan.segIndices.length !== vertices)
    throw dataError(
      `${scan.name}: segIndices`,
      `${vertices} values, one per vertex`,
      `${scan.segIndices.length}`,
    )
  await writeFolderAtomic(folder, async (temporary) => {
    const file = (suffix: string): string => path.join(temporary, `${scan.name}${suffix}`)
    const frames = await writeSens(file('.sens'), scan)
    writePly(file('_vh_clean_2.ply'), scan.mesh)
    fs.writeFileSync(
      path.join(temporary, segmentsFileName(scan.name)),
      segmentsJson(scan.name, scan.segIndices),
    )
    fs.writeFileSync(file('.aggregation.json'), aggregationJson(scan.name, scan.objects))
    fs.writeFileSync(file('.txt'), metaText(scan, frames))
  })
}
