import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { sha256File } from '../common/files.js'
import { readJsonl } from '../common/jsonl.js'
import { buildDataset } from '../dataset/build.js'
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

it.skipIf(!python)('is read by Arrow to the same values and bytes', () => {
  const script = fileURLToPath(new URL('../../bench/reference/dataset_reader.py', import.meta.url))
  const { status, stdout, stderr } = spawnSync(python!, [script, data, hub], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(stdout).toContain(`${samples.length} rows equal`)
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

it('names the picture that is missing, and leaves no file half written', async () => {
  const out = path.join(folder, 'none')
  await expect(run('export', data, '--images', path.join(folder, 'nowhere'), '--out', out)).rejects.toThrow(
    /nowhere.*expected a picture, got nothing there/,
  )
  expect(fs.existsSync(out)).toBe(false)
})

it('counts what is there, and shows samples on a page', async () => {
  const counts = JSON.parse(await run('stats', data, '--json')) as Record<string, Record<string, number>>
  expect(counts.samples).toBe(samples.length)
  expect(counts.scenes).toBe(2)
  expect(Object.values(counts.types).reduce((sum, n) => sum + n, 0)).toBe(samples.length)
  const page = path.join(folder, 'preview.html')
  expect(await run('preview', data, '--limit', '6', '--out', page)).toContain(`6 of ${samples.length}`)
  const html = fs.readFileSync(page, 'utf8')
  expect(html.match(/data:image\//g)!.length).toBeGreaterThanOrEqual(6)
  expect(html).not.toMatch(/src="(?!data:)/)
})
