import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AnswerRequest } from './client.js'
import { type OpenAiOptions, openOpenAi } from './openai.js'

interface Body {
  model: string
  messages: { role: string; content: { type: string; text?: string; image_url?: { url: string } }[] }[]
  max_tokens: number
}
type Reply = (body: Body, attempt: number) => { status: number; json: unknown } | 'hang up'

let server: http.Server
let folder: string
let reply: Reply
let bodies: Body[]
let keys: (string | undefined)[]

const say = (content: unknown) => ({ status: 200, json: { choices: [{ message: { content } }] } })
const textOf = (body: Body): string => body.messages.at(-1)?.content.at(-1)?.text ?? ''

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'openai-'))
  bodies = []
  keys = []
  server = http.createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const body = JSON.parse(text) as Body
      bodies.push(body)
      keys.push(request.headers.authorization)
      const answer = reply(body, bodies.length)
      if (answer === 'hang up') {
        request.socket.destroy()
        return
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer.json))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  fs.rmSync(folder, { recursive: true, force: true })
})

async function answers(requests: AnswerRequest[], options: OpenAiOptions = {}) {
  const { port } = server.address() as AddressInfo
  const client = openOpenAi('m', { baseUrl: `http://127.0.0.1:${port}/v1/`, wait: 0.001, ...options })
  const found: Record<string, string> = {}
  for await (const answer of client.answer(requests, { max_new_tokens: 9, temperature: 0, seed: 1 }))
    found[answer.id] = 'text' in answer ? answer.text : answer.error
  return found
}
const ask = (id: string, media: AnswerRequest['media'] = []): AnswerRequest => ({
  id,
  media,
  text: `say ${id}`,
})

describe('openai:MODEL', () => {
  it('answers every request, several at once', async () => {
    reply = (body) => say(textOf(body).toUpperCase())
    const ids = Array.from({ length: 20 }, (_, i) => `q${i}`)
    const found = await answers(
      ids.map((id) => ask(id)),
      { concurrency: 3, apiKey: 'secret' },
    )
    expect(found).toEqual(Object.fromEntries(ids.map((id) => [id, `SAY ${id.toUpperCase()}`])))
    expect(new Set(keys)).toEqual(new Set(['Bearer secret']))
  })

  it('sends pictures and frames in order, before the text', async () => {
    reply = () => say('A')
    const files = ['a.jpg', 'b.png'].map((name) => path.join(folder, name))
    for (const file of files) fs.writeFileSync(file, path.basename(file))
    await answers([
      ask('q', [
        { type: 'image', file: files[0] },
        { type: 'video', frames: files },
      ]),
    ])
    const content = bodies[0].messages[0].content
    expect(content.map((part) => part.type)).toEqual(['image_url', 'image_url', 'image_url', 'text'])
    expect(content.slice(0, 3).map((part) => part.image_url?.url)).toEqual([
      'data:image/jpeg;base64,YS5qcGc=',
      'data:image/jpeg;base64,YS5qcGc=',
      'data:image/png;base64,Yi5wbmc=',
    ])
    expect(bodies[0].max_tokens).toBe(9)
  })

  it('tries again when the server is busy or hangs up', async () => {
    reply = (_, attempt) => (attempt === 1 ? { status: 429, json: {} } : attempt === 2 ? 'hang up' : say('B'))
    expect(await answers([ask('q')])).toEqual({ q: 'B' })
    expect(bodies).toHaveLength(3)
  })

  it('gives up at once on a refusal, and after the last try on a silence', async () => {
    reply = () => ({ status: 401, json: { error: 'no key' } })
    await expect(answers([ask('q')])).rejects.toThrow(/expected an answer, got status 401 .*no key/)
    expect(bodies).toHaveLength(1)
    reply = () => ({ status: 503, json: {} })
    await expect(answers([ask('q')], { retries: 2 })).rejects.toThrow(/got status 503 .*, 3 times/)
    expect(bodies).toHaveLength(4)
  })

  it('takes no content as an empty answer and anything else as an error', async () => {
    reply = () => say(null)
    expect(await answers([ask('q')])).toEqual({ q: '' })
    reply = () => ({ status: 200, json: { hello: 1 } })
    await expect(answers([ask('q')])).rejects.toThrow(
      /expected choices\[0\]\.message\.content, got \{"hello":1\}/,
    )
  })
})
