import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerRequest, Client } from '../clients/client.js'
import { readJsonl } from '../common/jsonl.js'
import type { Sample } from '../schema/sample.js'
import { type InferSettings, inferSamples as infer, requestOf } from './ask-samples.js'
import { sharedCard } from './card.js'
import type { Prediction } from './infer.js'
import { makeBoxes, makeSample } from './sample-for-tests.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'infer-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const samples = [0, 1, 2, 3].map((question_id) => makeSample({ question_id }))
const idOf = (n: number): string => `relative direction/single_image/${n}`

/** Answers `A` to everything and remembers what it was asked. */
function recorder(before?: (id: string) => void): Client & { asked: string[] } {
  const asked: string[] = []
  return {
    name: 'test:a',
    blind: true,
    asked,
    async *answer(requests: AnswerRequest[]) {
      for (const { id } of requests) {
        asked.push(id)
        before?.(id)
        yield { id, text: 'A' }
      }
    },
  }
}

const settings = (client: Client, change: Partial<InferSettings> = {}): InferSettings => ({
  client,
  samples,
  out: path.join(folder, 'predictions.jsonl'),
  imageRoot: folder,
  mode: 'direct',
  style: 'compact',
  options: { max_new_tokens: 8, temperature: 0, seed: 1 },
  ...change,
})
async function* answerB(requests: AnswerRequest[]) {
  for (const { id } of requests) yield { id, text: 'B' }
}
const rows = (): Prediction[] => readJsonl<Prediction>(path.join(folder, 'predictions.jsonl'))

describe('a killed run goes on', () => {
  it('drops the half-written line and asks only what has no answer', async () => {
    const stopped = { ...recorder(), answer: (some: AnswerRequest[]) => answerB(some.slice(0, 2)) }
    await infer(settings(stopped))
    fs.appendFileSync(path.join(folder, 'predictions.jsonl'), `{"id":"${idOf(2)}","predic`)
    const client = recorder()
    expect(await infer(settings(client))).toEqual({ resumed: 2, answered: 2, failed: 0, unanswered: 0 })
    expect(client.asked).toEqual([idOf(2), idOf(3)])
    expect(rows().map(({ id, prediction }) => [id, prediction])).toEqual([
      [idOf(0), 'B'],
      [idOf(1), 'B'],
      [idOf(2), 'A'],
      [idOf(3), 'A'],
    ])
  })

  it('has every finished answer on disk before the next one is made', async () => {
    const seen: number[] = []
    const file = path.join(folder, 'predictions.jsonl')
    await infer(settings(recorder(() => seen.push(fs.existsSync(file) ? rows().length : 0))))
    expect(seen).toEqual([0, 1, 2, 3])
  })

  it('asks nothing when all is answered', async () => {
    await infer(settings(recorder()))
    const again = recorder()
    expect(await infer(settings(again))).toEqual({ resumed: 4, answered: 0, failed: 0, unanswered: 0 })
    expect(again.asked).toEqual([])
  })
})

describe('answers are never mixed up', () => {
  it('refuses to go on in another mode', async () => {
    await infer(settings(recorder()))
    await expect(infer(settings(recorder(), { mode: 'think' }))).rejects.toThrow(
      /predictions\.jsonl \(mode\): expected answers made with think, got direct/,
    )
  })

  it('refuses other weights under the same name', async () => {
    await infer(settings({ ...recorder(), fingerprint: 'aaa' }))
    await expect(infer(settings({ ...recorder(), fingerprint: 'bbb' }))).rejects.toThrow(
      /\(fingerprint\): expected answers made with bbb, got aaa/,
    )
  })

  it('goes on with the same weights under another path', async () => {
    await infer(settings({ ...recorder(), fingerprint: 'aaa' }))
    const moved = await infer(settings({ ...recorder(), name: 'local:elsewhere', fingerprint: 'aaa' }))
    expect(moved.answered).toBe(0)
    await expect(
      infer(settings({ ...recorder(), name: 'local:elsewhere', fingerprint: undefined })),
    ).rejects.toThrow('expected answers made with')
  })

  it('refuses answers of a model that sees the pictures for one that does not', async () => {
    await infer(settings({ ...recorder(), name: 'local:x', fingerprint: 'aaa' }))
    await expect(
      infer(settings({ ...recorder(), name: 'blind:local:x', fingerprint: 'aaa' })),
    ).rejects.toThrow(/\(client\): expected answers made with blind:local:x, got local:x/)
  })

  it('refuses answers of which nothing says how they were made', async () => {
    await infer(settings(recorder()))
    fs.rmSync(path.join(folder, 'protocol.json'))
    await expect(infer(settings(recorder()))).rejects.toThrow(
      /predictions\.jsonl: expected .*protocol\.json, which says how its answers were made, got nothing there/,
    )
  })

  it.each([
    [
      '{"id":"relative direction/single_image/0","prediction":"B"}',
      /row 5: expected an id not seen before, got .*0, as in row 1/,
    ],
    ['{"id":0,"prediction":"A"}', /row 5: expected an id and a prediction, as texts, got {"id":0/],
    ['null', /row 5: expected an id and a prediction, as texts, got null/],
  ])('refuses to go on from a row like %s', async (row, message) => {
    await infer(settings(recorder()))
    fs.appendFileSync(path.join(folder, 'predictions.jsonl'), `${row}\n`)
    await expect(infer(settings(recorder()))).rejects.toThrow(message)
  })

  it('keeps the answers of two models in one folder apart', async () => {
    const [one, two] = ['one', 'two'].map((name) => ({
      out: path.join(folder, `${name}.jsonl`),
      client: { ...recorder(), name: `test:${name}` },
    }))
    await infer(settings(one.client, { out: one.out }))
    await infer(settings(two.client, { out: two.out }))
    // Each goes on beside its own card.
    expect(await infer(settings(one.client, { out: one.out }))).toMatchObject({ resumed: 4 })
    expect(() => sharedCard([one.out, two.out])).toThrow(
      /two\.jsonl \(client\): expected answers made with test:one, as those of .*one\.jsonl, got test:two/,
    )
    expect(sharedCard([two.out, path.join(folder, 'theirs.jsonl')])).toMatchObject({ client: 'test:two' })
  })

  it('refuses answers to another question with the same id', async () => {
    await infer(settings(recorder()))
    const changed = samples.map((sample) => ({ ...sample, question: 'Another question?' }))
    await expect(infer(settings(recorder(), { samples: changed }))).rejects.toThrow(
      /row 1: expected an answer to relative direction\/single_image\/0 as asked now/,
    )
  })

  it('says which picture is missing before asking anything', async () => {
    const client = { ...recorder(), blind: false }
    await expect(infer(settings(client))).rejects.toThrow(
      /scene9000_00\/0\.jpg \(of relative direction\/single_image\/0\): expected a picture, got nothing there/,
    )
    expect(client.asked).toEqual([])
  })

  it('counts what a client leaves unanswered', async () => {
    const silent: Client = { name: 'test:silent', blind: true, async *answer() {} }
    expect(await infer(settings(silent))).toEqual({ resumed: 0, answered: 0, failed: 0, unanswered: 4 })
  })
})

describe('requests', () => {
  const ask = (sample: Sample, mode: 'direct' | 'think') =>
    requestOf(sample, { imageRoot: '/images', mode, style: 'compact' })

  it('shows a frame list as one video and views as single pictures', () => {
    const image = ['s/0.jpg', 's/20.jpg']
    const images = image.map((_, i) => ({ width: 10, height: 10, frame_id: i }))
    expect(ask(makeSample({ image, images, data_type: 'video' }), 'direct').media).toEqual([
      { type: 'video', frames: ['/images/s/0.jpg', '/images/s/20.jpg'] },
    ])
    expect(ask(makeSample({ image, images, data_type: 'multi_view' }), 'direct').media).toHaveLength(2)
  })

  it('asks for reasoning where it is wanted, but never with boxes', () => {
    expect(ask(makeSample(), 'think').text).toContain('Think, then answer.')
    expect(ask(makeSample(), 'direct').text).toContain('Answer directly.')
    expect(ask(makeBoxes(0, [['bed', [0, 0, 10, 10]]]), 'think').text).toBe(
      'Give the boxes of the bed in JSON.',
    )
  })
})
