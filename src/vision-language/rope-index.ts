/**
 * Three-axis rotary positions (M-RoPE) of Qwen2.5-VL: temporal, height, width of every token.
 *
 * Two rules by name. `4.49`: the text after a vision block goes on from the largest position of any axis.
 * `5.x` (transformers 5.18): it goes on from the block's start plus the longer side of its grid, whatever its
 * duration. They differ only where a video's time runs past the longer side. Both take the time between
 * temporal patches as a real number (releases between them rounded it to whole seconds).
 */
import { dataError } from '../common/errors.js'
import { type GridThw, mergedCount } from './window-index.js'

export type RopeRule = '4.49' | '5.x'

export interface RopeInputs {
  /** Rows of equal length: [B][S]. */
  input_ids: readonly ArrayLike<number>[]
  /** 1 for tokens, 0 for padding: [B][S]; all ones if absent. */
  attention_mask?: readonly ArrayLike<number>[]
  /** Grids of all pictures, in the order of the rows and of the text. */
  image_grid_thw?: readonly GridThw[]
  video_grid_thw?: readonly GridThw[]
  /** Seconds between temporal patches, one a video; 1 if absent. */
  second_per_grid_ts?: ArrayLike<number>
}

export interface RopeConfig {
  image_token_id: number
  video_token_id: number
  vision_start_token_id: number
  vision_config: { spatial_merge_size: number; tokens_per_second: number }
}

export interface RopeIndex {
  /** Positions [3, B, S], flat; padding has 1 (`4.49`) or 0 (`5.x`). */
  positions: Int32Array
  /** transformers' `rope_deltas`, [B]: next position minus padded (`4.49`) or true (`5.x`) length. */
  deltas: Int32Array
  /** Position, on all axes, of the first token after each row, [B]; later ones follow by one. */
  next: Int32Array
}

/**
 * Positions of a batch. A run of pad tokens is a vision block when `<|vision_start|>` stands before it;
 * pad tokens elsewhere (a model may write them) count as text.
 * @throws data error when blocks and grids do not match, naming the row
 */
export function ropeIndex(inputs: RopeInputs, config: RopeConfig, rule: RopeRule): RopeIndex {
  const { input_ids: rows, attention_mask: mask } = inputs
  const merge = config.vision_config.spatial_merge_size
  const images = inputs.image_grid_thw ?? []
  const videos = inputs.video_grid_thw ?? []
  const batch = rows.length
  const length = batch > 0 ? rows[0].length : 0
  const plane = batch * length
  const positions = new Int32Array(3 * plane).fill(rule === '4.49' ? 1 : 0)
  const deltas = new Int32Array(batch)
  const next = new Int32Array(batch)
  const whole = Array.from({ length }, (_, i) => i)
  let image = 0
  let video = 0
  for (let row = 0; row < batch; row++) {
    const ids = rows[row]
    const rowMask = mask?.[row]
    if (ids.length !== length || (rowMask && rowMask.length !== length)) {
      throw dataError(`row ${row}`, `${length} tokens and mask values`, `${ids.length}`)
    }
    const tokens = rowMask ? whole.filter((i) => rowMask[i] === 1) : whole
    const put = (index: number, t: number, h: number, w: number): void => {
      const at = row * length + tokens[index]
      positions[at] = t
      positions[plane + at] = h
      positions[2 * plane + at] = w
    }
    let base = 0
    let highest = -1
    for (let i = 0; i < tokens.length; ) {
      const id = ids[tokens[i]]
      const opened = i > 0 && ids[tokens[i - 1]] === config.vision_start_token_id
      if (!opened || (id !== config.image_token_id && id !== config.video_token_id)) {
        put(i++, base, base, base)
        highest = Math.max(highest, base++)
        continue
      }
      const isVideo = id === config.video_token_id
      const grid = isVideo ? videos[video] : images[image]
      const kind = isVideo ? 'video' : 'image'
      if (!grid)
        throw dataError(`row ${row}`, `one ${kind}_grid_thw for every ${kind} in the text`, 'one too few')
      const count = mergedCount(grid, merge)
      for (let k = 0; k < count; k++) {
        if (i + k >= tokens.length || ids[tokens[i + k]] !== id) {
          throw dataError(
            `row ${row} ${kind} ${isVideo ? video : image}`,
            `${count} placeholder tokens for grid ${grid.join('×')}`,
            `${k}`,
          )
        }
      }
      const [frames, gridH, gridW] = [grid[0], grid[1] / merge, grid[2] / merge]
      const step = isVideo ? frameTimes(inputs.second_per_grid_ts?.[video] ?? 1, config, rule) : () => 0
      let index = i
      for (let frame = 0; frame < frames; frame++) {
        // A still picture has one temporal patch; were there more, 5.x would count them, 4.49 not.
        const time = isVideo || rule === '4.49' ? step(frame) : frame
        for (let y = 0; y < gridH; y++) {
          for (let x = 0; x < gridW; x++) put(index++, base + time, base + y, base + x)
        }
        highest = Math.max(highest, base + time)
      }
      highest = Math.max(highest, base + Math.max(gridH, gridW) - 1)
      base = rule === '4.49' ? highest + 1 : base + Math.max(gridH, gridW)
      i += count
      if (isVideo) video++
      else image++
    }
    next[row] = highest + 1
    deltas[row] = next[row] - (rule === '4.49' ? length : tokens.length)
  }
  if (image !== images.length || video !== videos.length) {
    throw dataError(
      'input_ids',
      `${images.length} images and ${videos.length} videos, one for every grid`,
      `${image} and ${video}`,
    )
  }
  return { positions, deltas, next }
}

/** Offset of a temporal patch, in the reference's float32 arithmetic and order of products. */
function frameTimes(seconds: number, config: RopeConfig, rule: RopeRule): (frame: number) => number {
  const { fround } = Math
  const perSecond = config.vision_config.tokens_per_second
  if (rule === '4.49') return (frame) => Math.floor(fround(fround(frame * fround(seconds)) * perSecond))
  const interval = fround(perSecond * fround(seconds))
  return (frame) => Math.floor(fround(frame * interval))
}
