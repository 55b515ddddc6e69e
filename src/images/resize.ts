/**
 * Pillow's 8-bit `Image.resize`, bit for bit: bicubic, which the processor of Qwen2.5-VL was trained with, and
 * Lanczos, which SpatialLadder's evaluation takes for frames of videos.
 *
 * Two passes, across and then down, each a convolution with the filter, which is widened when shrinking
 * (antialiasing). Weights are fixed-point with 22 fractional bits and sums are rounded and clamped to a byte
 * after each pass; a pass is skipped where the size does not change.
 */
import { dataError } from '../common/errors.js'
import type { RgbImage } from './image.js'

const fractionBits = 22
const half = 1 << (fractionBits - 1)

/** Source pixels and weights of every target pixel along one axis. */
interface Weights {
  /** First source pixel of each target pixel. */
  first: Int32Array
  /** Number of source pixels of each. */
  count: Int32Array
  /** Fixed-point weights, `size` (a multiple of four) a target pixel, zero past its count. */
  values: Int32Array
  size: number
}

/** Keys' cubic with a = -0.5. */
function cubic(x: number): number {
  const a = -0.5
  const t = Math.abs(x)
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * a
  return 0
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI)
}

/** The middle three lobes of sinc to either side, under a wider sinc. */
function lanczos(x: number): number {
  return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0
}

/** Each filter, and how many source pixels it reaches to either side. */
const FILTERS = { bicubic: { at: cubic, reach: 2 }, lanczos: { at: lanczos, reach: 3 } }
export type ResizeFilter = keyof typeof FILTERS

function axisWeights(source: number, target: number, filter: ResizeFilter): Weights {
  const { at, reach } = FILTERS[filter]
  const scale = source / target
  const widening = Math.max(scale, 1)
  const support = reach * widening
  const narrowing = 1 / widening
  const size = Math.ceil((Math.ceil(support) * 2 + 1) / 4) * 4
  const first = new Int32Array(target)
  const count = new Int32Array(target)
  const values = new Int32Array(target * size)
  const exact = new Float64Array(size)
  for (let i = 0; i < target; i++) {
    const center = (i + 0.5) * scale
    const from = Math.max(0, Math.trunc(center - support + 0.5))
    const n = Math.min(source, Math.trunc(center + support + 0.5)) - from
    let sum = 0
    for (let j = 0; j < n; j++) {
      exact[j] = at((j + from - center + 0.5) * narrowing)
      sum += exact[j]
    }
    for (let j = 0; j < n; j++) {
      const weight = (sum === 0 ? exact[j] : exact[j] / sum) * (1 << fractionBits)
      values[i * size + j] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5)
    }
    first[i] = from
    count[i] = n
  }
  return { first, count, values, size }
}

/** Changes the width: [rows, sourceWidth, 3] -> [rows, width, 3]. */
function resizeAcross(
  data: Uint8Array,
  sourceWidth: number,
  rows: number,
  width: number,
  filter: ResizeFilter,
): Uint8Array {
  const { first, count, values, size } = axisWeights(sourceWidth, width, filter)
  const out = new Uint8ClampedArray(rows * width * 3)
  let at = 0
  for (let y = 0; y < rows; y++) {
    const row = y * sourceWidth * 3
    for (let x = 0; x < width; x++) {
      let r = half
      let g = half
      let b = half
      let p = row + first[x] * 3
      const end = x * size + count[x]
      for (let k = x * size; k < end; k++, p += 3) {
        const weight = values[k]
        r = (r + Math.imul(weight, data[p])) | 0
        g = (g + Math.imul(weight, data[p + 1])) | 0
        b = (b + Math.imul(weight, data[p + 2])) | 0
      }
      out[at++] = r >> fractionBits
      out[at++] = g >> fractionBits
      out[at++] = b >> fractionBits
    }
  }
  return new Uint8Array(out.buffer)
}

/** Changes the height: [sourceHeight, stride] -> [height, stride], a row of sums at a time. */
function resizeDown(
  data: Uint8Array,
  stride: number,
  sourceHeight: number,
  height: number,
  filter: ResizeFilter,
): Uint8Array {
  const { first, count, values, size } = axisWeights(sourceHeight, height, filter)
  const out = new Uint8ClampedArray(height * stride)
  const sums = new Int32Array(stride)
  for (let y = 0; y < height; y++) {
    sums.fill(half)
    const last = count[y] - 1
    // Four source rows at a time; past the last one the weights are zero.
    for (let j = 0; j <= last; j += 4) {
      const k = y * size + j
      const [w0, w1, w2, w3] = [values[k], values[k + 1], values[k + 2], values[k + 3]]
      const row = (offset: number): number => (first[y] + Math.min(j + offset, last)) * stride
      const [a, b, c, d] = [row(0), row(1), row(2), row(3)]
      for (let i = 0; i < stride; i++) {
        sums[i] +=
          Math.imul(w0, data[a + i]) +
          Math.imul(w1, data[b + i]) +
          Math.imul(w2, data[c + i]) +
          Math.imul(w3, data[d + i])
      }
    }
    const target = y * stride
    for (let i = 0; i < stride; i++) out[target + i] = sums[i] >> fractionBits
  }
  return new Uint8Array(out.buffer)
}

/**
 * The picture at `width` × `height` pixels, with the bytes Pillow's `resize((width, height), filter)` gives.
 * A picture that already has that size is returned as it is.
 * @throws data error for sizes below one pixel or data that is not width × height × 3 bytes
 */
export function resize(image: RgbImage, width: number, height: number, filter: ResizeFilter): RgbImage {
  const sizes = [image.width, image.height, width, height]
  if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
    throw dataError('resize', 'sizes of at least one pixel', `${sizes.slice(0, 2)} to ${sizes.slice(2)}`)
  }
  const bytes = image.width * image.height * 3
  if (image.data.length !== bytes) throw dataError('resize', `${bytes} bytes of RGB`, `${image.data.length}`)
  if (width === image.width && height === image.height) return image
  let { data } = image
  // Pillow turns its two passes round for a picture more than a hundred times taller than wide that gets shorter.
  const downFirst = image.height > 100 * image.width && height < image.height
  if (downFirst) data = resizeDown(data, image.width * 3, image.height, height, filter)
  if (width !== image.width)
    data = resizeAcross(data, image.width, downFirst ? height : image.height, width, filter)
  if (!downFirst && height !== image.height) data = resizeDown(data, width * 3, image.height, height, filter)
  return { width, height, data }
}
