/**
 * A small vocabulary for micro models, in the format of Qwen2's byte-level BPE: every word of a corpus and
 * every integer up to 999 is one token, and all 256 bytes are there, so that any text can be encoded.
 *
 * It has no merges: with `ignore_merges` a piece of text that stands in the vocabulary is taken whole and
 * anything else falls to bytes. The pre-tokeniser differs from Qwen's so that boxes in JSON take few tokens:
 * up to three digits stay together, `": [` and `, ` before a digit are one piece, `bbox_2d` is one word.
 */
import { qwenChatTemplate } from './chat-template.js'
import { END_OF_TEXT, IM_END, specialTokens } from './special-tokens.js'

/** Tags of reasoning answers: one token each, kept when special tokens are skipped. */
export const answerTags = ['<think>', '</think>', '<answer>', '</answer>'] as const

/** How text is cut into pieces; each piece of the corpus becomes a token. */
const pieces = [
  // Words with the space before them; names joined by underscores.
  ' ?\\p{L}+(?:_[\\p{L}\\p{N}]+)*',
  '\\p{N}{1,3}',
  // Punctuation with the space before it; with one after it where a bracket, quote or digit follows.
  ' ?[^\\s\\p{L}\\p{N}]+(?: [\\[{"]+| (?=\\p{N}))?[\\r\\n]*',
  '\\s*[\\r\\n]+',
  '\\s+(?!\\S)',
  '\\s+',
].join('|')

/** GPT-2's printable stand-in for every byte. */
const byteCharacters: string[] = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff)
  let shifted = 0
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCharCode(printable(byte) ? byte : 256 + shifted++),
  )
})()

const toByteCharacters = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => byteCharacters[byte]).join('')

export interface WordTokenizer {
  /** Contents of `tokenizer.json`. */
  tokenizerJson: object
  /** Contents of `tokenizer_config.json`. */
  tokenizerConfig: Record<string, unknown>
  /** One more than the largest id. */
  vocab_size: number
}

export interface WordTokenizerOptions {
  /** Largest integer that is one token; 999 if not given. */
  numbers?: number
  /** Pieces seen fewer times fall to bytes; 1 if not given. */
  min_count?: number
}

/**
 * The vocabulary of `texts` (without special tokens and answer tags, which are always there): bytes, integers,
 * pieces by falling count, then tags and Qwen's special tokens. The same texts in any order give the same.
 */
export function buildWordTokenizer(
  texts: Iterable<string>,
  { numbers = 999, min_count = 1 }: WordTokenizerOptions = {},
): WordTokenizer {
  const tokens = new Set<string>(byteCharacters)
  for (let n = 0; n <= Math.min(numbers, 999); n++) tokens.add(String(n))
  // Decimals such as 1.05.
  for (let n = 0; n <= 9; n++) tokens.add(`0${n}`)
  for (const piece of countedPieces(texts, min_count)) tokens.add(toByteCharacters(piece))
  const vocab = Object.fromEntries([...tokens].map((token, id) => [token, id]))
  const added = [
    ...answerTags.map((content) => ({ content, special: false })),
    ...specialTokens.map((content) => ({ content, special: true })),
  ].map(({ content, special }, index) => ({
    id: tokens.size + index,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special,
  }))
  return {
    tokenizerJson: tokenizerJson(vocab, added),
    tokenizerConfig: tokenizerConfig(added),
    vocab_size: tokens.size + added.length,
  }
}

/** Pieces of the texts, the most frequent first, equals by code point. */
function countedPieces(texts: Iterable<string>, minCount: number): string[] {
  const cut = new RegExp(pieces, 'gu')
  const tags = [...answerTags, ...specialTokens].map((tag) => tag.replace(/[|]/g, '\\|')).join('|')
  const counts = new Map<string, number>()
  for (const text of texts) {
    for (const part of text.normalize('NFC').split(new RegExp(tags, 'u'))) {
      for (const [piece] of part.matchAll(cut)) counts.set(piece, (counts.get(piece) ?? 0) + 1)
    }
  }
  return [...counts]
    .filter(([piece, count]) => count >= minCount && !/^\p{N}/u.test(piece))
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([piece]) => piece)
}

interface AddedToken {
  id: number
  content: string
  single_word: boolean
  lstrip: boolean
  rstrip: boolean
  normalized: boolean
  special: boolean
}

function tokenizerJson(vocab: Record<string, number>, added: AddedToken[]): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pieces }, behavior: 'Isolated', invert: false },
        byteLevel,
      ],
    },
    post_processor: byteLevel,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab,
      merges: [],
    },
  }
}

function tokenizerConfig(added: AddedToken[]): Record<string, unknown> {
  return {
    add_bos_token: false,
    add_prefix_space: false,
    added_tokens_decoder: Object.fromEntries(added.map(({ id, ...rest }) => [String(id), rest])),
    additional_special_tokens: added
      .filter(({ special, content }) => special && content !== END_OF_TEXT)
      .map(({ content }) => content),
    bos_token: null,
    chat_template: qwenChatTemplate,
    clean_up_tokenization_spaces: false,
    eos_token: IM_END,
    errors: 'replace',
    model_max_length: 131072,
    pad_token: END_OF_TEXT,
    split_special_tokens: false,
    // Qwen2Tokenizer would put Qwen's own pre-tokeniser in the place of ours (transformers 5).
    tokenizer_class: 'PreTrainedTokenizerFast',
    unk_token: null,
  }
}
