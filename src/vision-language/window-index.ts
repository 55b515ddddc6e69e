/**
 * Order and grouping of patches in Qwen2.5-VL's vision tower: which merged units share an attention window,
 * which patches share a temporal frame, and the (row, column) of every patch for the rotary embedding.
 */
import type { VisionConfig } from './config.js'

/** Patches of one picture or video: temporal patches, rows, columns (before the 2×2 merge). */
export type GridThw = readonly [t: number, h: number, w: number]

export interface WindowIndex {
  /** Gather order of merged units (groups of `spatial_merge_size²` patches), windows one after another: [N/4]. */
  windowIndex: Int32Array
  /** Inverse of `windowIndex`: puts the merged units back into raster order. */
  reverseIndex: Int32Array
  /** Borders of the windows in patches, in gathered order, from 0 to N. */
  cuWindowSeqlens: number[]
  /** Borders of the temporal frames in patches, from 0 to N: the extent of full attention. */
  cuSeqlens: number[]
}

/** Patches of all grids together. */
export const patchCount = (grids: readonly GridThw[]): number =>
  grids.reduce((sum, [t, h, w]) => sum + t * h * w, 0)

/** Tokens that one grid takes in the text. */
export const mergedCount = ([t, h, w]: GridThw, mergeSize: number): number =>
  (t * h * w) / (mergeSize * mergeSize)

/** Windows and frames of pictures that follow one another; windows never cross frames or pictures. */
export function windowIndex(
  grids: readonly GridThw[],
  config: Pick<VisionConfig, 'window_size' | 'patch_size' | 'spatial_merge_size'>,
): WindowIndex {
  const { spatial_merge_size: merge } = config
  const side = Math.floor(config.window_size / merge / config.patch_size)
  const unit = merge * merge
  const order = new Int32Array(patchCount(grids) / unit)
  const cuWindowSeqlens = [0]
  const cuSeqlens = [0]
  let filled = 0
  let frameStart = 0
  for (const [t, h, w] of grids) {
    const rows = h / merge
    const columns = w / merge
    for (let frame = 0; frame < t; frame++, frameStart += rows * columns) {
      for (let top = 0; top < rows; top += side) {
        for (let left = 0; left < columns; left += side) {
          for (let y = top; y < Math.min(top + side, rows); y++) {
            for (let x = left; x < Math.min(left + side, columns); x++) {
              order[filled++] = frameStart + y * columns + x
            }
          }
          cuWindowSeqlens.push(filled * unit)
        }
      }
      cuSeqlens.push(filled * unit)
    }
  }
  const reverseIndex = new Int32Array(order.length)
  order.forEach((from, to) => {
    reverseIndex[from] = to
  })
  return { windowIndex: order, reverseIndex, cuWindowSeqlens, cuSeqlens }
}

/**
 * Row and column of every patch in the order of `pixel_values` (2×2 blocks in raster order, each block in
 * raster order): [N, 2], flat.
 */
export function rotaryPositions(grids: readonly GridThw[], mergeSize = 2): Int32Array {
  const positions = new Int32Array(2 * patchCount(grids))
  let at = 0
  for (const [t, h, w] of grids) {
    for (let frame = 0; frame < t; frame++) {
      for (let top = 0; top < h; top += mergeSize) {
        for (let left = 0; left < w; left += mergeSize) {
          for (let y = top; y < top + mergeSize; y++) {
            for (let x = left; x < left + mergeSize; x++) {
              positions[at++] = y
              positions[at++] = x
            }
          }
        }
      }
    }
  }
  return positions
}
