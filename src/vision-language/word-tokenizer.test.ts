import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configTokenIds, createTokenizer } from './tokenizer.js'
import { buildWordTokenizer } from './word-tokenizer.js'

const corpus = [
  'How many chairs are near the table?',
  '[{"bbox_2d": [12, 34, 156, 78], "label": "chair"}]',
  '<think>The table is near.</think><answer>A</answer>',
]
const built = buildWordTokenizer(corpus)
const tokenizer = createTokenizer(built.tokenizerJson, built.tokenizerConfig)
const cut = (text: string): string[] => tokenizer.encode(text).map((id) => tokenizer.decode([id]))

describe('the vocabulary of a micro model', () => {
  it('takes every word of the corpus as one token', () => {
    expect(cut('How many chairs are near the table?')).toEqual([
      'How',
      ' many',
      ' chairs',
      ' are',
      ' near',
      ' the',
      ' table',
      '?',
    ])
  })

  it('takes every integer up to 999 as one token, wherever it stands', () => {
    for (let n = 0; n <= 999; n++) {
      expect(tokenizer.encode(String(n))).toHaveLength(1)
      expect(
        tokenizer.encode(`[${n}, ${n}]`).filter((id) => id === tokenizer.encode(String(n))[0]),
      ).toHaveLength(2)
    }
    expect(cut('1.05')).toEqual(['1', '.', '05'])
  })

  it('writes a box in fifteen tokens', () => {
    expect(cut('[{"bbox_2d": [12, 34, 156, 78], "label": "chair"}]').join('·')).toBe(
      '[{"·bbox_2d·": [·12·, ·34·, ·156·, ·78·], "·label·": "·chair·"}]',
    )
  })

  it('takes the tags of reasoning as one token each and keeps them', () => {
    const ids = tokenizer.encode('<think>The table</think><answer>A</answer><|im_end|>')
    expect(ids).toHaveLength(8)
    expect(tokenizer.decode(ids, { skip_special_tokens: true })).toBe(
      '<think>The table</think><answer>A</answer>',
    )
  })

  it('encodes and decodes any text without loss', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const normal = text.normalize('NFC')
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(normal)
      }),
      { numRuns: 300 },
    )
  })

  it('does not depend on the order of the texts', () => {
    expect(buildWordTokenizer([...corpus].reverse())).toEqual(built)
  })

  it('leaves out rare words on request', () => {
    const small = buildWordTokenizer(['near near far'], { min_count: 2, numbers: 9 })
    const rare = createTokenizer(small.tokenizerJson, small.tokenizerConfig)
    expect(rare.encode(' far')).toHaveLength(4)
    expect(small.vocab_size).toBe(256 + 10 + 18)
  })

  it('gives a config its ids', () => {
    const ids = configTokenIds(tokenizer)
    expect(tokenizer.decode([ids.image_token_id, ids.eos_token_id])).toBe('<|image_pad|><|im_end|>')
    expect(tokenizer.special.stop).toEqual([ids.eos_token_id, ids.pad_token_id])
    expect(Math.max(...Object.values(ids))).toBe(built.vocab_size - 1)
  })

  it('says which token a foreign vocabulary lacks', () => {
    const foreign = JSON.parse(JSON.stringify(built.tokenizerJson).replaceAll('<|image_pad|>', '<|other|>'))
    expect(() => createTokenizer(foreign, {}, 'x/tokenizer.json')).toThrow(
      'x/tokenizer.json: expected the token <|image_pad|>, got a vocabulary without it',
    )
  })
})
