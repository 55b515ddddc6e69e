import { describe, expect, it } from 'vitest'
import { makeWalk } from './camera.js'
import { distanceTo, overlap } from './footprint.js'
import { catalogue } from './furniture.js'
import { synthOptionsSchema } from './options.js'
import type { RoomObject } from './placing.js'
import { makeRoom, type Room } from './room.js'

const options = synthOptionsSchema.parse({ seed: 3 })
const rooms = Array.from({ length: 24 }, (_, index) => makeRoom(options, index))
const hung = new Set(catalogue.filter((kind) => kind.standing === 'hung').map((kind) => kind.label))
const furnished = (room: Room): RoomObject[] => room.objects.filter((o) => o.parts.length > 0)

/** Boxes around the parts of an object, in the room. */
const partBoxes = (object: RoomObject) =>
  object.parts.map(({ min, max }) => {
    const [c, s] = [Math.cos(object.yaw), Math.sin(object.yaw)]
    const [x, y] = [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2]
    return {
      // A tenth of a millimetre off each side: touching is no intersection.
      foot: {
        x: object.at[0] + c * x - s * y,
        y: object.at[1] + s * x + c * y,
        hw: (max[0] - min[0]) / 2 - 1e-4,
        hd: (max[1] - min[1]) / 2 - 1e-4,
        yaw: object.yaw,
      },
      low: object.at[2] + min[2] + 1e-4,
      high: object.at[2] + max[2] - 1e-4,
    }
  })

const intersect = (a: RoomObject, b: RoomObject): boolean =>
  partBoxes(a).some((p) =>
    partBoxes(b).some((q) => p.low < q.high && q.low < p.high && overlap(p.foot, q.foot)),
  )

describe('a made room', () => {
  it('is the same for the same seed and another one for another seed, index or style', () => {
    const text = (o: typeof options, index: number): string => JSON.stringify(makeRoom(o, index))
    expect(text(options, 5)).toBe(text(options, 5))
    const others = [
      text(options, 6),
      text({ ...options, seed: 4 }, 5),
      text({ ...options, style: 'test' }, 5),
    ]
    for (const other of others) expect(other).not.toBe(text(options, 5))
  })

  it('has no two things in the same place', () => {
    const clashes = rooms.flatMap((room, index) => {
      const things = furnished(room)
      return things.flatMap((a, i) =>
        things
          .slice(i + 1)
          .filter((b) => intersect(a, b))
          .map((b) => `room ${index}: ${a.label} in ${b.label}`),
      )
    })
    expect(clashes).toEqual([])
  })

  it('keeps everything between its walls, on the floor, on furniture or at a wall', () => {
    for (const room of rooms)
      for (const thing of furnished(room)) {
        const points = thing.faces.flatMap((face) => face.points)
        const reach = (axis: number): number => Math.max(...points.map((p) => Math.abs(p[axis])))
        expect(reach(0)).toBeLessThanOrEqual(room.width / 2 + 1e-6)
        expect(reach(1)).toBeLessThanOrEqual(room.depth / 2 + 1e-6)
        expect(reach(2)).toBeLessThanOrEqual(room.height)
        expect(Math.min(...points.map((p) => p[2]))).toBeGreaterThanOrEqual(-1e-6)
        if (thing.z[0] < 0.05 || thing.label === 'window' || hung.has(thing.label)) continue
        const carried = furnished(room).some((other) =>
          other.tops.some(
            (top) =>
              Math.abs(other.at[2] + top.z - thing.z[0]) < 0.01 && overlap(other.footprint, thing.footprint),
          ),
        )
        expect(carried, `${thing.label} floats at ${thing.z[0]}`).toBe(true)
      }
  })

  it('shows at least 25 categories, some of them several times, in sizes that differ twofold', () => {
    const longest = new Map<string, number[]>()
    const counts = new Set<number>()
    for (const room of rooms) {
      const labels = furnished(room).map((o) => o.label)
      for (const label of new Set(labels)) counts.add(labels.filter((l) => l === label).length)
      for (const { label, footprint: f, z } of furnished(room))
        longest.set(label, [...(longest.get(label) ?? []), Math.max(2 * f.hw, 2 * f.hd, z[1] - z[0])])
    }
    expect(longest.size).toBeGreaterThanOrEqual(catalogue.length)
    expect(catalogue.length).toBeGreaterThanOrEqual(25)
    for (const n of [1, 2, 3, 4]) expect(counts).toContain(n)
    const varied = [...longest.values()].filter((sizes) => Math.max(...sizes) > 1.5 * Math.min(...sizes))
    expect(varied.length).toBeGreaterThanOrEqual(25)
  })

  it('may be L-shaped: nothing stands, and nobody walks, in the corner that is cut out', () => {
    const shaped = { ...options, l_shaped: 1, room_side_m: [2.6, 7.7] as [number, number] }
    const areas = Array.from({ length: 24 }, (_, index) => {
      const room = makeRoom(shaped, index)
      const corner = room.objects.find((o) => o.label === 'wall' && o.parts.length > 0)
      if (!corner) throw new Error('expected a corner')
      const f = corner.footprint
      expect([Math.abs(f.x) + f.hw, Math.abs(f.y) + f.hd]).toEqual([
        expect.closeTo(room.width / 2, 9),
        expect.closeTo(room.depth / 2, 9),
      ])
      for (const thing of furnished(room)) {
        if (thing === corner) continue
        expect(overlap(f, thing.footprint), `${thing.label} in the corner`).toBe(false)
      }
      for (const pose of makeWalk(room, shaped, index))
        expect(distanceTo(f, pose[3], pose[7])).toBeGreaterThan(0)
      expect(furnished(room).some((o) => o.label === 'door')).toBe(true)
      return room.width * room.depth - 4 * f.hw * f.hd
    })
    // 6 to 60 square metres, as far as two dozen rooms reach.
    expect(Math.min(...areas)).toBeLessThan(10)
    expect(Math.max(...areas)).toBeGreaterThan(35)
    // Some rooms are, some are not.
    const some = Array.from({ length: 24 }, (_, i) => makeRoom({ ...options, l_shaped: 0.5 }, i))
    const cut = some.filter((room) => room.objects.some((o) => o.label === 'wall' && o.parts.length > 0))
    expect(cut.length).toBeGreaterThan(4)
    expect(cut.length).toBeLessThan(20)
  })

  it('has patterns in training rooms that test rooms never have, and the other way round', () => {
    const kinds = (style: 'train' | 'test'): Set<string> =>
      new Set(
        Array.from({ length: 20 }, (_, i) => makeRoom({ ...options, style }, i))
          .flatMap((room) => room.objects.flatMap((o) => o.faces))
          .map((face) => face.material.kind),
      )
    const [train, test] = [kinds('train'), kinds('test')]
    expect([train.has('stripes'), test.has('stripes')]).toEqual([true, false])
    expect([train.has('dots'), test.has('dots')]).toEqual([false, true])
  })

  it('holds only the categories asked for', () => {
    const room = makeRoom({ ...options, categories: ['chair', 'bed'] }, 0)
    const labels = new Set(furnished(room).map((o) => o.label))
    expect([...labels].filter((l) => !['door', 'window', 'chair', 'bed'].includes(l))).toEqual([])
    expect(labels).toContain('chair')
    expect(() => synthOptionsSchema.parse({ categories: ['unicorn'] })).toThrow(/expected one of .*bed/)
  })
})
