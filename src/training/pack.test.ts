/** A question trained beside others about the same picture gets exactly what it would get alone. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clearGradients } from '../torch/autograd.js'
import { neg, sum } from '../torch/ops.js'
import { liveTensors, scope } from '../torch/tensor.js'
import { freshModel, type Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, type Encoded, sftRow } from './encode.js'
import type { Example } from './example.js'
import { examplesAt, microConfig, microProcessor, writePictures } from './micro-model.test-helper.js'
import { pack, packedHidden } from './pack.js'
import { Pictures } from './pictures.js'
import { backwardTokens, scoreTokens } from './token-loss.js'

let home: string
let processor: Processor
let pictures: Pictures
let model: Qwen2_5_VL
let encode: (example: Example) => Encoded
let examples: Example[]
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'pack-'))
  await writePictures(home)
  processor = microProcessor()
  pictures = new Pictures(processor.image_processor)
  model = freshModel(microConfig(processor.tokenizer), 3)
  encode = createEncoder(processor, pictures)
  examples = examplesAt(home, processor)
  await pictures.load(examples.flatMap(({ media }) => media))
})
afterAll(() => {
  pictures.dispose()
  model.dispose()
  fs.rmSync(home, { recursive: true, force: true })
})

/** Other questions about the same picture or video. */
const asked = (example: Example, ...texts: string[]): Example[] =>
  texts.map((text, i) => ({ ...example, id: `${example.id}/${i}`, text, answer: `${example.answer} ${i}` }))

const packed = (rows: Example[][]) => {
  const batch = pack(
    rows.map((row) => sftRow(row.map(encode))),
    model.config,
    model.rope,
  )
  const media = rows.flatMap(([first]) => first.media)
  return { batch, hidden: packedHidden(model, batch, pictures.batchFeatures(model, media, false)) }
}

/** Log-probabilities of the answers, example by example. */
function scored(rows: Example[][]): number[][] {
  return scope(() => {
    const { batch, hidden } = packed(rows)
    const logp = scoreTokens(model, hidden, batch)
    return batch.layout.branches.map((_, b) => Array.from(logp).filter((_, i) => batch.branch[i] === b))
  })
}

/** Gradients of -Σ log p of all answers. */
function gradientsOf(batches: Example[][][]): Map<string, Float32Array> {
  const weights = [...model.weights]
  for (const [, value] of weights) value.setRequiresGrad()
  for (const rows of batches)
    scope(() => {
      const { batch, hidden } = packed(rows)
      backwardTokens(model, hidden, batch, (logp) => neg(sum(logp)))
    })
  // Text alone never reaches the tower: no gradient there is a gradient of zero.
  const found = scope(
    () => new Map(weights.map(([name, value]) => [name, value.grad?.floats() ?? new Float32Array(1)])),
  )
  clearGradients(weights.map(([, value]) => value))
  for (const [, value] of weights) value.setRequiresGrad(false)
  return found
}

const row = {
  image: () => asked(examples[1], 'Where is the chair?', 'How many?', 'Is the bed left of the chair 0 ?'),
  views: () => asked(examples[2], 'How many chairs?', 'Which comes first?'),
  video: () => asked(examples[3], 'Which comes first?', 'How many chairs are in this room?', 'Where?'),
  text: () => asked({ id: 'text', media: [], text: '', answer: 'A' }, 'left or right?', 'How many?'),
}

describe.each(Object.keys(row) as (keyof typeof row)[])('questions about one %s', (kind) => {
  it('have the log-probabilities they have alone', () => {
    const together = scored([row[kind]()])
    const alone = row[kind]().map((example) => scored([[example]])[0])
    expect(together.map((one) => one.length)).toEqual(alone.map((one) => one.length))
    const gap = Math.max(...together.flat().map((x, i) => Math.abs(x - alone.flat()[i])))
    expect(gap).toBeLessThan(1e-5)
  })

  it('give the gradients they give alone', () => {
    const together = gradientsOf([[row[kind]()]])
    const alone = gradientsOf(row[kind]().map((example) => [[example]]))
    for (const [name, value] of together) {
      const want = alone.get(name) as Float32Array
      const scale = Math.max(...want.map(Math.abs))
      const gap = Math.max(...value.map((x, i) => Math.abs(x - want[i])))
      expect([name, gap <= 1e-5 * Math.max(1, scale)]).toEqual([name, true])
      if (kind !== 'text' || !name.startsWith('visual.')) expect([name, scale > 0]).toEqual([name, true])
    }
  })
})

it('rows of different length, kind and number of questions do not disturb each other', () => {
  const rows = [row.video(), row.image().slice(0, 1), row.views(), row.text()]
  const together = scored(rows).flat()
  const alone = rows.flat().flatMap((example) => scored([[example]])[0])
  expect(Math.max(...together.map((x, i) => Math.abs(x - alone[i])))).toBeLessThan(1e-5)
})

describe('a packed row', () => {
  it('trains on answers only, each predicted from the token before it', () => {
    scope(() => {
      const { batch } = packed([row.image()])
      const ids = Array.from(batch.ids)
      const { tokenizer } = processor
      const answers = row.image().map(({ answer }) => [...tokenizer.encode(answer), tokenizer.special.im_end])
      expect(batch.targets).toEqual(answers.flat())
      batch.sources.forEach((source, i) => {
        expect(ids[source + 1]).toBe(batch.targets[i])
      })
      // The first is predicted from the newline that opens the assistant's turn.
      const opening = tokenizer.encode('<|im_start|>assistant\n')
      const first = batch.sources[0]
      expect(ids.slice(first + 1 - opening.length, first + 1)).toEqual(opening)
    })
  })

  it('gives every branch the positions that follow its prefix', () => {
    scope(() => {
      const { batch } = packed([row.video()])
      const { prefixes, branches } = batch.layout
      const N = batch.ids.length
      let start = prefixes[0]
      for (const { length } of branches) {
        for (let axis = 0; axis < 3; axis++) {
          const positions = Array.from(batch.positions.subarray(axis * N, (axis + 1) * N))
          const first = 1 + Math.max(...positions.slice(0, prefixes[0]))
          expect(positions.slice(start, start + length)).toEqual(Array.from({ length }, (_, i) => first + i))
        }
        start += length
      }
      expect(start).toBe(N)
    })
  })

  it('leaves nothing behind', () => {
    const before = liveTensors()
    for (let i = 0; i < 3; i++) scored([row.image(), row.video()])
    expect(liveTensors()).toBe(before)
  })
})
