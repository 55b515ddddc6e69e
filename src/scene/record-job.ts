/**
 * The work of one scan, run in this process or in a worker of `records.ts`: pictures first, the record last,
 * so that a record stands for a complete scan.
 */
import fs from 'node:fs'
import path from 'node:path'
import { sha256, writeFileAtomic, writeFolderAtomic } from '../common/files.js'
import { type Reply, replyOf } from '../common/reply.js'
import { encodePng } from '../images/codec.js'
import { sceneRecordSchema } from '../schema/scene-record.js'
import { buildSceneRecord, imageName, RECORD_GENERATOR, type RecordOptions, selectFrames } from './record.js'
import { openScan, type Scan } from './scannet/scan.js'

export interface RecordJob {
  /** Folder of the scan. */
  scan: string
  out: string
  options: RecordOptions
}

export interface RecordResult {
  scene: string
  file: string
  /** False when a complete record was there already. */
  made: boolean
  problems: string[]
}

/** What a record depends on: the code, the options, and names and sizes of the scan's files. */
function fingerprint(scan: Scan, options: RecordOptions): string {
  const files = fs
    .readdirSync(scan.folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => `${name} ${fs.statSync(path.join(scan.folder, name)).size}`)
    .sort()
  const poses = scan.frames.map(({ id, cameraToWorld }) => `${id} ${cameraToWorld.join(' ')}`)
  return sha256(JSON.stringify([RECORD_GENERATOR, options, files, poses]))
}

/** Whether `file` is a record of exactly this input; `images` is null when there need be none. */
function isComplete(file: string, images: string | null, expected: string): boolean {
  if (!fs.existsSync(file) || (images !== null && !fs.existsSync(images))) return false
  try {
    const record = sceneRecordSchema.shape.provenance.safeParse(
      JSON.parse(fs.readFileSync(file, 'utf8')).provenance,
    )
    return record.success && record.data.rules.input === expected
  } catch {
    return false
  }
}

/** Copies the colour of the chosen frames; only raw colour is encoded, as PNG. */
async function writeImages(scan: Scan, options: RecordOptions, folder: string): Promise<void> {
  await writeFolderAtomic(folder, async (temporary) => {
    for (const index of selectFrames(scan.frames, options)) {
      const { bytes, format } = await scan.readColor(index)
      const file = path.join(temporary, imageName(scan.frames[index].id, format === 'jpeg' ? 'jpeg' : 'png'))
      fs.writeFileSync(file, format === 'raw' ? await encodePng({ ...scan.colorSize, data: bytes }) : bytes)
    }
  })
}

/** Makes `<out>/images/<scene>/` (unless `images: false`) and `<out>/records/<scene>.json`, unless complete. */
export async function runRecordJob({ scan: folder, out, options }: RecordJob): Promise<RecordResult> {
  const scan = await openScan(folder)
  const file = path.join(out, 'records', `${scan.name}.json`)
  const images = options.images === false ? null : path.join(out, 'images', scan.name)
  const input = fingerprint(scan, options)
  if (isComplete(file, images, input)) return { scene: scan.name, file, made: false, problems: scan.problems }
  const record = await buildSceneRecord(scan, options)
  record.provenance.rules.input = input
  // A record made with other options must not outlive its pictures.
  fs.rmSync(file, { force: true })
  if (images !== null) await writeImages(scan, options, images)
  writeFileAtomic(file, `${JSON.stringify(record)}\n`)
  return { scene: scan.name, file, made: true, problems: scan.problems }
}

/** The pool calls the default export. */
export default function replyToJob(job: RecordJob): Promise<Reply<RecordResult>> {
  return replyOf(() => runRecordJob(job))
}
