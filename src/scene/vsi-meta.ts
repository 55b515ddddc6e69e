/**
 * VSI-Bench's meta files (`data/meta_info/*_meta_info_val.json` of thinking-in-space): 3D boxes, counts and
 * room sizes of real scenes, with no imagery. Rows of `normalizedAxes` are the box's axes; `object_counts`
 * were corrected by hand and boxes were not, so counts are taken from the file and never from the boxes.
 */
import fs from 'node:fs'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import type { SceneObject, SceneRecord } from '../schema/scene-record.js'
import { boxDistance } from './vsi-obb-distance.js'

const vec3 = z.tuple([z.number(), z.number(), z.number()])

const boxSchema = z.object({
  centroid: vec3,
  axesLengths: z.tuple([z.number().min(0), z.number().min(0), z.number().min(0)]),
  normalizedAxes: z.array(z.number()).length(9),
  min: vec3,
  max: vec3,
})
const boxesSchema = z.record(z.string(), z.array(boxSchema))

/** VLM-3R writes `object_bboxes` for the same thing. */
const metaSchema = z
  .object({
    dataset: z.string().optional(),
    room_size: z.number().positive(),
    object_counts: z.record(z.string(), z.int().min(0)),
    object_bbox: boxesSchema.optional(),
    object_bboxes: boxesSchema.optional(),
  })
  .refine((meta) => meta.object_bbox ?? meta.object_bboxes, {
    path: ['object_bbox'],
    message: 'missing',
  })

/** Rows must be unit vectors at right angles; a file written with columns still passes, being orthogonal. */
function checkAxes(axes: readonly number[], where: string): void {
  for (const i of [0, 1, 2])
    for (const j of [0, 1, 2]) {
      const product = [0, 1, 2].reduce((sum, k) => sum + axes[3 * i + k] * axes[3 * j + k], 0)
      if (Math.abs(product - (i === j ? 1 : 0)) > 1e-3)
        throw dataError(
          `${where} normalizedAxes`,
          'three unit vectors at right angles',
          `[${axes.join(', ')}]`,
        )
    }
}

/** Rows as axes reproduce `min` and `max`; columns do not. */
function checkBounds(object: SceneObject, where: string): void {
  const { axes, center, lengths } = object.obb
  for (const k of [0, 1, 2]) {
    const half = [0, 1, 2].reduce((sum, i) => sum + (Math.abs(axes[3 * i + k]) * lengths[i]) / 2, 0)
    const error = Math.max(
      Math.abs(center[k] + half - object.aabb.max[k]),
      Math.abs(center[k] - half - object.aabb.min[k]),
    )
    if (error > 0.01)
      throw dataError(`${where} min/max`, 'the bounds of the oriented box', `${error.toFixed(3)} m off`)
  }
}

function recordOf(scene: string, raw: unknown, file: string): SceneRecord {
  const parsed = metaSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw dataError(`${file} ${scene} ${issue.path.join('.')}`.trim(), 'VSI-Bench meta data', issue.message)
  }
  const meta = parsed.data
  const objects: SceneObject[] = []
  for (const [category, boxes] of Object.entries(meta.object_bbox ?? meta.object_bboxes ?? {}))
    boxes.forEach((box, i) => {
      const where = `${file} ${scene} object_bbox.${category}.${i}`
      checkAxes(box.normalizedAxes, where)
      const object: SceneObject = {
        id: objects.length,
        raw_label: category,
        category,
        obb: { center: box.centroid, axes: box.normalizedAxes, lengths: box.axesLengths },
        aabb: { min: box.min, max: box.max },
        longest_dimension: Math.max(...box.axesLengths),
      }
      checkBounds(object, where)
      objects.push(object)
    })
  const distances = objects.flatMap((a, i) =>
    objects.slice(i + 1).map((b) => ({ a: a.id, b: b.id, meters: boxDistance(a.obb, b.obb) })),
  )
  return {
    version: 1,
    scene_name: scene,
    dataset: meta.dataset ?? 'unknown',
    objects,
    object_counts: meta.object_counts,
    distances,
    room_area: meta.room_size,
    frames: [],
    provenance: {
      source: 'vsi-meta',
      generator: 'vsi-meta-1',
      rules: { distance: 'exact between oriented boxes', area: 'as the file', count: 'as the file' },
    },
  }
}

/**
 * One record per scene of a VSI-Bench meta file, in the file's order (the first `limit`), without frames.
 * @throws data error naming file, scene and field
 */
export function readVsiMeta(
  file: string,
  { limit = Number.POSITIVE_INFINITY }: { limit?: number } = {},
): SceneRecord[] {
  let raw: unknown
  try {
    raw = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) throw dataError(file, 'JSON', error.message)
    throw error
  }
  const scenes = z.record(z.string(), z.unknown()).safeParse(raw)
  if (!scenes.success || Array.isArray(raw)) throw dataError(file, 'an object of scenes', 'something else')
  return Object.entries(scenes.data)
    .slice(0, limit)
    .map(([scene, meta]) => recordOf(scene, meta, file))
}
