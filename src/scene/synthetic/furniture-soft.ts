/** Beds, sofas, chairs, stools and pillows. */
import type { Kind } from './furniture-kind.js'
import { ball, box, cylinder, type Part } from './shapes.js'
import type { Material } from './textures.js'

/** Four square legs at the corners of a w x d footprint. */
export function legs(w: number, d: number, z: [number, number], thick: number, material: Material): Part[] {
  const [x, y] = [w / 2 - thick, d / 2 - thick]
  return [-1, 1].flatMap((sx) =>
    [-1, 1].map((sy) =>
      box(sx < 0 ? [-w / 2, -x] : [x, w / 2], sy < 0 ? [-d / 2, -y] : [y, d / 2], z, material),
    ),
  )
}

export const sleeping: Kind[] = [
  {
    label: 'bed',
    size: [1.35, 1.95, 0.95],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints, random) {
      const frame = random.next() < 0.7 ? paints.wood() : paints.paint()
      const blanket = paints.cloth()
      const sheet = paints.near([232, 230, 224], 'fabric', { scale: 0.04 })
      const low = 0.26 * h
      const top = 0.52 * h
      const fold = d / 2 - d * random.uniform(0.25, 0.4)
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2 - 0.06], [0.06, low], frame),
          box([-w / 2, w / 2], [d / 2 - 0.06, d / 2], [0, h], frame),
          box([-w / 2 + 0.02, w / 2 - 0.02], [-d / 2 + 0.02, d / 2 - 0.06], [low, top - 0.03], sheet),
          box([-w / 2 + 0.005, w / 2 - 0.005], [-d / 2 + 0.005, fold], [low - 0.04, top], blanket),
        ],
        tops: [
          { x: [-w / 2 + 0.08, w / 2 - 0.08], y: [fold, d / 2 - 0.08], z: top - 0.03, holds: ['pillow'] },
        ],
      }
    },
  },
]

export const cushioned: Kind[] = [
  {
    label: 'sofa',
    size: [1.75, 0.85, 0.8],
    standing: 'either',
    steady_height: true,
    build([w, d, h], paints, random) {
      const cloth = paints.cloth()
      const dark = paints.shade(cloth, 0.85)
      const arm = random.uniform(0.1, 0.2)
      const seat = 0.52 * h
      const back = 0.24 * d
      const cushions = w > 1.5 ? 3 : 2
      const wide = (w - 2 * arm) / cushions
      const parts: Part[] = [
        box([-w / 2, w / 2], [-d / 2 + 0.03, d / 2], [0, seat - 0.13], dark),
        box([-w / 2, -w / 2 + arm], [-d / 2, d / 2], [0, 0.76 * h], cloth),
        box([w / 2 - arm, w / 2], [-d / 2, d / 2], [0, 0.76 * h], cloth),
        box([-w / 2 + arm, w / 2 - arm], [d / 2 - back, d / 2], [seat - 0.13, h], cloth),
      ]
      for (let i = 0; i < cushions; i++) {
        const x = -w / 2 + arm + i * wide
        parts.push(box([x + 0.012, x + wide - 0.012], [-d / 2, d / 2 - back], [seat - 0.13, seat], cloth))
      }
      const room = w / 2 - arm - 0.03
      return {
        parts,
        tops: [{ x: [-room, room], y: [-d / 2 + 0.1, d / 2 - back - 0.02], z: seat, holds: ['pillow'] }],
      }
    },
  },
  {
    label: 'chair',
    size: [0.48, 0.5, 0.92],
    standing: 'free',
    several: true,
    steady_height: true,
    build([w, d, h], paints, random) {
      const frame =
        random.next() < 0.6 ? paints.wood() : random.next() < 0.5 ? paints.metal() : paints.paint()
      const seatMaterial = random.next() < 0.5 ? paints.cloth() : frame
      const seat = 0.5 * h
      const parts = [
        ...legs(w, d, [0, seat - 0.05], 0.045, frame),
        box([-w / 2, w / 2], [-d / 2, d / 2], [seat - 0.05, seat], seatMaterial),
      ]
      if (random.next() < 0.5) {
        parts.push(box([-w / 2, w / 2], [d / 2 - 0.05, d / 2], [seat, h], seatMaterial))
      } else {
        parts.push(
          box([-w / 2, -w / 2 + 0.045], [d / 2 - 0.045, d / 2], [seat, h], frame),
          box([w / 2 - 0.045, w / 2], [d / 2 - 0.045, d / 2], [seat, h], frame),
          box([-w / 2 + 0.045, w / 2 - 0.045], [d / 2 - 0.04, d / 2], [h - 0.16, h], seatMaterial),
          box(
            [-w / 2 + 0.045, w / 2 - 0.045],
            [d / 2 - 0.035, d / 2 - 0.01],
            [seat + 0.1, seat + 0.18],
            frame,
          ),
        )
      }
      return { parts }
    },
  },
  {
    label: 'stool',
    size: [0.38, 0.38, 0.55],
    standing: 'free',
    several: true,
    build([w, d, h], paints, random) {
      const frame = random.next() < 0.6 ? paints.wood() : paints.metal()
      const r = Math.min(w, d) / 2
      return {
        parts: [
          ...legs(1.25 * r, 1.25 * r, [0, h - 0.06], 0.04, frame),
          cylinder([0, 0], [h - 0.06, h], r, r, random.next() < 0.5 ? paints.cloth() : frame, { sides: 12 }),
        ],
      }
    },
  },
  {
    label: 'pillow',
    size: [0.55, 0.38, 0.17],
    standing: 'on',
    on_top: [1, 1],
    several: true,
    build([w, d, h], paints) {
      return {
        parts: [
          ball([0, 0, h / 2], [w / 2 / Math.cos(Math.PI / 12) ** 0.55, d / 2, h / 2], paints.cloth(), {
            sides: 12,
            rings: 4,
            square: 0.55,
          }),
        ],
      }
    },
  },
]
