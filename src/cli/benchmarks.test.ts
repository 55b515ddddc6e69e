/** The commands that evaluate published benchmarks, on small files of the published form. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { PROTOCOLS } from '../evaluation/benchmarks/benchmark.js'
import { readCard } from '../evaluation/card.js'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import type { BenchmarkResults, BenchmarkScores, Comparison } from '../schema/benchmark-results.js'
import * as compare from './compare.js'
import * as evaluate from './eval.js'
import * as infer from './infer.js'
import * as reproduce from './reproduce.js'
import * as score from './score.js'
import { shardFromEnvironment } from './shard-options.js'

let folder: string
let printed: string
let told: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmarks-'))
  printed = ''
  told = ''
  vi.stubEnv('HF_HUB_CACHE', path.join(folder, 'hub'))
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  process.removeAllListeners('SIGINT')
  fs.rmSync(folder, { recursive: true, force: true })
})

const at = (...names: string[]): string => path.join(folder, ...names)
async function run(...words: string[]): Promise<void> {
  const program = new Command().exitOverride()
  for (const command of [compare, evaluate, infer, reproduce, score]) command.register(program)
  for (const command of program.commands) command.exitOverride().configureOutput({ outputError: () => {} })
  printed = ''
  await program.parseAsync(['node', 'spatial-ladder', ...words])
}
const json = <T>(): T => JSON.parse(printed) as T

const ROWS = 12
/** Twelve questions of ViewSpatial-Bench: two types, letters in turn, one small picture. */
async function viewSpatial(place = at('ViewSpatial-Bench')): Promise<string> {
  fs.mkdirSync(path.join(place, 'val2017'), { recursive: true })
  fs.writeFileSync(path.join(place, 'val2017', '1.jpg'), await encodePng(formulaPicture(84, 56, 3)))
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    question_type: `${i < 8 ? 'Camera' : 'Person'} perspective - Object View Orientation`,
    image_path: [`ViewSpatial-Bench/val2017/${i < 11 ? 1 : 'missing'}.jpg`],
    question: `Where does person ${i} look?`,
    answer: ['A. left', 'B. right'][i % 2],
    choices: 'A. left\nB. right',
  }))
  const file = path.join(place, 'ViewSpatial-Bench.json')
  fs.writeFileSync(file, JSON.stringify(rows))
  return file
}
/** Eight questions of CV-Bench, without pictures. */
function cvBench(place = at('CV-Bench')): string {
  fs.mkdirSync(place, { recursive: true })
  const row = (idx: number, type: '2D' | '3D', source: string) => ({
    idx,
    type,
    task: type === '2D' ? 'Relation' : 'Depth',
    question: 'Which?',
    choices: ['left', 'right'],
    answer: '(A)',
    prompt: 'Which? Select from the following choices.\n(A) left\n(B) right',
    filename: `img/${idx}.png`,
    source,
  })
  writeJsonl(
    path.join(place, 'test_2d.jsonl'),
    [0, 1, 2, 3].map((i) => row(i, '2D', i < 2 ? 'ADE20K' : 'COCO')),
  )
  writeJsonl(
    path.join(place, 'test_3d.jsonl'),
    [4, 5, 6, 7].map((i) => row(i, '3D', 'Omni3D')),
  )
  return place
}
function answers(name: string, say: (i: number) => string, count = ROWS): string {
  const rows = Array.from({ length: count }, (_, id) => ({ id, prediction: say(id) }))
  writeJsonl(at(name), rows)
  return at(name)
}
/** Right, but for every third in brackets, which the paper's scorer does not read. */
const mixed = (i: number): string => (i % 3 === 0 ? `(${'AB'[i % 2]})` : 'AB'[i % 2])

describe('score', () => {
  const base = async () => ['score', '--benchmark', 'viewspatial-bench', '--data', await viewSpatial()]

  it('prints one protocol as one object: overall, correct, and score, n and correct per type', async () => {
    const file = answers('mixed.jsonl', mixed)
    await run(...(await base()), '--predictions', file, '--protocol', 'paper', '--json')
    const scores = json<BenchmarkScores>()
    expect(scores).toMatchObject({ overall: 8 / 12, correct: 8, n: 12, unparsed: 4, name: 'mixed' })
    expect(scores.types['Camera perspective - Object View Orientation']).toMatchObject({
      score: 5 / 8,
      n: 8,
      correct: 5,
    })
    expect(scores.differs[0]).toMatch(/expected 1773 questions, got 0/)
    expect(told).toContain('expected 1773 questions, got 0')
  })

  it('prints several protocols side by side, with the items they disagree on', async () => {
    const file = answers('mixed.jsonl', mixed)
    const words = ['--predictions', file, '--protocol', 'official', '--protocol', 'paper']
    await run(...(await base()), ...words, '--json')
    const { protocols, disagreements } = json<{
      protocols: Record<string, BenchmarkScores>
      disagreements: { count: number; items: { id: string }[] }[]
    }>()
    expect([protocols.official.correct, protocols.paper.correct]).toEqual([12, 8])
    expect(disagreements[0].items.map(({ id }) => id)).toEqual(['0', '3', '6', '9'])
    await run(...(await base()), ...words)
    expect(printed).toContain('official and paper disagree on 4 of 12 answers')
  })

  it('takes shards, only what is answered, and leaves a report', async () => {
    const all = readJsonl<{ id: number }>(answers('all.jsonl', mixed))
    writeJsonl(at('a.jsonl'), all.slice(0, 5))
    writeJsonl(at('b.jsonl'), all.slice(5, 9))
    const words = [...(await base()), '--protocol', 'official', '--predictions', at('a.jsonl')]
    await run(...words, '--predictions', at('b.jsonl'), '--json')
    expect(json()).toMatchObject({ n: 12, missing: 3, correct: 9 })
    await run(...words, '--answered', '--out', at('out'), '--json')
    expect(json()).toMatchObject({ n: 5, missing: 0, correct: 5 })
    expect(fs.readFileSync(at('out/report.html'), 'utf8')).toContain('ViewSpatial-Bench')
    await expect(run(...words, '--predictions', at('a.jsonl'))).rejects.toThrow(
      /a\.jsonl \(0\): expected an item no other file answers, got a second answer/,
    )
  })
})

describe('what is wrong is one line', () => {
  const scoring = async (predictions: string, benchmark = 'ViewSpatial-Bench', data?: string) =>
    run(
      'score',
      '--benchmark',
      benchmark,
      '--data',
      data ?? (await viewSpatial()),
      '--predictions',
      predictions,
    )

  it.each([
    [
      '{"id": 0, "prediction": "A"}\n{"id": 0, "prediction": "B"}\n',
      /row 2: expected an id not seen before, got 0/,
    ],
    ['{"id": 99, "prediction": "A"}\n', /row 1.*expected .*item.*got/],
    ['{"id": 0, "prediction": 5}\n', /row 1 .*expected a text, got 5/],
    ['{"id": 0, "prediction": "A"}\n{"id": 1, "predic\n{"id": 2, "prediction": "A"}\n', /row 2: expected/],
    ['', /expected predictions, got an empty file/],
    ['{"foo": 1}\n', /expected rows with .*id.*prediction.*got foo/],
    [
      '{"id": 0, "prediction": "A", "asked": "000000000000"}\n',
      /\(0\): expected an answer to 0 as it is in the data, got one to another question/,
    ],
  ])('in a file of answers: %s', async (text, message) => {
    fs.writeFileSync(at('bad.jsonl'), text)
    await expect(scoring(at('bad.jsonl'))).rejects.toThrow(message)
    await expect(scoring(at('bad.jsonl'))).rejects.not.toThrow('\n')
  })

  it('a half-written last line is dropped and said', async () => {
    const file = answers('cut.jsonl', mixed, 3)
    fs.appendFileSync(file, '{"id": 3, "predic')
    await scoring(file)
    expect(told).toMatch(/cut\.jsonl: .*last line/)
    expect(printed).toContain('9 without an answer')
  })

  it.each([
    ['VSI-Bench', /expected/],
    ['SPBench-SI', /expected/],
    ['SPBench-MI', /expected/],
    ['SPAR-Bench', /expected/],
    ['CV-Bench', /expected/],
  ])("the data of another benchmark than %s's", async (benchmark, message) => {
    const data = await viewSpatial()
    await expect(scoring(answers('a.jsonl', mixed), benchmark, data)).rejects.toThrow(message)
    await expect(scoring(answers('a.jsonl', mixed), benchmark, path.dirname(data))).rejects.toThrow(message)
  })

  it('names, places and options', async () => {
    const file = answers('a.jsonl', mixed)
    await expect(scoring(file, 'VSI')).rejects.toThrow()
    await expect(scoring(file, 'Vision')).rejects.toThrow(
      '--benchmark: expected one of VSI-Bench, SPBench-SI',
    )
    await expect(scoring(file, 'CV-Bench:4D')).rejects.toThrow('expected one of the subsets 2D, 3D, got 4D')
    await expect(scoring(file, 'ViewSpatial-Bench', at('nowhere'))).rejects.toThrow(
      /nowhere: expected the data of ViewSpatial-Bench, got nothing there/,
    )
    await expect(run('score', '--benchmark', 'CV-Bench', '--predictions', file)).rejects.toThrow(
      'CV-Bench: expected --data, or spatial-ladder pull CV-Bench before, got neither',
    )
    await expect(scoring(at('none.jsonl'))).rejects.toThrow(
      /none\.jsonl: expected answers \(--predictions\), got nothing there/,
    )
  })
})

describe('eval', () => {
  const words = (...models: string[]) => [
    'eval',
    ...models.flatMap((model) => ['--model', model]),
    '--data',
    folder,
    '--cache',
    at('cache'),
    '--out',
    at('out'),
  ]
  const both = ['--benchmark', 'ViewSpatial-Bench', '--benchmark', 'cv-bench']

  it('scores files of answers on several benchmarks beside chance and the most frequent answer', async () => {
    await viewSpatial()
    cvBench()
    writeJsonl(
      at('a.jsonl'),
      Array.from({ length: 8 }, (_, id) => ({ id, prediction: 'A' })),
    )
    await run(...words(`replay:${at('a.jsonl')}`, 'chance'), ...both, '--json')
    const { scores, published } = json<BenchmarkResults>()
    const overall = (benchmark: string, name: string) =>
      scores.find((one) => one.benchmark === benchmark && one.name === name && one.protocol === 'official')
        ?.overall
    const [a, b] = ['a.jsonl', 'b.jsonl'].map((name) => `replay:${at(name)}`)
    expect(overall('CV-Bench', a)).toBe(1)
    expect(overall('CV-Bench', 'chance')).toBe(0.5)
    expect(overall('ViewSpatial-Bench', a)).toBe(4 / 12)
    expect(Object.keys(published)).toEqual(['CV-Bench', 'ViewSpatial-Bench'])
    for (const name of ['results.json', 'report.html', 'model-card.md'])
      expect(fs.existsSync(at('out', name))).toBe(true)
    // A later model joins the first.
    writeJsonl(
      at('b.jsonl'),
      Array.from({ length: 8 }, (_, id) => ({ id, prediction: 'B' })),
    )
    await run(...words(`replay:${at('b.jsonl')}`), ...both, '--json')
    const names = new Set(json<BenchmarkResults>().scores.map(({ name }) => name))
    expect(names).toEqual(new Set(['chance', 'frequent', a, b]))
    expect(json<BenchmarkResults>().comparisons.length).toBeGreaterThan(0)
    const [first, second] = ['a', 'b'].map((name) => {
      const [model] = fs.readdirSync(at('out/CV-Bench')).filter((one) => one.includes(`-${name}.jsonl`))
      return at('out/CV-Bench', model, 'official')
    })
    await run('compare', first, second, '--json')
    expect(json<Comparison>().rows[0]).toMatchObject({ name: 'overall', n: 8, difference: -1 })
    await run('compare', first, second)
    expect(printed).toMatch(/overall.*−100\.0.*worse/)
    await expect(run('compare', first, at('out/CV-Bench/chance/official'))).rejects.toThrow(
      /expected scores\.json and items\.jsonl/,
    )
  })

  const direct = '--benchmark ViewSpatial-Bench --protocol paper --prompt-type default --json'.split(' ')

  it('a picture that is missing fails its question, which is listed; the others go on', async () => {
    await viewSpatial()
    await run(...words('local:models/micro-base'), ...direct)
    const scores = json<BenchmarkResults>().scores.find(({ kind }) => kind === 'model')
    expect(scores).toMatchObject({ n: 11, missing: 1, left_out: 1 })
    const model = at('out/ViewSpatial-Bench/local-models-micro-base')
    const [place] = fs.readdirSync(model).filter((name) => name.startsWith('answers-'))
    const [failure] = readJsonl<{ id: string; error: string }>(
      path.join(model, place, 'predictions.failures.jsonl'),
    )
    expect(failure.id).toBe('11')
    expect(failure.error).toMatch(/missing\.jpg.*: expected .*, got nothing there/)
  })

  it('blind: asks the same questions without a picture, so that none can be missing', async () => {
    await viewSpatial()
    await run(...words('blind:local:models/micro-base'), ...direct, '--limit', '4')
    const scores = json<BenchmarkResults>().scores.find(({ kind }) => kind === 'blind')
    expect(scores).toMatchObject({ n: 4, missing: 0, left_out: 0 })
  })

  it('wants a benchmark or questions of our own, and different models', async () => {
    await expect(run('eval', '--model', 'chance', '--out', at('out'))).rejects.toThrow(
      'eval: expected --benchmark, or --data with questions of our own format, got neither',
    )
    await viewSpatial()
    await expect(
      run(...words('replay:a.jsonl', 'replay:a.jsonl'), '--benchmark', 'ViewSpatial-Bench'),
    ).rejects.toThrow('--model: expected different models, got the same one twice')
  })
})

describe('infer', () => {
  it('asks in shards what one run would ask, and score takes them together', async () => {
    const data = await viewSpatial()
    const words = ['infer', '--model', 'local:models/micro-base', '--benchmark', 'ViewSpatial-Bench']
    const rest = ['--data', data, '--cache', at('cache'), '--protocol', 'paper', '--prompt-type', 'default']
    await run(...words, ...rest, '--shard', '0/2', '--out', at('0.jsonl'), '--json')
    expect(json()).toMatchObject({ answered: 6, failed: 0 })
    await run(...words, ...rest, '--shard', '1/2', '--out', at('1.jsonl'), '--json')
    expect(json()).toMatchObject({ answered: 5, failed: 1 })
    expect(told).toContain('1 questions failed')
    await run(...words, ...rest, '--out', at('whole.jsonl'))
    const rowsOf = (...names: string[]) =>
      names
        .flatMap((name) => readJsonl<{ id: string }>(at(name)))
        .toSorted((a, b) => Number(a.id) - Number(b.id))
    expect(rowsOf('0.jsonl', '1.jsonl')).toEqual(rowsOf('whole.jsonl'))
    const files = ['--predictions', at('0.jsonl'), '--predictions', at('1.jsonl')]
    await run(
      'score',
      '--benchmark',
      'ViewSpatial-Bench',
      '--data',
      data,
      ...files,
      '--protocol',
      'paper',
      '--json',
    )
    // What was asked for stands in the card beside the answers.
    expect(json()).toMatchObject({ n: 11, left_out: 1, prompt_type: 'default' })
  })

  it('asks by the protocol it is told, official by default, and each file has a card of its own', async () => {
    const data = await viewSpatial()
    const words = ['infer', '--model', 'local:models/micro-base', '--benchmark', 'ViewSpatial-Bench']
    const rest = ['--data', data, '--cache', at('cache'), '--limit', '1']
    for (const protocol of PROTOCOLS)
      await run(...words, ...rest, '--protocol', protocol, '--out', at(`${protocol}.jsonl`))
    await run(...words, ...rest, '--out', at('default.jsonl'))
    const asked = [...PROTOCOLS, 'default'].map((name) => {
      const { prompts, media, generation } = readCard(at(`${name}.jsonl`)) ?? {}
      return { prompts, media, generation }
    })
    const [official, paper] = [asked[PROTOCOLS.indexOf('official')], asked[PROTOCOLS.indexOf('paper')]]
    expect(official.generation).toMatchObject({ max_new_tokens: expect.any(Number) })
    expect(paper.prompts).not.toEqual(official.prompts)
    expect(asked.at(-1)).toEqual(official)
  })

  it('is told its shard by the environment of its job, through the command', async () => {
    const data = await viewSpatial()
    vi.stubEnv('JOB_COMPLETION_INDEX', '1')
    vi.stubEnv('JOB_COMPLETIONS', '2')
    const words = ['infer', '--model', 'local:models/micro-base', '--benchmark', 'ViewSpatial-Bench']
    const rest = ['--data', data, '--cache', at('cache'), '--protocol', 'paper', '--prompt-type', 'default']
    await run(...words, ...rest, '--out', at('job.jsonl'), '--json')
    expect(json()).toMatchObject({ answered: 5, failed: 1 })
  })

  it('refuses in one line a client that guesses', async () => {
    await expect(
      run('infer', '--model', 'chance', '--benchmark', 'CV-Bench', '--data', folder, '--out', at('c.jsonl')),
    ).rejects.toThrow('--model: expected a client that answers (eval and score show the guesses), got chance')
  })

  it('takes its shard from a job scheduler', () => {
    expect(
      shardFromEnvironment({
        SLURM_ARRAY_TASK_ID: '3',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_COUNT: '4',
      }),
    ).toEqual({ index: 2, count: 4 })
    expect(shardFromEnvironment({ JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '8' })).toEqual({
      index: 0,
      count: 8,
    })
    expect(shardFromEnvironment({})).toBeUndefined()
  })
})

describe('reproduce', () => {
  it('without weights or data shows every row of the paper as not run', async () => {
    await run('reproduce', 'recipes/reproduce.yaml', '--out', at('out'))
    expect(printed).toMatch(/SpatialLadder-3B.*not run \(no weights here\)/)
    expect(printed).toContain('Averages over benchmarks')
    expect(told).toContain('VSI-Bench: not run, no data here (spatial-ladder pull VSI-Bench)')
    expect(told).toMatch(/local:hongxingli\/SpatialLadder-3B: not run, no weights here/)
    expect(fs.readFileSync(at('out/reproduce.md'), 'utf8')).toContain('not run')
    expect(fs.existsSync(at('out/report.html'))).toBe(true)
  })
})
