/** Whole data sets on disk: what is right is let be, and each altered row of a copy is found by its file and row. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import { rng } from '../common/random.js'
import { buildDataset } from '../dataset/build.js'
import { exportUpstream } from '../dataset/export-upstream.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { writeSpBench } from '../dataset/spbench.js'
import { decodeImage, encodeJpeg, readImageSize } from '../images/codec.js'
import { buildRecords, readRecord } from '../scene/records.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import { readSamples } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import { CHANGES } from './alterations.test-helper.js'
import { checkRows } from './check-rows.js'
import { pictureChecker } from './pictures.js'
import { proveRows } from './prove-rows.js'
import { type Report, startReport } from './report.js'
import { openRoom, type Room } from './room.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proof-check-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const [scans, data] = ['scans', 'data'].map((name) => path.join(folder, name))
const codec = { decode: decodeImage, size: readImageSize }
let rooms: Map<string, Room>

beforeAll(async () => {
  const options = synthOptionsSchema.parse({
    rooms: 4,
    frames: 12,
    width: 320,
    height: 240,
    seed: 11,
    l_shaped: 0.5,
  })
  const { scans: names } = await synthesizeScans({ out: scans, options, workers: 1 })
  const folders = names.map((name) => path.join(scans, name))
  const made = await buildRecords({ scans: folders, out: data, options: { frames_per_second: 2 } })
  buildDataset({
    records: made.map(({ file }) => readRecord(file)),
    out: data,
    options: datasetOptionsSchema.parse({ camera_directions: ['2-way', '4-way', 'diagonal'] }),
    seed: 2,
  })
  rooms = new Map()
  for (const [i, name] of names.entries()) rooms.set(name, await openRoom(folders[i]))
}, 120_000)

/** Checks the JSONL files of `place` against `from`. */
async function check(place: string, images = path.join(data, 'images'), from = scans): Promise<Report> {
  const files = fs
    .readdirSync(place)
    .filter((name) => name.endsWith('.jsonl'))
    .sort()
    .map((name) => path.join(place, name))
  const report = startReport()
  const found = await checkRows({ files, look: pictureChecker(images, codec, false), report })
  await proveRows({ rooms: found, scans: from, root: images, codec, report })
  return report
}

const copyTo = (name: string): string => path.join(folder, name)
const placeOf = (file: string, row: number): string => `${path.basename(file)} row ${row}`
const placesOf = (report: Report): Set<string> =>
  new Set(report.problems.map(({ file, row }) => placeOf(file, row ?? 0)))

describe('a data set as it was built', () => {
  it('is right in every row', async () => {
    const report = await check(data)
    expect(report.problems).toEqual([])
    const { not_provable, recomputed, rows } = report.total()
    expect([recomputed, not_provable]).toEqual([rows, 0])
    expect(rows).toBeGreaterThan(900)
  })

  it('is right without its evidence, too: as upstream reads it, and as SPBench', async () => {
    const samples = readSamples(data)
    const [upstream, bench] = ['upstream', 'bench'].map(copyTo)
    exportUpstream(samples, path.join(data, 'images'), upstream)
    fs.mkdirSync(bench)
    writeSpBench(
      bench,
      samples.filter(({ answer, data_type }) => data_type !== 'video' && !Array.isArray(answer)),
      'synthetic',
    )
    for (const place of [upstream, bench]) {
      const report = await check(place)
      expect(report.problems).toEqual([])
      expect(report.total().recomputed).toBeGreaterThan(300)
    }
    // Reasoning is not proven, and not called right.
    expect((await check(upstream)).total().not_provable).toBeGreaterThan(300)
  })
})

describe('altered copies', () => {
  it.each([1, 2, 3])(
    'every altered row is found, and no other (%i)',
    async (seed) => {
      const random = rng(seed, 'test/alter')
      const copy = copyTo(`altered-${seed}`)
      const altered = new Map<string, string>()
      for (const file of ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl']) {
        const rows = readJsonl<Sample>(path.join(data, file)).map((sample, i) => {
          const room = rooms.get(sample.scene_name)
          if (!room || random.next() > 0.4) return sample
          const name = random.pick(Object.keys(CHANGES))
          const changed = CHANGES[name](sample, random, room)
          if (changed) altered.set(placeOf(file, i + 1), name)
          return changed ?? sample
        })
        writeJsonl(path.join(copy, file), rows)
      }
      const report = await check(copy)
      const found = placesOf(report)
      expect([...altered].filter(([place]) => !found.has(place))).toEqual([])
      // A row left as it was may repeat an altered one, or have lost its twin.
      const strange = report.problems.filter(({ file, problem, row }) => {
        const other = /(?:as in|than in|picture of) (\S+ row \d+)/.exec(problem)?.[1]
        return !altered.has(placeOf(file, row ?? 0)) && !altered.has(other ?? '')
      })
      expect(strange).toEqual([])
      expect(altered.size).toBeGreaterThan(150)
    },
    60_000,
  )

  it('answers without evidence', async () => {
    const random = rng(4, 'test/alter')
    const copy = copyTo('altered-upstream')
    const file = 'spld_spatial_data.jsonl'
    let count = 0
    const rows = readJsonl<Sample>(path.join(data, file)).map((sample) => {
      // Exchanged names always turn the direction seen from the camera round; other answers may stay right.
      const turned = sample.question.startsWith('From the camera') && random.next() < 0.5
      const names = ['another letter', 'another number', 'options in another order']
      const name = turned ? 'two names of the question swapped' : random.pick(names)
      const room = rooms.get(sample.scene_name)
      const changed = room && CHANGES[name](sample, random, room)
      const { answer, data_type, image, options, question, question_id, question_type } = changed ?? sample
      if (changed) count++
      const row = { question_id, question, options, answer, image, question_type, data_type }
      return { row, altered: Boolean(changed) }
    })
    writeJsonl(
      path.join(copy, file),
      rows.map(({ row }) => row),
    )
    const report = await check(copy)
    const found = placesOf(report)
    const missed = rows.filter(({ altered }, i) => altered && !found.has(placeOf(file, i + 1)))
    expect(missed.map(({ row }) => row)).toEqual([])
    expect(count).toBeGreaterThan(300)
  })

  it('pictures: of another frame, of another room, exchanged, encoded again, cut off, gone', async () => {
    const images = copyTo('images')
    fs.cpSync(path.join(data, 'images'), images, { recursive: true })
    const samples = readSamples(data)
    const used = [...new Set(samples.flatMap(({ image }) => image))].sort()
    const at = (image: string): string => path.join(images, image)
    const [a, b, c, d, e, f, g] = rng(5, 'test/pictures').shuffle(used)
    fs.copyFileSync(at(b), at(a))
    const held = fs.readFileSync(at(c))
    fs.copyFileSync(at(d), at(c))
    fs.writeFileSync(at(d), held)
    fs.writeFileSync(at(e), await encodeJpeg(await decodeImage(at(e)), 90))
    fs.truncateSync(at(f), fs.statSync(at(f)).size >> 1)
    fs.rmSync(at(g))
    const wrong = new Set([a, c, d, e, f, g])
    const expected = new Set<string>()
    for (const file of ['spld_grounding_data.jsonl', 'spld_spatial_data.jsonl'])
      readJsonl<Sample>(path.join(data, file)).forEach(({ image }, i) => {
        if (image.some((one) => wrong.has(one))) expected.add(placeOf(file, i + 1))
      })
    const report = await check(data, images)
    expect(placesOf(report)).toEqual(expected)
    expect(expected.size).toBeGreaterThan(100)
  })
})

describe('scans that are not whole', () => {
  it('rows are not provable, never right, where their scan is gone or cannot be read', async () => {
    const from = copyTo('broken-scans')
    fs.cpSync(scans, from, { recursive: true })
    const [gone, broken] = [...rooms.keys()]
    fs.rmSync(path.join(from, gone), { recursive: true })
    const mesh = path.join(from, broken, `${broken}_vh_clean_2.ply`)
    fs.truncateSync(mesh, fs.statSync(mesh).size >> 1)
    const report = await check(data, undefined, from)
    expect(report.problems).toHaveLength(1)
    expect(report.problems[0]).toMatchObject({
      row: null,
      problem: expect.stringContaining(`${broken}_vh_clean_2.ply`),
    })
    const of = (name: string): number =>
      readSamples(data).filter(({ scene_name }) => scene_name === name).length
    expect(Object.fromEntries(report.reasons)).toEqual({
      'its scan is not there': of(gone),
      'its scan cannot be read': of(broken),
    })
    const { not_provable, recomputed, rows } = report.total()
    expect(recomputed + not_provable).toBe(rows)
  })
})
