/** For tests: the picture of bench/reference/resize_golden.py, hashed noise with flat bars. */
import type { RgbImage } from './image.js'

/** `shift` moves the columns to the right, around the edge. */
export function formulaPicture(width: number, height: number, shift = 0): RgbImage {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + ((x + shift) % width))
      for (let c = 0; c < 3; c++) {
        const bar = ((x >> 2) + Math.trunc(y / 6)) % 3 === 0
        const noise = Math.imul(x * x * 7 + x * y * 13 + y * y * 3 + c * 101, 2654435761) >>> 24
        data[at + c] = bar ? 255 * (((x >> 3) + c) % 2) : noise
      }
    }
  }
  return { width, height, data }
}
