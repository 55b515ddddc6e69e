/** The room without furniture: floor, ceiling, four walls, and what belongs in a wall (doors, windows). */
import type { Random } from '../../common/random.js'
import type { Paints } from './paints.js'
import { box, type Face, makeFace, type Part, type Vec3 } from './shapes.js'

export interface Shell {
  label: 'wall' | 'floor' | 'ceiling'
  face: Face
}

/** Faces look into the room, which spans x within ±width/2, y within ±depth/2, z from 0 to height. */
export function makeShell(width: number, depth: number, height: number, paints: Paints): Shell[] {
  const [x, y, h] = [width / 2, depth / 2, height]
  const wall = paints.wall()
  const side = (points: Vec3[]): Shell => ({ label: 'wall', face: makeFace(points, wall) })
  return [
    {
      label: 'floor',
      face: makeFace(
        [
          [-x, -y, 0],
          [x, -y, 0],
          [x, y, 0],
          [-x, y, 0],
        ],
        paints.floor(),
      ),
    },
    side([
      [-x, y, 0],
      [x, y, 0],
      [x, y, h],
      [-x, y, h],
    ]),
    side([
      [x, y, 0],
      [x, -y, 0],
      [x, -y, h],
      [x, y, h],
    ]),
    side([
      [x, -y, 0],
      [-x, -y, 0],
      [-x, -y, h],
      [x, -y, h],
    ]),
    side([
      [-x, -y, 0],
      [-x, y, 0],
      [-x, y, h],
      [-x, -y, h],
    ]),
    {
      label: 'ceiling',
      face: makeFace(
        [
          [-x, y, h],
          [x, y, h],
          [x, -y, h],
          [-x, -y, h],
        ],
        paints.near([240, 240, 236]),
      ),
    },
  ]
}

/** A closed door: frame, leaf with two panels, handle. Size as for furniture, back to the wall. */
export function doorParts([w, d, h]: Vec3, paints: Paints, random: Random): Part[] {
  const frame = paints.near([228, 224, 214])
  const leaf = random.next() < 0.6 ? paints.wood() : paints.paint()
  const panel = paints.shade(leaf, 0.87)
  const t = 0.07
  const leafFront = d / 2 - 0.025
  const handle = random.next() < 0.5 ? -w / 2 + t + 0.05 : w / 2 - t - 0.17
  return [
    box([-w / 2, -w / 2 + t], [-d / 2, d / 2], [0, h], frame),
    box([w / 2 - t, w / 2], [-d / 2, d / 2], [0, h], frame),
    box([-w / 2 + t, w / 2 - t], [-d / 2, d / 2], [h - t, h], frame),
    box([-w / 2 + t, w / 2 - t], [leafFront, d / 2], [0, h - t], leaf),
    box([-w / 2 + t + 0.13, w / 2 - t - 0.13], [leafFront - 0.012, leafFront], [0.18, 0.44 * h], panel),
    box([-w / 2 + t + 0.13, w / 2 - t - 0.13], [leafFront - 0.012, leafFront], [0.52 * h, h - 0.24], panel),
    box(
      [handle, handle + 0.12],
      [leafFront - 0.05, leafFront - 0.02],
      [0.475 * h, 0.495 * h],
      paints.near([70, 68, 66]),
    ),
  ]
}

/** A window: frame with one or two bars, bright panes, a sill. */
export function windowParts([w, d, h]: Vec3, paints: Paints, random: Random): Part[] {
  const frame = random.next() < 0.75 ? paints.near([238, 236, 230]) : paints.wood()
  const pane = paints.near(
    random.pick([
      [188, 216, 242],
      [214, 226, 236],
      [168, 200, 236],
    ]),
    'sky',
    {
      second: random.pick([
        [92, 128, 76],
        [140, 130, 120],
        [70, 104, 84],
      ]),
      glow: true,
    },
  )
  const t = 0.06
  const parts = [
    box([-w / 2, -w / 2 + t], [-d / 2, d / 2], [0, h], frame),
    box([w / 2 - t, w / 2], [-d / 2, d / 2], [0, h], frame),
    box([-w / 2 + t, w / 2 - t], [-d / 2, d / 2], [0, t], frame),
    box([-w / 2 + t, w / 2 - t], [-d / 2, d / 2], [h - t, h], frame),
    box([-w / 2 + t, w / 2 - t], [d / 2 - 0.01, d / 2], [t, h - t], pane),
    box([-0.025, 0.025], [-d / 2 + 0.01, d / 2 - 0.01], [t, h - t], frame),
  ]
  if (random.next() < 0.5)
    parts.push(
      box([-w / 2 + t, w / 2 - t], [-d / 2 + 0.01, d / 2 - 0.01], [0.62 * h, 0.62 * h + 0.04], frame),
    )
  return parts
}
