/** A teacher behind an OpenAI-compatible endpoint (a server of this test): what is right and well formed is kept. */
import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { openOpenAi } from '../clients/openai.js'
import { readJsonl } from '../common/jsonl.js'
import { promptedRowSchema } from '../schema/prompted-row.js'
import { microSamples, writePictures } from './micro-model.test-helper.js'
import { type TeachJob, teach } from './teach.js'

let home: string
let folder: string
let server: http.Server
/** Text of the question and how often it was asked before -> the teacher's words, or null for a failure. */
let reply: (text: string, before: number) => string | null
let asked: { text: string; seed: unknown; pictures: number }[]
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'teach-'))
  await writePictures(path.join(home, 'images'))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))
beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(home, 'run-'))
  asked = []
  server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { messages, seed } = JSON.parse(body) as {
        messages: { content: { type: string; text?: string }[] }[]
        seed: unknown
      }
      const content = messages.at(-1)?.content ?? []
      const text = content.find(({ type }) => type === 'text')?.text ?? ''
      const said = reply(text, asked.filter((one) => one.text === text).length)
      asked.push({ text, seed, pictures: content.filter(({ type }) => type === 'image_url').length })
      response.writeHead(said === null ? 400 : 200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          said === null ? { error: { message: 'no' } } : { choices: [{ message: { content: said } }] },
        ),
      )
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
})

/** Six choices about single pictures, whose texts all differ. */
const choices = microSamples.filter(({ data_type, options }) => data_type === 'single_image' && options)
const jobOf = (change: Partial<TeachJob> = {}): TeachJob => ({
  client: openOpenAi('teacher', {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retries: 0,
    warn: () => {},
  }),
  samples: choices,
  imageRoot: path.join(home, 'images'),
  style: 'compact',
  draws: 3,
  minAccuracy: 1,
  options: { max_new_tokens: 50, temperature: 1, seed: 40 },
  answers: path.join(folder, 'answers.jsonl'),
  ...change,
})
const rightOf = (text: string): string =>
  choices.find(({ question }) => text.startsWith(question))?.answer as string
const trace = (answer: string): string => `<think>I look at the chair.</think><answer>${answer}</answer>\n`

it('every question is asked until it is right and well formed, each time with another seed', async () => {
  // The first question is right at once, the second in the wrong form, then wrong, then right; the third never.
  const first = choices.map(({ question }) => question)
  reply = (text, before) => {
    const i = first.findIndex((question) => text.startsWith(question))
    if (i === 1) return [rightOf(text), trace('?'), trace(rightOf(text))][before]
    return i === 2 ? trace('C') : trace(rightOf(text))
  }
  const { rows, counts } = await teach(jobOf())
  expect(counts).toEqual({ questions: 6, kept: 5, answers: 10, failed: 0 })
  expect(rows.map(({ question_id }) => question_id)).toEqual([0, 1, 3, 4, 5])
  for (const row of rows) {
    expect(promptedRowSchema.parse(row)).toEqual(row)
    expect(row.solution).toBe(trace(rightOf(row.prompt)).trim())
  }
  expect(asked.filter(({ text }) => text.startsWith(first[1])).map(({ seed }) => seed)).toEqual([40, 41, 42])
  expect(asked.every(({ pictures }) => pictures === 1)).toBe(true)
})

it('continued, it asks what is missing and nothing twice; failures are asked again', async () => {
  reply = (text) => (text.startsWith(choices[4].question) ? null : trace(rightOf(text)))
  const before = await teach(jobOf({ draws: 1 }))
  expect(before.counts).toEqual({ questions: 6, kept: 5, answers: 5, failed: 1 })
  // Half a line, as a killed process leaves it.
  fs.appendFileSync(path.join(folder, 'answers.jsonl'), '{"id":"relative')
  asked = []
  reply = (text) => trace(rightOf(text))
  const { rows, counts } = await teach(jobOf({ draws: 1 }))
  expect(asked.map(({ text }) => text.startsWith(choices[4].question))).toEqual([true])
  expect(counts).toEqual({ questions: 6, kept: 6, answers: 6, failed: 0 })
  asked = []
  expect((await teach(jobOf())).rows).toEqual(rows)
  expect(asked).toEqual([])
  expect(readJsonl(path.join(folder, 'answers.jsonl'))).toHaveLength(6)
})

it('stops at the number wanted, and pays for no answer beyond it', async () => {
  reply = (text) => trace(rightOf(text))
  const { counts } = await teach(jobOf({ keep: 2 }))
  expect(counts).toMatchObject({ kept: 2, answers: 2 })
  expect(asked).toHaveLength(2)
})

it('numbers are kept from the accuracy asked for; boxes are not taught', async () => {
  const numbers = microSamples.filter(({ question_type }) => question_type === 'object count').slice(3, 4)
  reply = () => trace('3.7')
  const job = { samples: [...numbers, microSamples[0]], draws: 1 }
  expect((await teach(jobOf(job))).counts).toMatchObject({ questions: 1, kept: 0, answers: 1 })
  // Four chairs: 3.7 is off by 7.5 %, within nine of ten limits.
  expect((await teach(jobOf({ ...job, minAccuracy: 0.9 }))).counts).toMatchObject({ kept: 1, answers: 1 })
  expect(asked).toHaveLength(1)
})

it('answers of another model are refused', async () => {
  reply = (text) => trace(rightOf(text))
  await teach(jobOf({ keep: 1 }))
  await expect(teach(jobOf({ options: { max_new_tokens: 60, temperature: 1, seed: 40 } }))).rejects.toThrow(
    /answers.jsonl row 1: expected an answer to .* as asked now, got one of another model or question/,
  )
})
