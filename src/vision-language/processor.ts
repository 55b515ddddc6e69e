/**
 * Conversations with pictures and videos to the inputs of Qwen2.5-VL, under transformers' names.
 *
 * Two ways in: `process` does everything at once; `textIds` with `loadImage` and `loadVideo` keeps text and
 * pictures apart, so that training reads and cuts a picture once and uses it in every epoch.
 */
import { dataError, LadderError } from '../common/errors.js'
import { decodeImage } from '../images/codec.js'
import type { RgbImage } from '../images/image.js'
import type { ChatTemplate, RenderOptions, Role, TemplateMessage } from './chat-template.js'
import {
  type ImageProcessorConfig,
  imagePatches,
  joinVisionInputs,
  type VisionInput,
  videoPatches,
} from './image-processor.js'
import type { TextTokenizer } from './tokenizer.js'
import { type GridThw, mergedCount } from './window-index.js'

/** A picture: its file, the bytes of one, or pixels. */
export type PictureSource = string | Buffer | RgbImage

export type ContentItem =
  | { type: 'text'; text: string }
  | { type: 'image'; image: PictureSource }
  /** Frames in order; `fps` is their rate, 2 if not given. */
  | { type: 'video'; video: readonly PictureSource[]; fps?: number }

export interface Message {
  role: Role
  content: string | ContentItem[]
}

/** One conversation as the model takes it; keys of media it has none of are absent. */
export interface ModelInputs {
  input_ids: number[]
  /** [rows, patch length], flat. */
  pixel_values?: Float32Array
  image_grid_thw?: GridThw[]
  pixel_values_videos?: Float32Array
  video_grid_thw?: GridThw[]
  /** Seconds between temporal patches, one a video. */
  second_per_grid_ts?: number[]
}

/** Grids of the pictures and of the videos of one conversation, in the order of its text. */
export interface Grids {
  images?: readonly GridThw[]
  videos?: readonly GridThw[]
}

export interface Processor {
  tokenizer: TextTokenizer
  image_processor: ImageProcessorConfig
  chat_template: ChatTemplate
  /** Everything at once: reads the media, renders, tokenises, widens the placeholders. */
  process(messages: readonly Message[], options?: RenderOptions): Promise<ModelInputs>
  /** Ids of a conversation whose media have these grids; no picture is touched. */
  textIds(messages: readonly TemplateMessage[], grids: Grids, options?: RenderOptions): number[]
  /** Patches of one picture. */
  loadImage(source: PictureSource): Promise<VisionInput>
  /** Patches of one video given as frames. */
  loadVideo(frames: readonly PictureSource[]): Promise<VisionInput>
  /** Seconds between temporal patches of frames at `fps`, 2 if not given. */
  secondsPerGrid(fps?: number): number
}

const pixels = async (source: PictureSource): Promise<RgbImage> =>
  typeof source === 'string' || Buffer.isBuffer(source) ? decodeImage(source) : source

/** Runs `cut`; what it refuses is told with the name of the file. */
function named<T>(source: PictureSource | undefined, cut: () => T): T {
  try {
    return cut()
  } catch (error) {
    if (!(error instanceof LadderError) || typeof source !== 'string') throw error
    throw new LadderError(error.kind, `${source}: ${error.message}`, { cause: error })
  }
}

/** A processor from its three parts. */
export function createProcessor(
  tokenizer: TextTokenizer,
  image_processor: ImageProcessorConfig,
  chat_template: ChatTemplate,
): Processor {
  const loadImage = async (source: PictureSource): Promise<VisionInput> => {
    const image = await pixels(source)
    return named(source, () => imagePatches(image, image_processor))
  }
  const loadVideo = async (sources: readonly PictureSource[]): Promise<VisionInput> => {
    const frames = await Promise.all(sources.map(pixels))
    return named(sources[0], () => videoPatches(frames, image_processor))
  }
  const secondsPerGrid = (fps = 2): number => {
    if (!(fps > 0)) throw dataError('video fps', 'a positive number', String(fps))
    return image_processor.temporal_patch_size / fps
  }
  const textIds: Processor['textIds'] = (messages, grids, options) =>
    widenPlaceholders(
      tokenizer.encode(chat_template.render(messages, options)),
      grids,
      tokenizer.special,
      image_processor.merge_size,
    )
  return {
    tokenizer,
    image_processor,
    chat_template,
    loadImage,
    loadVideo,
    secondsPerGrid,
    textIds,
    async process(messages, options) {
      const images: VisionInput[] = []
      const videos: VisionInput[] = []
      const seconds: number[] = []
      for (const item of messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))) {
        if (item.type === 'image') images.push(await loadImage(item.image))
        if (item.type === 'video') {
          videos.push(await loadVideo(item.video))
          seconds.push(secondsPerGrid(item.fps))
        }
      }
      const [image, video] = [joinVisionInputs(images), joinVisionInputs(videos)]
      const grids = { images: image.grid_thw, videos: video.grid_thw }
      return {
        input_ids: textIds(messages.map(withoutMedia), grids, options),
        ...(images.length > 0 && { pixel_values: image.pixel_values, image_grid_thw: image.grid_thw }),
        ...(videos.length > 0 && {
          pixel_values_videos: video.pixel_values,
          video_grid_thw: video.grid_thw,
          second_per_grid_ts: seconds,
        }),
      }
    },
  }
}

/** What the template sees of a message: the kind of its media, not their content. */
function withoutMedia({ role, content }: Message): TemplateMessage {
  if (typeof content === 'string') return { role, content }
  return { role, content: content.map((item) => (item.type === 'text' ? item : { type: item.type })) }
}

/**
 * Every placeholder becomes as many as its picture or video has merged patches.
 * @throws data error when placeholders and grids differ in number (also when a text spells a placeholder)
 */
export function widenPlaceholders(
  ids: readonly number[],
  { images = [], videos = [] }: Grids,
  special: { image: number; video: number },
  mergeSize: number,
): number[] {
  const check = (kind: string, id: number, grids: readonly GridThw[]): void => {
    const found = ids.reduce((count, token) => count + (token === id ? 1 : 0), 0)
    if (found !== grids.length) {
      throw dataError('conversation', `${grids.length} ${kind} placeholders for its ${kind}s`, `${found}`)
    }
  }
  check('image', special.image, images)
  check('video', special.video, videos)
  const out: number[] = []
  let image = 0
  let video = 0
  for (const id of ids) {
    const grid = id === special.image ? images[image++] : id === special.video ? videos[video++] : undefined
    const copies = grid ? mergedCount(grid, mergeSize) : 1
    for (let i = 0; i < copies; i++) out.push(id)
  }
  return out
}
