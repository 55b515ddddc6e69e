/** Text to ids and back, by `tokenizer.json` and `tokenizer_config.json` of a model folder. */
import path from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'
import {
  END_OF_TEXT,
  IM_END,
  IM_START,
  IMAGE_PAD,
  VIDEO_PAD,
  VISION_END,
  VISION_START,
  visionTokens,
} from './special-tokens.js'

/** Ids that the program handles by name. */
export interface SpecialIds {
  /** `<|endoftext|>`: fills up shorter rows. */
  pad: number
  im_start: number
  /** Ends a turn. */
  im_end: number
  vision_start: number
  vision_end: number
  /** Placeholders, one for every merged patch of a picture or video. */
  image: number
  video: number
  /** Vision and pad tokens that a model must not write: pass to generation as banned. */
  banned: number[]
  /** Ids after which an answer is over. */
  stop: number[]
}

export interface TextTokenizer {
  /** One more than the largest id. */
  vocab_size: number
  special: SpecialIds
  /** Ids of `text`; special tokens written out in it become their ids; nothing is added around it. */
  encode(text: string): number[]
  /** Text of `ids`; bytes that are no whole character become U+FFFD. */
  decode(ids: ArrayLike<number>, options?: { skip_special_tokens?: boolean }): string
  /** Id of a token as it stands in the vocabulary. */
  tokenId(token: string): number | undefined
  /** The two files, to be written to another folder. */
  tokenizerJson: object
  tokenizerConfig: Record<string, unknown>
}

/**
 * A tokenizer from the contents of its two files.
 * @throws data error when one of Qwen's special tokens is missing
 */
export function createTokenizer(
  tokenizerJson: object,
  tokenizerConfig: Record<string, unknown>,
  subject = 'tokenizer.json',
): TextTokenizer {
  const core = new Tokenizer(tokenizerJson, tokenizerConfig)
  const need = (token: string): number => {
    const id = core.token_to_id(token)
    if (id === undefined) throw dataError(subject, `the token ${token}`, 'a vocabulary without it')
    return id
  }
  const pad = need(END_OF_TEXT)
  const im_end = need(IM_END)
  const special: SpecialIds = {
    pad,
    im_start: need(IM_START),
    im_end,
    vision_start: need(VISION_START),
    vision_end: need(VISION_END),
    image: need(IMAGE_PAD),
    video: need(VIDEO_PAD),
    banned: visionTokens.map(need),
    stop: [im_end, pad],
  }
  let vocab_size = 0
  for (const id of core.get_vocab(true).values()) vocab_size = Math.max(vocab_size, id + 1)
  const clean_up_tokenization_spaces = tokenizerConfig.clean_up_tokenization_spaces === true
  return {
    vocab_size,
    special,
    encode: (text) => core.encode(text, { add_special_tokens: false }).ids,
    decode: (ids, { skip_special_tokens = false } = {}) =>
      ids.length === 0
        ? ''
        : core.decode(Array.from(ids), { skip_special_tokens, clean_up_tokenization_spaces }),
    tokenId: (token) => core.token_to_id(token),
    tokenizerJson,
    tokenizerConfig,
  }
}

/** Reads the tokenizer of a model folder. */
export function loadTokenizer(folder: string): TextTokenizer {
  const read = (name: string) => readJson(path.join(folder, name)) as Record<string, unknown>
  const file = path.join(folder, 'tokenizer.json')
  return createTokenizer(read('tokenizer.json'), read('tokenizer_config.json'), file)
}

/** The token ids of a `config.json` for a model that uses this tokenizer. */
export const configTokenIds = ({ special }: TextTokenizer) => ({
  image_token_id: special.image,
  video_token_id: special.video,
  vision_start_token_id: special.vision_start,
  vision_end_token_id: special.vision_end,
  bos_token_id: special.pad,
  eos_token_id: special.im_end,
  pad_token_id: special.pad,
})
