/** Tables, desks and everything with drawers, doors or shelves. */
import type { Kind } from './furniture-kind.js'
import { legs } from './furniture-soft.js'
import { box, cylinder, type Part } from './shapes.js'

const machines = ['monitor', 'printer', 'microwave']
const onTables = ['plant', 'box', 'lamp', 'keyboard', ...machines]
const onCabinets = ['tv', 'plant', 'box', 'lamp', ...machines]

export const storage: Kind[] = [
  {
    label: 'table',
    size: [1.2, 0.8, 0.73],
    standing: 'free',
    steady_height: true,
    build([w, d, h], paints, random) {
      const top = random.next() < 0.7 ? paints.wood() : paints.paint()
      const frame = random.next() < 0.6 ? top : paints.metal()
      if (random.next() < 0.3) {
        const r = Math.min(w, d) / 2
        return {
          parts: [
            cylinder([0, 0], [h - 0.04, h], r, r, top, { sides: 14 }),
            cylinder([0, 0], [0.04, h - 0.04], 0.05, 0.05, frame, { sides: 8 }),
            cylinder([0, 0], [0, 0.04], 0.6 * r, 0.6 * r, frame, { sides: 12 }),
          ],
          tops: [{ x: [-0.6 * r, 0.6 * r], y: [-0.6 * r, 0.6 * r], z: h, holds: onTables }],
        }
      }
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2], [h - 0.045, h], top),
          ...legs(w - 0.06, d - 0.06, [0, h - 0.045], 0.065, frame),
        ],
        tops: [{ x: [-w / 2 + 0.05, w / 2 - 0.05], y: [-d / 2 + 0.05, d / 2 - 0.05], z: h, holds: onTables }],
      }
    },
  },
  {
    label: 'desk',
    size: [1.25, 0.62, 0.75],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.7 ? paints.wood() : paints.paint()
      const front = paints.shade(wood, 0.86)
      const knob = paints.metal()
      const side = random.next() < 0.5 ? -1 : 1
      const span = 0.36 * w
      const at = (x0: number, x1: number): [number, number] => (side < 0 ? [-x1, -x0] : [x0, x1])
      const parts = [
        box([-w / 2, w / 2], [-d / 2, d / 2], [h - 0.04, h], wood),
        box(at(w / 2 - span, w / 2 - 0.01), [-d / 2 + 0.04, d / 2 - 0.01], [0.03, h - 0.04], wood),
        box(at(-w / 2 + 0.01, -w / 2 + 0.05), [-d / 2 + 0.03, d / 2 - 0.01], [0, h - 0.04], wood),
        box(at(-w / 2 + 0.05, w / 2 - span), [d / 2 - 0.04, d / 2 - 0.02], [0.3, h - 0.04], front),
      ]
      for (let i = 0; i < 3; i++) {
        const z = 0.06 + (i * (h - 0.12)) / 3
        const x = at(w / 2 - span + 0.02, w / 2 - 0.03)
        const middle = (x[0] + x[1]) / 2
        parts.push(
          box(x, [-d / 2 + 0.022, -d / 2 + 0.04], [z, z + (h - 0.12) / 3 - 0.025], front),
          box([middle - 0.05, middle + 0.05], [-d / 2 + 0.002, -d / 2 + 0.022], [z + 0.09, z + 0.11], knob),
        )
      }
      return {
        parts,
        tops: [
          {
            x: [-w / 2 + 0.05, w / 2 - 0.05],
            y: [-d / 2 + 0.05, d / 2 - 0.05],
            z: h,
            holds: ['tv', 'lamp', 'box', 'plant', 'keyboard', ...machines],
          },
        ],
      }
    },
  },
  {
    label: 'bookshelf',
    size: [0.9, 0.32, 1.7],
    standing: 'wall',
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.75 ? paints.wood() : paints.paint()
      const dark = paints.shade(wood, 0.55)
      const t = 0.035
      const shelves = Math.max(3, Math.round(h / 0.36))
      const gap = (h - t) / shelves
      const parts: Part[] = [
        box([-w / 2, -w / 2 + t], [-d / 2, d / 2], [0, h], wood),
        box([w / 2 - t, w / 2], [-d / 2, d / 2], [0, h], wood),
        box([-w / 2 + t, w / 2 - t], [d / 2 - 0.03, d / 2], [0, h], dark),
      ]
      for (let i = 0; i <= shelves; i++) {
        const z = i * gap
        parts.push(box([-w / 2 + t, w / 2 - t], [-d / 2, d / 2 - 0.03], [z, z + t], wood))
        if (i === shelves || random.next() < 0.15) continue
        const long = (w - 2 * t) * random.uniform(0.55, 0.98)
        const start = random.next() < 0.5 ? -w / 2 + t + 0.005 : w / 2 - t - 0.005 - long
        const books = paints.near([90, 70, 60], 'books', { scale: random.uniform(0.035, 0.06) })
        parts.push(
          box(
            [start, start + long],
            [-d / 2 + random.uniform(0.02, 0.07), d / 2 - 0.04],
            [z + t, z + t + (gap - t) * random.uniform(0.65, 0.88)],
            paints.near([188, 176, 156]),
            { front: books },
          ),
        )
      }
      return { parts }
    },
  },
  {
    label: 'cabinet',
    size: [0.95, 0.45, 0.85],
    standing: 'wall',
    several: true,
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.6 ? paints.wood() : paints.paint()
      const door = random.next() < 0.5 ? paints.shade(wood, 0.88) : paints.paint()
      const knob = paints.metal()
      const parts = [
        box([-w / 2, w / 2], [-d / 2 + 0.035, d / 2], [0.07, h], wood),
        box([-w / 2 + 0.03, w / 2 - 0.03], [-d / 2 + 0.07, d / 2], [0, 0.07], paints.shade(wood, 0.5)),
      ]
      const doors = w > 1.15 ? 3 : 2
      const wide = (w - 0.04) / doors
      for (let i = 0; i < doors; i++) {
        const x = -w / 2 + 0.02 + i * wide
        parts.push(
          box([x + 0.012, x + wide - 0.012], [-d / 2 + 0.015, -d / 2 + 0.035], [0.1, h - 0.04], door),
        )
        const k = i % 2 === 0 ? x + wide - 0.07 : x + 0.04
        parts.push(box([k, k + 0.03], [-d / 2, -d / 2 + 0.015], [0.5 * h, 0.5 * h + 0.13], knob))
      }
      return {
        parts,
        tops: [
          { x: [-w / 2 + 0.04, w / 2 - 0.04], y: [-d / 2 + 0.06, d / 2 - 0.03], z: h, holds: onCabinets },
        ],
      }
    },
  },
  {
    label: 'nightstand',
    size: [0.46, 0.4, 0.55],
    standing: 'wall',
    several: true,
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.75 ? paints.wood() : paints.paint()
      const front = paints.shade(wood, 0.84)
      const knob = paints.metal()
      const low = 0.38 * h
      const parts = [
        ...legs(w, d, [0, low], 0.045, wood),
        box([-w / 2, w / 2], [-d / 2 + 0.02, d / 2], [low, h], wood),
        box([-w / 2 + 0.03, w / 2 - 0.03], [-d / 2, -d / 2 + 0.02], [low + 0.04, h - 0.05], front),
        box([-0.045, 0.045], [-d / 2 - 0.018, -d / 2], [(low + h) / 2 - 0.015, (low + h) / 2 + 0.015], knob),
      ]
      return {
        parts,
        tops: [
          {
            x: [-w / 2 + 0.02, w / 2 - 0.02],
            y: [-d / 2 + 0.04, d / 2 - 0.02],
            z: h,
            holds: ['lamp', 'plant', 'box'],
          },
        ],
      }
    },
  },
]
