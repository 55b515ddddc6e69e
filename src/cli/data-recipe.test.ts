/** `data build RECIPE` as a user meets it: the shipped recipes, splits, leaks, SPBench's files, the card. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeJsonAtomic } from '../common/files.js'
import { randomRoom } from '../dataset/rooms.test-helper.js'
import { loadSpBench, SP_MULTI, SP_SINGLE } from '../evaluation/benchmarks/spbench-data.js'
import { readSamples } from '../schema/read-samples.js'
import { register } from './data-build.js'
import { readDataRecipe } from './data-recipe.js'

const SHIPPED = path.join(import.meta.dirname, '../../recipes')
let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data-recipe-'))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true })
})

const at = (name: string): string => path.join(folder, name)
const sceneName = (i: number): string => `scene${String(i).padStart(4, '0')}_00`

/** Records of `rooms` rooms, named like scans. */
function records(rooms: number, first = 0): string {
  for (let i = first; i < first + rooms; i++) {
    const name = sceneName(i)
    const text = JSON.stringify(randomRoom(i)).replaceAll(randomRoom(i).scene_name, name)
    writeJsonAtomic(at(`made/records/${name}.json`), { ...JSON.parse(text), dataset: 'synthetic' })
  }
  return at('made')
}

function recipe(text: string): string {
  fs.writeFileSync(at('recipe.yaml'), text)
  return at('recipe.yaml')
}

async function dataBuild(...args: string[]): Promise<string> {
  const data = new Command('data')
  register(data)
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await data.parseAsync(['build', ...args], { from: 'user' })
  return written.mock.calls.map(([text]) => String(text)).join('')
}

describe('the shipped recipes', () => {
  it("ask for the paper's numbers of questions", () => {
    const { dataset } = readDataRecipe(path.join(SHIPPED, 'dataset-26k.yaml'))
    const { multi_view = 0, single_image = 0, video = 0 } = dataset.totals
    expect([single_image, multi_view, video]).toEqual([5929, 5752, 9000])
    expect(dataset.localization).toBe(true)
    expect(2 * single_image + multi_view + video).toBe(26610)
    const bench = readDataRecipe(path.join(SHIPPED, 'spbench.yaml')).dataset
    expect(Object.values(bench.quotas).reduce((sum, n) => sum + n, 0)).toBe(1009)
    expect(bench.totals.multi_view).toBe(319)
  })

  it('leave VSI-Bench alone in training, and use the same filters for training and test', () => {
    const [train, test] = ['dataset-26k', 'spbench'].map((name) =>
      readDataRecipe(path.join(SHIPPED, `${name}.yaml`)),
    )
    expect([train.keep_vsi_bench, test.keep_vsi_bench]).toEqual([false, true])
    const {
      data_types: _,
      localization: _l,
      quotas: _q,
      shares: _s,
      tasks: _t,
      totals: _o,
      ...filters
    } = train.dataset
    expect(test.dataset).toMatchObject(filters)
    expect(test.records).toEqual(train.records)
  })

  it('say which cell fell short, by how many and why, and write a card that says so, too', async () => {
    const text = await dataBuild(
      ...[path.join(SHIPPED, 'dataset-26k.yaml'), '--records', records(12), '--out', at('out')],
      ...['--set', 'split=null', '--set', 'held_out=[]'],
    )
    const line = text.split('\n').find((l) => l.includes('single_image/object_size:')) ?? ''
    const [, short, got] = /: (\d+) too few \((\d+) of 2721\): \d+ candidates; removed: /.exec(line) ?? []
    expect(Number(short) + Number(got)).toBe(2721)
    expect(text).toMatch(/^ {2}video: \d+ too few \(\d+ of 9000\)/m)
    expect(text).toMatch(/^ {2}objects in pictures: \d+ considered, \d+ kept; removed: .*visible ratio \d+/m)
    const card = fs.readFileSync(at('out/README.md'), 'utf8')
    expect(card).toContain(`| single_image/object_size | 2721 | ${got} |`)
    expect(card).toContain('| `min_visible_ratio` | 0.4 |')
    expect(card).toContain('nothing of ScanNet is in them')
    const samples = readSamples(at('out'))
    const boxes = samples.filter((s) => s.question_type === 'object localization')
    expect(boxes).toHaveLength(samples.filter((s) => s.data_type === 'single_image').length / 2)
    expect(new Set(samples.map((s) => s.evidence.subtype))).toContain('camera diagonal')
  })

  it("make SPBench's two files, which its loader reads", async () => {
    await dataBuild(
      ...[path.join(SHIPPED, 'spbench.yaml'), '--records', records(12), '--out', at('out')],
      ...['--set', 'split=null', '--set', 'dataset.quotas={single_image/object_size: 9}'],
      ...['--set', 'dataset.totals={multi_view: 20}'],
    )
    const samples = readSamples(at('out'))
    for (const [set, type] of [
      [SP_SINGLE, 'single_image'],
      [SP_MULTI, 'multi_view'],
    ] as const) {
      const { items } = await loadSpBench(set)(at('out'))
      const ours = samples.filter((s) => s.data_type === type)
      expect(items.map((i) => [i.scene, i.question, i.options, i.answer])).toEqual(
        ours.map((s) => [s.scene_name, s.question, s.options, s.answer]),
      )
      expect(items.every((i) => i.media.length === set.pictures)).toBe(true)
    }
    const [first] = fs.readFileSync(at('out/SPBench-MV.jsonl'), 'utf8').split('\n')
    const row = JSON.parse(first) as Record<string, unknown>
    expect(Object.keys(row)).toEqual([
      ...['id', 'dataset', 'scene_name', 'question_type', 'question', 'ground_truth', 'options', 'images'],
    ])
    expect(row).toMatchObject({ id: 1, dataset: 'synthetic' })
    expect((row.images as string[])[0]).toMatch(/^\d+\.jpg$/)
    expect(samples.filter((s) => s.data_type === 'multi_view')).toHaveLength(20)
    expect(fs.existsSync(at('out/README.md'))).toBe(true)
  })
})

describe('which rooms a recipe takes', () => {
  it('keeps out the rooms of a benchmark that was built before, and reports what is shared', async () => {
    await dataBuild(
      ...[recipe('name: bench\ndataset: { data_types: [single_image] }'), '--records', records(2)],
      ...['--out', at('bench')],
    )
    const text = await dataBuild(
      ...[
        recipe(`name: train\nheld_out: [${at('bench')}]`),
        '--records',
        records(4, 2),
        '--out',
        at('train'),
      ],
    )
    expect(text).toMatch(/^ {2}room held out for testing: 2$/m)
    const [, alike, all] =
      /bench: 0 of 2 rooms in common, (\d+) of (\d+) questions worded alike/.exec(text) ?? []
    expect(Number(alike)).toBeGreaterThan(0)
    expect(alike).toBe(all)
    const rooms = (name: string): Set<string> => new Set(readSamples(at(name)).map((s) => s.scene_name))
    for (const room of rooms('train')) expect(rooms('bench')).not.toContain(room)
  })

  it('takes the scenes of the split, and gives the JSON reader the same account', async () => {
    fs.writeFileSync(at('train.txt'), 'scene0001_00\nscene0002_00\nscene0700_00\n')
    const file = recipe(`name: few\nseed: 7\nsplit: ${at('train.txt')}\nsource: { records: ${records(5)} }`)
    const report = JSON.parse(await dataBuild(file, '--out', at('out'), '--json')) as Record<string, unknown>
    expect(report).toMatchObject({
      scenes: 2,
      left_out: { 'not in the split': 3 },
      missing: ['scene0700_00'],
    })
    expect(readSamples(at('out'))[0].generator.seed).toBe(7)
  })

  it('is the same for a recipe without a word as for no recipe', async () => {
    const source = records(3)
    await dataBuild('--records', source, '--out', at('a'))
    await dataBuild(recipe('name: plain'), '--records', source, '--out', at('b'))
    for (const file of ['spld_spatial_data.jsonl', 'spld_grounding_data.jsonl', 'stats.json'])
      expect(fs.readFileSync(at(`b/${file}`), 'utf8')).toBe(fs.readFileSync(at(`a/${file}`), 'utf8'))
  })
})

describe('a recipe that cannot be followed', () => {
  it.each<[string, string, string]>([
    ['an unknown key', 'name: x\ndatset: {}', 'recipe.yaml datset: expected a known key'],
    ['an unknown cell', 'name: x\ndataset: { shares: { video/sizes: 1 } }', 'e.g. single_image/object_size'],
    [
      'no such list',
      'name: x\nsplit: none.txt',
      'recipe.yaml split: none.txt: expected a file of scene names, got nothing there',
    ],
    ['nothing left', 'name: x\nexclude: [scene0000_00]', '1, all left out: excluded by name 1'],
    ['a folder without questions', `name: x\nheld_out: [.]`, 'held_out .: expected SPBench-SI.jsonl or'],
  ])('with %s says so and writes nothing', async (_, text, message) => {
    const args = [recipe(text), '--records', records(1), '--out', at('out')]
    await expect(dataBuild(...args)).rejects.toThrow(message)
    expect(fs.existsSync(at('out'))).toBe(false)
  })

  it('is needed for --set', async () => {
    await expect(dataBuild('--records', records(1), '--out', at('out'), '--set', 'seed=1')).rejects.toThrow(
      '--set: expected a recipe to set it in, got no recipe',
    )
  })
})
