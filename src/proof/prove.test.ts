/** What the proof accepts and finds, on rooms made, scanned and asked about by the program itself. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { makeDataset } from '../dataset/build.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { decodeImage, encodeJpeg, encodePng, readImageSize } from '../images/codec.js'
import { buildRecords, readRecord } from '../scene/records.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import type { Sample } from '../schema/sample.js'
import { CHANGES } from './alterations.test-helper.js'
import { checkPicture } from './pictures.js'
import { prove as proveAsked } from './prove.js'
import { openRoom, type Room } from './room.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proof-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const codec = { decode: decodeImage, size: readImageSize }
let samples: Sample[]
let rooms: Map<string, Room>

beforeAll(async () => {
  const scans = path.join(folder, 'scans')
  const options = synthOptionsSchema.parse({
    rooms: 6,
    frames: 14,
    width: 320,
    height: 240,
    seed: 3,
    l_shaped: 0.5,
  })
  const { scans: names } = await synthesizeScans({ out: scans, options, workers: 1 })
  const folders = names.map((name) => path.join(scans, name))
  const made = await buildRecords({
    scans: folders,
    out: path.join(folder, 'data'),
    options: { frames_per_second: 2 },
  })
  const records = made.map(({ file }) => readRecord(file))
  const dataset = makeDataset({
    records,
    options: datasetOptionsSchema.parse({ camera_directions: ['2-way', '4-way', 'diagonal'] }),
    seed: 5,
  })
  samples = [...dataset.localization, ...dataset.spatial]
  rooms = new Map()
  for (const [i, name] of names.entries()) rooms.set(name, await openRoom(folders[i]))
}, 120_000)

const roomOf = (sample: Sample): Room => {
  const room = rooms.get(sample.scene_name)
  if (!room) throw new Error(`no room ${sample.scene_name}`)
  return room
}
const prove = async (sample: Sample): Promise<string[]> => {
  const problems = await proveAsked(sample, roomOf(sample))
  if (problems === null) throw new Error('not provable')
  return problems
}

describe('what was built', () => {
  it('is borne out, row by row, in every type and data type', async () => {
    const wrong: string[] = []
    for (const sample of samples)
      for (const problem of await prove(sample)) wrong.push(`${sample.question_id}: ${problem}`)
    expect(wrong).toEqual([])
    const cells = new Set(samples.map(({ question_type, data_type }) => `${question_type}/${data_type}`))
    expect(cells).toContain('appearance order/video')
    expect(cells.size).toBeGreaterThanOrEqual(15)
    expect(samples.length).toBeGreaterThan(500)
  })

  it('shows the scans’ own frames', async () => {
    const [room] = rooms.values()
    const images = fs.readdirSync(path.join(folder, 'data/images', room.scan.name))
    for (const name of images)
      expect(
        await checkPicture(room, path.join(folder, 'data/images'), `${room.scan.name}/${name}`, codec),
      ).toBeNull()
  })
})

describe('what was altered is found', () => {
  it.each(Object.keys(CHANGES))('%s', async (name) => {
    const random = rng(7, 'test/alter', name)
    const missed: string[] = []
    let tried = 0
    for (const sample of samples) {
      const altered = CHANGES[name](sample, random, roomOf(sample))
      if (!altered) continue
      tried++
      if ((await prove(altered)).length === 0)
        missed.push(`${sample.question_type}/${sample.data_type}/${sample.question_id}: ${sample.question}`)
    }
    expect(missed.slice(0, 5)).toEqual([])
    expect(tried).toBeGreaterThan(20)
  })

  it('a picture that is another, though it has its name', async () => {
    const [room] = rooms.values()
    const root = path.join(folder, 'data/images')
    const [first, second] = fs.readdirSync(path.join(root, room.scan.name))
    const copy = path.join(folder, 'altered')
    fs.cpSync(path.join(root, room.scan.name), path.join(copy, room.scan.name), { recursive: true })
    const target = path.join(copy, room.scan.name, first)
    const name = `${room.scan.name}/${first}`
    fs.copyFileSync(path.join(root, room.scan.name, second), target)
    expect(await checkPicture(room, copy, name, codec)).toContain('got another picture')
    const bytes = fs.readFileSync(path.join(root, room.scan.name, first))
    const own = await decodeImage(bytes)
    bytes[bytes.length >> 1] ^= 1
    fs.writeFileSync(target, bytes)
    expect(await checkPicture(room, copy, name, codec)).toMatch(
      /got (another picture|one altered|none that can)/,
    )
    // The same pixels in another coat are the scan's own; those that went through JPEG again are not.
    fs.writeFileSync(target, await encodePng(own))
    expect(await checkPicture(room, copy, name, codec)).toBeNull()
    fs.writeFileSync(target, await encodeJpeg(own, 85))
    expect(await checkPicture(room, copy, name, codec)).toContain('got one altered or encoded again')
    fs.writeFileSync(target, await encodePng({ width: 1, height: 1, data: new Uint8Array(3) }))
    expect(await checkPicture(room, copy, name, codec)).toContain('got one of 1x1')
    fs.writeFileSync(target, bytes.subarray(0, 300))
    expect(await checkPicture(room, copy, name, codec)).toContain('got none that can be read')
    fs.rmSync(target)
    expect(await checkPicture(room, copy, name, codec)).toContain('got nothing there')
  })
})
