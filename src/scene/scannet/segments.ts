/**
 * Which vertices belong to which object: `segs.json` gives each vertex a segment, `aggregation.json` gives
 * each object its segments. Only the files of the low-resolution mesh go with `_vh_clean_2.ply`.
 */
import fs from 'node:fs'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import type { SegmentGroup } from './types.js'

const aggregationSchema = z.object({
  sceneId: z.string().optional(),
  segGroups: z.array(
    z.object({
      id: z.int().min(0).optional(),
      objectId: z.int().min(0).optional(),
      segments: z.array(z.int()),
      label: z.string(),
    }),
  ),
  segmentsFile: z.string().optional(),
})

/** An object of the scan and the vertices of the mesh that are its own. */
export interface ScanObject {
  /** ScanNet's objectId, 0-based. */
  id: number
  /** As annotated. */
  label: string
  vertices: Uint32Array
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw dataError(file, 'JSON', error.message)
    throw error
  }
}

/** `scene0000_00` wherever in `text` it stands. */
const sceneIn = (text: unknown): string | undefined =>
  typeof text === 'string' ? /scene\d{4}_\d{2}/.exec(text)?.[0] : undefined

/** @throws data error when a file says it is of another scan than `scan`; names of another kind say nothing */
function checkScene(file: string, key: string, said: unknown, scan: string | undefined): void {
  const [there, expected] = [sceneIn(said), sceneIn(scan)]
  if (there && expected && there !== expected) throw dataError(`${file}: ${key}`, expected, there)
}

const MAX_SEGMENT = 2 ** 31 - 1

/**
 * Segment id of every vertex.
 * @param scan name of the scan the file must be of
 */
export function readSegIndices(file: string, scan?: string): Int32Array {
  const value = parseJson(file)
  if (
    typeof value !== 'object' ||
    value === null ||
    !('segIndices' in value) ||
    !Array.isArray(value.segIndices)
  )
    throw dataError(file, 'a list segIndices', 'none')
  if ('sceneId' in value) checkScene(file, 'sceneId', value.sceneId, scan)
  const indices: unknown[] = value.segIndices
  const wrong = indices.findIndex(
    (index) => !(Number.isInteger(index) && Math.abs(Number(index)) <= MAX_SEGMENT),
  )
  if (wrong >= 0)
    throw dataError(
      `${file}: segIndices[${wrong}]`,
      'an integer of 32 bits',
      JSON.stringify(indices[wrong]).slice(0, 60),
    )
  return Int32Array.from(indices, Number)
}

/**
 * The objects of an aggregation file, without repeats: some scans (scene0217_00) list every object twice.
 * The first of several with the same segments stays; an object without segments is none.
 * @param scan name of the scan the file must be of
 * @throws data error for another scan's file, the high-resolution mesh's, or two objects of one id
 */
export function readAggregation(file: string, scan?: string): { groups: SegmentGroup[]; duplicates: number } {
  const parsed = aggregationSchema.safeParse(parseJson(file))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw dataError(`${file}: ${path.join('.') || 'top level'}`, 'an aggregation of ScanNet', message)
  }
  const { sceneId, segGroups, segmentsFile } = parsed.data
  checkScene(file, 'sceneId', sceneId, scan)
  if (segmentsFile?.endsWith('_vh_clean.segs.json'))
    throw dataError(
      `${file}: segmentsFile`,
      'segments of the low-resolution mesh (_vh_clean_2.0.010000.segs.json)',
      `${segmentsFile.slice(-60)} (this is the high-resolution aggregation)`,
    )
  const seen = new Set<string>()
  const ids = new Set<number>()
  const groups: SegmentGroup[] = []
  let duplicates = 0
  segGroups.forEach((group, index) => {
    const { label, segments } = group
    if (segments.length === 0) return
    const key = [...new Set(segments)].sort((a, b) => a - b).join(' ')
    if (seen.has(key)) {
      duplicates++
      return
    }
    seen.add(key)
    const id = group.objectId ?? group.id ?? index
    if (ids.has(id))
      throw dataError(`${file}: segGroups.${index}.objectId`, 'an id of its own', `${id} again`)
    ids.add(id)
    groups.push({ id, label, segments })
  })
  return { groups, duplicates }
}

/**
 * Joins segments and groups in one pass over the vertices. A segment in two groups belongs to the later one,
 * as in all public loaders; `shared` counts those. Objects without vertices are left out.
 * @param files names for messages
 * @throws data error when the two files are not of this mesh, as when high- and low-resolution files are mixed
 */
export function joinObjects(
  segIndices: Int32Array,
  groups: readonly SegmentGroup[],
  vertexCount: number,
  files: { segments: string; aggregation: string },
): { objects: ScanObject[]; shared: number } {
  if (segIndices.length !== vertexCount)
    throw dataError(
      `${files.segments}: segIndices`,
      `${vertexCount} values, one per vertex of the mesh`,
      `${segIndices.length} (are these the files of another resolution?)`,
    )
  const groupOf = new Map<number, number>()
  const shared = new Set<number>()
  for (const [index, { segments }] of groups.entries())
    for (const segment of segments) {
      if ((groupOf.get(segment) ?? index) !== index) shared.add(segment)
      groupOf.set(segment, index)
    }
  const counts = new Uint32Array(groups.length)
  const owner = new Int32Array(vertexCount)
  for (let v = 0; v < vertexCount; v++) {
    const group = groupOf.get(segIndices[v]) ?? -1
    owner[v] = group
    if (group >= 0) counts[group]++
  }
  const present = new Set(segIndices)
  const missing = [...groupOf.keys()].filter((segment) => !present.has(segment)).length
  // A few segments may be lost to mesh cleaning; most of them missing means another mesh's aggregation.
  if (missing > groupOf.size / 2)
    throw dataError(
      files.aggregation,
      'segments of the low-resolution mesh',
      `${missing} of ${groupOf.size} that it does not have (is this the high-resolution aggregation?)`,
    )
  const lists = Array.from(counts, (count) => new Uint32Array(count))
  const filled = new Uint32Array(groups.length)
  for (let v = 0; v < vertexCount; v++) if (owner[v] >= 0) lists[owner[v]][filled[owner[v]]++] = v
  const objects = groups
    .map(({ id, label }, index) => ({ id, label, vertices: lists[index] }))
    .filter(({ vertices }) => vertices.length > 0)
  return { objects, shared: shared.size }
}
