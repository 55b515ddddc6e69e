/**
 * Opens a scan, whichever way its folder is laid out: ScanNet's release (`<scan>.sens` and mesh files),
 * the exporter's folders (`color/ depth/ pose/ intrinsic/`), both together, or a mesh alone.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { decodeGrey16, readImageSize } from '../../images/codec.js'
import { isExported, openExported } from './exported.js'
import { axisAlignment, type MetaText, readMetaText } from './meta-text.js'
import { readPly } from './ply.js'
import { joinObjects, readAggregation, readSegIndices, type ScanObject } from './segments.js'
import { openSens, readSensColor, readSensDepth } from './sens.js'
import type { Mesh, Size } from './types.js'

/** Pinhole camera in pixels. */
export interface Intrinsics {
  fx: number
  fy: number
  cx: number
  cy: number
}

export interface ScanFrame {
  /** The frame's number in the recording: its place in `.sens`, or N of `color/N.jpg`. */
  id: number
  /** Camera to world (not axis-aligned), 4x4 row-major. */
  cameraToWorld: number[]
  /** False when tracking was lost; such a pose must not be used. */
  valid: boolean
}

export interface Scan {
  name: string
  folder: string
  layout: 'sens' | 'exported' | 'mesh only'
  colorSize: Size
  depthSize: Size
  intrinsicColor: Intrinsics
  intrinsicDepth: Intrinsics
  /** Depth units per metre. */
  depthShift: number
  /** 4x4 row-major, p' = A p; the identity where the scan has none. */
  axisAlignment: number[]
  hasAxisAlignment: boolean
  sceneType: string | null
  frames: ScanFrame[]
  /** Depth of `frames[index]`, row-major, in 1/depthShift metres; 0 is "no measurement". */
  readDepth(index: number): Promise<Uint16Array>
  /** Colour of `frames[index]` as stored; `raw` is RGB, 3 bytes a pixel. */
  readColor(index: number): Promise<{ bytes: Buffer; format: 'jpeg' | 'png' | 'raw' }>
  /** Null when the folder has no mesh. Read again at each call. */
  readMesh(): Mesh | null
  /** Null when the folder has no segments and aggregation. `vertexCount` is that of the mesh. */
  readObjects(vertexCount: number): ScanObject[] | null
  /** Things a user should know, one line each. */
  problems: string[]
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
const pinhole = (k: ArrayLike<number>): Intrinsics => ({ fx: k[0], fy: k[5], cx: k[2], cy: k[6] })
const NO_SIZE: Size = { width: 0, height: 0 }
const NO_CAMERA: Intrinsics = { fx: 0, fy: 0, cx: 0, cy: 0 }

type Imagery = Pick<
  Scan,
  | 'layout'
  | 'colorSize'
  | 'depthSize'
  | 'intrinsicColor'
  | 'intrinsicDepth'
  | 'depthShift'
  | 'frames'
  | 'readDepth'
  | 'readColor'
>

function sensImagery(file: string): Imagery {
  const sens = openSens(file)
  return {
    layout: 'sens',
    colorSize: sens.colorSize,
    depthSize: sens.depthSize,
    intrinsicColor: pinhole(sens.intrinsicColor),
    intrinsicDepth: pinhole(sens.intrinsicDepth),
    depthShift: sens.depthShift,
    frames: sens.frames.map(({ cameraToWorld, valid }, id) => ({ id, cameraToWorld, valid })),
    readDepth: async (index) => readSensDepth(sens, index),
    readColor: async (index) => ({ bytes: readSensColor(sens, index), format: sens.colorFormat }),
  }
}

/** Intrinsics from `<scan>.txt` (`fx_color`, ...), where the exporter's files are missing. */
function metaIntrinsics(meta: MetaText | null, kind: 'color' | 'depth'): Intrinsics | null {
  const [fx, fy, cx, cy] = ['fx', 'fy', 'mx', 'my'].map((key) => Number(meta?.get(`${key}_${kind}`)))
  return [fx, fy, cx, cy].every(Number.isFinite) ? { fx, fy, cx, cy } : null
}

async function exportedImagery(folder: string, meta: MetaText | null): Promise<Imagery> {
  const exported = openExported(folder)
  const camera = (kind: 'color' | 'depth', matrix: number[] | null): Intrinsics => {
    const found = matrix ? pinhole(matrix) : metaIntrinsics(meta, kind)
    if (found) return found
    throw dataError(
      path.join(folder, 'intrinsic', `intrinsic_${kind}.txt`),
      'camera intrinsics',
      'nothing there',
    )
  }
  const firstDepth = exported.frames.find(({ depthFile }) => depthFile !== null)?.depthFile
  const depthSize = firstDepth ? await readImageSize(firstDepth) : NO_SIZE
  return {
    layout: 'exported',
    colorSize: await readImageSize(exported.frames[0].colorFile),
    depthSize,
    intrinsicColor: camera('color', exported.intrinsicColor),
    intrinsicDepth: firstDepth ? camera('depth', exported.intrinsicDepth) : NO_CAMERA,
    depthShift: 1000,
    frames: exported.frames.map(({ id, cameraToWorld, valid }) => ({ id, cameraToWorld, valid })),
    readDepth: async (index) => {
      const { depthFile, id } = exported.frames[index]
      if (!depthFile)
        throw dataError(path.join(folder, 'depth', `${id}.png`), 'a depth picture', 'nothing there')
      const { width, height, data } = await decodeGrey16(depthFile, {
        maxPixels: depthSize.width * depthSize.height,
      })
      if (width !== depthSize.width || height !== depthSize.height)
        throw dataError(depthFile, `${depthSize.width}x${depthSize.height}`, `${width}x${height}`)
      return data
    },
    readColor: async (index) => {
      const { colorFile } = exported.frames[index]
      const format = /\.png$/i.test(colorFile) ? 'png' : 'jpeg'
      return { bytes: await fs.promises.readFile(colorFile), format }
    },
  }
}

const noImagery = (): Imagery => ({
  layout: 'mesh only',
  colorSize: NO_SIZE,
  depthSize: NO_SIZE,
  intrinsicColor: NO_CAMERA,
  intrinsicDepth: NO_CAMERA,
  depthShift: 1000,
  frames: [],
  readDepth: async (index) => {
    throw dataError(`frame ${index}`, 'a scan with frames', 'a mesh only')
  },
  readColor: async (index) => {
    throw dataError(`frame ${index}`, 'a scan with frames', 'a mesh only')
  },
})

const MESH = '_vh_clean_2.ply'

/** File stem of the scan: that of its `.sens` or mesh, else the folder's name. */
function stemOf(folder: string, names: readonly string[]): string {
  const base = path.basename(path.resolve(folder))
  const stems = names.flatMap((name) => {
    if (name.endsWith('.sens')) return [name.slice(0, -'.sens'.length)]
    return name.endsWith(MESH) ? [name.slice(0, -MESH.length)] : []
  })
  const distinct = [...new Set(stems)].sort()
  if (distinct.length === 0 || distinct.includes(base)) return base
  if (distinct.length > 1) throw dataError(folder, 'the files of one scan', distinct.join(', '))
  return distinct[0]
}

/** Whether `folder` holds a scan of any layout. */
export function isScan(folder: string): boolean {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false
  return (
    fs.readdirSync(folder).some((name) => name.endsWith('.sens') || name.endsWith(MESH)) || isExported(folder)
  )
}

function problemsOf(scan: Imagery, hasAlignment: boolean): string[] {
  const problems: string[] = []
  const lost = scan.frames.filter(({ valid }) => !valid).length
  if (lost > 0) problems.push(`${lost} of ${scan.frames.length} frames have no pose (tracking was lost)`)
  if (!hasAlignment) problems.push('no axisAlignment: walls may not be parallel to the axes')
  for (const [kind, size, { cx, cy }] of [
    ['colour', scan.colorSize, scan.intrinsicColor],
    ['depth', scan.depthSize, scan.intrinsicDepth],
  ] as const) {
    const centred = Math.abs(cx / size.width - 0.5) < 0.2 && Math.abs(cy / size.height - 0.5) < 0.2
    if (size.width > 0 && !centred)
      problems.push(
        `${kind} intrinsics (cx ${cx}, cy ${cy}) do not fit pictures of ${size.width}x${size.height}`,
      )
  }
  return problems
}

/** Objects of the low-resolution mesh; what is odd about their files goes to `problems`, once. */
function readAnnotation(
  folder: string,
  name: string,
  vertexCount: number,
  problems: string[],
): ScanObject[] | null {
  const at = (suffix: string): string => path.join(folder, `${name}${suffix}`)
  const note = (problem: string): void => {
    if (!problems.includes(problem)) problems.push(problem)
  }
  const segments = at('_vh_clean_2.0.010000.segs.json')
  const aggregation = at('.aggregation.json')
  if (!fs.existsSync(segments) || !fs.existsSync(aggregation)) {
    for (const file of [`${name}_vh_clean.aggregation.json`, `${name}_vh_clean.segs.json`])
      if (fs.existsSync(path.join(folder, file)))
        note(`${file} belongs to the high-resolution mesh and is not used`)
    return null
  }
  const { groups, duplicates } = readAggregation(aggregation, name)
  if (duplicates > 0) note(`objects listed twice: ${duplicates}; the first of each is kept`)
  const files = { segments, aggregation }
  const { objects, shared } = joinObjects(readSegIndices(segments, name), groups, vertexCount, files)
  if (shared > 0) note(`segments of several objects: ${shared}; each goes to the last of them`)
  return objects
}

/**
 * Opens the scan in `folder`. Only headers and text files are read; payloads, mesh and segments when asked for.
 * @throws data error for a folder that is no scan, or a file that is not what its name says
 */
export async function openScan(folder: string): Promise<Scan> {
  if (!fs.existsSync(folder)) throw dataError(folder, 'a folder with a scan', 'nothing there')
  if (!isScan(folder))
    throw dataError(
      folder,
      'a scan (<scan>.sens, <scan>_vh_clean_2.ply, or color/ depth/ pose/ intrinsic/)',
      'none',
    )
  const names = fs.readdirSync(folder)
  const name = stemOf(folder, names)
  const at = (suffix: string): string => path.join(folder, `${name}${suffix}`)
  const metaFile = at('.txt')
  const meta = fs.existsSync(metaFile) ? readMetaText(metaFile) : null
  let imagery = noImagery()
  if (fs.existsSync(at('.sens'))) imagery = sensImagery(at('.sens'))
  else if (isExported(folder)) imagery = await exportedImagery(folder, meta)
  const alignment = meta ? axisAlignment(meta, metaFile) : null
  const problems = problemsOf(imagery, alignment !== null)
  return {
    ...imagery,
    name,
    folder,
    axisAlignment: alignment ?? [...IDENTITY],
    hasAxisAlignment: alignment !== null,
    sceneType: meta?.get('sceneType') ?? null,
    problems,
    readMesh: () => (fs.existsSync(at(MESH)) ? readPly(at(MESH)) : null),
    readObjects: (vertexCount) => readAnnotation(folder, name, vertexCount, problems),
  }
}

/**
 * The scans under `folder`: itself if it is one, else its subfolders that are, sorted by name.
 * @throws data error when there is none
 */
export function listScans(folder: string): string[] {
  if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw dataError(folder, 'a folder with scans', fs.existsSync(folder) ? 'a file' : 'nothing there')
  if (isScan(folder)) return [folder]
  const scans = fs
    .readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name))
    .filter((child) => !/\.tmp-\d+-\d+$/.test(child) && isScan(child))
  if (scans.length > 0) return scans
  throw dataError(
    folder,
    'a scan (<scan>.sens, <scan>_vh_clean_2.ply, or color/ depth/ pose/ intrinsic/) or folders of scans',
    'none',
  )
}
