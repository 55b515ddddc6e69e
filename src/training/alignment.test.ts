/** Alignment: its loss is what the model's own logits say, and training on it makes names point at their places. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeJsonl } from '../common/jsonl.js'
import { cellWords } from '../dataset/cells.js'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import {
  type CellRow,
  COLUMNS,
  DISTANCES,
  HEIGHTS,
  NOTHING,
  type Place,
  ROWS,
  WIDTHS,
} from '../schema/cell-row.js'
import { clearGradients } from '../torch/autograd.js'
import { muon } from '../torch/muon.js'
import { logSoftmax } from '../torch/ops.js'
import { scope, type Tensor, tensor } from '../torch/tensor.js'
import { createChatTemplate, qwenChatTemplate } from '../vision-language/chat-template.js'
import { parseImageProcessorConfig } from '../vision-language/image-processor.js'
import { freshModel, Qwen2_5_VL } from '../vision-language/model/model.js'
import { isHidden } from '../vision-language/model/names.js'
import { createProcessor, type Processor } from '../vision-language/processor.js'
import { createTokenizer } from '../vision-language/tokenizer.js'
import { buildWordTokenizer } from '../vision-language/word-tokenizer.js'
import { createAlignment } from './alignment.js'
import { createEncoder } from './encode.js'
import { type Example, readCells } from './example.js'
import { firstBatchText } from './first-batch.js'
import { microConfig } from './micro-model.test-helper.js'
import { Pictures } from './pictures.js'
import { createSft } from './sft.js'

const NAMES = ['bed', 'chair', 'lamp']
const SIZES: [number, number][] = [
  [168, 112],
  [168, 112],
  [84, 56],
]
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'alignment-'))
let [examples, processor]: [Example[], Processor | null] = [[], null]

const place = (k: number): Place => ({
  column: COLUMNS[k % 12],
  row: ROWS[(7 - k) % 8],
  distance: DISTANCES[k % 8],
  width: 'slim',
  height: 'tall',
})
const rows: CellRow[] = SIZES.map((_, i) => ({
  image: `${i}.png`,
  cells: Array.from({ length: 24 }, (_, cell) =>
    (cell + i) % 3 === 0 ? null : { name: NAMES[(cell + i) % 2], place: place(cell % 6) },
  ),
  names: [
    { name: 'chair', place: null },
    { name: 'bed', place: place(i) },
  ],
}))

beforeAll(async () => {
  for (const [i, [width, height]] of SIZES.entries())
    fs.writeFileSync(path.join(folder, `${i}.png`), await encodePng(formulaPicture(width, height, 7 * i)))
  writeJsonl(path.join(folder, 'cells.jsonl'), rows)
  examples = readCells(path.join(folder, 'cells.jsonl'), folder)
  const texts = ['system\nYou are a helpful assistant.\nuser\nassistant\n', cellWords(NAMES)]
  const { tokenizerJson, tokenizerConfig } = buildWordTokenizer(texts)
  processor = createProcessor(
    createTokenizer(tokenizerJson, tokenizerConfig),
    parseImageProcessorConfig({ min_pixels: 784, max_pixels: 18816 }),
    createChatTemplate(qwenChatTemplate),
  )
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

async function setUp(some: readonly Example[]) {
  const using = processor as Processor
  const model = freshModel(microConfig(using.tokenizer), 3)
  for (const value of model.weights.values()) value.setRequiresGrad()
  const pictures = new Pictures(using.image_processor)
  await pictures.load(some.flatMap(({ media }) => media))
  const encoded = some.map(createEncoder(using, pictures))
  return { model, pictures, encoded, alignment: createAlignment(model, using, pictures, NAMES), using }
}

describe('alignment', () => {
  it('costs what the logits of a model of one and of two layers say', async () => {
    const { model, pictures, encoded, alignment, using } = await setUp(examples.slice(0, 1))
    const [{ shared, images, example }] = encoded
    const { tokenizer } = using
    const id = (word: string): number => tokenizer.encode(` ${word}`)[0]
    const ids = [...shared, ...tokenizer.encode(' chair bed')]
    scope(() => {
      const { pixel_values } = pictures.patches(example.media)
      const patches = tensor(pixel_values, [96, pixel_values.length / 96])
      const inputs = { input_ids: [ids], pixel_values: patches, image_grid_thw: images }
      /** −log p of a word among `words`, by the logits of one token. */
      const cost = (logits: Tensor, token: number, words: readonly string[], right: string): number => {
        const all = logits.numbers()
        const start = token * using.tokenizer.vocab_size
        const chosen = logSoftmax(tensor(words.map((word) => all[start + id(word)])), -1).numbers()
        return -chosen[words.indexOf(right)]
      }
      const after = [1, 2].map(
        (num_hidden_layers) =>
          new Qwen2_5_VL({ ...model.config, num_hidden_layers }, model.weights).forward(inputs).logits,
      )
      // A decoder without layers has the final norm alone.
      const none = new Qwen2_5_VL({ ...model.config, num_hidden_layers: 0 }, model.weights).forward(
        inputs,
      ).logits
      const objects = [NOTHING, ...NAMES]
      const first = ids.indexOf(tokenizer.special.image)
      const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length
      const { cells } = rows[0]
      /** Of the five words of a place at one token. */
      const placeCost = (logits: Tensor, token: number, { column, row, distance, width, height }: Place) =>
        cost(logits, token, COLUMNS, column) +
        cost(logits, token, ROWS, row) +
        cost(logits, token, DISTANCES, distance) +
        cost(logits, token, WIDTHS, width) +
        cost(logits, token, HEIGHTS, height)
      const shown =
        mean(cells.map((cell, k) => cost(none, first + k, objects, cell?.name ?? NOTHING))) +
        mean(cells.flatMap((cell, k) => (cell ? [placeCost(none, first + k, cell.place)] : [])))
      const [chair, bed] = [ids.length - 2, ids.length - 1]
      const lookup = (logits: Tensor): number =>
        mean([cost(logits, chair, objects, NOTHING), cost(logits, bed, objects, 'bed')]) +
        placeCost(logits, bed, place(0))
      const expected = shown + lookup(after[0]) + 2 * lookup(after[1])
      const { loss, tokens } = alignment.accumulate(encoded, 0.5)
      expect(tokens).toBe(ids.length)
      expect(Math.abs(loss / (0.5 * expected) - 1)).toBeLessThan(1e-5)
    })
    model.dispose()
  })

  it('is learnt beside answers: both losses add up, and names point at their places in the end', async () => {
    const { model, pictures, using } = await setUp(examples)
    const [one, two] = examples
    const told: Example = { id: 'told', media: one.media, text: 'lamp', answer: 'near' }
    const trainer = (schedule: Example[][][]) =>
      createSft({ model, processor: using, pictures, schedule, frozenTower: false })
    const lossOf = (rows: Example[][]) => {
      const metrics = scope(() => trainer([rows]).accumulate(0))
      clearGradients([...model.weights.values()])
      return metrics
    }
    const [apart, text, both] = [[[one]], [[told]], [[one], [told]]].map(lossOf)
    expect(Math.abs(both.loss - apart.loss - text.loss)).toBeLessThan(1e-5 * both.loss)
    expect(both.num_tokens).toBe(apart.num_tokens + text.num_tokens)
    expect(apart).not.toHaveProperty('entropy')
    const steps = 80
    const optimizer = muon(model.weights, isHidden)
    const learning = trainer(Array.from({ length: steps }, () => [[one], [two], [told]]))
    const accuracies = Array.from({ length: steps }, (_, step) => {
      const metrics = scope(() => learning.accumulate(step))
      optimizer.step(0.01)
      clearGradients([...model.weights.values()])
      return metrics['alignment/column_accuracy']
    })
    expect(accuracies[0]).toBeLessThan(1)
    expect(accuracies.slice(-5)).toEqual([1, 1, 1, 1, 1])
    optimizer.dispose()
    model.dispose()
  })

  it('is shown in the first batch as what it brings together', async () => {
    const { model, pictures, using } = await setUp(examples.slice(0, 1))
    const text = firstBatchText([examples.slice(0, 1)], {
      processor: using,
      pictures,
      model,
      isPrompt: false,
    })
    expect(text).toMatch(/^=== row 1 of 1: cells\.jsonl\/0: cells ⟦nothing, chair near, bed nearby, nothing,/)
    expect(text).toContain('names chair ⟦nothing⟧, bed ⟦one eighth close slim tall⟧')
    model.dispose()
  })

  it('refuses a picture whose visual tokens are not its cells, and a row without them', async () => {
    const { model, encoded, alignment } = await setUp(examples)
    expect(() => alignment.accumulate(encoded, 1)).toThrow(
      'cells.jsonl/2: expected a picture of 6 x 4 visual tokens, as its cells are, got 3 x 2',
    )
    model.dispose()
    const file = path.join(folder, 'broken.jsonl')
    writeJsonl(file, [rows[0], { ...rows[1], names: undefined }])
    expect(() => readCells(file, folder)).toThrow(/broken\.jsonl row 2 field names: expected image, cells/)
  })
})
