/**
 * Which vertices belong to which object: `segs.json` gives each vertex a segment, `aggregation.json` gives
 * each object its segments. Only the files of the low-resolution mesh go with `_vh_clean_2.ply`.
 */
import fs from 'node:fs'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import type { SegmentGroup } from './types.js'

const aggregationSchema = z.object({
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

/** Segment id of every vertex. */
export function readSegIndices(file: string): Int32Array {
  const value = parseJson(file)
  const indices =
    typeof value === 'object' && value !== null && 'segIndices' in value ? value.segIndices : null
  if (!Array.isArray(indices)) throw dataError(file, 'a list segIndices', typeof indices)
  const wrong = indices.findIndex((index) => !Number.isInteger(index))
  if (wrong >= 0) throw dataError(`${file}: segIndices[${wrong}]`, 'an integer', String(indices[wrong]))
  return Int32Array.from(indices)
}

/**
 * The objects of an aggregation file, without repeats: some scans (scene0217_00) list every object twice.
 * The first of several with the same segments stays.
 */
export function readAggregation(file: string): { groups: SegmentGroup[]; duplicates: number } {
  const parsed = aggregationSchema.safeParse(parseJson(file))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw dataError(`${file}: ${path.join('.') || 'top level'}`, 'an aggregation of ScanNet', message)
  }
  const seen = new Set<string>()
  const groups: SegmentGroup[] = []
  parsed.data.segGroups.forEach(({ id, objectId, segments, label }, index) => {
    const key = [...new Set(segments)].sort((a, b) => a - b).join(' ')
    if (seen.has(key)) return
    seen.add(key)
    groups.push({ id: objectId ?? id ?? index, label, segments })
  })
  return { groups, duplicates: parsed.data.segGroups.length - groups.length }
}

/**
 * Joins segments and groups in one pass over the vertices. A segment in two groups belongs to the later one,
 * as in all public loaders. Objects without vertices are left out.
 * @param files names for messages
 * @throws data error when the two files are not of this mesh, as when high- and low-resolution files are mixed
 */
export function joinObjects(
  segIndices: Int32Array,
  groups: readonly SegmentGroup[],
  vertexCount: number,
  files: { segments: string; aggregation: string },
): ScanObject[] {
  if (segIndices.length !== vertexCount)
    throw dataError(
      `${files.segments}: segIndices`,
      `${vertexCount} values, one per vertex of the mesh`,
      `${segIndices.length} (are these the files of another resolution?)`,
    )
  const groupOf = new Map<number, number>()
  for (const [index, { segments }] of groups.entries())
    for (const segment of segments) groupOf.set(segment, index)
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
  return groups
    .map(({ id, label }, index) => ({ id, label, vertices: lists[index] }))
    .filter(({ vertices }) => vertices.length > 0)
}
