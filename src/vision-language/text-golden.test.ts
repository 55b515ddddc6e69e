import fs from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createChatTemplate, qwenChatTemplate, type TemplateMessage } from './chat-template.js'
import { createTokenizer } from './tokenizer.js'
import { buildWordTokenizer } from './word-tokenizer.js'

const read = (file: string) => JSON.parse(fs.readFileSync(new URL(file, import.meta.url), 'utf8'))
const { corpus }: { corpus: string[] } = read('../../bench/reference/corpus.json')
const golden: {
  vocab_size: number
  strings: { text: string; ids: number[]; decoded: string; skipping: string }[]
  chats: { messages: TemplateMessage[]; options: object; text: string; ids: number[] }[]
} = read('./fixtures/text.json')

const { tokenizerJson, tokenizerConfig } = buildWordTokenizer(corpus)
const tokenizer = createTokenizer(tokenizerJson, tokenizerConfig)

describe('a folder we write, opened by transformers', () => {
  it('has the same vocabulary', () => {
    expect(tokenizer.vocab_size).toBe(golden.vocab_size)
  })

  it.each(golden.strings)('gives the same ids and text: $text', ({ text, ids, decoded, skipping }) => {
    expect(tokenizer.encode(text)).toEqual(ids)
    expect(tokenizer.decode(ids)).toBe(decoded)
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(skipping)
  })

  it.each(golden.chats)('renders conversations alike ($options)', ({ messages, options, text, ids }) => {
    expect(createChatTemplate(qwenChatTemplate).render(messages, options)).toBe(text)
    expect(tokenizer.encode(text)).toEqual(ids)
  })
})
