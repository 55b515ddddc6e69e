/** The package as other programs use it, against what transformers computed with the same folder. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { formulaPicture } from '../images/formula-picture.js'
import {
  adamW,
  backward,
  batchInputs,
  clearGradients,
  type Inputs,
  loadModel,
  loadProcessor,
  readSafetensors,
  scope,
  type Tensor,
} from '../index.js'
import { engine } from '../torch/engine.js'
import { liveTensors } from '../torch/tensor.js'

const tiny = fileURLToPath(new URL('fixtures/tiny', import.meta.url))
const micro = fileURLToPath(new URL('../../models/micro-base', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'library-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** The reference's inputs of one case as tensors, and what it computed. */
function golden(name: string): { inputs: Inputs; get(key: string): Tensor } {
  const all = readSafetensors(`${tiny}/golden.safetensors`)
  const get = (key: string): Tensor => all.get(`${name}.${key}`) as Tensor
  const grids = (key: string) => {
    const flat = get(key)?.numbers()
    return (
      flat &&
      Array.from(
        { length: flat.length / 3 },
        (_, i) => flat.slice(3 * i, 3 * i + 3) as [number, number, number],
      )
    )
  }
  return {
    get,
    inputs: {
      input_ids: get('input_ids'),
      attention_mask: get('attention_mask'),
      labels: get('labels'),
      pixel_values: get('pixel_values'),
      image_grid_thw: grids('image_grid_thw'),
      pixel_values_videos: get('pixel_values_videos'),
      video_grid_thw: grids('video_grid_thw'),
      second_per_grid_ts: get('second_per_grid_ts')?.numbers(),
    },
  }
}

describe('a model', () => {
  const model = loadModel(tiny, { rope: '5.x' })
  it.each(['text', 'images', 'both', 'padded'])("gives transformers' logits and loss: %s", (name) => {
    scope(() => {
      const { get, inputs } = golden(name)
      const { logits, loss } = model.forward(inputs)
      expect(logits.shape).toEqual(get('logits').shape)
      expect(Math.abs((loss as Tensor).item() - get('loss').item())).toBeLessThan(1e-5)
      const { labels: _, ...unlabelled } = inputs
      expect(model.forward(unlabelled).loss).toBeNull()
    })
  })

  it("writes transformers' greedy tokens, and tells each as it is written", () => {
    scope(() => {
      const { get, inputs } = golden('images')
      const told: number[] = []
      const [{ ids }] = model.generate(inputs, {
        max_new_tokens: 16,
        suppress_tokens: [290, 293, 294, 295, 296, 297],
        onToken: (id) => told.push(id),
      })
      expect(ids).toEqual(get('generated').numbers().slice(0, ids.length))
      expect(told).toEqual(ids)
    })
  })

  it('draws the same for the same seed, whatever stands beside it, and otherwise for another', () => {
    const one = { input_ids: [5, 6, 7, 8] }
    const two = {
      input_ids: [
        [9, 10, 11, 12],
        [5, 6, 7, 8],
      ],
    }
    const options = { do_sample: true, max_new_tokens: 6, num_return_sequences: 2 }
    const answers = model.generate(one, options).map(({ ids }) => ids)
    expect(answers).toHaveLength(2)
    expect(answers[0]).not.toEqual(answers[1])
    expect(
      model
        .generate(two, options)
        .slice(2)
        .map(({ ids }) => ids),
    ).toEqual(answers)
    expect(model.generate(one, { ...options, seed: 1 }).map(({ ids }) => ids)).not.toEqual(answers)
  })

  it('takes flat patches as well as tensors, and leaves no tensor behind', () => {
    const before = liveTensors()
    scope(() => {
      const { get, inputs } = golden('images')
      const flat = { ...inputs, pixel_values: get('pixel_values').floats() }
      const [a, b] = [model.forward(inputs), model.forward(flat)]
      expect(b.logits.floats()).toEqual(a.logits.floats())
    })
    model.generate({ input_ids: [5, 6] }, { max_new_tokens: 3 })
    expect(liveTensors()).toBe(before)
  })

  it.each<[string, Inputs, string]>([
    ['no tokens', { input_ids: [] }, 'input_ids: expected at least one token, got none'],
    [
      'ragged rows',
      { input_ids: [[1, 2], [1]] },
      'input_ids: expected rows of 2 tokens, as the first, got one of 1',
    ],
    [
      'a short mask',
      { input_ids: [1, 2], attention_mask: [1] },
      'attention_mask: expected shape [1, 2], as input_ids, got [1, 1]',
    ],
    [
      'no label',
      { input_ids: [1, 2], labels: [5, -100] },
      'labels: expected a token that is not -100 after the first, got none',
    ],
    [
      'half a patch',
      { input_ids: [1, 2], pixel_values: new Float32Array(7) },
      'pixel_values: expected rows of',
    ],
  ])('refuses %s in one line', (_, inputs, line) => {
    expect(() => model.forward(inputs)).toThrow(line)
  })

  it.skipIf(engine().cudaAvailable())('says in one line that there is no GPU', () => {
    expect(() => loadModel(tiny, { device: 'cuda' })).toThrow(
      /^device cuda: expected a GPU that libtorch can use, got none with libtorch [^\n]+$/,
    )
    const anywhere = loadModel(tiny, { device: 'auto' })
    expect(anywhere.weights.get('model.norm.weight')?.device).toBe('cpu')
    anywhere.dispose()
  })

  it.each(['image', 'padded'])("gives transformers' attention weights on request: %s", (name) => {
    const before = liveTensors()
    scope(() => {
      const { get, inputs } = golden(name)
      const { attentions } = model.forward(inputs, { output_attentions: true })
      const wanted = get('attentions')
      const [layers, B, h, last, S] = wanted.shape
      expect(attentions.map(({ shape }) => [...shape])).toEqual(
        Array.from({ length: layers }, () => [B, h, S, S]),
      )
      const values = wanted.floats()
      attentions.forEach((layer, l) => {
        const own = layer.floats()
        for (let row = 0; row < B * h; row++)
          for (let i = 0; i < last * S; i++)
            expect(
              Math.abs(own[(row * S + S - last) * S + i] - values[(l * B * h + row) * last * S + i]),
            ).toBeLessThan(1e-6)
      })
      expect(model.forward(inputs).attentions).toEqual([])
    })
    expect(liveTensors()).toBe(before)
  })
})

describe('a folder with a processor', () => {
  const processor = loadProcessor(micro)
  const ask = (text: string, pictures = 1) =>
    processor.process([
      {
        role: 'user',
        content: [
          ...Array.from({ length: pictures }, (_, i) => ({
            type: 'image' as const,
            image: formulaPicture(84, 56, i),
          })),
          { type: 'text' as const, text },
        ],
      },
    ])

  it('answers a batch of conversations as it answers each alone', async () => {
    const model = loadModel(micro)
    const questions = await Promise.all([ask('what is in the picture ?'), ask('where is the chair ?', 2)])
    const batch = batchInputs(questions, processor.tokenizer.special.pad)
    expect(batch.input_ids[0]).toHaveLength(batch.input_ids[1].length)
    const options = { max_new_tokens: 12 }
    const together = model.generate(batch, options)
    const alone = questions.flatMap((question) => model.generate(question, options))
    expect(together).toEqual(alone)
    model.dispose()
  })

  it('learns by heart in bf16, is saved in shards, and is the same when read again', async () => {
    const model = loadModel(micro, { dtype: 'bf16' })
    const question = await ask('what is in the picture ?')
    const answer = processor.tokenizer.encode('a chair .')
    const input_ids = [...question.input_ids, ...answer]
    const labels = [...question.input_ids.map(() => -100), ...answer]
    const inputs = { ...question, input_ids, labels }
    for (const weight of model.weights.values()) weight.setRequiresGrad()
    const optimizer = adamW(model.weights)
    const losses: number[] = []
    for (let step = 0; step < 12; step++) {
      scope(() => {
        const { loss } = model.forward(inputs)
        losses.push((loss as Tensor).item())
        backward(loss as Tensor)
      })
      optimizer.step(1e-3)
      clearGradients([...model.weights.values()])
    }
    expect(losses[11]).toBeLessThan(0.5 * losses[0])
    const out = path.join(folder, 'learnt')
    await model.save(out, { shardBytes: 1e6 })
    expect(fs.readdirSync(out)).toContain('model.safetensors.index.json')
    const again = loadModel(out, { dtype: 'bf16' })
    for (const [name, weight] of model.weights)
      expect(again.weights.get(name)?.data(), name).toEqual(weight.data())
    expect(loadProcessor(out).tokenizer.encode('a chair .')).toEqual(answer)
    for (const one of [optimizer, model, again]) one.dispose()
  })
})
