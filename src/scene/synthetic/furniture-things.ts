/** Appliances and smaller things: refrigerator, tv, lamp, radiator, trash can, plant, box, picture. */
import type { Kind } from './furniture-kind.js'
import { ball, box, cylinder, disc, type Part } from './shapes.js'

export const appliances: Kind[] = [
  {
    label: 'refrigerator',
    size: [0.65, 0.65, 1.6],
    standing: 'wall',
    build([w, d, h], paints, random) {
      const body = paints.near(
        random.pick([
          [236, 236, 234],
          [196, 200, 204],
          [150, 155, 160],
          [178, 52, 48],
          [150, 190, 186],
        ]),
      )
      const handle = paints.near([70, 70, 74])
      const split = h * random.pick([0.34, 0.66, 0.72])
      const x = random.next() < 0.5 ? -w / 2 + 0.05 : w / 2 - 0.09
      const front: [number, number] = [-d / 2 + 0.03, -d / 2 + 0.09]
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.09, d / 2], [0.03, h], paints.shade(body, 0.92)),
          box([-w / 2, w / 2], front, [0.06, split - 0.012], body),
          box([-w / 2, w / 2], front, [split + 0.012, h], body),
          box([x, x + 0.04], [-d / 2, -d / 2 + 0.03], [split - 0.32, split - 0.06], handle),
          box([x, x + 0.04], [-d / 2, -d / 2 + 0.03], [split + 0.06, split + 0.3], handle),
        ],
      }
    },
  },
  {
    label: 'washing machine',
    size: [0.6, 0.58, 0.85],
    standing: 'wall',
    build([w, d, h], paints, random) {
      const body = paints.near(
        random.pick([
          [234, 234, 232],
          [205, 208, 212],
          [86, 88, 94],
        ]),
      )
      const r = 0.33 * Math.min(w, h)
      const z = 0.46 * h
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.03, d / 2], [0.02, h], body),
          disc([0, z], [-d / 2 + 0.01, -d / 2 + 0.03], r, paints.near([160, 164, 170]), 14),
          disc(
            [0, z],
            [-d / 2, -d / 2 + 0.01],
            0.76 * r,
            paints.near([38, 46, 60], 'screen', { second: [90, 110, 135] }),
            14,
          ),
          box(
            [-0.42 * w, 0.42 * w],
            [-d / 2 + 0.015, -d / 2 + 0.03],
            [h - 0.13, h - 0.04],
            paints.near([60, 62, 68]),
          ),
        ],
        tops: [
          {
            x: [-w / 2 + 0.05, w / 2 - 0.05],
            y: [-d / 2 + 0.08, d / 2 - 0.04],
            z: h,
            holds: ['box', 'plant'],
          },
        ],
      }
    },
  },
  {
    label: 'tv',
    size: [0.95, 0.2, 0.6],
    standing: 'on',
    on_top: [1, 1],
    build([w, d, h], paints) {
      const shell = paints.near([30, 30, 34])
      const screen = paints.near([24, 30, 44], 'screen', { second: [96, 120, 150] })
      return {
        parts: [
          box([-0.22 * w, 0.22 * w], [-d / 2, d / 2], [0, 0.02], shell),
          box([-0.05, 0.05], [-0.02, 0.02], [0.02, 0.09], shell),
          box([-w / 2, w / 2], [-0.025, 0.03], [0.09, h], shell),
          box([-w / 2 + 0.03, w / 2 - 0.03], [-0.031, -0.025], [0.12, h - 0.03], screen),
        ],
      }
    },
  },
  {
    label: 'lamp',
    size: [0.4, 0.4, 1.45],
    standing: 'either',
    on_top: [0.68, 0.34],
    several: true,
    build([w, d, h], paints, random) {
      const metal = paints.metal()
      const r = Math.min(w, d) / 2
      const shade = paints.near(
        random.pick([
          [250, 232, 186],
          [244, 214, 160],
          [238, 196, 170],
          [224, 236, 228],
        ]),
        'plain',
        { glow: true },
      )
      const low = h - Math.min(0.36 * h, 1.5 * r)
      return {
        parts: [
          cylinder([0, 0], [0, 0.03], 0.7 * r, 0.7 * r, metal),
          cylinder([0, 0], [0.03, low], Math.max(0.018, 0.07 * r), Math.max(0.018, 0.07 * r), metal, {
            sides: 6,
          }),
          cylinder([0, 0], [low, h], r, 0.62 * r, shade, { sides: 12 }),
        ],
      }
    },
  },
  {
    label: 'radiator',
    size: [0.95, 0.13, 0.6],
    standing: 'wall',
    build([w, d, h], paints, random) {
      const white = paints.near(
        random.pick([
          [236, 234, 226],
          [222, 222, 218],
          [206, 200, 186],
        ]),
      )
      const ribs = Math.max(5, Math.round(w / 0.1))
      const wide = w / ribs
      const parts: Part[] = [
        box(
          [-w / 2 + 0.01, w / 2 - 0.01],
          [-d / 2 + 0.05, d / 2 - 0.03],
          [0.14, h - 0.06],
          paints.shade(white, 0.62),
        ),
        box([-w / 2 + 0.02, -w / 2 + 0.05], [-0.02, 0.02], [0, 0.08], white),
        box([w / 2 - 0.05, w / 2 - 0.02], [-0.02, 0.02], [0, 0.08], white),
      ]
      for (let i = 0; i < ribs; i++) {
        const x = -w / 2 + i * wide
        parts.push(box([x + 0.14 * wide, x + 0.86 * wide], [-d / 2, d / 2], [0.08, h], white))
      }
      return { parts }
    },
  },
  {
    label: 'trash can',
    size: [0.32, 0.32, 0.42],
    standing: 'free',
    several: true,
    build([w, d, h], paints, random) {
      const body = random.next() < 0.5 ? paints.metal() : paints.paint()
      const r = Math.min(w, d) / 2
      const inside = paints.near([34, 33, 32])
      return {
        parts: [
          cylinder([0, 0], [0, h - 0.03], 0.74 * r, 0.97 * r, body, { sides: 12 }),
          cylinder([0, 0], [h - 0.03, h - 0.004], r, r, paints.shade(body, 0.8), { sides: 12 }),
          cylinder([0, 0], [h - 0.004, h], 0.9 * r, 0.9 * r, inside, { sides: 12 }),
        ],
      }
    },
  },
  {
    label: 'plant',
    size: [0.5, 0.5, 1.0],
    standing: 'either',
    on_top: [0.6, 0.42],
    several: true,
    build([w, d, h], paints, random) {
      const pot = random.next() < 0.5 ? paints.near([176, 96, 64]) : paints.paint()
      const leaf = paints.leaf()
      const r = Math.min(w, d) / 2
      const rim = 0.32 * h
      const parts: Part[] = [
        cylinder([0, 0], [0, rim], 0.42 * r, 0.62 * r, pot, { sides: 10 }),
        cylinder([0, 0], [rim, rim + 0.012], 0.54 * r, 0.54 * r, paints.near([60, 44, 34])),
        cylinder([0, 0], [rim + 0.012, 0.6 * h], 0.03, 0.02, paints.near([96, 74, 44]), { sides: 5 }),
      ]
      const tufts = 6
      for (let i = 0; i < tufts; i++) {
        const a = (2 * Math.PI * i) / tufts + random.uniform(0, 0.6)
        const out = i === 0 ? 0 : random.uniform(0.4, 0.58) * r
        const size = i === 0 ? 0.5 * r : random.uniform(0.3, 0.42) * r
        const tall = 0.17 * h
        const z = i === 0 ? h - tall : random.uniform(rim + tall + 0.02, h - tall)
        parts.push(
          ball([out * Math.cos(a), out * Math.sin(a), z], [size, size, tall], leaf, { sides: 6, rings: 4 }),
        )
      }
      return { parts }
    },
  },
  {
    label: 'box',
    size: [0.48, 0.38, 0.36],
    standing: 'free',
    on_top: [0.65, 0.65],
    several: true,
    build([w, d, h], paints, random) {
      const card = random.next() < 0.75 ? paints.card() : paints.paint()
      const tape = paints.near(
        random.pick([
          [214, 196, 150],
          [120, 88, 52],
        ]),
      )
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2], [0, h - 0.004], card),
          box([-w / 2, w / 2], [-0.035, 0.035], [h - 0.004, h], tape),
        ],
      }
    },
  },
  {
    label: 'picture',
    size: [0.75, 0.035, 0.55],
    standing: 'hung',
    several: true,
    build([w, d, h], paints, random) {
      const frame = random.next() < 0.5 ? paints.wood() : paints.metal()
      const image = { ...paints.cloth(), kind: 'picture' as const, scale: random.uniform(0.12, 0.3) }
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.008, d / 2], [0, h], frame),
          box([-w / 2 + 0.045, w / 2 - 0.045], [-d / 2, -d / 2 + 0.008], [0.045, h - 0.045], image),
        ],
      }
    },
  },
]
