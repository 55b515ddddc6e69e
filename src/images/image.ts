/** An 8-bit RGB picture in memory: `data[3 * (y * width + x) + channel]`. */
export interface RgbImage {
  width: number
  height: number
  data: Uint8Array
}
