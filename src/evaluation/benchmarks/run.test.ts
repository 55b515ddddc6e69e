import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blindfold } from '../../clients/blind.js'
import type { Client } from '../../clients/client.js'
import { openClient } from '../../clients/open.js'
import { readJsonl, writeJsonl } from '../../common/jsonl.js'
import { silentProgress } from '../../common/progress.js'
import { encodePng } from '../../images/codec.js'
import { formulaPicture } from '../../images/formula-picture.js'
import type { Prediction } from '../infer.js'
import { makeNumber, makeSample } from '../sample-for-tests.js'
import { ownSamples } from './own-samples.js'
import { folderName, type Prepared } from './prepared.js'
import { gatherResults, readItemResults } from './results.js'
import { type ModelRun, runBaseline, runModel } from './run.js'

let folder: string
let prepared: Prepared
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'run-'))
  prepared = await prepare()
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Three choices and three numbers in three rooms, with a small picture each. */
async function prepare(): Promise<Prepared> {
  const samples = [0, 1, 2].flatMap((question_id) => {
    const scene_name = `scene900${question_id}_00`
    const image = [`${scene_name}/0.png`]
    return [
      makeSample({ question_id, scene_name, image }),
      makeNumber(question_id, '4', { scene_name, image }),
    ]
  })
  for (const { image } of samples) {
    const file = path.join(folder, image[0])
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, await encodePng(formulaPicture(56, 56, 1)))
  }
  const data = path.join(folder, 'samples.jsonl')
  writeJsonl(data, samples)
  const loaded = await ownSamples.load(data)
  return { benchmark: ownSamples, loaded, items: loaded.items }
}

/** Answers by rule; every picture must have been made when it is asked. */
function client(
  say: (id: string, n: number) => string | { error: string },
  name = 'test:rule',
): Client & { asked: string[] } {
  const asked: string[] = []
  return {
    name,
    fingerprint: name,
    asked,
    async *answer(requests) {
      for (const { id, prepare, media } of requests) {
        await prepare?.()
        for (const item of media) if (item.type === 'image') expect(fs.existsSync(item.file)).toBe(true)
        const text = say(id, asked.push(id) - 1)
        yield typeof text === 'string' ? { id, text } : { id, ...text }
      }
    },
  }
}

const run = (model: Client, change: Partial<ModelRun> = {}): Promise<Awaited<ReturnType<typeof runModel>>> =>
  runModel({
    prepared,
    client: model,
    name: model.name,
    kind: 'model',
    family: 'local',
    protocols: ['official', 'paper', 'strict'],
    out: path.join(folder, 'out'),
    cache: path.join(folder, 'cache'),
    seed: 1,
    progress: () => silentProgress,
    ...change,
  })
const answerFolders = (model = 'test-rule'): string[] =>
  fs
    .readdirSync(path.join(folder, 'out', 'Samples', model))
    .filter((name) => name.startsWith('answers-'))
    .map((name) => path.join(folder, 'out', 'Samples', model, name))

describe('a model on a benchmark', () => {
  it('answers once for protocols that ask alike, and is scored under each', async () => {
    const model = client((id) => (id.includes('count') ? '<answer>4</answer>' : '<answer>(A)</answer>'))
    const [official, paper, strict] = await run(model)
    // Six questions in our own words, six in the paper's; strict reads the paper's answers.
    expect(model.asked).toHaveLength(12)
    expect(answerFolders()).toHaveLength(2)
    expect(official).toMatchObject({ protocol: 'official', prompt_type: 'thinking', overall: 0.5, n: 6 })
    expect(paper.overall).toBe(0.5)
    expect(strict).toMatchObject({ overall: 1, correct: 3, card: { prompt_type: 'thinking' } })
    const items = readItemResults(path.join(folder, 'out/Samples/test-rule/paper/items.jsonl'))
    expect(items).toHaveLength(6)
    expect(items[0]).toMatchObject({
      prediction: '<answer>(A)</answer>',
      parsed: null,
      score: 0,
      counted: true,
    })
    expect(fs.existsSync(items[0].pictures[0])).toBe(true)
  })

  it('keeps what earlier runs found under other protocols', async () => {
    const model = () => client(() => '<answer>(A)</answer>')
    const found = () =>
      gatherResults(path.join(folder, 'out'))
        .disagreements.map(({ asked_by, protocols, count }) => [asked_by, ...protocols, count].join(' '))
        .toSorted()
    await run(model())
    const all = found()
    const again = model()
    await run(again, { protocols: ['strict'] })
    expect(again.asked).toEqual([])
    expect(found()).toEqual(all)
    fs.rmSync(path.join(folder, 'out'), { recursive: true })
    // One after another as all at once.
    for (const name of ['official', 'paper', 'strict'] as const) await run(model(), { protocols: [name] })
    expect(found()).toEqual(all)
  })

  it('says where protocols disagree about the same answers', async () => {
    await run(client(() => '<answer>(A)</answer>'))
    const { disagreements } = gatherResults(path.join(folder, 'out'))
    const found = disagreements.map(({ asked_by, protocols, count }) => [asked_by, ...protocols, count])
    expect(found).toContainEqual(['paper', 'paper', 'strict', 3])
    expect(found).toContainEqual(['official', 'official', 'paper', 0])
  })

  it('lists failures, counts them as the protocol does, and asks them again', async () => {
    const flaky = client((_, n) =>
      n === 0 ? { error: 'expected a picture, got none' } : '<answer>A</answer>',
    )
    const told: unknown[] = []
    const [official, paper] = await run(flaky, {
      protocols: ['official', 'paper'],
      failed: (...words) => told.push(words),
    })
    expect(official).toMatchObject({ n: 6, missing: 1, left_out: 0 })
    expect(paper).toMatchObject({ n: 6, missing: 0 })
    expect(told).toEqual([
      ['Samples official', 1, expect.stringMatching(/answers-\w+\/predictions\.failures\.jsonl$/)],
    ])
    const failures = answerFolders().flatMap((place) => {
      const file = path.join(place, 'predictions.failures.jsonl')
      return fs.existsSync(file) ? readJsonl<{ id: string; error: string }>(file) : []
    })
    expect(failures).toEqual([{ id: flaky.asked[0], error: 'expected a picture, got none' }])
    const again = client(() => '<answer>A</answer>')
    const [mended] = await run(again, { protocols: ['official', 'paper'] })
    expect(again.asked).toEqual([flaky.asked[0]])
    expect(mended.missing).toBe(0)
  })

  it('goes on where it was stopped, after a half-written line too', async () => {
    const controller = new AbortController()
    const first = client((_, n) => {
      if (n === 2) controller.abort()
      return '<answer>A</answer>'
    })
    const protocols = ['official'] as const
    await expect(run(first, { protocols, signal: controller.signal })).rejects.toThrow()
    const [place] = answerFolders()
    const file = path.join(place, 'predictions.jsonl')
    expect(readJsonl(file)).toHaveLength(3)
    fs.appendFileSync(file, '{"id":"relative dir')
    const second = client(() => '<answer>A</answer>')
    await run(second, { protocols })
    expect(second.asked).toHaveLength(3)
    expect(new Set(readJsonl<Prediction>(file).map(({ id }) => id)).size).toBe(6)
  })

  it('never takes answers of another model, of other data or of other settings', async () => {
    const protocols = ['official'] as const
    await run(
      client(() => 'A'),
      { protocols },
    )
    const other = { ...client(() => 'A'), fingerprint: 'other weights' }
    await expect(run(other, { protocols })).rejects.toThrow(
      /\(fingerprint\): expected answers made with other weights, got test:rule; use a fresh folder/,
    )
    await expect(
      run(
        client(() => 'A'),
        { protocols, seed: 2 },
      ),
    ).rejects.toThrow(/\(seed\): expected/)
    const items = prepared.loaded.items.map((item) => ({
      ...item,
      answer: item.kind === 'number' ? '5' : 'B',
    }))
    const changed = { ...prepared, loaded: { ...prepared.loaded, items }, items }
    await expect(
      run(
        client(() => 'A'),
        { protocols, prepared: changed },
      ),
    ).rejects.toThrow(/\(data\): expected/)
  })
})

it('a folder is named after the model, in whatever script, and never longer than a name may be', () => {
  expect(folderName('local:runs/micro/stages/1-perception')).toBe('local-runs-micro-stages-1-perception')
  expect(folderName('openai:模型/甲')).toBe('openai-模型-甲')
  expect(folderName('..')).toMatch(/^[0-9a-f]{8}$/)
  const [one, two] = ['a', 'b'].map((end) => folderName(`replay:/${'long/'.repeat(80)}${end}.jsonl`))
  expect(one).not.toBe(two)
  expect(Buffer.byteLength(one)).toBeLessThan(200)
})

describe('results', () => {
  it('gather every model and baseline of a folder, and pair the models', async () => {
    const protocols = ['official'] as const
    const out = path.join(folder, 'out')
    for (const baseline of ['chance', 'frequent'] as const)
      runBaseline({ prepared, baseline, protocols, out, seed: 1 })
    await run(
      client(() => '<answer>A</answer>', 'test:one'),
      { protocols },
    )
    expect(gatherResults(out).scores.map(({ name }) => name)).toEqual(['chance', 'frequent', 'test:one'])
    await run(
      client((id) => (id.includes('count') ? '4' : 'A'), 'test:two'),
      { protocols },
    )
    const { scores, comparisons } = gatherResults(out)
    expect(scores.map(({ name, overall }) => [name, overall])).toEqual([
      ['chance', null],
      ['frequent', 1],
      ['test:one', 0.5],
      ['test:two', 1],
    ])
    const [{ first, second, rows }] = comparisons
    expect([first, second, rows[0].difference]).toEqual(['test:one', 'test:two', 0.5])
  })

  it('refuse a file that no run leaves', async () => {
    const out = path.join(folder, 'out')
    runBaseline({ prepared, baseline: 'chance', protocols: ['official'], out, seed: 1 })
    const file = path.join(out, 'Samples/chance/official/scores.json')
    fs.writeFileSync(file, '{"version": 1}')
    expect(() => gatherResults(out)).toThrow(/scores\.json benchmark: expected what an evaluation leaves/)
  })
})

describe('the micro base', () => {
  const protocols = ['official'] as const
  const promptType = 'default'
  const limited = (limit = 4) => ({ ...prepared, items: prepared.items.slice(0, limit), limit })
  const texts = (place: string) =>
    new Map(
      readJsonl<Prediction>(path.join(place, 'predictions.jsonl')).map(({ id, prediction }) => [
        id,
        prediction,
      ]),
    )
  let model: Client | undefined
  afterEach(() => model?.dispose?.())
  const open = async (): Promise<Client> => {
    model = await openClient('local:models/micro-base')
    return model
  }

  it('answers real pictures; stopped after one answer, it goes on to the same ones', async () => {
    const model = await open()
    const job = { protocols, promptType, prepared: limited(3) } as const
    const [scores] = await run(model, job)
    expect(scores).toMatchObject({ n: 3, missing: 0, kind: 'model' })
    expect(scores.card).toMatchObject({
      client: 'local:models/micro-base',
      fingerprint: expect.stringMatching(/^[0-9a-f]{8}/),
      prompt_type: 'default',
      sampling: { temperature: 0, top_p: 1, repetition_penalty: 1 },
      limit: 3,
    })
    const items = readItemResults(
      path.join(folder, 'out/Samples/local-models-micro-base/official/items.jsonl'),
    )
    expect(items.map(({ pictures }) => fs.existsSync(pictures[0]))).toEqual([true, true, true])
    const [place] = answerFolders('local-models-micro-base')
    const whole = texts(place)
    expect(items.map(({ id, prediction }) => [id, prediction])).toEqual(
      items.map(({ id }) => [id, whole.get(id)]),
    )

    const out = path.join(folder, 'stopped')
    const controller = new AbortController()
    const progress = () => ({ ...silentProgress, update: (n: number) => n > 0 && controller.abort() })
    await expect(run(model, { ...job, out, progress, signal: controller.signal })).rejects.toThrow(/abort/i)
    const file = path.join(out, path.relative(path.join(folder, 'out'), place), 'predictions.jsonl')
    expect(readJsonl(file)).toHaveLength(1)
    const asked: string[] = []
    const [again] = await run(
      {
        ...model,
        answer(requests, options) {
          asked.push(...requests.map(({ id }) => id))
          return model.answer(requests, options)
        },
      },
      { ...job, out },
    )
    expect(asked).toHaveLength(2)
    expect(texts(path.dirname(file))).toEqual(whole)
    expect({ ...again, card: null }).toEqual({ ...scores, card: null })
  })

  it('goes on past a picture that is missing or broken, and past none when it is blind', async () => {
    const model = await open()
    const [first, , second] = limited().items
    for (const [{ media }, content] of [
      [first, null],
      [second, 'no picture'],
    ] as const)
      for (const one of media) {
        const file = one.type === 'image' ? (one.picture.file ?? '') : ''
        if (content === null) fs.rmSync(file)
        else fs.writeFileSync(file, content)
      }
    const [scores] = await run(model, { protocols, promptType, prepared: limited() })
    // Two questions are about each picture.
    expect(scores).toMatchObject({ n: 4, missing: 4 })
    const [place] = answerFolders('local-models-micro-base')
    const failures = readJsonl<{ id: string; error: string }>(path.join(place, 'predictions.failures.jsonl'))
    expect(failures).toHaveLength(4)
    for (const { error } of failures) expect(error).toMatch(/scene900[01]_00\/0\.png.*: expected .+, got .+/)
    const blind = blindfold(model)
    const [unseen] = await run(blind, { protocols, promptType, prepared: limited(), kind: 'blind' })
    expect(unseen).toMatchObject({ name: 'blind:local:models/micro-base', kind: 'blind', n: 4, missing: 0 })
  })
})
