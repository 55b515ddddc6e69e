/**
 * The colours of made rooms. Train and test rooms draw from palettes without a common colour, have other
 * patterns (stripes, dots) and other pattern scales. Every use varies its colour a little, so shades may
 * come close; things that have a colour of their own (refrigerators, screens, window panes) have it in both.
 */
import type { Random } from '../../common/random.js'
import type { Material, Rgb, TextureKind } from './textures.js'

interface Palette {
  wood: Rgb[]
  cloth: Rgb[]
  paint: Rgb[]
  wall: Rgb[]
  metal: Rgb[]
  card: Rgb[]
  leaf: Rgb[]
  cloth_kinds: TextureKind[]
  floor_kinds: TextureKind[]
  pattern: [number, number]
}

const train: Palette = {
  wood: [
    [146, 98, 58],
    [186, 140, 92],
    [112, 70, 42],
    [214, 178, 130],
    [88, 58, 44],
    [168, 116, 76],
  ],
  cloth: [
    [176, 52, 48],
    [58, 88, 150],
    [74, 122, 82],
    [210, 190, 150],
    [120, 70, 124],
    [206, 138, 52],
    [70, 74, 84],
    [160, 166, 172],
    [46, 128, 140],
    [222, 206, 84],
  ],
  paint: [
    [232, 230, 224],
    [60, 62, 70],
    [172, 64, 56],
    [72, 104, 142],
    [206, 168, 92],
    [120, 142, 112],
    [150, 150, 156],
  ],
  wall: [
    [226, 220, 206],
    [206, 214, 220],
    [220, 206, 190],
    [198, 210, 196],
    [232, 224, 190],
    [214, 200, 208],
  ],
  metal: [
    [190, 192, 196],
    [52, 54, 58],
    [226, 226, 226],
    [140, 136, 128],
  ],
  card: [
    [186, 146, 98],
    [164, 122, 78],
    [204, 170, 124],
  ],
  leaf: [
    [54, 116, 50],
    [80, 142, 62],
    [38, 92, 54],
  ],
  cloth_kinds: ['fabric', 'plain', 'stripes', 'fabric'],
  floor_kinds: ['planks', 'tiles', 'fabric'],
  pattern: [0.1, 0.2],
}

const test: Palette = {
  wood: [
    [158, 110, 72],
    [124, 84, 58],
    [200, 158, 112],
    [100, 62, 36],
    [178, 128, 80],
  ],
  cloth: [
    [196, 84, 70],
    [80, 112, 172],
    [96, 140, 70],
    [190, 172, 140],
    [146, 84, 110],
    [220, 160, 80],
    [92, 92, 98],
    [60, 108, 120],
    [180, 120, 150],
  ],
  paint: [
    [222, 222, 214],
    [78, 76, 80],
    [190, 88, 62],
    [92, 126, 150],
    [188, 152, 104],
    [136, 152, 130],
  ],
  wall: [
    [216, 210, 198],
    [212, 218, 212],
    [226, 212, 204],
    [200, 204, 214],
    [222, 218, 200],
  ],
  metal: [
    [176, 180, 188],
    [66, 66, 68],
    [214, 216, 220],
  ],
  card: [
    [176, 136, 92],
    [196, 158, 108],
  ],
  leaf: [
    [66, 128, 44],
    [46, 104, 66],
  ],
  cloth_kinds: ['fabric', 'dots', 'plain', 'fabric'],
  floor_kinds: ['planks', 'tiles', 'plain'],
  pattern: [0.13, 0.26],
}

/** What furniture builders paint with; every call draws a fresh variation. */
export interface Paints {
  wood(): Material
  cloth(): Material
  paint(): Material
  metal(): Material
  wall(): Material
  card(): Material
  leaf(): Material
  floor(): Material
  /** A given colour, varied a little. */
  near(color: Rgb, kind?: TextureKind, options?: Partial<Material>): Material
  /** The same material, darker (< 1) or lighter (> 1). */
  shade(material: Material, gain: number): Material
}

const scaled = (c: Rgb, gain: number): Rgb => [
  Math.min(255, c[0] * gain),
  Math.min(255, c[1] * gain),
  Math.min(255, c[2] * gain),
]

export function makePaints(style: 'train' | 'test', random: Random): Paints {
  const palette = style === 'train' ? train : test
  const vary = (c: Rgb, by = 0.12): Rgb => {
    const gain = 1 + random.uniform(-by, by)
    return scaled(
      [c[0] + random.uniform(-10, 10), c[1] + random.uniform(-10, 10), c[2] + random.uniform(-10, 10)],
      gain,
    )
  }
  const make = (kind: TextureKind, color: Rgb, second: Rgb, scale: number): Material => ({
    kind,
    color,
    second,
    scale,
    seed: random.int(1, 1 << 20),
    glow: false,
  })
  const paints: Paints = {
    wood: () => {
      const color = vary(random.pick(palette.wood))
      return make('wood', color, scaled(color, 0.72), random.uniform(0.03, 0.08))
    },
    cloth: () => {
      const color = vary(random.pick(palette.cloth))
      const kind = random.pick(palette.cloth_kinds)
      const second = vary(random.pick(palette.cloth))
      return make(
        kind,
        color,
        second,
        kind === 'fabric' ? random.uniform(0.02, 0.05) : random.uniform(...palette.pattern),
      )
    },
    paint: () => {
      const color = vary(random.pick(palette.paint))
      return make('plain', color, scaled(color, 0.8), 0.1)
    },
    metal: () => {
      const color = vary(random.pick(palette.metal), 0.06)
      return make('plain', color, scaled(color, 0.8), 0.1)
    },
    wall: () => {
      const color = vary(random.pick(palette.wall), 0.05)
      return make('plain', color, scaled(color, 0.94), 0.1)
    },
    card: () => {
      const color = vary(random.pick(palette.card))
      return make('plain', color, scaled(color, 0.8), 0.1)
    },
    leaf: () => {
      const color = vary(random.pick(palette.leaf))
      return make('leaves', color, scaled(color, 0.55), random.uniform(0.05, 0.09))
    },
    floor: () => {
      const kind = random.pick(palette.floor_kinds)
      if (kind === 'planks') {
        const color = vary(random.pick(palette.wood))
        return make(kind, scaled(color, 1.1), scaled(color, 0.72), random.uniform(0.09, 0.16))
      }
      const color = vary(kind === 'tiles' ? random.pick(palette.wall) : random.pick(palette.cloth), 0.1)
      const soft: Rgb = [(color[0] + 150) / 2, (color[1] + 145) / 2, (color[2] + 138) / 2]
      return make(kind, soft, scaled(soft, 0.75), kind === 'tiles' ? random.uniform(0.3, 0.5) : 0.05)
    },
    near: (color, kind = 'plain', options = {}) => {
      const varied = vary(color, 0.08)
      return { ...make(kind, varied, scaled(varied, 0.75), 0.1), ...options }
    },
    shade: (material, gain) => ({
      ...material,
      color: scaled(material.color, gain),
      second: scaled(material.second, gain),
    }),
  }
  return paints
}
