/** Procedural textures, evaluated per pixel (and per mesh vertex) from surface coordinates in metres. */

export type Rgb = [number, number, number]
export type TextureKind =
  | 'plain'
  | 'wood'
  | 'fabric'
  | 'stripes'
  | 'tiles'
  | 'planks'
  | 'dots'
  | 'books'
  | 'screen'
  | 'picture'
  | 'sky'
  | 'leaves'

export interface Material {
  kind: TextureKind
  /** Main and second colour, 0..255. */
  color: Rgb
  second: Rgb
  /** Metres per repeat of the pattern. */
  scale: number
  seed: number
  /** Gives off light (screens, windows, lamp shades): drawn without shading. */
  glow: boolean
}

/** Uniform in [0, 1) from two integers and a seed. */
function hash(x: number, y: number, seed: number): number {
  let h = Math.imul(x, 0x27d4eb2f) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 8) / 16777216
}

/** Random values on a 64 x 64 lattice that repeats; looked up, since hashing each corner would dominate. */
const LATTICE = Float32Array.from({ length: 4096 }, (_, i) => hash(i & 63, i >> 6, 77))

/** Smooth noise in [-1, 1] with one bump per unit. */
function noise(x: number, y: number, seed: number): number {
  const ix = Math.floor(x)
  const iy = Math.floor(y)
  let fx = x - ix
  let fy = y - iy
  fx = fx * fx * (3 - 2 * fx)
  fy = fy * fy * (3 - 2 * fy)
  const x0 = (ix + seed) & 63
  const x1 = (x0 + 1) & 63
  const y0 = ((iy + (seed >> 6)) & 63) << 6
  const y1 = (y0 + 64) & 4095
  const a = LATTICE[y0 + x0]
  const b = LATTICE[y0 + x1]
  const c = LATTICE[y1 + x0]
  const d = LATTICE[y1 + x1]
  return 2 * (a + (b - a) * fx + (c - a) * fy + (a - b - c + d) * fx * fy) - 1
}

const fraction = (x: number): number => x - Math.floor(x)

/** A material laid out for drawing: one object shape for all, so that reading it per pixel is fast. */
export interface Texture {
  pattern: Pattern
  r: number
  g: number
  b: number
  /** Second colour minus the first. */
  dr: number
  dg: number
  db: number
  scale: number
  seed: number
}

export const makeTexture = ({ kind, color, second, scale, seed }: Material): Texture => ({
  pattern: patterns[kind],
  r: color[0],
  g: color[1],
  b: color[2],
  dr: second[0] - color[0],
  dg: second[1] - color[1],
  db: second[2] - color[2],
  scale,
  seed,
})

function mix(out: Float64Array, m: Texture, share: number, gain: number): void {
  out[0] = (m.r + m.dr * share) * gain
  out[1] = (m.g + m.dg * share) * gain
  out[2] = (m.b + m.db * share) * gain
}

/**
 * How much of a pixel `reach` metres wide at `x` a joint of `width` metres every `period` metres covers:
 * seen from afar a joint grows wider and fainter instead of breaking up.
 */
function joint(x: number, period: number, width: number, reach: number): number {
  const wide = Math.max(width, reach)
  return fraction(x / period) * period < wide ? width / wide : 0
}

/** Writes the colour at (u, v) metres; `s` is the material's scale, `reach` the width of a pixel. */
type Pattern = (out: Float64Array, m: Texture, u: number, v: number, s: number, reach: number) => void

const patterns: Record<TextureKind, Pattern> = {
  plain: (out, m, u, v) => {
    mix(out, m, 0, 1 + 0.04 * noise(u * 2.3, v * 2.3, m.seed))
  },
  wood: (out, m, u, v, s) => {
    mix(out, m, 0.5 + 0.5 * noise(u * 1.5, v / s, m.seed), 1 + 0.05 * noise(u * 5, (v / s) * 3, m.seed + 1))
  },
  fabric: (out, m, u, v, s) => {
    mix(out, m, 0, 1 + 0.12 * noise(u / s, v / s, m.seed))
  },
  stripes: (out, m, u, _v, s) => {
    mix(out, m, fraction(u / s) < 0.5 ? 0 : 1, 1)
  },
  tiles: (out, m, u, v, s, reach) => {
    const grout = Math.max(joint(u, s, 0.014, reach), joint(v, s, 0.014, reach))
    mix(out, m, grout, 1 + 0.06 * (hash(Math.floor(u / s), Math.floor(v / s), m.seed) - 0.5))
  },
  planks: (out, m, u, v, s, reach) => {
    const row = Math.floor(v / s)
    const along = u / (s * 6) + hash(row, 7, m.seed)
    const seam = Math.max(joint(v, s, 0.008, reach), joint(along * s * 6, s * 6, 0.008, reach))
    const tone = hash(row, Math.floor(along), m.seed) - 0.5
    mix(out, m, 0.3 + 0.3 * tone + (0.7 - 0.3 * tone) * seam, 1 + 0.12 * tone)
  },
  dots: (out, m, u, v, s) => {
    const x = fraction(u / s) - 0.5
    const y = fraction(v / s) - 0.5
    mix(out, m, x * x + y * y < 0.07 ? 1 : 0, 1)
  },
  books: (out, m, u, v, s) => {
    const wide = u / s + 0.3 * noise(u / s, 0.5, m.seed)
    const id = Math.floor(wide)
    const edge = fraction(wide)
    const tone = hash(id, 3, m.seed)
    out[0] = 60 + 170 * hash(id, 0, m.seed)
    out[1] = 55 + 150 * hash(id, 1, m.seed)
    out[2] = 55 + 150 * hash(id, 2, m.seed)
    const gain = edge < 0.12 ? 0.45 : v > 0.16 + 0.12 * tone ? 0.35 : 1
    out[0] *= gain
    out[1] *= gain
    out[2] *= gain
  },
  screen: (out, m, u, v) => {
    const glare = 0.5 + 0.5 * noise(u * 1.2 + v * 0.8, v * 1.2 - u * 0.5, m.seed)
    mix(out, m, glare * glare, 1)
  },
  picture: (out, m, u, v, s) => {
    const a = noise(u / s, v / s, m.seed)
    const b = noise(u / s + 9, v / s, m.seed)
    mix(out, m, a > 0 ? 0 : 1, 1)
    if (b > 0.25) {
      out[0] = 255 - out[0]
      out[2] = 0.5 * out[2]
    }
  },
  sky: (out, m, u, v) => {
    mix(out, m, v < 0.35 + 0.12 * noise(u * 4, 1, m.seed) ? 1 : 0, 1 + 0.05 * noise(u * 2, v * 2, m.seed))
  },
  leaves: (out, m, u, v, s) => {
    mix(
      out,
      m,
      0.5 + 0.5 * noise(u / s, v / s, m.seed),
      1 + 0.25 * noise((u / s) * 2.3, (v / s) * 2.3, m.seed),
    )
  },
}

/**
 * The unlit colour at surface point (u, v) metres, written to `out[0..2]`, 0..255; `reach` is the width of a
 * pixel on the surface.
 */
export const textureAt = (m: Texture, u: number, v: number, reach: number, out: Float64Array): void =>
  m.pattern(out, m, u, v, m.scale, reach)
