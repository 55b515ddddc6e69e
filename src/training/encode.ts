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
  images: Row['images']
  videos: Row['videos']
  seconds: number[]
}

/** The user's turn as the chat template takes it: media first, then the text. */
const messagesOf = (media: readonly Media[], text: string) => [
  {
    role: 'user' as const,
    content: [...media.map(({ type }) => ({ type })), { type: 'text' as const, text }],
  },
]

/** Encodes examples, each once. Their pictures must be loaded, since grids decide the number of tokens. */
export function createEncoder(
  processor: Processor,
  pictures: Pick<Pictures, 'grid'>,
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
    const prompt = processor.textIds(messagesOf(example.media, example.text), grids, {
      add_generation_prompt: true,
    })
    // Without pictures only the first token is shared, so that every branch has one before it.
    const cut = Math.max(1, prompt.lastIndexOf(tokenizer.special.vision_end) + 1)
    const encoded: Encoded = {
      example,
      shared: prompt.slice(0, cut),
      question: prompt.slice(cut),
      answer: [...tokenizer.encode(example.answer), tokenizer.special.im_end],
      ...grids,
      seconds: grids.videos.map(() => processor.secondsPerGrid()),
    }
    known.set(key, encoded)
    return encoded
  }
}

/** Examples that share their pictures, as one row: the loss is on the answers only. */
export function sftRow(examples: readonly Encoded[]): Row {
  const [{ shared, images, videos, seconds }] = examples
  return {
    prefix: shared,
    images,
    videos,
    seconds,
    branches: examples.map(({ question, answer }) => ({
      ids: [...question, ...answer],
      scoredFrom: question.length,
    })),
  }
}
