/** Every benchmark by its names, and each loader on the files of all the others. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { LadderError } from '../../common/errors.js'
import { toJsonl } from '../../common/jsonl.js'
import { makeSample } from '../sample-for-tests.js'
import { BENCHMARKS, findBenchmark, parseBenchmark } from './registry.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'registry-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

const vsi = (id: number) => ({
  id,
  dataset: 'scannet',
  scene_name: `scene000${id}_00`,
  question_type: 'object_size_estimation',
  question: 'How long is the bed?',
  ground_truth: '120',
  options: null,
})
/** Two rows of each benchmark under its published file name. */
const ROWS: Record<string, { file: string; row(id: number): object }> = {
  'VSI-Bench': { file: 'test.jsonl', row: vsi },
  'SPBench-SI': { file: 'SPBench-SI.jsonl', row: (id) => ({ ...vsi(id), images: ['1.jpg'] }) },
  'SPBench-MV': {
    file: 'SPBench-MV.jsonl',
    row: (id) => ({ ...vsi(id), images: Array.from({ length: 8 }, (_, i) => `${i}.jpg`) }),
  },
  'SPAR-Bench': {
    file: 'test.jsonl',
    row: (id) => ({
      id,
      img_type: 'single_view',
      format_type: 'fill',
      task: 'depth_prediction_oc',
      source: 'scannet',
      image: ['1.jpg'],
      question: 'How deep?',
      answer: '1.5',
    }),
  },
  'ViewSpatial-Bench': {
    file: 'ViewSpatial-Bench.json',
    row: (id) => ({
      question_type: 'Camera perspective - Object View Orientation',
      image_path: [`ViewSpatial-Bench/val2017/${id}.jpg`],
      question: 'Where does the person look?',
      answer: 'A. left',
      choices: 'A. left\nB. right',
    }),
  },
  'CV-Bench': {
    file: 'test_2d.jsonl',
    row: (idx) => ({
      idx,
      type: '2D',
      task: 'Relation',
      question: 'Where?',
      choices: ['left', 'right'],
      answer: '(A)',
      prompt: 'Where?\n(A) left\n(B) right',
      filename: `img/${idx}.png`,
      source: 'COCO',
    }),
  },
  Samples: { file: 'samples.jsonl', row: (question_id) => makeSample({ question_id }) },
}
const NAMES = Object.keys(ROWS)

/** A folder with one benchmark's file. */
function published(name: string, ids: readonly number[] = [0, 1]): string {
  const { file, row } = ROWS[name]
  const rows = ids.map(row)
  const target = path.join(fs.mkdtempSync(path.join(root, 'set-')), file)
  fs.writeFileSync(target, file.endsWith('.json') ? JSON.stringify(rows) : toJsonl(rows))
  return target
}
async function refusal(name: string, place: string): Promise<string> {
  const error = await parseBenchmark(name)
    .benchmark.load(place)
    .then(
      () => new Error('it was loaded'),
      (error: unknown) => error,
    )
  expect(error).toBeInstanceOf(LadderError)
  expect((error as LadderError).exitCode).toBe(1)
  return (error as LadderError).message
}

describe('a benchmark', () => {
  it('goes by its published names, in any case', () => {
    expect(BENCHMARKS.map(({ name }) => name)).toEqual(NAMES)
    for (const name of NAMES) {
      expect(findBenchmark(name.toLowerCase())?.name).toBe(name)
      expect(findBenchmark(name.toUpperCase())?.name).toBe(name)
    }
    expect(findBenchmark('spbench-mi')?.name).toBe('SPBench-MV')
    expect(parseBenchmark('vsi-bench:DEBIASED')).toMatchObject({ subset: 'debiased' })
    expect(parseBenchmark('SPAR-Bench:tiny').subset).toBe('Tiny')
  })

  it('that is none, or has no such part: what there is, as wrong usage', () => {
    expect(() => parseBenchmark('Vision')).toThrow(
      `--benchmark: expected one of ${NAMES.join(', ')}, got Vision`,
    )
    expect(() => parseBenchmark('SPBench-SI:tiny')).toThrow('expected no subset, got tiny')
    expect(() => parseBenchmark('VSI-Bench:')).toThrow('expected one of the subsets debiased, pruned')
    expect(() => parseBenchmark('CV-Bench:2D:3D')).toThrow('got 2D:3D')
    expect(() => parseBenchmark('')).toThrow(expect.objectContaining({ exitCode: 2 }))
  })

  it.each(NAMES)('%s: its own file is read, as a file and in its folder', async (name) => {
    const file = published(name)
    const { benchmark } = parseBenchmark(name)
    // One's own questions have no published file name.
    for (const place of name === 'Samples' ? [file] : [file, path.dirname(file)])
      expect((await benchmark.load(place)).items).toHaveLength(2)
  })
})

describe("another benchmark's file is refused in one line that names it", () => {
  it.each(NAMES.flatMap((name) => NAMES.flatMap((other) => (name === other ? [] : [[name, other]]))))(
    '%s, given the file of %s',
    async (name, other) => {
      const file = published(other)
      const message = await refusal(name, file)
      expect(message).toContain(file)
      expect(message).toMatch(/: expected .+, got .+/)
      expect(message).not.toContain('\n')
    },
  )
})

describe('an id twice in the data', () => {
  it.each(['VSI-Bench', 'SPBench-SI', 'SPBench-MV', 'CV-Bench', 'Samples'])('%s', async (name) => {
    const file = published(name, [0, 1, 0])
    expect(await refusal(name, file)).toMatch(/\.jsonl row 3 .*: expected .* (own|id), got .*row 1/)
  })

  it('SPAR-Bench, whose ids need not be any: rows are taken, and said so', async () => {
    const { items, differs } = await parseBenchmark('SPAR-Bench').benchmark.load(
      published('SPAR-Bench', [5, 5]),
    )
    expect(items.map(({ id }) => id)).toEqual(['0', '1'])
    expect(differs[0]).toBe(
      'ids: expected one for each question, got 1 that repeat (0-based rows are taken instead)',
    )
  })
})

it('a file that is cut in its last line is not the data', async () => {
  for (const name of NAMES.filter((one) => ROWS[one].file.endsWith('.jsonl'))) {
    const file = published(name)
    fs.truncateSync(file, fs.statSync(file).size - 20)
    expect(await refusal(name, file)).toMatch(/row 2: expected a JSON object, got/)
  }
})
