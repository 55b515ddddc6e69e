/** Size that Qwen2.5-VL gives a picture: sides in multiples of a merged patch, area within limits, ratio kept. */
import { dataError } from '../common/errors.js'

export interface PixelLimits {
  /** Smallest and largest area in pixels. */
  min_pixels: number
  max_pixels: number
}

export interface Size {
  width: number
  height: number
}

/** Python's `round`: halves go to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * transformers' `smart_resize`. `factor` is patch size × merge size, 28 in the released models; sides rounded
 * to less than `leastSide` are lifted to it before the area is looked at.
 * @throws data error when one side is more than 200 times the other
 */
export function smartResize(
  { width, height }: Size,
  factor: number,
  limits: PixelLimits,
  leastSide = 0,
): Size {
  if (!(width >= 1 && height >= 1)) {
    throw dataError('picture', 'at least one pixel', `${width}×${height}`)
  }
  if (Math.max(width, height) / Math.min(width, height) > 200) {
    throw dataError('picture', 'an aspect ratio of at most 200', `${width}×${height}`)
  }
  const rounded = (side: number): number => Math.max(leastSide, roundHalfEven(side / factor) * factor)
  const area = rounded(height) * rounded(width)
  if (area > limits.max_pixels) {
    const shrink = Math.sqrt((height * width) / limits.max_pixels)
    const side = (s: number): number => Math.max(factor, Math.floor(s / shrink / factor) * factor)
    return { width: side(width), height: side(height) }
  }
  if (area < limits.min_pixels) {
    const grow = Math.sqrt(limits.min_pixels / (height * width))
    const side = (s: number): number => Math.ceil((s * grow) / factor) * factor
    return { width: side(width), height: side(height) }
  }
  return { width: rounded(width), height: rounded(height) }
}

/** Limits of qwen-vl-utils, whose loader resizes every picture once before the processor does it again. */
const loaderLimits: PixelLimits = { min_pixels: 4 * 784, max_pixels: 16384 * 784 }

/** The size after qwen-vl-utils' loader: unlike transformers it counts no side as less than one merged patch. */
export const loaderResize = (size: Size, factor: number): Size =>
  smartResize(size, factor, loaderLimits, factor)
