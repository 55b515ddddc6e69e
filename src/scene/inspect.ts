/** What a scan holds, measured: for `scan inspect` and for anyone who wants to trust a folder before using it. */
import { decodeImage } from '../images/codec.js'
import { contactSheet, type DrawnBox, paletteColor, type SheetCell } from '../images/draw.js'
import type { RgbImage } from '../images/image.js'
import { buildSceneRecord, selectFrames } from './record.js'
import type { Scan } from './scannet/scan.js'
import type { Size } from './scannet/types.js'

export interface ScanSummary {
  name: string
  folder: string
  layout: Scan['layout']
  scene_type: string | null
  frames: number
  valid_poses: number
  color: Size
  depth: Size
  /** Over the frames that were looked at; null without depth. */
  depth_range: {
    frames_read: number
    /** Metres; null when no pixel of them has a measurement. */
    nearest: number | null
    farthest: number | null
    /** Share of pixels without a measurement. */
    holes: number
  } | null
  /** Length of the camera's way over the valid poses, metres. */
  path_length: number
  axis_aligned: boolean
  vertices: number | null
  faces: number | null
  /** Objects per label (lower case), most frequent first; null without annotation. */
  objects: Record<string, number> | null
  problems: string[]
}

/** Sum of the steps between the camera's places, frames without a pose passed over. */
export function pathLength(scan: Pick<Scan, 'frames'>): number {
  const places = scan.frames.filter(({ valid }) => valid).map(({ cameraToWorld: m }) => [m[3], m[7], m[11]])
  let sum = 0
  for (let i = 1; i < places.length; i++)
    sum += Math.hypot(...places[i].map((value, axis) => value - places[i - 1][axis]))
  return sum
}

/** Nearest and farthest depth and the share of holes, over at most `limit` frames spread evenly. */
async function depthRange(scan: Scan, limit: number): Promise<ScanSummary['depth_range']> {
  if (scan.depthSize.width === 0) return null
  const every = scan.frames.map((frame) => ({ ...frame, valid: true }))
  const selected = selectFrames(every, { stride: 1, max_frames: limit })
  let [low, high, holes, pixels] = [Number.POSITIVE_INFINITY, 0, 0, 0]
  for (const index of selected) {
    const depth = await scan.readDepth(index)
    pixels += depth.length
    for (let i = 0; i < depth.length; i++) {
      const value = depth[i]
      if (value === 0) holes++
      else {
        if (value < low) low = value
        if (value > high) high = value
      }
    }
  }
  return {
    frames_read: selected.length,
    nearest: high > 0 ? low / scan.depthShift : null,
    farthest: high > 0 ? high / scan.depthShift : null,
    holes: pixels > 0 ? holes / pixels : 0,
  }
}

function countLabels(labels: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)))
}

/**
 * Measures `scan`; depth is read from at most `depthFrames` frames.
 * @throws data error when a part of the scan cannot be read
 */
export async function inspectScan(scan: Scan, depthFrames = 50): Promise<ScanSummary> {
  const mesh = scan.readMesh()
  const objects = mesh ? scan.readObjects(mesh.positions.length / 3) : null
  const range = await depthRange(scan, depthFrames)
  const problems = [...scan.problems]
  if (scan.frames.length === 0) problems.push('no frames')
  if (!mesh) problems.push('no mesh: no objects, sizes or distances can be had')
  else if (!objects) problems.push('no segments and aggregation for the mesh: no objects')
  if (scan.frames.length > 0 && !range) problems.push('no depth: visibility cannot be tested')
  return {
    name: scan.name,
    folder: scan.folder,
    layout: scan.layout,
    scene_type: scan.sceneType,
    frames: scan.frames.length,
    valid_poses: scan.frames.filter(({ valid }) => valid).length,
    color: scan.colorSize,
    depth: scan.depthSize,
    depth_range: range,
    path_length: pathLength(scan),
    axis_aligned: scan.hasAxisAlignment,
    vertices: mesh ? mesh.positions.length / 3 : null,
    faces: mesh ? mesh.faces.length / 3 : null,
    objects: objects ? countLabels(objects.map(({ label }) => label.trim().toLowerCase())) : null,
    problems,
  }
}

const decodeFrame = async (scan: Scan, index: number): Promise<RgbImage> => {
  const { bytes, format } = await scan.readColor(index)
  return format === 'raw' ? { ...scan.colorSize, data: bytes } : decodeImage(bytes)
}

/** Cells for a contact sheet: at most `count` frames with the boxes of the objects they show. */
export async function sheetCells(scan: Scan, count: number): Promise<SheetCell[]> {
  const selection = { stride: 1, max_frames: count }
  const withPose = selectFrames(scan.frames, selection)
  if (withPose.length === 0) {
    const any = selectFrames(
      scan.frames.map((frame) => ({ ...frame, valid: true })),
      selection,
    )
    return Promise.all(
      any.map(async (index) => ({
        image: await decodeFrame(scan, index),
        caption: `${scan.name} ${scan.frames[index].id}, no pose`,
      })),
    )
  }
  const record =
    scan.depthSize.width > 0 ? await buildSceneRecord(scan, { ...selection, distances: false }) : null
  const categories = new Map(record?.objects.map(({ id, category }) => [id, category]))
  return Promise.all(
    withPose.map(async (index) => {
      const { id } = scan.frames[index]
      const seen = record?.frames.find(({ frame_id }) => frame_id === id)?.objects ?? []
      const boxes = seen.map(
        (object): DrawnBox => ({
          bbox: object.bbox_2d,
          label: categories.get(object.id) ?? String(object.id),
          color: paletteColor(object.id),
        }),
      )
      const image = await decodeFrame(scan, index)
      return { image, boxes, caption: `${scan.name} frame ${id}` }
    }),
  )
}

/** The contact sheet of one or several scans, `perScan` frames each, one picture. */
export async function scanSheet(scans: readonly Scan[], perScan: number): Promise<RgbImage> {
  const cells: SheetCell[] = []
  for (const scan of scans) cells.push(...(await sheetCells(scan, perScan)))
  return contactSheet(cells)
}
