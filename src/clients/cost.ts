/**
 * What a run would cost at most, before anything is sent: words at four characters a token, pictures by
 * the rule of the model's maker, and every answer as long as it may get.
 */
import { readImageSize } from '../images/codec.js'
import type { AnswerOptions, AnswerRequest, CostEstimate } from './client.js'
import { dollarsOf, type PictureSize, type Price, pictureTokens, priceOf } from './prices.js'

export interface CostOptions extends Pick<AnswerOptions, 'max_new_tokens'> {
  /** Instead of the table's. */
  pricePerMillion?: Price
  /** Size of pictures that are not there yet; default 1280 × 960. */
  assumedSize?: PictureSize
}

export interface RequestTokens {
  input_tokens: number
  output_tokens: number
  assumed_pictures: number
}

const CHARACTERS_PER_TOKEN = 4
/** What a chat adds around a turn. */
const TURN_TOKENS = 8

const textTokens = (text: string): number => TURN_TOKENS + Math.ceil(text.length / CHARACTERS_PER_TOKEN)

/** Tokens of every request. Frames of a video are taken to be as large as its first. */
export async function estimateTokens(
  requests: readonly AnswerRequest[],
  model: string,
  { max_new_tokens, assumedSize = { width: 1280, height: 960 } }: CostOptions,
): Promise<RequestTokens[]> {
  const sizes = new Map<string, PictureSize | null>()
  const sizeOf = async (file: string): Promise<PictureSize | null> => {
    const seen = sizes.get(file)
    if (seen !== undefined) return seen
    // A picture that is not there yet, or no picture at all: whoever sends it will say so.
    const size = await readImageSize(file).catch(() => null)
    sizes.set(file, size)
    return size
  }
  const all: RequestTokens[] = []
  for (const { media, text, system } of requests) {
    let input_tokens = textTokens(text) + (system === undefined ? 0 : textTokens(system))
    let assumed_pictures = 0
    for (const item of media) {
      const [first, count] = item.type === 'image' ? [item.file, 1] : [item.frames[0], item.frames.length]
      if (count === 0) continue
      const size = await sizeOf(first)
      if (!size) assumed_pictures += count
      input_tokens += count * pictureTokens(model, size ?? assumedSize)
    }
    all.push({ input_tokens, output_tokens: max_new_tokens, assumed_pictures })
  }
  return all
}

/** The sum over all requests; `dollars` is null for a model of unknown price. */
export async function estimateCost(
  requests: readonly AnswerRequest[],
  model: string,
  options: CostOptions,
): Promise<CostEstimate> {
  const each = await estimateTokens(requests, model, options)
  const total = (key: keyof RequestTokens): number => each.reduce((sum, one) => sum + one[key], 0)
  const tokens = { input_tokens: total('input_tokens'), output_tokens: total('output_tokens') }
  const price = options.pricePerMillion ?? priceOf(model)
  return {
    ...tokens,
    dollars: price && dollarsOf(tokens, price),
    assumed_pictures: total('assumed_pictures'),
  }
}
