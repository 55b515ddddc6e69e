import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeDataset } from '../dataset/build.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { closestPoints } from '../proof/geometry.js'
import { type OrientedBox, sceneRecordSchema } from '../schema/scene-record.js'
import { readVsiMeta } from './vsi-meta.js'
import { boxCorners, boxDistance } from './vsi-obb-distance.js'

const box = (center: OrientedBox['center'], lengths: OrientedBox['lengths'], yaw = 0): OrientedBox => {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)]
  return { center, lengths, axes: [c, s, 0, -s, c, 0, 0, 0, 1] }
}

describe('the distance of oriented boxes', () => {
  it.each<[string, OrientedBox, OrientedBox, number]>([
    ['face to face', box([0, 0, 0], [1, 1, 1]), box([2, 0, 0], [1, 1, 1]), 1],
    ['corner to corner', box([0, 0, 0], [1, 1, 1]), box([2, 2, 2], [1, 1, 1]), Math.sqrt(3)],
    [
      'an edge to a face',
      box([0, 0, 0], [1, 1, 1]),
      box([2, 0, 0], [1, 1, 1], Math.PI / 4),
      1.5 - Math.SQRT1_2,
    ],
    ['overlapping', box([0, 0, 0], [1, 1, 1]), box([0.8, 0.8, 0], [1, 1, 1], 0.3), 0],
    ['one inside the other', box([0, 0, 0], [4, 4, 4]), box([0.1, 0, 0], [1, 1, 1], 1), 0],
    [
      'crossed edges',
      {
        center: [0, 0, 0],
        lengths: [4, 1, 1],
        axes: [1, 0, 0, 0, Math.SQRT1_2, Math.SQRT1_2, 0, -Math.SQRT1_2, Math.SQRT1_2],
      },
      {
        center: [0, 0, 3],
        lengths: [1, 4, 1],
        axes: [Math.SQRT1_2, 0, Math.SQRT1_2, 0, 1, 0, -Math.SQRT1_2, 0, Math.SQRT1_2],
      },
      3 - Math.SQRT2,
    ],
  ])('is exact %s', (_, a, b, meters) => {
    expect(boxDistance(a, b)).toBeCloseTo(meters, 9)
    expect(boxDistance(b, a)).toBeCloseTo(meters, 9)
  })

  it('is at most the distance of any two points of the boxes', () => {
    const coordinate = fc.double({ min: -3, max: 3, noNaN: true })
    const side = fc.double({ min: 0.1, max: 2, noNaN: true })
    const any = fc
      .tuple(coordinate, coordinate, coordinate, side, side, side, coordinate)
      .map(([x, y, z, l, w, h, yaw]) => box([x, y, z], [l, w, h], yaw))
    const mix = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(any, any, mix, mix, (a, b, wa, wb) => {
        // A weighted mean of corners lies in the box.
        const inside = (of: OrientedBox, weights: number[]): number[] => {
          const total = weights.reduce((sum, w) => sum + w, 0) || 1
          return [0, 1, 2].map((k) =>
            weights[0] + total === weights[0]
              ? of.center[k]
              : boxCorners(of).reduce((sum, corner, i) => sum + (corner[k] * weights[i]) / total, 0),
          )
        }
        const [p, q] = [inside(a, wa), inside(b, wb)]
        const apart = Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])
        if (wa.some((w) => w > 1e-9) && wb.some((w) => w > 1e-9))
          expect(boxDistance(a, b)).toBeLessThanOrEqual(apart + 1e-9)
      }),
    )
  })
})

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vsi-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true }))

describe('a VSI-Bench meta file', () => {
  const bed = {
    centroid: [1, 2, 0.5],
    axesLengths: [2, 1, 0.5],
    normalizedAxes: [0, 1, 0, -1, 0, 0, 0, 0, 1],
    min: [0.5, 1, 0.25],
    max: [1.5, 3, 0.75],
  }
  const scene = {
    dataset: 'scannet',
    room_size: 17.4,
    object_counts: { bed: 2 },
    object_bbox: { bed: [bed] },
  }
  const write = (value: unknown): string => {
    const file = path.join(folder, 'meta.json')
    fs.writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return file
  }

  it('takes rows as axes and counts from the file', () => {
    const [record] = readVsiMeta(write({ scene0001_00: scene }))
    expect(sceneRecordSchema.parse(record)).toEqual(record)
    expect(record).toMatchObject({ room_area: 17.4, object_counts: { bed: 2 }, frames: [] })
    expect(record.objects[0]).toMatchObject({ category: 'bed', longest_dimension: 2 })
  })

  it.each<[string, unknown, string]>([
    ['broken JSON', '{"scene', 'expected JSON'],
    ['a list', [scene], 'expected an object of scenes'],
    [
      'no room size',
      { s1: { ...scene, room_size: undefined } },
      's1 room_size: expected VSI-Bench meta data',
    ],
    [
      'no boxes',
      { s1: { ...scene, object_bbox: undefined } },
      's1 object_bbox: expected VSI-Bench meta data, got missing',
    ],
    [
      'a short box',
      { s1: { ...scene, object_bbox: { bed: [{ ...bed, centroid: [1, 2] }] } } },
      's1 object_bbox.bed.0.centroid',
    ],
    [
      'axes that are no rotation',
      { s1: { ...scene, object_bbox: { bed: [{ ...bed, normalizedAxes: [1, 1, 0, 0, 1, 0, 0, 0, 1] }] } } },
      's1 object_bbox.bed.0 normalizedAxes: expected three unit vectors at right angles',
    ],
    [
      'bounds of another box',
      { s1: { ...scene, object_bbox: { bed: [{ ...bed, max: [2, 3, 0.75] }] } } },
      's1 object_bbox.bed.0 min/max: expected the bounds of the oriented box, got 0.500 m off',
    ],
  ])('with %s is refused in one line', (_, value, message) => {
    const file = write(value)
    expect(() => readVsiMeta(file)).toThrow(message)
    expect(() => readVsiMeta(file)).toThrow(file)
  })
})

const REAL = new URL('../../../shared/real/vsi-meta/scannet_meta_info_val.json', import.meta.url)
const present = fs.existsSync(REAL)

describe.skipIf(!present)(
  `88 real ScanNet rooms${present ? '' : ' (skipped: no ../shared/real/vsi-meta)'}`,
  () => {
    interface Meta {
      room_size: number
      object_counts: Record<string, number>
      object_bbox: Record<string, { axesLengths: number[] }[]>
    }

    it('give counts, sizes and areas that equal the file, and every kind of scene question', () => {
      const meta = JSON.parse(fs.readFileSync(REAL, 'utf8')) as Record<string, Meta>
      const records = readVsiMeta(REAL.pathname)
      expect(records).toHaveLength(88)
      expect(records.reduce((sum, r) => sum + r.objects.length, 0)).toBe(1224)

      const options = datasetOptionsSchema.parse({ max_per_scene: 1000 })
      const { spatial, stats } = makeDataset({ records, options, seed: 1 })
      expect(Object.keys(stats.by_type)).toEqual([
        'absolute distance',
        'object count',
        'object size',
        'relative direction',
        'relative distance',
        'room size',
      ])
      expect(stats.by_type['room size'].scene).toBe(88)
      const countable = Object.values(meta).flatMap((m) =>
        Object.values(m.object_counts).filter((n) => n >= 2),
      )
      expect(stats.by_type['object count'].scene).toBe(countable.length)
      for (const { answer, evidence, question, question_type, scene_name } of spatial) {
        const { object_bbox, object_counts, room_size } = meta[scene_name]
        if (question_type === 'room size') expect(answer).toBe(room_size.toFixed(1))
        if (question_type === 'object count')
          expect(answer).toBe(String(object_counts[/How many (.*)\(s\)/.exec(question)?.[1] ?? '']))
        if (question_type === 'object size') {
          const lengths = object_bbox[evidence.objects[0].label][0].axesLengths
          expect(answer).toBe(String(Math.round(100 * Math.max(...lengths))))
        }
      }
    })

    interface Box {
      centroid: number[]
      axesLengths: number[]
      normalizedAxes: number[]
    }
    /** Points every 5 cm within the box, but for its core: how VSI-Bench measures between objects. */
    function grid({ centroid, axesLengths, normalizedAxes }: Box): number[] {
      const steps = axesLengths.map((length) => {
        const n = Math.max(2, Math.ceil(length / 0.05))
        return Array.from({ length: n }, (_, i) => length * (i / (n - 1) - 0.5))
      })
      const points: number[] = []
      for (const a of steps[0])
        for (const b of steps[1])
          for (const c of steps[2]) {
            const local = [a, b, c]
            if (local.every((x, i) => Math.abs(x) <= axesLengths[i] / 4)) continue
            points.push(
              ...centroid.map(
                (m, k) => m + local.reduce((sum, x, i) => sum + x * normalizedAxes[3 * i + k], 0),
              ),
            )
          }
      return points
    }

    it('give distances and directions by VSI-Bench’s own rules, worked out here anew', () => {
      const meta = JSON.parse(fs.readFileSync(REAL, 'utf8')) as Record<
        string,
        { object_bbox: Record<string, Box[]>; room_size: number }
      >
      const records = readVsiMeta(REAL.pathname)
      const options = datasetOptionsSchema.parse({
        tasks: ['absolute_distance', 'egocentric_direction', 'relative_distance'],
        max_per_scene: 6,
      })
      const { spatial } = makeDataset({ records, options, seed: 2 })
      const checked = { distance: 0, nearest: 0, turn: 0 }
      for (const { answer, evidence, options: choices, question_type, scene_name } of spatial) {
        const labels = evidence.objects.map(({ label }) => label)
        const boxes = labels.map((label) => meta[scene_name].object_bbox[label])
        const right = String(choices?.[String(answer).charCodeAt(0) - 65]?.slice(3))
        if (question_type === 'absolute distance') {
          if (checked.distance >= 60) continue
          const [[a], [b]] = boxes
          const measured = closestPoints(grid(a), grid(b))
          // The grid misses the closest points by less than a step in each box; ours are exact, to one decimal.
          expect(measured).toBeGreaterThan(Number(answer) - 0.051)
          expect(measured).toBeLessThan(Number(answer) + 0.051 + 0.09)
          checked.distance++
        } else if (question_type === 'relative distance') {
          if (checked.nearest >= 20) continue
          const [target] = boxes.at(-1) ?? []
          const meters = boxes
            .slice(0, -1)
            .map((all) => Math.min(...all.map((one) => closestPoints(grid(one), grid(target)))))
          expect(labels[meters.indexOf(Math.min(...meters))]).toBe(right)
          // 15 cm from one another, 30 in rooms of more than 40 square metres; the grid adds less than a step each.
          const sorted = meters.toSorted((x, y) => x - y)
          const gap = meta[scene_name].room_size > 40 ? 0.3 : 0.15
          expect(sorted[0]).toBeGreaterThanOrEqual(0.15)
          for (const [i, m] of sorted.slice(1).entries())
            expect(m - sorted[i]).toBeGreaterThanOrEqual(gap - 0.09)
          checked.nearest++
        } else {
          const [a, b, c] = boxes.map(([{ centroid }]) => centroid)
          const turnTo = ([x, y]: readonly number[]): number => {
            const [fx, fy, qx, qy] = [b[0] - a[0], b[1] - a[1], x - a[0], y - a[1]]
            const cosine = (fx * qx + fy * qy) / (Math.hypot(fx, fy) * Math.hypot(qx, qy))
            const angle = (Math.acos(Math.max(-1, Math.min(1, cosine))) * 180) / Math.PI
            return fx * qy - fy * qx >= 0 ? angle : 360 - angle
          }
          const classOf = (degrees: number): string => {
            if (evidence.subtype === 'egocentric hard')
              return ['front-left', 'back-left', 'back-right', 'front-right'][Math.floor(degrees / 90)]
            return degrees < 135 ? 'left' : degrees < 225 ? 'back' : 'right'
          }
          const turn = turnTo(c)
          expect(right).toBe(classOf(turn))
          // At most two corners of the thing that is asked for lie another way.
          const [{ axesLengths, centroid, normalizedAxes }] = boxes[2]
          const corners = Array.from({ length: 8 }, (_, n) =>
            centroid.map(
              (m, k) =>
                m +
                axesLengths.reduce(
                  (sum, length, i) => sum + ((n >> i) & 1 ? 0.5 : -0.5) * length * normalizedAxes[3 * i + k],
                  0,
                ),
            ),
          )
          expect(corners.filter((corner) => classOf(turnTo(corner)) !== right).length).toBeLessThanOrEqual(2)
          // All three are 0.3 to 5 m apart.
          if (checked.turn < 20)
            for (const [i, j] of [
              [0, 1],
              [0, 2],
              [1, 2],
            ]) {
              const apart = closestPoints(grid(boxes[i][0]), grid(boxes[j][0]))
              expect(apart).toBeGreaterThanOrEqual(0.3)
              expect(apart).toBeLessThanOrEqual(5.09)
            }
          // Ten degrees from every boundary, on both sides of it.
          const bounds = evidence.subtype === 'egocentric hard' ? [0, 90, 180, 270, 360] : [0, 135, 225, 360]
          expect(Math.min(...bounds.map((bound) => Math.abs(turn - bound)))).toBeGreaterThanOrEqual(10)
          checked.turn++
        }
      }
      expect(checked.distance).toBe(60)
      expect(checked.nearest).toBe(20)
      expect(checked.turn).toBeGreaterThan(100)
    })

    it('are all asked about, or left out by name and with a reason', () => {
      const records = readVsiMeta(REAL.pathname)
      const options = datasetOptionsSchema.parse({ tasks: ['egocentric_direction'] })
      const { spatial, stats } = makeDataset({ records, options, seed: 1 })
      const asked = new Set(spatial.map(({ scene_name }) => scene_name))
      const named = stats.empty_scenes.map(({ scene_name }) => scene_name)
      expect([...asked, ...named].toSorted()).toEqual(records.map(({ scene_name }) => scene_name).toSorted())
      expect(named.length).toBeGreaterThan(0)
      for (const { reason } of stats.empty_scenes)
        expect(reason).toMatch(/nothing to ask about|\(\d+\)|balance or quota/)
    })
  },
)
