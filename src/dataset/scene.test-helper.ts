/** Small scenes for tests: axis-aligned objects and pictures whose contents are given by hand. */
import { type FrameObject, type SceneRecord, sceneRecordSchema } from '../schema/scene-record.js'

export interface TestObject {
  category: string
  /** Metres. */
  at: [number, number, number]
  size?: [number, number, number]
}

export interface TestSight {
  id: number
  box?: [number, number, number, number]
  ratio?: number
  pixels?: number
  /** Camera frame, metres. */
  at?: [number, number, number]
}

/** Gap between two axis-aligned boxes. */
const gap = (a: TestObject, b: TestObject): number =>
  Math.hypot(
    ...[0, 1, 2].map((k) =>
      Math.max(0, Math.abs(a.at[k] - b.at[k]) - ((a.size?.[k] ?? 0.2) + (b.size?.[k] ?? 0.2)) / 2),
    ),
  )

/** A valid record of 640x480 pictures, one a second. */
export function testScene(
  name: string,
  objects: TestObject[],
  frames: TestSight[][] = [],
  extra: Partial<SceneRecord> = {},
): SceneRecord {
  const counts: Record<string, number> = {}
  for (const { category } of objects) counts[category] = (counts[category] ?? 0) + 1
  const record: SceneRecord = {
    version: 1,
    scene_name: name,
    dataset: 'test',
    objects: objects.map(({ at, category, size = [0.2, 0.2, 0.2] }, id) => ({
      id,
      raw_label: category,
      category,
      obb: { center: at, axes: [1, 0, 0, 0, 1, 0, 0, 0, 1], lengths: size },
      aabb: {
        min: [at[0] - size[0] / 2, at[1] - size[1] / 2, at[2] - size[2] / 2],
        max: [at[0] + size[0] / 2, at[1] + size[1] / 2, at[2] + size[2] / 2],
      },
      longest_dimension: Math.max(...size),
    })),
    object_counts: counts,
    distances: objects.flatMap((a, i) =>
      objects.slice(i + 1).map((b, j) => ({ a: i, b: i + 1 + j, meters: gap(a, b) })),
    ),
    room_area: 20,
    frames: frames.map((seen, i) => ({
      frame_id: i * 10,
      image: `${name}/${i * 10}.jpg`,
      width: 640,
      height: 480,
      time_s: i * 2,
      pose: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      intrinsics: { fx: 500, fy: 500, cx: 320, cy: 240 },
      objects: seen.map(
        ({ at = [0, 0, 2], box = [100, 100, 199, 179], id, pixels = 4000, ratio = 0.9 }): FrameObject => ({
          id,
          visible_ratio: ratio,
          pixel_count: pixels,
          bbox_2d: box,
          position_camera: at,
        }),
      ),
    })),
    provenance: { source: 'test', generator: 'test', rules: {} },
    ...extra,
  }
  return sceneRecordSchema.parse(record)
}
