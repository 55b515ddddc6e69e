/**
 * Training on data that is there: the released SpatialLadder-26k files as they are (fixtures/released: rows of their
 * schema and wording; the pictures are made here), and traces of one's own.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readJsonl } from '../common/jsonl.js'
import { encodeJpeg } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import { adoptColdStart, prepareGivenSamples } from './given-data.js'
import { readRecipe } from './recipe.js'
import { trainTo } from './run-ladder.js'

const released = fileURLToPath(new URL('fixtures/released', import.meta.url))
let home: string
const at = (...names: string[]): string => path.join(home, ...names)
interface Row {
  question_id: number
  question: string
  image: string[]
  data_type: string
}
const rowsOf = (name: string, folder = released): Row[] => readJsonl<Row>(path.join(folder, name))
const FILES = ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl', 'spld_coldstart_data.jsonl']
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'given-'))
  const images = new Set(FILES.flatMap((name) => rowsOf(name)).flatMap(({ image }) => image))
  const frame = await encodeJpeg(formulaPicture(1296, 968, 3))
  for (const image of images) {
    fs.mkdirSync(path.dirname(at('images', image)), { recursive: true })
    fs.writeFileSync(at('images', image), frame)
  }
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

it('the released rows become samples, sizes read from their pictures, doubled numbers told apart', async () => {
  const samples = await prepareGivenSamples({ samples: released, images: at('images') }, at('data'))
  expect(samples).toHaveLength(11)
  expect(samples[0]).toMatchObject({
    ...rowsOf(FILES[0])[0],
    question_type: 'object localization',
    options: null,
    scene_name: 'scene0055_00',
    images: [{ width: 1296, height: 968 }],
  })
  const [size, , , first, second] = samples.slice(6)
  // Upstream removes the placeholder from its questions.
  expect(size.question).toMatch(/^What is the length/)
  expect([first.question_id, second.question_id]).toEqual([10, 163])
  expect(second.images).toHaveLength(12)
  // Read once; what is kept gives the same again.
  fs.rmSync(at('data', 'images'))
  expect(await prepareGivenSamples({ samples: '/nowhere' }, at('data'))).toEqual(samples)
})

it('a sample whose picture is not there is named', async () => {
  fs.mkdirSync(at('few'))
  fs.copyFileSync(path.join(released, FILES[0]), at('few', FILES[0]))
  await expect(prepareGivenSamples({ samples: at('few'), images: home }, at('none'))).rejects.toThrow(
    /few sample .*160: expected its pictures in the folder of images, got not all of scene0055_00\/1070.jpg$/,
  )
  expect(fs.existsSync(at('none', 'stats.json'))).toBe(false)
})

it('traces of one’s own are checked and kept; what is there stays', () => {
  const good = path.join(released, FILES[2])
  fs.writeFileSync(at('bad.jsonl'), `${fs.readFileSync(good, 'utf8').replace('"solution"', '"answer"')}`)
  expect(() => adoptColdStart(at('bad.jsonl'), at('own'))).toThrow(/bad.jsonl row 1 field solution/)
  adoptColdStart(good, at('own'))
  adoptColdStart(at('bad.jsonl'), at('own'))
  expect(fs.readFileSync(at('own', FILES[2]), 'utf8')).toBe(fs.readFileSync(good, 'utf8'))
})

it('all four stages train on them', async () => {
  const given = { scans: { samples: released, images: at('images') } }
  const sft = { max_steps: 1, learning_rate: 1e-4, per_device_train_batch_size: 2 }
  fs.writeFileSync(
    at('recipe.yaml'),
    stringify({
      name: 'released',
      data: { train: given, test: given },
      model: {
        max_pixels: 12544,
        config: {
          hidden_size: 32,
          intermediate_size: 48,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          num_key_value_heads: 2,
          rope_scaling: { type: 'mrope', mrope_section: [2, 1, 1] },
          tie_word_embeddings: true,
          vision_config: {
            depth: 1,
            hidden_size: 16,
            num_heads: 2,
            intermediate_size: 24,
            out_hidden_size: 32,
            fullatt_block_indexes: [0],
          },
        },
      },
      stages: {
        perception: { ...sft, data: { grounding: 1 } },
        understanding: { ...sft, data: { spatial: 1 } },
        'cold-start': { ...sft, data: { coldstart: 1 } },
        reasoning: { ...sft, num_generations: 2, max_completion_length: 4 },
      },
    }),
  )
  const job = { recipe: readRecipe(at('recipe.yaml')), run: at('run') }
  const { folder, file } = await trainTo(job, 'reasoning')
  expect([path.basename(folder), file.steps]).toEqual(['4-reasoning', 1])
  const [{ prompt }] = readJsonl<{ prompt: string }>(path.join(folder, 'rollouts.jsonl'))
  expect(prompt).toMatch(/^Question: .*\nPlease Think about this question/s)
  const first = (stage: string): string =>
    fs.readFileSync(at('run', 'stages', stage, 'first-batch.txt'), 'utf8')
  // 1296 × 968 within 12,544 pixels is 112 × 84: boxes stand in those.
  const boxes = [...first('1-perception').matchAll(/"bbox_2d": \[(\d+), (\d+), (\d+), (\d+)\]/g)]
  expect(boxes.length).toBeGreaterThan(1)
  for (const [, ...corners] of boxes) expect(Math.max(...corners.map(Number))).toBeLessThan(112)
  expect(first('3-cold-start')).toContain('⟦<think>')
}, 120_000)
