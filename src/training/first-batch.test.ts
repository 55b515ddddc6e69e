/** The first batch as a person reads it: what the model sees, and between ⟦ and ⟧ what it is trained to write. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Processor } from '../vision-language/processor.js'
import type { Example } from './example.js'
import { FIRST_BATCH, firstBatchText, writeFirstBatch } from './first-batch.js'
import { examplesAt, microConfig, microProcessor, writePictures } from './micro-model.test-helper.js'
import { Pictures } from './pictures.js'

let home: string
let processor: Processor
let pictures: Pictures
let examples: Example[]
let thinking: Example[]
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'first-'))
  await writePictures(home)
  processor = microProcessor()
  pictures = new Pictures(processor.image_processor)
  examples = examplesAt(home, processor)
  thinking = examplesAt(home, processor, undefined, 'think')
  await pictures.load(examples.flatMap(({ media }) => media))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const settings = (isPrompt = false) => ({
  processor,
  pictures,
  isPrompt,
  model: { config: microConfig(processor.tokenizer), rope: '4.49' as const },
})
const SYSTEM = '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n'

it('shows answers as trained, end of turn included, and nothing else', () => {
  const [boxes, choice] = examples
  const text = firstBatchText([[boxes, choice]], settings())
  const lines = text.split('\n')
  expect(lines[0]).toMatch(/^=== row 1 of 1: .*\/0, .*\/0: \d+ tokens, \d+ of them trained$/)
  expect(text).toContain(
    `${SYSTEM}<|vision_start|><|image_pad|>×2<|vision_end|>\n— question 1 of 2 with these pictures —${boxes.text}<|im_end|>\n<|im_start|>assistant\n⟦${boxes.answer}<|im_end|>⟧`,
  )
  expect(text).toContain(`${choice.text}<|im_end|>\n<|im_start|>assistant\n⟦${choice.answer}<|im_end|>⟧`)
  expect(text.match(/⟦/g)).toHaveLength(2)
  const trained = [...text.matchAll(/⟦(.*?)⟧/gs)].map((match) => processor.tokenizer.encode(match[1]).length)
  expect(lines[0]).toContain(`${trained.reduce((a, b) => a + b, 0)} of them trained`)
})

it('prompts of reinforcement have no mask, and say what would be right', () => {
  const text = firstBatchText([[thinking[3]], [thinking[2]]], settings(true))
  expect(text).not.toContain('⟦')
  expect(text).toContain('<|video_pad|>×4')
  expect(text).toContain(`right would be ${thinking[2].answer})`)
  expect(text).toMatch(/row 2 of 2: .* tokens of prompt/)
})

it('is written once: what a run that goes on saw first stays', async () => {
  await writeFirstBatch(home, [[examples[1]]], settings())
  const before = fs.readFileSync(path.join(home, FIRST_BATCH), 'utf8')
  expect(before).toBe(firstBatchText([[examples[1]]], settings()))
  await writeFirstBatch(home, [[examples[0]]], settings())
  expect(fs.readFileSync(path.join(home, FIRST_BATCH), 'utf8')).toBe(before)
})
