/**
 * Frames as ScanNet's exporter lays them out: `color/N.jpg`, `depth/N.png` (16-bit, millimetres),
 * `pose/N.txt` (4x4 camera to world, `-inf` when lost), `intrinsic/intrinsic_{color,depth}.txt`. N may be
 * zero-padded; frames are in the order of the number, not of the name.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { parseNumbers } from './meta-text.js'
import { isCamera, isValidPose } from './sens.js'

const LOST = new Array<number>(16).fill(Number.NEGATIVE_INFINITY)

export interface ExportedFrame {
  /** The number in the file name. */
  id: number
  colorFile: string
  /** Null when the frame has no depth file. */
  depthFile: string | null
  cameraToWorld: number[]
  valid: boolean
}

export interface ExportedScan {
  folder: string
  frames: ExportedFrame[]
  /** 4x4 row-major, or null when there is no file. */
  intrinsicColor: number[] | null
  intrinsicDepth: number[] | null
}

/** Number in the name -> path, for the files of one folder. */
function numberedFiles(folder: string, extension: RegExp): Map<number, string> {
  const files = new Map<number, string>()
  if (!fs.existsSync(folder)) return files
  for (const name of fs.readdirSync(folder)) {
    const match = /^(?:frame-)?(\d{1,15})(?:\.color|\.depth|\.pose)?\.(\w+)$/.exec(name)
    if (!match || !extension.test(match[2])) continue
    const number = Number(match[1])
    const other = files.get(number)
    if (other)
      throw dataError(
        folder,
        `one file of frame ${number}`,
        [path.basename(other), name].sort().join(' and '),
      )
    files.set(number, path.join(folder, name))
  }
  return files
}

/** A 4x4 pose; any other count of numbers is an error. */
function readPose(file: string): number[] {
  const values = parseNumbers(fs.readFileSync(file, 'utf8'), file)
  if (values.length !== 16) throw dataError(file, '16 numbers of a pose', `${values.length}`)
  return values
}

/** A 4x4 or 3x3 intrinsic matrix, as 4x4. */
function readIntrinsic(file: string): number[] | null {
  if (!fs.existsSync(file)) return null
  const v = parseNumbers(fs.readFileSync(file, 'utf8'), file)
  const matrix =
    v.length === 9 ? [v[0], v[1], v[2], 0, v[3], v[4], v[5], 0, v[6], v[7], v[8], 0, 0, 0, 0, 1] : v
  if (matrix.length !== 16) throw dataError(file, 'a 4x4 or 3x3 matrix', `${v.length} numbers`)
  if (!isCamera(matrix))
    throw dataError(
      file,
      'finite numbers, focal lengths above 0',
      `fx ${matrix[0]}, fy ${matrix[5]}, cx ${matrix[2]}, cy ${matrix[6]}`,
    )
  return matrix
}

/** Whether `folder` has numbered colour files in `color/`. */
export const isExported = (folder: string): boolean =>
  numberedFiles(path.join(folder, 'color'), /^(jpe?g|png)$/i).size > 0

/** Lists frames, poses and intrinsics; pictures are not opened. A frame without a pose file counts as lost. */
export function openExported(folder: string): ExportedScan {
  const colors = numberedFiles(path.join(folder, 'color'), /^(jpe?g|png)$/i)
  const depths = numberedFiles(path.join(folder, 'depth'), /^png$/i)
  const poses = numberedFiles(path.join(folder, 'pose'), /^txt$/i)
  const intrinsic = (kind: string): number[] | null =>
    readIntrinsic(path.join(folder, 'intrinsic', `intrinsic_${kind}.txt`))
  const frames = [...colors.keys()]
    .sort((a, b) => a - b)
    .map((id): ExportedFrame => {
      const poseFile = poses.get(id)
      const cameraToWorld = poseFile ? readPose(poseFile) : [...LOST]
      return {
        id,
        colorFile: colors.get(id) ?? '',
        depthFile: depths.get(id) ?? null,
        cameraToWorld,
        valid: isValidPose(cameraToWorld),
      }
    })
  return { folder, frames, intrinsicColor: intrinsic('color'), intrinsicDepth: intrinsic('depth') }
}
