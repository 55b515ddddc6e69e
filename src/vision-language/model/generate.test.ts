/** Generation against transformers' greedy answers, and what sampling promises. */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSafetensors } from '../../torch/safetensors.js'
import { liveTensors, scope, type Tensor, tensor } from '../../torch/tensor.js'
import type { GridThw } from '../window-index.js'
import { generate } from './generate.js'
import { loadModel, type ModelInputs } from './model.js'
import { sampleTokens, shapeLogits } from './sampling.js'

const folder = fileURLToPath(new URL('../fixtures/tiny', import.meta.url))
/** The ids the reference was told never to write (bench/reference/tiny_checkpoint.py). */
const BANNED = [290, 293, 294, 295, 296, 297]
const model = loadModel(folder, { rope: '5.x' })

function load(name: string): { inputs: ModelInputs; generated: number[][] } {
  const all = readSafetensors(`${folder}/golden.safetensors`)
  const get = (key: string): Tensor | undefined => all.get(`${name}.${key}`)
  const rows = (key: string): number[][] | undefined => {
    const value = get(key)
    if (!value) return undefined
    const flat = value.numbers()
    const width = value.shape[1]
    return Array.from({ length: value.shape[0] }, (_, i) => flat.slice(i * width, (i + 1) * width))
  }
  return {
    inputs: {
      input_ids: rows('input_ids') ?? [],
      attention_mask: rows('attention_mask'),
      pixel_values: get('pixel_values'),
      image_grid_thw: rows('image_grid_thw') as GridThw[] | undefined,
      pixel_values_videos: get('pixel_values_videos'),
      video_grid_thw: rows('video_grid_thw') as GridThw[] | undefined,
      second_per_grid_ts: get('second_per_grid_ts')?.numbers(),
    },
    generated: rows('generated') ?? [],
  }
}

describe('greedy generation', () => {
  for (const name of ['text', 'image', 'images', 'video', 'both', 'padded']) {
    it(`writes the reference's tokens: ${name}`, () => {
      scope(() => {
        const { inputs, generated } = load(name)
        const answers = generate(model, inputs, { temperature: 0, max_new_tokens: 16, banned: BANNED })
        answers.forEach(([{ ids }], row) => {
          expect(ids).toEqual(generated[row].slice(0, ids.length))
        })
      })
    })
  }

  it('leaves no tensor behind', () => {
    const before = liveTensors()
    scope(() => {
      const { inputs } = load('padded')
      generate(model, inputs, { temperature: 1, max_new_tokens: 8, samples: 3 })
    })
    expect(liveTensors()).toBe(before)
  })
})

describe('repetition penalty', () => {
  /** Greedy answers by whole forward passes and the rule in plain numbers; padding is no part of a prompt. */
  function byHand(inputs: ModelInputs, penalty: number, steps: number): number[][] {
    return inputs.input_ids.map((_, row) => {
      const start = inputs.attention_mask?.[row] ? Array.from(inputs.attention_mask[row]).indexOf(1) : 0
      const ids = Array.from(inputs.input_ids[row]).slice(start)
      const answer: number[] = []
      while (answer.length < steps && answer.at(-1) !== model.config.eos_token_id) {
        const { logits } = model.forward({ input_ids: [[...ids, ...answer]] })
        const V = model.config.vocab_size
        const last = [...logits.floats().slice(-V)]
        for (const id of new Set([...ids, ...answer]))
          last[id] = last[id] < 0 ? Math.fround(last[id] * penalty) : Math.fround(last[id] / penalty)
        for (const id of BANNED) last[id] = Number.NEGATIVE_INFINITY
        answer.push(last.indexOf(Math.max(...last)))
      }
      return answer
    })
  }
  /** Three prompts of one, two and three words, padded on the left. */
  const prompts: ModelInputs = {
    input_ids: [
      [290, 290, 5],
      [290, 17, 9],
      [40, 17, 88],
    ],
    attention_mask: [
      [0, 0, 1],
      [0, 1, 1],
      [1, 1, 1],
    ],
  }
  const greedy = (penalty?: number) =>
    generate(model, prompts, {
      temperature: 0,
      max_new_tokens: 24,
      banned: BANNED,
      repetition_penalty: penalty,
    }).map(([{ ids }]) => ids)

  it.each([1.05, 1.6])('makes what was written less likely, prompt and answer alike: %s', (penalty) => {
    scope(() => {
      const answers = greedy(penalty)
      expect(answers).toEqual(byHand(prompts, penalty, 24))
      expect(answers).not.toEqual(greedy())
    })
  })

  it('is nothing at 1, and frees what it held', () => {
    const before = liveTensors()
    scope(() => expect(greedy(1)).toEqual(greedy()))
    greedy(1.3)
    expect(liveTensors()).toBe(before)
  })

  it('stops at the ids it is told', () => {
    scope(() => {
      const [first] = greedy()
      const cut = generate(model, prompts, { temperature: 0, max_new_tokens: 24, stop: [first[2]] })
      expect(cut[0][0]).toEqual({ ids: first.slice(0, first.indexOf(first[2]) + 1), finished: true })
    })
  })
})

describe('sampling', () => {
  it('gives an answer that does not change with its batch-mates', () => {
    scope(() => {
      const { inputs } = load('padded')
      const options = { temperature: 1, max_new_tokens: 12, banned: BANNED, samples: 4 }
      const together = generate(model, inputs, {
        ...options,
        counters: [
          [7, 0],
          [7, 1],
        ],
      })
      const one: ModelInputs = {
        input_ids: [inputs.input_ids[1]],
        attention_mask: [inputs.attention_mask?.[1] as number[]],
        pixel_values: inputs.pixel_values,
        image_grid_thw: inputs.image_grid_thw,
      }
      // The first row's picture comes first in the patches; the second row keeps only its own.
      const grids = inputs.image_grid_thw as GridThw[]
      const skip = grids[0].reduce((a, b) => a * b)
      const patches = inputs.pixel_values as Tensor
      one.pixel_values = tensor(patches.floats().slice(skip * patches.shape[1]), [
        patches.shape[0] - skip,
        patches.shape[1],
      ])
      one.image_grid_thw = grids.slice(1)
      const alone = generate(model, one, { ...options, counters: [[7, 1]] })
      expect(alone[0]).toEqual(together[1])
      expect(new Set(together[1].map((c) => c.ids.join())).size).toBeGreaterThan(1)
    })
  })

  it('never writes a banned id, and follows the distribution', () => {
    scope(() => {
      const logits = tensor([0, 1, 2, 3], [1, 4])
      const share = [0, 1, 2, 3].map((x) => Math.exp(x))
      const total = share.reduce((a, b) => a + b)
      const counts = [0, 0, 0, 0]
      const n = 4000
      for (let i = 0; i < n; i++) counts[sampleTokens(logits, { temperature: 1 }, [(i + 0.5) / n])[0]]++
      counts.forEach((count, i) => {
        expect(count / n).toBeCloseTo(share[i] / total, 2)
      })
    })
  })

  it('keeps the k likeliest, or the smallest set that reaches p', () => {
    scope(() => {
      const logits = tensor([0, 1, 2, 3], [1, 4])
      const finite = (x: Tensor): boolean[] => [...x.floats()].map(Number.isFinite)
      expect(finite(shapeLogits(logits, { temperature: 1, top_k: 2 }))).toEqual([false, false, true, true])
      // Probabilities .03 .09 .24 .64: 0.8 needs the two likeliest, 0.6 only the first.
      expect(finite(shapeLogits(logits, { temperature: 1, top_p: 0.8 }))).toEqual([false, false, true, true])
      expect(finite(shapeLogits(logits, { temperature: 1, top_p: 0.6 }))).toEqual([false, false, false, true])
    })
  })
})
