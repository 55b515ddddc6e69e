/** What kitchens and bathrooms have. */
import type { Kind } from './furniture-kind.js'
import type { Paints } from './paints.js'
import { box, cylinder, type Part } from './shapes.js'
import type { Material } from './textures.js'

const ceramic = (paints: Paints): Material => paints.near([238, 238, 234])
export const dark = (paints: Paints): Material => paints.near([40, 40, 44])

export const fixtures: Kind[] = [
  {
    label: 'toilet',
    size: [0.4, 0.66, 0.78],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints) {
      const white = ceramic(paints)
      const seat = 0.53 * h
      const front = -d / 2 + 0.3 * d
      return {
        parts: [
          box([-0.46 * w, 0.46 * w], [d / 2 - 0.28 * d, d / 2], [0.42 * h, h], white),
          box([-0.48 * w, 0.48 * w], [d / 2 - 0.3 * d, d / 2], [h, h + 0.02], paints.shade(white, 0.93)),
          cylinder([0, front], [0, seat - 0.1], 0.26 * w, 0.3 * w, white, { sides: 12 }),
          cylinder([0, front], [seat - 0.1, seat], 0.36 * w, 0.48 * w, white, { sides: 14 }),
          cylinder([0, front], [seat, seat + 0.03], 0.48 * w, 0.46 * w, paints.shade(white, 0.88), {
            sides: 14,
          }),
          box([-0.2 * w, 0.2 * w], [front, d / 2 - 0.26 * d], [0, seat - 0.06], white),
        ],
      }
    },
  },
  {
    label: 'sink',
    size: [0.58, 0.46, 0.86],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints) {
      const white = ceramic(paints)
      const steel = paints.metal()
      return {
        parts: [
          cylinder([0, 0.12 * d], [0, h - 0.16], 0.16 * w, 0.13 * w, white, { sides: 10 }),
          box([-w / 2, w / 2], [-d / 2, d / 2], [h - 0.16, h - 0.01], white),
          cylinder([0, -0.06 * d], [h - 0.01, h], 0.36 * d, 0.36 * d, paints.shade(white, 0.72), {
            sides: 14,
          }),
          cylinder([0, 0.38 * d], [h, h + 0.14], 0.02, 0.02, steel, { sides: 6 }),
          box([-0.02, 0.02], [0.1 * d, 0.38 * d], [h + 0.12, h + 0.15], steel),
        ],
      }
    },
  },
  {
    label: 'bathtub',
    size: [1.55, 0.72, 0.56],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints) {
      const white = ceramic(paints)
      const t = 0.08
      const low = 0.24 * h
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, -d / 2 + t], [0, h], white),
          box([-w / 2, w / 2], [d / 2 - t, d / 2], [0, h], white),
          box([-w / 2, -w / 2 + t], [-d / 2 + t, d / 2 - t], [0, h], white),
          box([w / 2 - t, w / 2], [-d / 2 + t, d / 2 - t], [0, h], white),
          box([-w / 2 + t, w / 2 - t], [-d / 2 + t, d / 2 - t], [0, low], paints.shade(white, 0.85)),
          cylinder([w / 2 - t / 2, 0], [h, h + 0.12], 0.02, 0.02, paints.metal(), { sides: 6 }),
        ],
      }
    },
  },
  {
    label: 'counter',
    size: [1.7, 0.6, 0.9],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.5 ? paints.wood() : paints.paint()
      const stone = paints.near(
        random.pick([
          [70, 70, 74],
          [206, 200, 190],
          [150, 142, 132],
        ]),
      )
      const doors = Math.max(2, Math.round(w / 0.55))
      const wide = w / doors
      const parts: Part[] = [
        box([-w / 2 + 0.03, w / 2 - 0.03], [-d / 2 + 0.09, d / 2], [0, 0.08], paints.shade(wood, 0.5)),
        box([-w / 2, w / 2], [-d / 2 + 0.05, d / 2], [0.08, h - 0.04], wood),
        box([-w / 2, w / 2], [-d / 2, d / 2], [h - 0.04, h], stone),
      ]
      for (let i = 0; i < doors; i++) {
        const x = -w / 2 + i * wide
        parts.push(
          box(
            [x + 0.015, x + wide - 0.015],
            [-d / 2 + 0.03, -d / 2 + 0.05],
            [0.12, h - 0.09],
            paints.shade(wood, 0.86),
          ),
        )
      }
      return {
        parts,
        tops: [
          {
            x: [-w / 2 + 0.05, w / 2 - 0.05],
            y: [-d / 2 + 0.06, d / 2 - 0.03],
            z: h,
            holds: ['microwave', 'plant', 'box'],
          },
        ],
      }
    },
  },
  {
    label: 'oven',
    size: [0.6, 0.6, 0.88],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints) {
      const body = paints.metal()
      const black = dark(paints)
      const ring = (x: number, y: number, r: number): Part => cylinder([x, y], [h, h + 0.008], r, r, black)
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.03, d / 2], [0, h], body),
          box(
            [-0.42 * w, 0.42 * w],
            [-d / 2 + 0.01, -d / 2 + 0.03],
            [0.14, 0.66 * h],
            paints.near([30, 32, 38], 'screen'),
          ),
          box([-0.4 * w, 0.4 * w], [-d / 2, -d / 2 + 0.02], [0.7 * h, 0.73 * h], paints.metal()),
          ...[-0.22 * w, 0.22 * w].flatMap((x) => [ring(x, -0.15 * d, 0.13 * w), ring(x, 0.2 * d, 0.16 * w)]),
        ],
      }
    },
  },
  {
    label: 'microwave',
    size: [0.5, 0.36, 0.29],
    standing: 'on',
    on_top: [1, 1],
    build([w, d, h], paints) {
      const body = paints.metal()
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.015, d / 2], [0, h], body),
          box(
            [-w / 2 + 0.02, 0.2 * w],
            [-d / 2, -d / 2 + 0.015],
            [0.04, h - 0.03],
            paints.near([28, 30, 36], 'screen'),
          ),
          box([0.26 * w, w / 2 - 0.03], [-d / 2 + 0.002, -d / 2 + 0.015], [0.05, h - 0.05], dark(paints)),
        ],
      }
    },
  },
]
