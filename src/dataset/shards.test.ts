import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assembleDataset } from './build.js'
import { datasetOptionsSchema } from './options.js'
import { randomRoom } from './rooms.test-helper.js'
import { sceneQuestions } from './scene-questions.js'
import { isShardComplete, readShards, writeShard } from './shards.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'shards-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const options = datasetOptionsSchema.parse({})
const rooms = Array.from({ length: 7 }, (_, i) => randomRoom(i))
const questionsOf = (some: typeof rooms) => some.map((room) => sceneQuestions(room, options, 1))
const at = (name: string): string => path.join(folder, name)

function writeAll(count: number, out = folder, fingerprint = 'f'): void {
  for (let index = 0; index < count; index++) {
    const own = rooms.filter((_, i) => i % count === index)
    writeShard(out, { index, count }, questionsOf(own), { fingerprint, inputs: 'i', context: { index } })
  }
}

describe('shards', () => {
  it('of any number make the data set of one run', () => {
    const whole = JSON.stringify(assembleDataset(questionsOf(rooms), options, 1))
    for (const count of [1, 2, 5]) {
      writeAll(count, at(String(count)))
      const { questions, shards } = readShards([at(String(count))])
      expect(JSON.stringify(assembleDataset(questions, options, 1))).toBe(whole)
      expect(shards.map(({ manifest }) => manifest.context.index)).toEqual(shards.map((_, i) => i))
    }
  })

  it('may lie in several folders', () => {
    writeAll(2)
    fs.mkdirSync(at('other/shards'), { recursive: true })
    for (const end of ['json', 'jsonl'])
      fs.renameSync(at(`shards/questions-1-of-2.${end}`), at(`other/shards/questions-1-of-2.${end}`))
    expect(readShards([at('other'), folder]).questions).toHaveLength(7)
  })

  it('are known as complete only when whole and made from the same', () => {
    writeAll(2)
    const from = { fingerprint: 'f', inputs: 'i' }
    expect(isShardComplete(folder, { index: 0, count: 2 }, from)).toBe(true)
    expect(isShardComplete(folder, { index: 0, count: 2 }, { ...from, fingerprint: 'g' })).toBe(false)
    expect(isShardComplete(folder, { index: 0, count: 2 }, { ...from, inputs: 'others' })).toBe(false)
    expect(isShardComplete(folder, { index: 0, count: 3 }, from)).toBe(false)
    fs.appendFileSync(at('shards/questions-0-of-2.jsonl'), ' ')
    expect(isShardComplete(folder, { index: 0, count: 2 }, from)).toBe(false)
  })
})

describe('what cannot be merged is one line', () => {
  it.each([
    [
      'a shard that is missing',
      () => fs.rmSync(at('shards/questions-1-of-3.json')),
      /expected all 3 shards, got none of number 1/,
    ],
    [
      'questions that are not those of the manifest',
      () => fs.appendFileSync(at('shards/questions-2-of-3.jsonl'), '{}\n'),
      /questions-2-of-3\.jsonl: expected the questions its manifest names .*, got others/,
    ],
    [
      'a shard of another number',
      () => writeShard(folder, { index: 0, count: 2 }, [], { fingerprint: 'f', inputs: 'i', context: {} }),
      /expected a shard of the data set of .*, got one of another/,
    ],
    [
      'a shard of other data',
      () => writeShard(folder, { index: 2, count: 3 }, [], { fingerprint: 'g', inputs: 'i', context: {} }),
      /questions-2-of-3\.json: expected a shard of the data set of .*, got one of another/,
    ],
    [
      'a manifest that is none',
      () => fs.writeFileSync(at('shards/questions-0-of-3.json'), '{"version": 2}'),
      /questions-0-of-3\.json version: expected the manifest of a shard, got/,
    ],
  ])('%s', (_, spoil, message) => {
    writeAll(3)
    spoil()
    expect(() => readShards([folder])).toThrow(message)
  })

  it('one that is there twice, and folders without any', () => {
    writeAll(2)
    writeAll(2, at('again'))
    expect(() => readShards([folder, at('again')])).toThrow(/expected every shard once, got shard 0, as /)
    expect(() => readShards([at('nothing')])).toThrow(
      /expected shards of a data set \(data build --shard\), got none/,
    )
  })
})
