import { describe, expect, it } from 'vitest'
import { type RopeInputs, ropeIndex } from './rope-index.js'

const config = {
  image_token_id: 155,
  video_token_id: 156,
  vision_start_token_id: 152,
  vision_config: { spatial_merge_size: 2, tokens_per_second: 2 },
}
const [I, V, START, END] = [155, 156, 152, 153]
const axes = (inputs: RopeInputs, rule: '4.49' | '5.x') => {
  const { positions, ...rest } = ropeIndex(inputs, config, rule)
  const n = positions.length / 3
  const [T, H, W] = [0, 1, 2].map((axis) => [...positions.slice(axis * n, (axis + 1) * n)])
  return { T, H, W, deltas: [...rest.deltas], next: [...rest.next] }
}

describe('positions of text and pictures', () => {
  const picture: RopeInputs = {
    input_ids: [[0, 0, 10, START, I, I, I, I, I, I, END, 11, 12]],
    attention_mask: [[0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    image_grid_thw: [[1, 4, 6]],
  }

  it('lays a picture out by row and column (4.49)', () => {
    expect(axes(picture, '4.49')).toEqual({
      T: [1, 1, 0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 7],
      H: [1, 1, 0, 1, 2, 2, 2, 3, 3, 3, 5, 6, 7],
      W: [1, 1, 0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7],
      deltas: [-5],
      next: [8],
    })
  })

  it('pads with 0 and counts deltas without padding (5.x)', () => {
    const { T, deltas, next } = axes(picture, '5.x')
    expect(T).toEqual([0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 7])
    expect(deltas).toEqual([-3])
    expect(next).toEqual([8])
  })

  it('counts plain text from the first unmasked token', () => {
    const rows: RopeInputs = { input_ids: [[0, 7, 8]], attention_mask: [[0, 1, 1]] }
    expect(axes(rows, '4.49')).toEqual({ T: [1, 0, 1], H: [1, 0, 1], W: [1, 0, 1], deltas: [-1], next: [2] })
  })

  it('takes pad tokens that a model wrote itself as text', () => {
    const rows: RopeInputs = {
      input_ids: [[START, I, END, 9, I, I]],
      image_grid_thw: [[1, 2, 2]],
    }
    expect(axes(rows, '5.x').T).toEqual([0, 1, 2, 3, 4, 5])
  })
})

describe('positions of videos', () => {
  const clip = (seconds?: number): RopeInputs => ({
    input_ids: [[10, 11, START, V, V, V, V, V, V, V, V, END, 12]],
    video_grid_thw: [[2, 4, 4]],
    second_per_grid_ts: seconds === undefined ? undefined : [seconds],
  })

  it('follows seconds on the temporal axis', () => {
    const at = axes(clip(1), '4.49')
    expect(at.T).toEqual([0, 1, 2, 3, 3, 3, 3, 5, 5, 5, 5, 6, 7])
    expect(at.H).toEqual([0, 1, 2, 3, 3, 4, 4, 3, 3, 4, 4, 6, 7])
    expect(at.deltas).toEqual([-5])
    expect(axes(clip(), '4.49')).toEqual(at)
  })

  it('goes on after the longest axis (4.49) or after the longer side (5.x)', () => {
    expect(axes(clip(1), '5.x').T.slice(-2)).toEqual([5, 6])
    expect(axes(clip(5), '4.49').T.slice(-3)).toEqual([13, 14, 15])
    expect(axes(clip(5), '5.x').T.slice(-3)).toEqual([13, 5, 6])
    expect(axes(clip(5), '5.x').next).toEqual([14])
  })

  it('keeps half seconds', () => {
    expect(axes(clip(0.5), '4.49').T[7]).toBe(4)
    expect(axes(clip(0.5), '5.x').T[7]).toBe(4)
  })

  it('uses grids in the order of rows, images and videos apart', () => {
    const rows: RopeInputs = {
      input_ids: [
        [START, V, END, START, I, END],
        [START, I, I, END, 1, 2],
      ],
      image_grid_thw: [
        [1, 2, 2],
        [1, 2, 4],
      ],
      video_grid_thw: [[1, 2, 2]],
    }
    expect(axes(rows, '4.49').W).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5])
  })
})

describe('text and grids that do not match', () => {
  it.each<[RopeInputs, string]>([
    [{ input_ids: [[START, I, END]] }, 'row 0: expected one image_grid_thw for every image in the text'],
    [
      { input_ids: [[START, I, END]], image_grid_thw: [[1, 4, 4]] },
      'row 0 image 0: expected 4 placeholder tokens for grid 1×4×4, got 1',
    ],
    [{ input_ids: [[5]], image_grid_thw: [[1, 2, 2]] }, 'expected 1 images and 0 videos'],
  ])('says which row', (inputs, message) => {
    expect(() => ropeIndex(inputs, config, '4.49')).toThrow(message)
  })
})
