import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { buildDataset } from '../dataset/build.js'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import { buildRecords, readRecord } from '../scene/records.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import { register } from './data-check.js'

let folder: string
let printed: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'check-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
  fs.rmSync(folder, { recursive: true, force: true })
})
async function check(...words: string[]): Promise<void> {
  const program = new Command().exitOverride()
  register(program)
  printed = ''
  process.exitCode = undefined
  await program.parseAsync(['node', 'data', 'check', ...words])
}

it('bears out what data build made, and names file and row of what was altered', async () => {
  const [scans, data] = ['scans', 'data'].map((name) => path.join(folder, name))
  const options = synthOptionsSchema.parse({ rooms: 2, frames: 10, width: 224, height: 168, seed: 4 })
  const { scans: names } = await synthesizeScans({ out: scans, options, workers: 1 })
  const made = await buildRecords({ scans: names.map((name) => path.join(scans, name)), out: data })
  buildDataset({ records: made.map(({ file }) => readRecord(file)), out: data, seed: 1 })
  await check(data, '--scans', scans)
  expect(printed).toMatch(/\n(\d+) rows: 0 wrong, \1 recomputed from their scans, 0 not provable\n$/)
  expect(process.exitCode).toBeUndefined()

  const file = path.join(data, 'spld_spatial_data.jsonl')
  const rows = readJsonl<{ options: string[] | null; answer: string }>(file)
  const at = rows.findIndex(({ options: o }) => o?.length === 4)
  rows[at].answer = rows[at].answer === 'A' ? 'B' : 'A'
  writeJsonl(file, rows)
  await check(data, '--scans', scans)
  expect(printed).toContain(`${file} row ${at + 1}: answer: expected `)
  expect(printed).toMatch(/rows: 1 wrong/)
  expect(printed).toMatch(/^all +\d+ +1 +\d+ +0$/m)
  expect(process.exitCode).toBe(1)

  // Without their scans nothing is called right.
  await check(data, '--json')
  expect(JSON.parse(printed)).toMatchObject({
    recomputed: 0,
    not_provable: JSON.parse(printed).rows,
    wrong: 0,
    reasons: { 'no --scans': JSON.parse(printed).rows },
    problems: [],
  })
})

it('takes from the recipe what things are called, and says so where it is missing', async () => {
  const [scans, data, recipe] = ['scans', 'data', 'recipe.yaml'].map((name) => path.join(folder, name))
  const options = synthOptionsSchema.parse({ rooms: 1, frames: 10, width: 224, height: 168, seed: 4 })
  const { scans: names } = await synthesizeScans({ out: scans, options, workers: 1 })
  const scan = path.join(scans, names[0])
  const plain = await buildRecords({ scans: [scan], out: path.join(folder, 'plain') })
  const label_map = Object.fromEntries(
    readRecord(plain[0].file).objects.map(({ category }) => [category, `${category} thing`]),
  )
  const made = await buildRecords({ scans: [scan], out: data, options: { label_map } })
  buildDataset({ records: made.map(({ file }) => readRecord(file)), out: data, seed: 1 })
  fs.writeFileSync(recipe, JSON.stringify({ name: 'renamed', records: { label_map } }))
  await check(data, '--scans', scans, '--recipe', recipe)
  expect(printed).toMatch(/ 0 wrong, [1-9]\d* recomputed/)
  await check(data, '--scans', scans)
  expect(printed).toMatch(/evidence object \d+: expected a (.+) thing, got "\1"/)
  expect(process.exitCode).toBe(1)
})

it('reads released rows: pictures that are missing or broken, repeats, half a line', async () => {
  const row = (question_id: number, image: string, question = 'How many?') => ({
    question_id,
    question,
    options: null,
    answer: '4',
    image: [image],
    question_type: 'object count',
    data_type: 'single_image',
  })
  fs.mkdirSync(path.join(folder, 'images'))
  fs.writeFileSync(path.join(folder, 'images/1.png'), await encodePng(formulaPicture(20, 20, 1)))
  fs.writeFileSync(path.join(folder, 'images/2.png'), 'no picture')
  const file = path.join(folder, 'spld_spatial_data.jsonl')
  writeJsonl(file, [
    row(1, '1.png'),
    row(2, '2.png'),
    row(3, '3.png'),
    row(1, '1.png', 'How long?'),
    row(5, '1.png'),
  ])
  fs.appendFileSync(file, '{"question_id": 6, "ques')
  await check(file)
  const lines = printed.split('\n')
  expect(lines[0]).toMatch(/row 2: image .*2\.png: expected a picture .*, got/)
  expect(lines.slice(1, 5)).toEqual([
    `${file} row 3: image 3.png: expected a picture, got nothing there`,
    `${file} row 4: id: expected a new one, got spatial/1, as in spld_spatial_data.jsonl row 1`,
    `${file} row 5: row: expected another question or picture than in spld_spatial_data.jsonl row 1, got the same`,
    `${file} row 6: row: expected a JSON object, got "{\\"question_id\\": 6, \\"ques"`,
  ])
  expect(printed).toContain(
    '6 rows: 5 wrong, 0 recomputed from their scans, 6 not provable (it names no scan: 5; no row: 1)',
  )
  expect(process.exitCode).toBe(1)
})

it('says in one line what is no data', async () => {
  await expect(check(path.join(folder, 'nowhere'))).rejects.toThrow(
    /nowhere: expected a folder or JSONL file, got nothing there/,
  )
  await expect(check(folder)).rejects.toThrow(/expected JSONL files, got none/)
})
