/** What the proof accepts and finds, on rooms made, scanned and asked about by the program itself. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Random, rng } from '../common/random.js'
import { makeDataset } from '../dataset/build.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { decodeImage } from '../images/codec.js'
import { buildRecords, readRecord } from '../scene/records.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import type { Sample } from '../schema/sample.js'
import { checkPicture } from './pictures.js'
import { proveSample } from './prove.js'
import { openRoom, type Room } from './room.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'proof-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
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
  const made = await buildRecords({ scans: folders, out: path.join(folder, 'data') })
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
const prove = (sample: Sample): string[] => proveSample(sample, roomOf(sample))

describe('what was built', () => {
  it('is borne out, row by row, in every type and data type', () => {
    const wrong = samples.flatMap((sample) =>
      prove(sample).map((problem) => `${sample.question_id}: ${problem}`),
    )
    expect(wrong).toEqual([])
    const cells = new Set(samples.map(({ question_type, data_type }) => `${question_type}/${data_type}`))
    expect(cells.size).toBeGreaterThanOrEqual(14)
    expect(samples.length).toBeGreaterThan(500)
  })

  it('shows the scans’ own frames', async () => {
    const [room] = rooms.values()
    const images = fs.readdirSync(path.join(folder, 'data/images', room.scan.name))
    for (const name of images)
      expect(
        await checkPicture(room, path.join(folder, 'data/images'), `${room.scan.name}/${name}`, decodeImage),
      ).toBeNull()
  })
})

/** A change that makes a sample wrong; null where it does not apply. */
type Change = (sample: Sample, random: Random) => Sample | null

const other = <T>(random: Random, items: readonly T[], but: T): T | undefined => {
  const rest = items.filter((item) => JSON.stringify(item) !== JSON.stringify(but))
  return rest.length > 0 ? random.pick(rest) : undefined
}
const withObject = (
  sample: Sample,
  random: Random,
  change: (
    object: Sample['evidence']['objects'][number],
  ) => Partial<Sample['evidence']['objects'][number]> | null,
): Sample | null => {
  if (sample.evidence.objects.length === 0) return null
  const at = random.int(0, sample.evidence.objects.length - 1)
  const changed = change(sample.evidence.objects[at])
  if (!changed) return null
  const objects = sample.evidence.objects.map((one, i) => (i === at ? { ...one, ...changed } : one))
  return { ...sample, evidence: { ...sample.evidence, objects } }
}

const CHANGES: Record<string, Change> = {
  'another letter': (sample, random) => {
    if (!sample.options) return null
    const letters = sample.options.map((_, i) => String.fromCharCode(65 + i))
    const answer = other(random, letters, String(sample.answer))
    return answer === undefined ? null : { ...sample, answer }
  },
  'a letter that is none': (sample) => (sample.options ? { ...sample, answer: 'Z' } : null),
  'another number': (sample, random) => {
    if (sample.options || Array.isArray(sample.answer)) return null
    const digits = sample.answer.includes('.') ? 1 : 0
    const step = random.pick([1, -1, 2, 10]) * 10 ** -digits
    return { ...sample, answer: Math.abs(Number(sample.answer) + step).toFixed(digits) }
  },
  'the number in another form': (sample) =>
    sample.options || Array.isArray(sample.answer) ? null : { ...sample, answer: `${sample.answer}0` },
  'a box moved by a pixel': (sample, random) => {
    if (!Array.isArray(sample.answer)) return null
    const at = random.int(0, sample.answer.length - 1)
    const side = random.int(0, 3)
    const answer = sample.answer.map((box, i) => {
      const bbox_2d = box.bbox_2d.map((x, k) => (i === at && k === side ? x + 1 : x)) as typeof box.bbox_2d
      return { ...box, bbox_2d }
    })
    return { ...sample, answer }
  },
  'a box called something else': (sample) =>
    Array.isArray(sample.answer)
      ? { ...sample, answer: sample.answer.map((b) => ({ ...b, label: 'ghost' })) }
      : null,
  'a box left out': (sample) =>
    Array.isArray(sample.answer) ? { ...sample, answer: sample.answer.slice(1) } : null,
  'options in another order': (sample) => {
    if (!sample.options) return null
    const texts = sample.options.map((option) => option.slice(3))
    const turned = [...texts.slice(1), texts[0]]
    return { ...sample, options: turned.map((text, i) => `${String.fromCharCode(65 + i)}. ${text}`) }
  },
  'an option replaced': (sample, random) => {
    if (!sample.options) return null
    const at = random.int(0, sample.options.length - 1)
    return { ...sample, options: sample.options.map((o, i) => (i === at ? `${o.slice(0, 3)}something` : o)) }
  },
  'an option twice': (sample) =>
    sample.options
      ? {
          ...sample,
          options: [
            ...sample.options.slice(0, -1),
            `${sample.options.at(-1)?.slice(0, 3)}${sample.options[0].slice(3)}`,
          ],
        }
      : null,
  'an option without its letter': (sample) =>
    sample.options ? { ...sample, options: sample.options.map((o, i) => (i === 1 ? o.slice(3) : o)) } : null,
  'options taken away': (sample) => (sample.options ? { ...sample, options: null } : null),
  'a question about something else': (sample, random) => {
    const names = sample.evidence.objects.map(({ label }) => label)
    if (names.length === 0) return null
    const name = random.pick(names)
    const question = sample.question.replaceAll(name, 'ghost')
    return question === sample.question ? null : { ...sample, question }
  },
  'a question in words nobody knows': (sample) => ({ ...sample, question: `So: ${sample.question}` }),
  'two names of the question swapped': (sample) => {
    const [a, b] = sample.evidence.objects.map(({ label }) => label)
    if (!a || !b || a === b || sample.question_type === 'appearance order') return null
    const question = sample.question.replaceAll(a, '\u0001').replaceAll(b, a).replaceAll('\u0001', b)
    return question === sample.question ? null : { ...sample, question }
  },
  'another type': (sample, random) => {
    const types = ['object localization', 'relative direction', 'relative distance', 'room size'] as const
    const question_type = other(random, types, sample.question_type as (typeof types)[number])
    return question_type === undefined ? null : { ...sample, question_type }
  },
  'another data type': (sample) => ({
    ...sample,
    data_type: sample.data_type === 'single_image' ? 'video' : 'single_image',
  }),
  'another picture, its size and number with it': (sample, random) => {
    const seen = sample.evidence.objects.flatMap(({ image_index }) => image_index ?? [])
    if (seen.length === 0) return null
    const at = random.pick(seen)
    const frames = roomOf(sample).record.frames.filter(({ image }) => !sample.image.includes(image))
    if (frames.length === 0) return null
    const { image, width, height, frame_id } = random.pick(frames)
    return {
      ...sample,
      image: sample.image.map((one, i) => (i === at ? image : one)),
      images: sample.images.map((one, i) => (i === at ? { width, height, frame_id } : one)),
    }
  },
  'a picture of no frame': (sample) =>
    sample.image.length === 0
      ? null
      : { ...sample, image: [`${sample.scene_name}/99999.jpg`, ...sample.image.slice(1)] },
  'a picture of another room': (sample) =>
    sample.image.length === 0
      ? null
      : { ...sample, image: [sample.image[0].replace(/^scene\d+/, 'scene0000'), ...sample.image.slice(1)] },
  'pictures in another order': (sample) =>
    sample.image.length < 2
      ? null
      : { ...sample, image: sample.image.toReversed(), images: sample.images.toReversed() },
  'another size': (sample) =>
    sample.images.length === 0
      ? null
      : { ...sample, images: sample.images.map((one) => ({ ...one, width: one.width + 1 })) },
  'another object in evidence': (sample, random) =>
    withObject(sample, random, ({ id }) => {
      const ids = roomOf(sample).record.objects.map((one) => one.id)
      const found = other(random, ids, id)
      return found === undefined ? null : { id: found }
    }),
  'another label in evidence': (sample, random) => withObject(sample, random, () => ({ label: 'ghost' })),
  'a box of evidence moved by a pixel': (sample, random) =>
    withObject(sample, random, ({ bbox_2d }) =>
      bbox_2d ? { bbox_2d: [bbox_2d[0], bbox_2d[1] + 1, bbox_2d[2], bbox_2d[3]] } : null,
    ),
  'a place moved by two millimetres': (sample, random) =>
    withObject(sample, random, ({ position_camera: p }) =>
      p ? { position_camera: [p[0], p[1], p[2] + 0.002] } : null,
    ),
  'another best picture': (sample, random) =>
    withObject(sample, random, ({ image_index }) =>
      image_index === null || sample.image.length < 2
        ? null
        : { image_index: (image_index + 1) % sample.image.length },
    ),
  'an object of evidence left out': (sample) =>
    sample.evidence.objects.length === 0
      ? null
      : { ...sample, evidence: { ...sample.evidence, objects: sample.evidence.objects.slice(1) } },
  'a number of evidence changed': (sample, random) => {
    const names = Object.keys(sample.evidence.numbers)
    if (names.length === 0) return null
    const name = random.pick(names)
    const value = sample.evidence.numbers[name]
    const numbers = { ...sample.evidence.numbers, [name]: value + Math.max(0.2, 0.01 * Math.abs(value)) }
    return { ...sample, evidence: { ...sample.evidence, numbers } }
  },
  'a number of evidence left out': (sample) => {
    const [name] = Object.keys(sample.evidence.numbers)
    if (name === undefined) return null
    const { [name]: _, ...numbers } = sample.evidence.numbers
    return { ...sample, evidence: { ...sample.evidence, numbers } }
  },
  'a number of evidence too many': (sample) => ({
    ...sample,
    evidence: { ...sample.evidence, numbers: { ...sample.evidence.numbers, more: 1 } },
  }),
  'another kind of evidence': (sample) => ({ ...sample, evidence: { ...sample.evidence, subtype: 'other' } }),
}

describe('what was altered is found', () => {
  it.each(Object.keys(CHANGES))('%s', (name) => {
    const random = rng(7, 'test/alter', name)
    const missed: string[] = []
    let tried = 0
    for (const sample of samples) {
      const altered = CHANGES[name](sample, random)
      if (!altered) continue
      tried++
      if (prove(altered).length === 0)
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
    expect(await checkPicture(room, copy, name, decodeImage)).toContain('got another picture')
    const bytes = fs.readFileSync(path.join(root, room.scan.name, first))
    bytes[bytes.length >> 1] ^= 1
    fs.writeFileSync(target, bytes)
    expect(await checkPicture(room, copy, name, decodeImage)).toContain('got another picture')
    fs.rmSync(target)
    expect(await checkPicture(room, copy, name, decodeImage)).toContain('got nothing there')
  })
})
