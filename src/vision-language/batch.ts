/** Conversations of different lengths as one batch. */
import { usageError } from '../common/errors.js'
import type { ModelInputs } from './processor.js'
import type { GridThw } from './window-index.js'

export interface Batch {
  /** [B][S] */
  input_ids: number[][]
  /** [B][S], 0 for padding. */
  attention_mask: number[][]
  pixel_values?: Float32Array
  image_grid_thw?: GridThw[]
  pixel_values_videos?: Float32Array
  video_grid_thw?: GridThw[]
  second_per_grid_ts?: number[]
}

function joined(parts: readonly (Float32Array | undefined)[]): Float32Array | undefined {
  const there = parts.filter((part) => part !== undefined)
  if (there.length === 0) return undefined
  const all = new Float32Array(there.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of there) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const listed = <T>(parts: readonly (readonly T[] | undefined)[]): T[] | undefined =>
  parts.every((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? [])

/**
 * Puts conversations (of `processor.process`) into one batch, with the media of all in their order.
 * @param padId what fills the shorter rows: the tokenizer's `special.pad`
 * @param side `left` to generate, `right` to train
 * @throws usage error for no conversation
 */
export function batchInputs(
  conversations: readonly ModelInputs[],
  padId: number,
  side: 'left' | 'right' = 'left',
): Batch {
  if (conversations.length === 0) throw usageError('batch', 'at least one conversation', 'none')
  const length = Math.max(...conversations.map(({ input_ids }) => input_ids.length))
  const widened = (ids: readonly number[], fill: number): number[] => {
    const padding = new Array<number>(length - ids.length).fill(fill)
    return side === 'left' ? [...padding, ...ids] : [...ids, ...padding]
  }
  const batch: Batch = {
    input_ids: conversations.map(({ input_ids }) => widened(input_ids, padId)),
    attention_mask: conversations.map(({ input_ids }) =>
      widened(
        input_ids.map(() => 1),
        0,
      ),
    ),
    pixel_values: joined(conversations.map(({ pixel_values }) => pixel_values)),
    image_grid_thw: listed(conversations.map(({ image_grid_thw }) => image_grid_thw)),
    pixel_values_videos: joined(conversations.map(({ pixel_values_videos }) => pixel_values_videos)),
    video_grid_thw: listed(conversations.map(({ video_grid_thw }) => video_grid_thw)),
    second_per_grid_ts: listed(conversations.map(({ second_per_grid_ts }) => second_per_grid_ts)),
  }
  return batch
}
