/** `data export` as those meet it who read its files: Arrow, `datasets`, upstream's loaders, SPBench's evaluation. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeError } from '../common/errors.js'
import { readJson, sha256File } from '../common/files.js'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { buildDataset } from '../dataset/build.js'
import { loadSpBench, SP_MULTI, SP_SINGLE } from '../evaluation/benchmarks/spbench-data.js'
import type { Distributions } from '../report/dataset-distributions.js'
import { buildRecords, readRecord } from '../scene/records.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import { readSamples } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import { register as registerExport } from './data-export.js'
import { register as registerPreview } from './data-preview.js'
import { register as registerStats } from './data-stats.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'export-'))
const [scans, data, hub, upstream] = ['scans', 'data', 'hub', 'upstream'].map((name) =>
  path.join(folder, name),
)
const python = process.env.SPATIAL_LADDER_REFERENCE_PYTHON
let samples: Sample[]
let printed: string

beforeAll(async () => {
  const options = synthOptionsSchema.parse({ rooms: 2, frames: 10, width: 224, height: 168, seed: 4 })
  const { scans: names } = await synthesizeScans({ out: scans, options, workers: 1 })
  const made = await buildRecords({ scans: names.map((name) => path.join(scans, name)), out: data })
  buildDataset({ records: made.map(({ file }) => readRecord(file)), out: data, seed: 1 })
  samples = readSamples(data)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(() => vi.restoreAllMocks())

async function run(...words: string[]): Promise<string> {
  const program = new Command().exitOverride()
  for (const register of [registerExport, registerPreview, registerStats]) register(program)
  printed = ''
  await program.parseAsync(['node', 'data', ...words])
  return printed
}

const partsIn = (config: string): string[] =>
  fs
    .readdirSync(path.join(hub, config))
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => path.join(hub, config, name))

async function rowsOf(config: string): Promise<Record<string, unknown>[]> {
  const rows = []
  for (const file of partsIn(config)) {
    const bytes = fs.readFileSync(file)
    const own = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    rows.push(...(await parquetReadObjects({ file: own, compressors, utf8: false })))
  }
  return rows
}

it('writes parquet with the pictures inside, in parts that a second run keeps', async () => {
  const words = ['export', data, '--out', hub, '--shard-size', '1']
  await run(...words)
  const rows = [...(await rowsOf('grounding')), ...(await rowsOf('spatial'))]
  expect(rows.length).toBe(samples.length)
  const byKey = new Map(samples.map((s) => [`${s.question_type}/${s.question_id}`, s]))
  for (const row of rows) {
    const sample = byKey.get(`${String(row.question_type)}/${Number(row.question_id)}`)!
    expect(row).toMatchObject({ question: sample.question, answer: sample.answer })
    if (sample.options) expect(row.options).toEqual(sample.options)
    const images = row.images as { path: string; bytes: Uint8Array }[]
    expect(images.map((image) => image.path)).toEqual(sample.image)
    for (const image of images)
      expect(fs.readFileSync(path.join(data, 'images', image.path)).equals(image.bytes)).toBe(true)
  }
  const parts = [...partsIn('grounding'), ...partsIn('spatial')]
  expect(parts.length).toBeGreaterThan(2)
  expect(fs.readFileSync(path.join(hub, 'README.md'), 'utf8')).toContain('path: spatial/train-*.parquet')

  // A part that is gone is made again to the same bytes; the others are not touched.
  const before = parts.map(sha256File)
  fs.rmSync(parts[1])
  expect(await run(...words)).toContain(`1 files written, ${parts.length - 1} were there`)
  expect(parts.map(sha256File)).toEqual(before)
})

it('leaves no part of an earlier splitting, which readers would take for more rows', async () => {
  const out = path.join(folder, 'again')
  const partsOf = (): string[] => fs.readdirSync(path.join(out, 'spatial')).sort()
  await run('export', data, '--out', out, '--shard-size', '1')
  expect(partsOf().length).toBeGreaterThan(1)
  fs.writeFileSync(path.join(out, 'spatial', 'train-00000-of-00001.parquet.tmp-1-0'), 'a killed run')
  await run('export', data, '--out', out)
  expect(partsOf()).toEqual(['train-00000-of-00001.parquet'])
  // Half a file is no file: it is written again.
  const part = path.join(out, 'spatial', partsOf()[0])
  const whole = sha256File(part)
  fs.truncateSync(part, 5000)
  expect(await run('export', data, '--out', out)).toContain('1 files written, 1 were there')
  expect(sha256File(part)).toBe(whole)
})

/** Runs a reader in Python, which must be content and have nothing to say on stderr. */
function reference(script: string, ...words: string[]): string {
  const file = fileURLToPath(new URL(`../../bench/reference/${script}`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(python!, [file, ...words], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

it.skipIf(!python)('is read by Arrow and by `datasets` to the same values and bytes', () => {
  expect(reference('dataset_reader.py', data, hub)).toContain(`${samples.length} rows equal`)
})

it("writes the original's three files with its fields only", async () => {
  await run('export', data, '--format', 'upstream', '--out', upstream)
  const file = (name: string) => readJsonl<Record<string, unknown>>(path.join(upstream, name))
  const fields = (name: string): string[] =>
    [...new Set(file(name).flatMap((row) => Object.keys(row)))].sort()
  const common = ['answer', 'data_type', 'image', 'question', 'question_id']
  expect(fields('spld_grounding_data.jsonl')).toEqual(common)
  expect(fields('spld_spatial_data.jsonl')).toEqual([...common, 'options', 'question_type'].sort())
  expect(fields('spld_coldstart_data.jsonl')).toEqual(
    ['data_type', 'image', 'prompt', 'question_id', 'solution'].sort(),
  )
  for (const { solution } of file('spld_coldstart_data.jsonl'))
    expect(solution).toMatch(/^<think>.+<\/think>\s*<answer>.+<\/answer>$/s)
  for (const image of new Set(samples.flatMap((sample) => sample.image)))
    expect(sha256File(path.join(upstream, 'images', image))).toBe(
      sha256File(path.join(data, 'images', image)),
    )
})

it.skipIf(!python)('is read as the original reads it, stage by stage', () => {
  expect(reference('upstream_reader.py', upstream)).toContain('read as the original does')
})

it('reads the three files again, though they say neither room nor size of pictures', async () => {
  const out = path.join(folder, 'from-released')
  await run('export', upstream, '--out', out)
  const card = fs.readFileSync(path.join(out, 'README.md'), 'utf8')
  const scenes = new Set(samples.map(({ scene_name }) => scene_name)).size
  expect(card).toMatch(new RegExp(`\\| \\d+ \\| ${scenes} \\|`))
  const again = path.join(folder, 'upstream-again')
  await run('export', upstream, '--format', 'upstream', '--out', again)
  for (const name of ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl'])
    expect(sha256File(path.join(again, name))).toBe(sha256File(path.join(upstream, name)))
})

it('writes SPBench as its evaluation reads it, and takes it as JSONL', async () => {
  const out = path.join(folder, 'spbench')
  const text = await run('export', data, '--format', 'spbench', '--out', out)
  expect(text).toMatch(/left out, as SPBench has no such questions: \d+/)
  for (const [set, type] of [
    [SP_SINGLE, 'single_image'],
    [SP_MULTI, 'multi_view'],
  ] as const) {
    const { items } = await loadSpBench(set)(out)
    const own = samples.filter((s) => s.data_type === type && !Array.isArray(s.answer))
    expect(items.map(({ question }) => question)).toEqual(own.map(({ question }) => question))
    expect(fs.existsSync(path.join(out, 'images', own[0].image[0]))).toBe(true)
  }
  const single = samples.filter((s) => s.data_type === 'single_image')
  const rows = single.map((sample, i) => ({
    id: i + 1,
    dataset: 'scannet',
    scene_name: sample.scene_name,
    question_type: 'object_size_estimation',
    question: sample.question,
    ground_truth: 12,
    options: null,
    images: [path.basename(sample.image[0])],
  }))
  const jsonl = path.join(folder, 'bench', 'SPBench-SI.jsonl')
  writeJsonl(jsonl, rows)
  const parquet = path.join(folder, 'bench-hub')
  await run('export', path.dirname(jsonl), '--images', path.join(data, 'images'), '--out', parquet)
  expect(fs.readdirSync(parquet).sort()).toEqual(['README.md', 'SPBench-SI'])
})

it('writes conversations for LLaVA with a placeholder for every picture', async () => {
  const out = path.join(folder, 'llava')
  await run('export', data, '--format', 'llava', '--out', out)
  const rows = readJson(path.join(out, 'llava.json')) as {
    image: string | string[]
    conversations: { from: string; value: string }[]
  }[]
  expect(rows.length).toBe(samples.length)
  for (const { image, conversations } of rows) {
    const images = [image].flat()
    expect(conversations.map(({ from }) => from)).toEqual(['human', 'gpt'])
    expect(conversations[0].value.split('<image>').length - 1).toBe(images.length)
    for (const name of images) expect(fs.existsSync(path.join(out, 'images', name))).toBe(true)
  }
})

it('refuses in one line what it cannot export', async () => {
  const bad = path.join(folder, 'bad.jsonl')
  const refused = async (row: unknown): Promise<string> => {
    writeJsonl(bad, [row])
    return run('export', bad, '--out', path.join(folder, 'no')).then(
      () => 'exported',
      (error: unknown) => describeError(error).message,
    )
  }
  const row = { question_id: 1, question: 'q', options: null, answer: '3', data_type: 'video' }
  expect(await refused({ ...row, question_type: 'object count' })).toMatch(/bad.jsonl row 1 field image/)
  expect(await refused({ ...row, image: ['a/1.jpg'] })).toMatch(/row 1.*question_type/)
  expect(await refused({ ...row, question_type: 'object count', image: ['../../x.jpg'] })).toMatch(
    /picture \.\.\/\.\.\/x\.jpg: expected a path below/,
  )
  expect(fs.existsSync(path.join(folder, 'no'))).toBe(false)
})

it('names the picture that is missing, and leaves no file half written', async () => {
  const out = path.join(folder, 'none')
  await expect(run('export', data, '--images', path.join(folder, 'nowhere'), '--out', out)).rejects.toThrow(
    /nowhere.*expected a picture, got nothing there/,
  )
  expect(fs.existsSync(out)).toBe(false)
})

it('counts what is there as text, JSON and a page without scripts', async () => {
  const counts = JSON.parse(await run('stats', data, '--json')) as Distributions
  expect(counts).toMatchObject({ samples: samples.length, rooms: 2 })
  const all = Object.values(counts.types).flatMap((row) => Object.values(row))
  expect(all.reduce((sum, n) => sum + n, 0)).toBe(samples.length)
  const lengths = samples.filter((s) => s.question_type === 'object size').map((s) => Number(s.answer))
  expect(counts.numbers['object size']).toMatchObject({
    count: lengths.length,
    least: Math.min(...lengths),
    most: Math.max(...lengths),
  })
  const page = path.join(folder, 'stats.html')
  const text = await run('stats', data, '--out', page)
  expect(text).toMatch(new RegExp(`^${samples.length} samples, 2 rooms, 20 pictures`))
  expect(text).toMatch(/^letters: relative direction, 4 options$/m)
  const html = fs.readFileSync(page, 'utf8')
  expect(html).toContain('where boxes lie')
  expect(html).not.toMatch(/<script|https?:|src=/)
})

it('shows samples on a page: all views, the option that is right, and why', async () => {
  const page = path.join(folder, 'preview.html')
  expect(await run('preview', data, '--limit', '6', '--out', page)).toContain(`6 of ${samples.length}`)
  const html = fs.readFileSync(page, 'utf8')
  expect(html.match(/data:image\/jpeg/g)!.length).toBeGreaterThanOrEqual(6)
  expect(html).not.toMatch(/<script|https?:|picture not found/)
  const words = ['--type', 'relative direction', '--data-type', 'multi_view', '--limit', '1', '--out', page]
  await run('preview', data, ...words)
  const one = fs.readFileSync(page, 'utf8')
  expect(one.match(/<article/g)).toHaveLength(1)
  expect(one.match(/<image /g)).toHaveLength(8)
  expect(one.match(/<li class="right">/g)).toHaveLength(1)
  expect(one).toMatch(/<p class="why">the .+ that is [A-D]\./)
  await expect(run('preview', data, '--data-type', 'scene', '--out', page)).rejects.toThrow(
    /expected samples of scene, got none/,
  )
})
