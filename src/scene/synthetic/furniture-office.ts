/** What offices and music rooms have, and what people bring along. */
import { dark } from './furniture-fixtures.js'
import type { Kind } from './furniture-kind.js'
import { ball, box, disc } from './shapes.js'

export const office: Kind[] = [
  {
    label: 'monitor',
    size: [0.56, 0.2, 0.44],
    standing: 'on',
    on_top: [1, 1],
    several: true,
    build([w, d, h], paints) {
      const shell = dark(paints)
      const low = 0.25 * h
      return {
        parts: [
          box([-0.2 * w, 0.2 * w], [-d / 2, d / 2], [0, 0.015], shell),
          box([-0.03, 0.03], [0.02, 0.05], [0.015, low + 0.05], shell),
          box([-w / 2, w / 2], [-0.02, 0.02], [low, h], shell),
          box(
            [-w / 2 + 0.015, w / 2 - 0.015],
            [-0.026, -0.02],
            [low + 0.015, h - 0.015],
            paints.near([70, 110, 160], 'screen', { second: [180, 200, 220] }),
          ),
        ],
      }
    },
  },
  {
    label: 'keyboard',
    size: [0.44, 0.15, 0.03],
    standing: 'on',
    on_top: [1, 1],
    build([w, d, h], paints, random) {
      const body = random.next() < 0.5 ? dark(paints) : paints.near([214, 212, 206])
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2], [0, 0.7 * h], body),
          box(
            [-w / 2 + 0.01, w / 2 - 0.01],
            [-d / 2 + 0.01, d / 2 - 0.01],
            [0.7 * h, h],
            paints.near([120, 120, 124], 'tiles', { scale: 0.02 }),
          ),
        ],
      }
    },
  },
  {
    label: 'printer',
    size: [0.46, 0.4, 0.3],
    standing: 'on',
    on_top: [1, 1],
    build([w, d, h], paints) {
      const body = paints.near([206, 206, 202])
      return {
        parts: [
          box([-w / 2, w / 2], [-0.32 * d, d / 2], [0, 0.8 * h], body),
          box([-0.44 * w, 0.44 * w], [-0.1 * d, d / 2 - 0.02], [0.8 * h, h], dark(paints)),
          box([-0.36 * w, 0.36 * w], [-d / 2, -0.32 * d], [0.2 * h, 0.26 * h], paints.near([240, 240, 238])),
        ],
      }
    },
  },
  {
    label: 'backpack',
    size: [0.32, 0.24, 0.46],
    standing: 'free',
    several: true,
    build([w, d, h], paints) {
      const cloth = paints.cloth()
      return {
        parts: [
          ball([0, 0.02, 0.5 * h], [w / 2, 0.4 * d, 0.5 * h], cloth, { sides: 10, rings: 6, square: 0.6 }),
          box([-0.3 * w, 0.3 * w], [-d / 2, -0.2 * d], [0.08 * h, 0.46 * h], paints.shade(cloth, 0.8)),
        ],
      }
    },
  },
  {
    label: 'suitcase',
    size: [0.44, 0.26, 0.68],
    standing: 'free',
    build([w, d, h], paints) {
      const shell = paints.paint()
      const grip = dark(paints)
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2], [0.05, 0.88 * h], shell),
          box([-w / 2 - 0.003, w / 2 + 0.003], [-0.012, 0.012], [0.05, 0.88 * h], paints.shade(shell, 0.6)),
          box([-0.2 * w, -0.16 * w], [-0.02, 0.02], [0.88 * h, h], grip),
          box([0.16 * w, 0.2 * w], [-0.02, 0.02], [0.88 * h, h], grip),
          box([-0.2 * w, 0.2 * w], [-0.02, 0.02], [h - 0.03, h], grip),
          ...[-0.4 * w, 0.4 * w].map((x) => disc([x, 0.03], [-0.02, 0.02], 0.03, grip, 8)),
        ],
      }
    },
  },
  {
    label: 'piano',
    size: [1.4, 0.56, 1.16],
    standing: 'wall',
    steady_height: true,
    build([w, d, h], paints, random) {
      const wood = random.next() < 0.5 ? paints.near([34, 30, 30]) : paints.wood()
      const keys = 0.6 * h
      return {
        parts: [
          box([-w / 2, w / 2], [-0.02, d / 2], [0, h], wood),
          box([-w / 2, w / 2], [-d / 2, -0.02], [keys - 0.12, keys], wood),
          box(
            [-w / 2 + 0.05, w / 2 - 0.05],
            [-d / 2 + 0.03, -0.05],
            [keys, keys + 0.012],
            paints.near([240, 238, 230], 'tiles', { scale: 0.05 }),
          ),
          box([-w / 2, -w / 2 + 0.06], [-d / 2 + 0.02, -0.02], [0, keys - 0.12], wood),
          box([w / 2 - 0.06, w / 2], [-d / 2 + 0.02, -0.02], [0, keys - 0.12], wood),
        ],
      }
    },
  },
  {
    label: 'bench',
    size: [1.1, 0.36, 0.44],
    standing: 'either',
    steady_height: true,
    build([w, d, h], paints) {
      const wood = paints.wood()
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2, d / 2], [h - 0.05, h], wood),
          ...[-0.4 * w, 0.4 * w].map((x) =>
            box([x - 0.03, x + 0.03], [-0.42 * d, 0.42 * d], [0, h - 0.05], paints.shade(wood, 0.8)),
          ),
        ],
      }
    },
  },
]
