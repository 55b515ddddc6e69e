/** Things hung on walls, besides pictures. */
import { dark } from './furniture-fixtures.js'
import type { Kind } from './furniture-kind.js'
import { box, disc } from './shapes.js'

export const hung: Kind[] = [
  {
    label: 'mirror',
    size: [0.55, 0.03, 0.8],
    standing: 'hung',
    build([w, d, h], paints) {
      const frame = paints.metal()
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.008, d / 2], [0, h], frame),
          box(
            [-w / 2 + 0.03, w / 2 - 0.03],
            [-d / 2, -d / 2 + 0.008],
            [0.03, h - 0.03],
            paints.near([176, 190, 198], 'screen', { second: [228, 234, 238] }),
          ),
        ],
      }
    },
  },
  {
    label: 'whiteboard',
    size: [1.3, 0.04, 0.85],
    standing: 'hung',
    build([w, d, h], paints) {
      const frame = paints.metal()
      return {
        parts: [
          box([-w / 2, w / 2], [-d / 2 + 0.01, d / 2], [0, h], frame),
          box(
            [-w / 2 + 0.025, w / 2 - 0.025],
            [-d / 2 + 0.004, -d / 2 + 0.01],
            [0.025, h - 0.025],
            paints.near([246, 246, 246]),
          ),
          box([-0.3 * w, 0.3 * w], [-d / 2, d / 2 - 0.01], [0, 0.02], frame),
        ],
      }
    },
  },
  {
    label: 'clock',
    size: [0.32, 0.04, 0.32],
    standing: 'hung',
    build([w, d, h], paints) {
      const r = Math.min(w, h) / 2
      const hand = dark(paints)
      return {
        parts: [
          disc([0, h / 2], [-d / 2 + 0.01, d / 2], r, paints.paint(), 16),
          disc([0, h / 2], [-d / 2 + 0.005, -d / 2 + 0.01], 0.86 * r, paints.near([246, 244, 238]), 16),
          box([-0.008, 0.008], [-d / 2, -d / 2 + 0.005], [h / 2, h / 2 + 0.6 * r], hand),
          box([0, 0.5 * r], [-d / 2, -d / 2 + 0.005], [h / 2 - 0.008, h / 2 + 0.008], hand),
        ],
      }
    },
  },
]
