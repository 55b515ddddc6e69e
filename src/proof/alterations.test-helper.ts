/** Ways to make a question wrong, for tests: answers, boxes, options, wording, pictures and evidence. */
import type { Random } from '../common/random.js'
import type { LabelledBox, Sample } from '../schema/sample.js'
import type { Room } from './room.js'

/** A change that makes a sample wrong; null where it does not apply. */
export type Change = (sample: Sample, random: Random, room: Room) => Sample | null

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

export const CHANGES: Record<string, Change> = {
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
  'another picture, its size and number with it': (sample, random, room) => {
    const seen = sample.evidence.objects.flatMap(({ image_index }) => image_index ?? [])
    if (seen.length === 0) return null
    const at = random.pick(seen)
    const { scan } = room
    const taken = new Set(sample.images.map(({ frame_id }) => frame_id))
    const free = scan.frames.filter(({ id, valid }) => valid && !taken.has(id))
    if (free.length === 0) return null
    const frame_id = random.pick(free).id
    const image = `${scan.name}/${frame_id}.jpg`
    const { height, width } = scan.colorSize
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
  'another object in evidence': (sample, random, room) =>
    withObject(sample, random, ({ id }) => {
      const ids = Array.from({ length: 60 }, (_, one) => one).filter((one) => room.category(one))
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
  // Alterations that agree with themselves: only the scan tells.
  'a number changed in answer and evidence alike': (sample, random) => {
    const { numbers } = sample.evidence
    const name = ['distance_m', 'longest_m', 'area_m2', 'count'].find((one) => one in numbers)
    if (name === undefined || Array.isArray(sample.answer)) return null
    const digits = sample.answer.includes('.') ? 1 : 0
    const value = name === 'count' ? numbers[name] + 1 : numbers[name] * random.pick([0.9, 1.1, 1.3]) + 0.06
    const answer = (name === 'longest_m' ? 100 * value : value).toFixed(digits)
    return { ...sample, answer, evidence: { ...sample.evidence, numbers: { ...numbers, [name]: value } } }
  },
  'a box moved in answer and evidence alike': (sample) => {
    if (!Array.isArray(sample.answer)) return null
    const move = <T extends { bbox_2d: LabelledBox['bbox_2d'] | null }>(one: T): T =>
      one.bbox_2d
        ? { ...one, bbox_2d: one.bbox_2d.map((x, k) => (k === 2 ? x - 1 : x)) as typeof one.bbox_2d }
        : one
    const objects = sample.evidence.objects.map(move)
    return { ...sample, answer: sample.answer.map(move), evidence: { ...sample.evidence, objects } }
  },
  'the first two options and the answer mirrored in evidence': (sample) => {
    const { numbers } = sample.evidence
    if (!sample.options || sample.question_type !== 'relative distance') return null
    const evidence = {
      ...sample.evidence,
      numbers: { ...numbers, distance_1_m: numbers.distance_2_m, distance_2_m: numbers.distance_1_m },
    }
    const answer = sample.answer === 'A' ? 'B' : sample.answer === 'B' ? 'A' : String(sample.answer)
    return { ...sample, answer, evidence }
  },
  'left and right exchanged in numbers and answer': (sample) => {
    const { numbers, subtype } = sample.evidence
    if (!sample.options || subtype !== 'camera 2-way') return null
    return {
      ...sample,
      answer: sample.answer === 'A' ? 'B' : 'A',
      evidence: { ...sample.evidence, numbers: { ...numbers, right_m: -numbers.right_m } },
    }
  },
  'another instance, with its own box and place': (sample, random, room) => {
    return withObject(sample, random, ({ id, image_index, label }) => {
      if (image_index === null) return null
      const frame = room.frame(sample.images[image_index].frame_id)
      const others = Array.from({ length: 60 }, (_, one) => one).filter(
        (one) => one !== id && room.category(one),
      )
      const found = frame && others.find((one) => room.seen(frame, one)?.certain)
      const seen = frame && found !== undefined ? room.seen(frame, found) : undefined
      if (!frame || found === undefined || !seen) return null
      const bbox_2d = seen.box.map(([low]) => low) as LabelledBox['bbox_2d']
      const [x, y, z] = room.inCamera(frame, found)
      return { id: found, label, bbox_2d, position_camera: [x, y, z] }
    })
  },
  'first sights exchanged': (sample) => {
    if (sample.question_type !== 'appearance order') return null
    const [a, b, ...rest] = sample.evidence.objects
    return { ...sample, evidence: { ...sample.evidence, objects: [b, a, ...rest] } }
  },
  'a word of the wording changed': (sample, random) => {
    const words = sample.question.split(' ')
    const names = new Set(sample.evidence.objects.flatMap(({ label }) => label.split(' ')))
    const at = random.int(0, words.length - 1)
    if (names.has(words[at].replace(/\W/g, ''))) return null
    return { ...sample, question: words.map((word, i) => (i === at ? `${word}s` : word)).join(' ') }
  },
  'another kind of evidence': (sample) => ({ ...sample, evidence: { ...sample.evidence, subtype: 'other' } }),
}
