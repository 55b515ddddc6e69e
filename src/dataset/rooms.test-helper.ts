/** Made-up rooms with pictures for tests: random, but consistent as a camera on a circle would see them. */
import { rng } from '../common/random.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { type TestObject, type TestSight, testScene } from './scene.test-helper.js'

const CATEGORIES = ['bed', 'sofa', 'lamp', 'table', 'door', 'chair', 'desk', 'mirror', 'plant', 'tv']

/** A 6 x 6 m room of ten things, some of them alike, seen in 24 pictures. */
export function randomRoom(seed: number): SceneRecord {
  const random = rng(seed, 'test/room')
  const objects = Array.from(
    { length: 10 },
    (): TestObject => ({
      category: random.pick(CATEGORIES),
      at: [random.uniform(-3, 3), random.uniform(-3, 3), random.uniform(0, 1)],
      size: [random.uniform(0.2, 1), random.uniform(0.2, 1), random.uniform(0.2, 1)],
    }),
  )
  const frames = Array.from({ length: 24 }, (_, i): TestSight[] => {
    const turn = (i / 24) * 2 * Math.PI
    return objects.flatMap(({ at, size = [1, 1, 1] }, id): TestSight[] => {
      const right = at[0] * Math.sin(turn) - at[1] * Math.cos(turn)
      const depth = 4 + at[0] * Math.cos(turn) + at[1] * Math.sin(turn)
      const [u, v] = [320 + (400 * right) / depth, 240 - (400 * (at[2] - 0.5)) / depth]
      const half = (200 * Math.max(...size)) / depth
      const box = [u - half, v - half, u + half, v + half].map((x, k) =>
        Math.round(Math.min(k % 2 ? 479 : 639, Math.max(0, x))),
      ) as [number, number, number, number]
      if (depth < 0.5 || box[2] - box[0] < 4 || box[3] - box[1] < 4) return []
      return [{ id, box, ratio: random.uniform(0.02, 1), at: [right, 0.5 - at[2], depth] }]
    })
  })
  return testScene(`room${String(seed).padStart(3, '0')}`, objects, frames)
}
