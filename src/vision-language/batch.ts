/** Conversations of different lengths as one batch. */
import { usageError } from '../common/errors.js'
import { joinPatches } from './image-processor.js'
import { padded } from './model/generate.js'
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
  const joined = (parts: readonly (Float32Array | undefined)[]): Float32Array | undefined => {
    const there = parts.filter((part) => part !== undefined)
    return there.length === 0 ? undefined : joinPatches(there)
  }
  return {
    ...padded(
      conversations.map(({ input_ids }) => input_ids),
      padId,
      side,
    ),
    pixel_values: joined(conversations.map(({ pixel_values }) => pixel_values)),
    pixel_values_videos: joined(conversations.map(({ pixel_values_videos }) => pixel_values_videos)),
    image_grid_thw: listed(conversations.map(({ image_grid_thw }) => image_grid_thw)),
    video_grid_thw: listed(conversations.map(({ video_grid_thw }) => video_grid_thw)),
    second_per_grid_ts: listed(conversations.map(({ second_per_grid_ts }) => second_per_grid_ts)),
  }
}
