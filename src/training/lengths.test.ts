/** A sample that is too long is named before the first step; rows of like length come together on request. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { readJsonl } from '../common/jsonl.js'
import { createEncoder } from './encode.js'
import type { Example } from './example.js'
import { exampleLengths, groupByLength } from './lengths.js'
import { examplesAt, microProcessor } from './micro-model.test-helper.js'
import { grpoOptionsSchema, sftOptionsSchema } from './options.js'
import { Pictures } from './pictures.js'
import { runStage } from './stage.js'
import { stageHome } from './stage-home.test-helper.js'

const { at, job } = stageHome('lengths')

it('lengths from headers are those of what is trained, for pictures and videos', async () => {
  const processor = microProcessor()
  const examples = examplesAt(at('images'), processor)
  const lengths = await exampleLengths(examples, processor)
  const pictures = new Pictures(processor.image_processor)
  await pictures.load(examples.flatMap(({ media }) => media))
  const encode = createEncoder(processor, pictures)
  for (const example of examples) {
    const { shared, question, answer } = encode(example)
    expect(lengths.get(example)).toEqual({ prompt: shared.length + question.length, answer: answer.length })
  }
  expect(new Set([...lengths.values()].map(({ prompt }) => prompt)).size).toBeGreaterThan(2)
})

const sft = { max_steps: 12, learning_rate: 1e-3, per_device_train_batch_size: 2 }

it('a stage refuses samples that do not fit, naming the first, before it starts', async () => {
  const long = sftOptionsSchema.parse({ ...sft, data: { grounding: 1 }, max_length: 20 })
  await expect(runStage(job('long', long))).rejects.toThrow(
    /^sample .*: expected at most 20 tokens \(max_length\), got \d+ \(and 5 more samples too long\)$/,
  )
  expect(fs.existsSync(at('long'))).toBe(false)
  const fits = sftOptionsSchema.parse({ ...sft, max_steps: 1, data: { grounding: 1 }, max_length: 200 })
  expect((await runStage(job('fits', fits))).steps).toBe(1)
  // A completion counts at its full length.
  const grpo = { max_steps: 1, learning_rate: 1e-3, per_device_train_batch_size: 2, num_generations: 2 }
  const reasoning = grpoOptionsSchema.parse({ ...grpo, max_completion_length: 150, max_length: 150 })
  await expect(runStage(job('grpo', reasoning))).rejects.toThrow(
    /at most 150 tokens \(max_length\), got 1\d\d/,
  )
})

it('group_by_length: the same rows, like beside like, the longest first', () => {
  const row = (length: number): Example[] => [{ id: String(length), media: [], text: '', answer: '' }]
  const numbers = Array.from({ length: 40 }, (_, i) => (i * 17) % 41)
  const schedule = Array.from({ length: 20 }, (_, step) => [
    row(numbers[2 * step]),
    row(numbers[2 * step + 1]),
  ])
  const lengthOf = ([{ id }]: Example[]): number => Number(id)
  const grouped = groupByLength(schedule, lengthOf)
  const gap = (steps: Example[][][]): number =>
    steps.reduce((sum, [a, b]) => sum + Math.abs(lengthOf(a) - lengthOf(b)), 0) / steps.length
  expect(grouped.map((step) => step.length)).toEqual(Array(20).fill(2))
  const sorted = (steps: Example[][][]): number[] =>
    steps
      .flat()
      .map(lengthOf)
      .sort((a, b) => a - b)
  expect(sorted(grouped)).toEqual(sorted(schedule))
  expect(lengthOf(grouped[0][0])).toBe(Math.max(...numbers))
  expect(gap(schedule)).toBeGreaterThan(10)
  expect(gap(grouped)).toBeLessThan(6)
})

it('a stage trains in that order, and each row as in any other', async () => {
  const options = (change: object) =>
    sftOptionsSchema.parse({ ...sft, data: { grounding: 1, spatial: 1 }, learning_rate: 1e-12, ...change })
  await runStage(job('random', options({})))
  await runStage(job('grouped', options({ train_sampling_strategy: 'group_by_length' })))
  const tokens = (out: string): number[] =>
    readJsonl<{ num_tokens: number }>(path.join(at(out), 'metrics.jsonl')).map(
      // Told for the run so far.
      (one, i, rows) => one.num_tokens - (rows[i - 1]?.num_tokens ?? 0),
    )
  expect(Math.max(...tokens('grouped'))).toBe(tokens('grouped')[0])
  expect(tokens('grouped')).not.toEqual(tokens('random'))
})
