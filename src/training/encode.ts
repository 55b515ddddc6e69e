/** Examples to token ids: what is shared (pictures and all before them), the question, the answer. */
import type { Media } from '../clients/client.js'
import type { Processor } from '../vision-language/processor.js'
import type { Example } from './example.js'
import type { Row } from './pack.js'
import type { Pictures } from './pictures.js'

export interface Encoded {
  example: Example
  /** Everything up to the end of the last picture: the same for all questions about these pictures. */
  shared: number[]
  /** The rest of the prompt. */
  question: number[]
  /** The answer with the id that ends a turn. */
  answer: number[]
  /** The loss is on the prompt too, but for image pads (upstream's D4). */
  wholeText: boolean
  images: Row['images']
  videos: Row['videos']
  seconds: number[]
}

/** The user's turn as the chat template takes it: media first, then the text, or the other way round. */
const messagesOf = (media: readonly Media[], text: string, textFirst: boolean) => {
  const pictures = media.map(({ type }) => ({ type }))
  const words = { type: 'text' as const, text }
  return [{ role: 'user' as const, content: textFirst ? [words, ...pictures] : [...pictures, words] }]
}

export interface EncodeOptions {
  /** See `Encoded.wholeText`; the line break behind the answer then belongs to it. */
  wholeText?: boolean
  /** Videos come after the text (upstream's D7). */
  videosLast?: boolean
}

/** Encodes examples, each once. Their pictures must be loaded, since grids decide the number of tokens. */
export function createEncoder(
  processor: Processor,
  pictures: Pick<Pictures, 'grid'>,
  { wholeText = false, videosLast = false }: EncodeOptions = {},
): (example: Example) => Encoded {
  const known = new Map<string, Encoded>()
  const { tokenizer } = processor
  return (example) => {
    const key = `${example.id}\n${example.text}`
    const before = known.get(key)
    if (before) return before
    const grids = { images: [] as Row['images'], videos: [] as Row['videos'] }
    for (const item of example.media)
      grids[item.type === 'image' ? 'images' : 'videos'].push(pictures.grid(item))
    const textFirst = videosLast && example.media.some(({ type }) => type === 'video')
    const prompt = processor.textIds(messagesOf(example.media, example.text, textFirst), grids, {
      add_generation_prompt: true,
    })
    // Without pictures only the first token is shared, so that every branch has one before it.
    const cut = Math.max(1, prompt.lastIndexOf(tokenizer.special.vision_end) + 1)
    const encoded: Encoded = {
      example,
      shared: prompt.slice(0, cut),
      question: prompt.slice(cut),
      answer: [
        ...tokenizer.encode(example.answer),
        tokenizer.special.im_end,
        ...(wholeText ? tokenizer.encode('\n') : []),
      ],
      wholeText,
      ...grids,
      seconds: grids.videos.map(() => processor.secondsPerGrid()),
    }
    known.set(key, encoded)
    return encoded
  }
}

/** Examples that share their pictures, as one row: the loss is on the answers only, unless they say otherwise. */
export function sftRow(examples: readonly Encoded[], imagePad?: number): Row {
  const [{ shared, images, videos, seconds, wholeText }] = examples
  return {
    prefix: shared,
    ...(wholeText ? { prefixScored: shared.map((id) => id !== imagePad) } : {}),
    images,
    videos,
    seconds,
    branches: examples.map(({ question, answer }) => ({
      ids: [...question, ...answer],
      scoredFrom: wholeText ? 0 : question.length,
    })),
  }
}
