/** What a model reads and what it is trained to write. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, type Encoded, sftRow } from './encode.js'
import type { Example } from './example.js'
import { examplesAt, microProcessor, writePictures } from './micro-model.test-helper.js'
import { Pictures } from './pictures.js'

let home: string
let processor: Processor
let encode: (example: Example) => Encoded
let examples: Example[]
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'encode-'))
  await writePictures(home)
  processor = microProcessor()
  const pictures = new Pictures(processor.image_processor)
  encode = createEncoder(processor, pictures)
  examples = examplesAt(home, processor)
  await pictures.load(examples.flatMap(({ media }) => media))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

it('the parts put together are the conversation of the chat template, then the answer', () => {
  for (const example of examples.slice(0, 8)) {
    const { shared, question, answer, images, videos } = encode(example)
    const text = processor.tokenizer.decode([...shared, ...question, ...answer])
    // 84×56 becomes 56×28: 4×2 patches, merged by fours; a video of four frames has two such pictures.
    const media = example.media
      .map(
        ({ type }) => `<|vision_start|>${`<|${type}_pad|>`.repeat(type === 'image' ? 2 : 4)}<|vision_end|>`,
      )
      .join('')
    expect(text).toBe(
      `<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n${media}${example.text}<|im_end|>\n<|im_start|>assistant\n${example.answer}<|im_end|>`,
    )
    expect(images.length + videos.length).toBe(example.media.length)
  }
})

it('what is shared ends with the last picture and is the same for all questions about it', () => {
  const [boxes, choice] = examples
  expect(encode(boxes).shared).toEqual(encode(choice).shared)
  expect(encode(boxes).shared.at(-1)).toBe(processor.tokenizer.special.vision_end)
  expect(encode(boxes).question).not.toContain(processor.tokenizer.special.image)
})

it('a video has a time step: two frames a patch at two frames a second', () => {
  const { seconds, videos } = encode(examples[3])
  expect([seconds, videos.map(([t]) => t)]).toEqual([[1], [2]])
  expect(encode(examples[2]).seconds).toEqual([])
})

describe('a row of fine-tuning', () => {
  it('is trained on answers only, end of turn included', () => {
    const encoded = [examples[0], examples[1]].map(encode)
    const { prefix, branches } = sftRow(encoded)
    expect(prefix).toEqual(encoded[0].shared)
    branches.forEach(({ ids, scoredFrom }, i) => {
      expect(ids.slice(0, scoredFrom)).toEqual(encoded[i].question)
      expect(ids.slice(scoredFrom)).toEqual(encoded[i].answer)
      expect(ids.at(-1)).toBe(processor.tokenizer.special.im_end)
    })
  })
})

it('a question is encoded once', () => {
  expect(encode(examples[0])).toBe(encode({ ...examples[0] }))
  expect(encode({ ...examples[0], text: 'else' })).not.toBe(encode(examples[0]))
})
