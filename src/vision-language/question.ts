/** A question about pictures, and the prompt it becomes: ids and sizes, from the headers of its pictures alone. */
import { dataError, describeError, LadderError } from '../common/errors.js'
import { readImageSize } from '../images/codec.js'
import { isOutOfMemory, type PromptSize, patchBytes, towerBytes } from './batch-memory.js'
import { gridOf } from './image-processor.js'
import type { Qwen2_5_VL } from './model/model.js'
import type { Processor } from './processor.js'
import { type GridThw, mergedCount } from './window-index.js'

/** A picture file, or the frames of a video. */
export type MediaFiles = { type: 'image'; file: string } | { type: 'video'; frames: string[] }

export interface Question {
  /** Shown before the text, in order. */
  media: readonly MediaFiles[]
  text: string
  system?: string
  /** The text stands before the media instead. */
  text_first?: boolean
  /** Makes the files of `media`; called right before they are read. */
  prepare?(): Promise<void>
}

/** A question whose pictures were looked at but not read. */
export interface Prompt extends PromptSize {
  index: number
  media: readonly MediaFiles[]
  ids: number[]
  /** Grid of each of `media`. */
  grids: GridThw[]
}

export const filesOf = (item: MediaFiles): string[] => (item.type === 'image' ? [item.file] : item.frames)
/** The same for the same files. */
export const keyOf = (item: MediaFiles): string => `${item.type}\n${filesOf(item).join('\n')}`

/** Runs `body`; what goes wrong with one question becomes its answer. Lack of memory is nobody's fault. */
export async function guarded<T>(
  index: number,
  body: () => Promise<T>,
): Promise<T | { index: number; error: string }> {
  try {
    return await body()
  } catch (error) {
    if (isOutOfMemory(error)) throw error
    return { index, error: describeError(error).message }
  }
}

/** The prompt of a question, from the headers of its pictures. */
export function look(
  { config }: Qwen2_5_VL,
  processor: Processor,
  questions: readonly Question[],
  index: number,
): Promise<Prompt | { index: number; error: string }> {
  return guarded(index, async () => {
    const { media, text, system, text_first, prepare } = questions[index]
    await prepare?.()
    const { image_processor } = processor
    const { vision_config: vision } = config
    const pictures = { patches: 0, tower: 0 }
    const largest = { patches: 0, tower: 0 }
    const grids: GridThw[] = []
    for (const item of media) {
      const files = filesOf(item)
      if (files.length === 0) throw dataError('video', 'at least one frame', 'none')
      const size = await readImageSize(files[0])
      const grid = named(files[0], () => gridOf(size, files.length, image_processor))
      grids.push(grid)
      const patches = patchBytes(vision, grid, files.length * size.width * size.height)
      const tower = towerBytes(vision, grid[1], grid[2])
      pictures.patches += patches
      pictures.tower += grid[0] * tower
      largest.patches = Math.max(largest.patches, patches)
      largest.tower = Math.max(largest.tower, tower)
    }
    const shown = media.map(({ type }) => ({ type }))
    const words = { type: 'text' as const, text }
    const of = (type: MediaFiles['type']): GridThw[] => grids.filter((_, i) => media[i].type === type)
    const ids = processor.textIds(
      [
        ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user' as const, content: text_first ? [words, ...shown] : [...shown, words] },
      ],
      { images: of('image'), videos: of('video') },
      { add_generation_prompt: true },
    )
    const visual = grids.reduce((sum, grid) => sum + mergedCount(grid, image_processor.merge_size), 0)
    return { index, media, ids, grids, tokens: ids.length, visual, pictures, largest }
  })
}

/** Runs `body`; what it refuses is told with the name of the file. */
function named<T>(file: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof LadderError)) throw error
    throw new LadderError(error.kind, `${file}: ${error.message}`, { cause: error })
  }
}
