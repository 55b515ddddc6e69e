import { describe, expect, it } from 'vitest'
import {
  asksOf,
  cardOf,
  checkAsked,
  dataDigest,
  itemDigest,
  limitItems,
  mannerDigest,
  shardItems,
} from './ask.js'
import { makeItem, plainProtocol } from './items-for-tests.js'
import { mannerOf } from './prepared.js'
import { viewSpatialBench } from './viewspatial-bench.js'
import { vsiBench } from './vsi-bench.js'

const items = Array.from({ length: 60 }, (_, row) =>
  makeItem(row, { type: row < 40 ? 'many' : row < 55 ? 'some' : 'few' }),
)
const countOf = (part: readonly { type: string }[], type: string) =>
  part.filter((item) => item.type === type).length

describe('a limit', () => {
  it('takes types in turn, keeps their order, and grows by adding', () => {
    const twelve = limitItems(items, 12, 1)
    expect(['many', 'some', 'few'].map((type) => countOf(twelve, type))).toEqual([4, 4, 4])
    expect(twelve.map(({ row }) => row)).toEqual(twelve.map(({ row }) => row).toSorted((a, b) => a - b))
    const thirty = new Set(limitItems(items, 30, 1))
    expect(twelve.every((item) => thirty.has(item))).toBe(true)
    expect(countOf([...thirty], 'few')).toBe(5)
    expect(limitItems(items, 12, 2)).not.toEqual(twelve)
    expect(limitItems(items, 1000, 1)).toHaveLength(60)
    expect(limitItems(items, undefined, 1)).toHaveLength(60)
  })
})

it('shards are disjoint, complete, and hold every type', () => {
  const parts = [0, 1, 2, 3].map((index) => shardItems(items, { index, count: 4 }))
  expect(
    parts
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(items.map(({ id }) => id).toSorted())
  for (const part of parts) expect(new Set(part.map(({ type }) => type)).size).toBe(3)
  // Also where the types come in turn, as many as there are parts.
  const turns = items.map((item, i) => ({ ...item, type: ['a', 'b', 'c'][i % 3] }))
  for (const index of [0, 1, 2]) {
    const part = shardItems(turns, { index, count: 3 })
    expect(['a', 'b', 'c'].map((type) => countOf(part, type)).toSorted()).toEqual([6, 7, 7])
    expect(part.map(({ row }) => row)).toEqual(part.map(({ row }) => row).toSorted((a, b) => a - b))
  }
})

describe('how a benchmark is asked', () => {
  const video = (row: number) =>
    makeItem(row, {
      type: 'route_planning',
      media: [{ type: 'video', video: { name: 'scannet/a.mp4', open: async () => 'a.mp4' } }],
    })
  const manner = (name: 'official' | 'paper' | 'strict', promptType?: 'default' | 'thinking') =>
    mannerOf(vsiBench, name, 'local', promptType)

  it('is the same under paper and strict, which share their answers, and another under official', () => {
    const some = [video(0), video(1)]
    expect(mannerDigest(some, manner('strict'))).toBe(mannerDigest(some, manner('paper')))
    expect(mannerDigest(some, manner('official'))).not.toBe(mannerDigest(some, manner('paper')))
    expect(mannerDigest(some, manner('paper', 'default'))).not.toBe(mannerDigest(some, manner('paper')))
  })

  it('falls back to the prompt type a protocol has', () => {
    expect(manner('official', 'thinking').promptType).toBe('default')
    expect(manner('paper').promptType).toBe('thinking')
  })

  it('knows the files of its frames before they are made', () => {
    const [{ request, asked }] = asksOf([video(0)], manner('official'), '/cache')
    const [media] = request.media
    expect(media.type === 'video' && media.frames).toHaveLength(32)
    expect(request.text).toMatch(/^These are frames of a video\.\nQuestion 0\?\nOptions:\nA\. a\n/)
    expect(asked).toBe(itemDigest(video(0)))
    expect(itemDigest(video(0))).not.toBe(itemDigest({ ...video(0), question: 'Other?' }))
  })

  it('is known by question, options and pictures, wherever the pictures lie', () => {
    const picture = (name: string, published?: string | null) =>
      makeItem(0, {
        media: [{ type: 'image', picture: { name, published, read: async () => Buffer.alloc(0) } }],
      })
    const inFile = itemDigest(picture('img/1.png'))
    expect(itemDigest(picture('test_2d.parquet row 2 image', 'img/1.png'))).toBe(inFile)
    expect(itemDigest(picture('img/2.png'))).not.toBe(inFile)
    const nameless = ['a.parquet row 1 image', 'b.parquet row 9 image'].map((name) => picture(name, null))
    expect(itemDigest(nameless[0])).toBe(itemDigest(nameless[1]))
    expect(() => checkAsked('answers.jsonl', new Map([['q0', inFile]]), [picture('img/1.png')])).not.toThrow()
    expect(() => checkAsked('answers.jsonl', new Map([['q0', inFile]]), [picture('img/2.png')])).toThrow(
      'answers.jsonl (q0): expected an answer to q0 as it is in the data, got one to another question',
    )
  })

  it('puts the text first where the authors do', () => {
    const item = makeItem(0, { type: 'Camera perspective - Relative Direction', answer: 'A. a' })
    const firstFor = (family: 'local' | 'api') =>
      asksOf([item], mannerOf(viewSpatialBench, 'official', family), '/cache')[0].request.text_first
    const sizes = (['local', 'api'] as const).map(
      (family) =>
        cardOf({
          benchmark: 'ViewSpatial-Bench',
          items: [item],
          manner: mannerOf(viewSpatialBench, 'official', family),
          client: { name: 'x' },
          seed: 1,
        }).media.size,
    )
    // And so are the pictures: only local models get them forced to one size.
    expect(sizes).toEqual([{ width: 420, height: 280 }, undefined])
    expect(firstFor('api')).toBe(true)
    expect(firstFor('local')).toBeUndefined()
  })

  it('stands in the card: prompts whole, media, generation, and a digest of questions and answers', () => {
    const card = cardOf({
      benchmark: 'VSI-Bench',
      items: [video(0)],
      manner: manner('paper'),
      client: {
        name: 'local:x',
        fingerprint: 'abc',
        // As a checkpoint that never samples has it.
        sampling: () => ({ temperature: 0, top_p: 1, top_k: 0, repetition_penalty: 1.05 }),
      },
      seed: 7,
      limit: 5,
    })
    expect(card).toMatchObject({
      benchmark: 'VSI-Bench',
      protocol: 'paper',
      prompt_type: 'thinking',
      family: 'local',
      fingerprint: 'abc',
      generation: { max_new_tokens: 1024, temperature: 0.01, defaults: 'checkpoint' },
      sampling: { temperature: 0, repetition_penalty: 1.05 },
      media: { frames: 32, area: 401408, pixels: { min_pixels: 12544, max_pixels: 401408 } },
      limit: 5,
      seed: 7,
      data: dataDigest([video(0)]),
    })
    expect(card.prompts.choice).toContain('<answer> </answer> tags.')
    expect(dataDigest([{ ...video(0), answer: 'B' }])).not.toBe(card.data)
  })
})

it('a protocol without pictures asks for none', () => {
  const manner = {
    protocolName: 'official',
    protocol: plainProtocol(),
    promptType: 'default',
    family: 'api',
  } as const
  expect(asksOf([makeItem(3)], manner, '/cache')[0].request).toMatchObject({
    id: 'q3',
    media: [],
    text: 'Question 3?',
  })
})
