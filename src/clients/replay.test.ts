import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openClient, parseClientName } from './open.js'
import { openReplay } from './replay.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'replay-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const write = (text: string): string => {
  const file = path.join(folder, 'predictions.jsonl')
  fs.writeFileSync(file, text)
  return file
}
const options = { max_new_tokens: 1, temperature: 0, seed: 0 }
const request = (id: string) => ({ id, media: [], text: '' })

it('replays the answers of a file and is silent on the rest', async () => {
  const file = write('{"id":"a","prediction":"A"}\n{"id":7,"prediction":"B"}\n')
  const client = await openClient(`replay:${file}`)
  const answers = []
  for await (const answer of client.answer(['7', 'z', 'a'].map(request), options)) answers.push(answer)
  expect(answers).toEqual([
    { id: '7', text: 'B' },
    { id: 'a', text: 'A' },
  ])
})

it('keeps the sizes its pictures were seen at', () => {
  const file = write('')
  expect(openReplay(file).modelSize).toBeUndefined()
  fs.writeFileSync(path.join(folder, 'protocol.json'), '{"resized":{"640x480":[448,336]}}')
  const { modelSize } = openReplay(file)
  expect(modelSize?.(640, 480)).toEqual({ width: 448, height: 336 })
  expect(modelSize?.(10, 20)).toEqual({ width: 10, height: 20 })
})

it('names the row of a duplicate or of something else', () => {
  expect(() => openReplay(write('{"id":"a","prediction":"A"}\n{"id":"a","prediction":"B"}\n'))).toThrow(
    /row 2 id: expected an id not seen before, got a/,
  )
  expect(() => openReplay(write('{"id":"a"}\n'))).toThrow(/row 1 prediction: expected a text/)
})

it('says which clients there are', () => {
  expect(parseClientName('local:runs/a:b')).toEqual({ kind: 'local', target: 'runs/a:b' })
  expect(parseClientName('blind:openai:gpt-4o')).toEqual({ kind: 'blind', target: 'openai:gpt-4o' })
  expect(parseClientName('chance')).toEqual({ kind: 'chance', target: '' })
  expect(parseClientName('frequent')).toEqual({ kind: 'frequent', target: '' })
  for (const name of ['blind:replay:a.jsonl', 'blind:blind:local:a', 'blind:chance'])
    expect(() => parseClientName(name)).toThrow(/--model: expected blind:local:DIR or blind:openai:MODEL/)
  for (const name of ['gpt', 'local:', ':x', 'nope:x', 'chance:x', 'blind:', 'blind:nope:x'])
    expect(() => parseClientName(name)).toThrow(/--model: expected local:DIR/)
})
