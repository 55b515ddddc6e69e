import { describe, expect, it } from 'vitest'
import { makeWalk } from './camera.js'
import { distanceTo } from './footprint.js'
import { synthOptionsSchema } from './options.js'
import { makeRoom } from './room.js'

const options = synthOptionsSchema.parse({ seed: 5, frames: 16 })
const walks = Array.from({ length: 12 }, (_, index) => {
  const room = makeRoom(options, index)
  return { room, poses: makeWalk(room, options, index) }
})

describe('the walk through a made room', () => {
  it('has as many frames as asked for, each a rotation and a place', () => {
    for (const { poses } of walks) {
      expect(poses).toHaveLength(options.frames)
      for (const p of poses) {
        for (let a = 0; a < 3; a++)
          for (let b = 0; b < 3; b++) {
            const product = p[a] * p[b] + p[4 + a] * p[4 + b] + p[8 + a] * p[8 + b]
            expect(product).toBeCloseTo(a === b ? 1 : 0, 9)
          }
        const det =
          p[0] * (p[5] * p[10] - p[6] * p[9]) -
          p[1] * (p[4] * p[10] - p[6] * p[8]) +
          p[2] * (p[4] * p[9] - p[5] * p[8])
        expect(det).toBeCloseTo(1, 9)
        expect([...p.slice(12)]).toEqual([0, 0, 0, 1])
      }
    }
  })

  it('stays at eye height inside the room, never in furniture, and looks level or down', () => {
    for (const { room, poses } of walks)
      for (const p of poses) {
        const [x, y, z] = [p[3], p[7], p[11]]
        expect(Math.abs(x)).toBeLessThan(room.width / 2 - 0.2)
        expect(Math.abs(y)).toBeLessThan(room.depth / 2 - 0.2)
        expect(z).toBeGreaterThan(1.15)
        expect(z).toBeLessThan(1.95)
        const inside = room.objects.filter(
          (o) => o.parts.length > 0 && o.z[0] < z && o.z[1] > z && distanceTo(o.footprint, x, y) === 0,
        )
        expect(inside.map((o) => o.label)).toEqual([])
        // The image's y axis points down.
        expect(p[9]).toBeLessThan(-0.7)
        expect(p[10]).toBeLessThan(0.05)
      }
  })

  it('turns about once around, step by step', () => {
    for (const { poses } of walks) {
      const yaws = poses.map((p) => Math.atan2(p[6], p[2]))
      const turns = yaws.slice(1).map((yaw, i) => {
        const d = yaw - yaws[i]
        return Math.atan2(Math.sin(d), Math.cos(d))
      })
      const total = Math.abs(turns.reduce((sum, turn) => sum + turn, 0))
      expect(total).toBeGreaterThan(1.4 * Math.PI)
      expect(total).toBeLessThan(2.6 * Math.PI)
      expect(Math.max(...turns.map(Math.abs))).toBeLessThan(1.4)
    }
  })

  it('is smooth when many frames are asked for', () => {
    const film = { ...options, frames: 160 }
    const poses = makeWalk(makeRoom(film, 1), film, 1)
    const moves = poses.slice(1).map((p, i) => Math.hypot(p[3] - poses[i][3], p[7] - poses[i][7]))
    expect(moves.filter((m) => m > 0.6).length).toBeLessThan(8)
    expect([...moves].sort((a, b) => a - b)[80]).toBeLessThan(0.15)
  })
})
