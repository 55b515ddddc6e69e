/** A model folder as a client: real weights (of a fresh micro model), real pictures. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readJson } from '../common/files.js'
import { hashString } from '../common/random.js'
import { liveTensors, scope, tensor } from '../torch/tensor.js'
import { writePictures, writeStart } from '../training/micro-model.test-helper.js'
import { generate } from '../vision-language/model/generate.js'
import { loadModel } from '../vision-language/model/model.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import type { AnswerOptions, AnswerRequest, Client } from './client.js'
import { type LocalOptions, openLocal } from './local.js'
import { openClient } from './open.js'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'local-'))
const folder = path.join(home, 'model')
const clients: Client[] = []
beforeAll(async () => {
  writeStart(folder, 3)
  await writePictures(home)
})
afterEach(() => {
  for (const client of clients.splice(0)) client.dispose?.()
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const picture = (i: number): string => path.join(home, `${i}.png`)
const open = async (options: LocalOptions = {}, dir = folder): Promise<Client> => {
  const client = await openLocal(dir, options)
  clients.push(client)
  return client
}
const ask = (id: string, change: Partial<AnswerRequest> = {}): AnswerRequest => ({
  id,
  media: [{ type: 'image', file: picture(0) }],
  text: 'Is the chair left of the bed?',
  ...change,
})
/** Words alone, one picture, several, a video: prompts of many lengths. */
const mixed: AnswerRequest[] = [0, 1, 2].flatMap((i) => [
  ask(`words ${i}`, { media: [] }),
  ask(`one ${i}`, { media: [{ type: 'image', file: picture(i) }] }),
  ask(`two ${i}`, { media: [i, i + 1].map((k) => ({ type: 'image', file: picture(k) })) }),
  ask(`video ${i}`, { media: [{ type: 'video', frames: [0, 1, 2, 3].map((k) => picture((i + k) % 6)) }] }),
])

async function collect(client: Client, requests: AnswerRequest[], options: Partial<AnswerOptions> = {}) {
  const found: Record<string, string> = {}
  for await (const answer of client.answer(requests, { max_new_tokens: 12, seed: 5, ...options }))
    found[answer.id] = 'text' in answer ? answer.text : `! ${answer.error}`
  return found
}

/** A copy of the model with other files. */
function variant(name: string, files: Record<string, unknown>): string {
  const to = path.join(home, name)
  fs.cpSync(folder, to, { recursive: true })
  for (const [file, value] of Object.entries(files))
    fs.writeFileSync(path.join(to, file), JSON.stringify(value))
  return to
}

describe('answers of local:DIR', () => {
  it('are the same however many are made at once', async () => {
    const sampled = { temperature: 1, top_p: 0.95, repetition_penalty: 1.2 }
    const together = await collect(await open({ batchMemory: 2 ** 40 }), mixed, sampled)
    expect(Object.keys(together).sort()).toEqual(mixed.map(({ id }) => id).sort())
    expect(new Set(Object.values(together)).size).toBeGreaterThan(6)
    const alone: Record<string, string> = {}
    const client = await open()
    for (const request of [...mixed].reverse())
      Object.assign(alone, await collect(client, [request], sampled))
    expect(alone).toEqual(together)
  })

  it('are those of the whole pipeline at once, with the text on either side of the pictures', async () => {
    const client = await open()
    const model = loadModel(folder)
    const processor = loadProcessor(folder)
    for (const text_first of [false, true]) {
      const request = ask('q', { text_first, system: 'You look.' })
      const parts = [
        { type: 'image' as const, image: picture(0) },
        { type: 'text' as const, text: request.text },
      ]
      const inputs = await processor.process(
        [
          { role: 'system', content: 'You look.' },
          { role: 'user', content: text_first ? parts.reverse() : parts },
        ],
        { add_generation_prompt: true },
      )
      const ids = scope(() => {
        const pixels = inputs.pixel_values as Float32Array
        return generate(
          model,
          {
            input_ids: [inputs.input_ids],
            image_grid_thw: inputs.image_grid_thw,
            pixel_values: tensor(pixels, [pixels.length / 1176, 1176]),
          },
          {
            temperature: 0.8,
            top_k: 20,
            max_new_tokens: 12,
            banned: processor.tokenizer.special.banned,
            counters: [[5, hashString('q')]],
          },
        )[0][0].ids
      })
      const expected = processor.tokenizer.decode(ids, { skip_special_tokens: true })
      expect(await collect(client, [request], { temperature: 0.8, top_k: 20 })).toEqual({ q: expected })
    }
    model.dispose()
    const [first, last] = [
      await collect(client, [ask('q', { text_first: true })]),
      await collect(client, [ask('q')]),
    ]
    expect(first).not.toEqual(last)
  })

  it('leave no tensor behind', async () => {
    const client = await open()
    const before = liveTensors()
    await collect(client, [...mixed, ask('broken', { media: [{ type: 'image', file: '/nowhere.png' }] })])
    expect(liveTensors()).toBe(before)
  })

  it('are refused one by one: a picture that is missing, cut off or no picture, a text that spells a picture', async () => {
    const cut = path.join(home, 'cut.png')
    fs.writeFileSync(cut, fs.readFileSync(picture(1)).subarray(0, 900))
    const none = path.join(home, 'none.png')
    fs.writeFileSync(none, 'none')
    const shows = (file: string) => ({ media: [{ type: 'image' as const, file }] })
    const found = await collect(await open(), [
      ask('good'),
      ask('missing', shows('/nowhere.png')),
      ask('cut', shows(cut)),
      ask('none', shows(none)),
      ask('spelt', { text: 'What is <|image_pad|>?' }),
      ask('unprepared', { prepare: () => Promise.reject(new Error('the film is broken')) }),
      ask('good too', { media: [] }),
    ])
    expect(found.good).not.toMatch(/^!/)
    expect(found['good too']).not.toMatch(/^!/)
    expect(found.missing).toBe('! /nowhere.png: expected a file or folder, got nothing there')
    expect(found.cut).toMatch(/^! .*cut\.png: expected a complete picture/)
    expect(found.none).toMatch(/^! .*none\.png: expected a picture/)
    expect(found.spelt).toBe('! conversation: expected 1 image placeholders for its images, got 2')
    expect(found.unprepared).toBe('! the film is broken')
  })

  it('make pictures right before they are read, a batch at a time', async () => {
    let prepared = 0
    let most = 0
    let answered = 0
    const requests = Array.from({ length: 9 }, (_, i) => {
      const file = path.join(home, `late ${i}.png`)
      const prepare = async (): Promise<void> => {
        prepared++
        most = Math.max(most, prepared - answered)
        fs.copyFileSync(picture(i % 6), file)
      }
      return ask(`q${i}`, { media: [{ type: 'image', file }], prepare })
    })
    // Room for two or three of these at once.
    const client = await open({ batchMemory: 6e5 })
    for await (const answer of client.answer(requests, { max_new_tokens: 4, seed: 1 })) {
      expect(answer).toHaveProperty('text')
      answered++
    }
    expect([prepared, answered]).toEqual([9, 9])
    expect(most).toBeGreaterThanOrEqual(2)
    expect(most).toBeLessThanOrEqual(4)
  })
})

describe('settings', () => {
  const file = 'generation_config.json'
  const sampling = { do_sample: true, temperature: 0.9, top_p: 0.8, top_k: 7, repetition_penalty: 1.3 }

  it('come from the checkpoint where they are left open, as in transformers', async () => {
    const { do_sample, ...explicit } = sampling
    const dir = variant('sampling', { [file]: sampling })
    const client = await open({}, dir)
    const own = await collect(client, mixed, { defaults: 'checkpoint' })
    const plain = await open({}, variant('plain', { [file]: { do_sample: true } }))
    expect(own).toEqual(await collect(plain, mixed, { ...explicit, defaults: 'checkpoint' }))
    expect(own).not.toEqual(await collect(plain, mixed, { defaults: 'checkpoint' }))
    const some = { temperature: 0.01, defaults: 'checkpoint' as const, max_new_tokens: 4, seed: 1 }
    expect(client.sampling?.(some)).toEqual({ ...explicit, temperature: 0.01 })
    // Nothing of the file reaches a run that does not ask for it.
    expect(client.sampling?.({ max_new_tokens: 4, seed: 1 })).toEqual({
      temperature: 0,
      top_p: 1,
      top_k: 0,
      repetition_penalty: 1,
    })
  })

  it.each([
    [
      'do_sample true alone',
      { do_sample: true },
      { temperature: 1, top_p: 1, top_k: 50, repetition_penalty: 1 },
    ],
    [
      'top_k null',
      { do_sample: true, top_k: null },
      { temperature: 1, top_p: 1, top_k: 0, repetition_penalty: 1 },
    ],
    [
      'do_sample absent',
      { temperature: 0.9 },
      { temperature: 0, top_p: 1, top_k: 50, repetition_penalty: 1 },
    ],
    ['no file', null, { temperature: 0, top_p: 1, top_k: 50, repetition_penalty: 1 }],
  ])('by its rule: %s', async (name, config, expected) => {
    const dir = variant(name, { [file]: config })
    if (config === null) fs.rmSync(path.join(dir, file))
    const client = await open({}, dir)
    expect(client.sampling?.({ max_new_tokens: 4, seed: 1, defaults: 'checkpoint' })).toEqual(expected)
    if (expected.temperature === 0) {
      const warm = await collect(client, mixed, { temperature: 0.9, defaults: 'checkpoint' })
      expect(warm).toEqual(await collect(client, mixed, { temperature: 0, defaults: 'checkpoint' }))
    }
  })

  it("end an answer by the checkpoint's ids", async () => {
    const answer = async (eos_token_id: number[]): Promise<string> => {
      const dir = variant(`ends ${eos_token_id.length}`, { [file]: { eos_token_id } })
      return (await collect(await open({}, dir), [ask('q')], { defaults: 'checkpoint' })).q
    }
    const { tokenizer } = loadProcessor(folder)
    const endless = await answer([])
    expect(tokenizer.encode(endless).length).toBeGreaterThan(6)
    const cut = await answer(tokenizer.encode(endless).slice(2))
    expect(cut.length).toBeGreaterThan(0)
    expect(cut.length).toBeLessThan(endless.length)
  })

  it.each([
    [
      { num_beams: 4 },
      /generation_config\.json num_beams: expected 1, since this program has no other, got 4/,
    ],
    [{ do_sample: 'yes' }, /generation_config\.json do_sample: expected .*boolean.*, got "yes"/],
  ])('that this program does not have are refused: %j', async (config, message) => {
    const client = await open({}, variant(JSON.stringify(config).replace(/\W/g, ''), { [file]: config }))
    await expect(collect(client, [ask('q')], { defaults: 'checkpoint' })).rejects.toThrow(message)
    expect(await collect(client, [ask('q')])).toEqual(await collect(await open(), [ask('q')]))
  })

  it('of the processor hold for one run, and for the sizes it tells', async () => {
    const pixels = { min_pixels: 28 * 28, max_pixels: 28 * 56 }
    const preprocessor = readJson(path.join(folder, 'preprocessor_config.json')) as object
    const small = await open(
      {},
      variant('small', { 'preprocessor_config.json': { ...preprocessor, ...pixels } }),
    )
    const client = await open()
    const seen = await collect(client, mixed, { pixels })
    expect(seen).toEqual(await collect(small, mixed))
    expect(seen).not.toEqual(await collect(client, mixed))
    expect(client.modelSize?.(84, 56, pixels)).toEqual(small.modelSize?.(84, 56))
    expect(client.modelSize?.(84, 56, pixels)).not.toEqual(client.modelSize?.(84, 56))
    // As Qwen's own loader does it: 731 × 548 becomes 728 × 560 first, and only then fits the limit.
    const paper = { min_pixels: 12544, max_pixels: 401408 }
    expect(client.modelSize?.(731, 548, paper)).toEqual({ width: 728, height: 532 })
    expect(client.modelSize?.(731, 548, { ...paper, resize_twice: true })).toEqual({
      width: 700,
      height: 532,
    })
  })
})

describe('memory', () => {
  it('is not asked for beyond what is allowed: a question too large is told, the others are answered', async () => {
    const large = ask('large', {
      media: [{ type: 'video', frames: [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5].map(picture) }],
    })
    const found = await collect(await open({ batchMemory: 3e5 }), [large, ask('words', { media: [] })])
    expect(found.large).toMatch(
      /^! memory: expected room for a prompt of \d+ tokens \(about [\d.]+ MB\), got 0\.3 MB to use$/,
    )
    expect(found.words).not.toMatch(/^!/)
  })

  const prlimit = spawnSync('prlimit', ['--version']).status === 0
  it.skipIf(!prlimit)(
    `that runs out halves the batch, and the answers stay the same${prlimit ? '' : ' (skipped: no prlimit to take memory away)'}`,
    () => {
      const helper = fileURLToPath(new URL('out-of-memory.test-helper.ts', import.meta.url))
      // Every ninth word ends an answer.
      const eos_token_id = Array.from({ length: 46 }, (_, i) => 9 * i)
      const dir = variant('short', { 'generation_config.json': { do_sample: true, eos_token_id } })
      const run = spawnSync(process.execPath, ['--import', 'tsx', helper, dir], { encoding: 'utf8' })
      expect(run.stderr).toMatch(/^(out of memory with \d+ questions at once; going on with \d+\n)+$/)
      expect(run.stderr).toContain('out of memory with 8 questions at once; going on with 4\n')
      const { free, tight, hopeless } = JSON.parse(run.stdout)
      expect(Object.keys(free)).toHaveLength(8)
      expect(tight).toEqual(free)
      expect(hopeless.q).toMatch(
        /^! memory: expected room for a prompt of \d+ tokens, got .*can't allocate memory/,
      )
    },
    60_000,
  )
})

describe('blind:local:DIR', () => {
  it('answers the same words as if nothing had been shown', async () => {
    const client = await openClient(`blind:local:${folder}`)
    clients.push(client)
    expect(client).toMatchObject({ name: `blind:local:${folder}`, blind: true })
    expect(client.fingerprint).toBe((await open()).fingerprint)
    const hidden = ask('q', {
      media: [{ type: 'image', file: '/nowhere.png' }],
      prepare: () => Promise.reject(new Error('prepared')),
    })
    expect(await collect(client, [hidden])).toEqual(await collect(await open(), [ask('q', { media: [] })]))
  })
})

it('reads the micro model of the repository', async () => {
  const dir = fileURLToPath(new URL('../../models/micro-base', import.meta.url))
  const found = await collect(await open({}, dir), [ask('q')], { defaults: 'checkpoint' })
  expect(found.q).not.toMatch(/^!/)
})
