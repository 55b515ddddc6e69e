import fs from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import type { AnswerOptions, AnswerRequest, Client } from './client.js'
import { openClient } from './open.js'
import { type OpenAiOptions, openOpenAi } from './openai.js'

interface Body extends Record<string, unknown> {
  messages: { role: string; content: { type: string; text?: string; image_url?: { url: string } }[] }[]
}
interface Reply {
  status?: number
  /** Sent as it is. */
  text?: string
  json?: unknown
  headers?: Record<string, string>
}
type Answerer = (body: Body, attempt: number) => Reply | 'hang up' | Promise<Reply>

let server: http.Server
let folder: string
let reply: Answerer
let bodies: Body[]
let times: number[]
let keys: (string | undefined)[]
let said: string[]

const textOf = (body: Body): string =>
  body.messages.at(-1)?.content.find(({ type }) => type === 'text')?.text ?? ''
const say = (content: unknown, usage?: unknown): Reply => ({
  json: { choices: [{ message: { content } }], usage },
})
const refuse = (message: string, param?: string): Reply => ({
  status: 400,
  json: { error: { message, param } },
})

beforeEach(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'openai-'))
  bodies = []
  times = []
  keys = []
  said = []
  server = http.createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', async () => {
      const body = JSON.parse(text) as Body
      bodies.push(body)
      times.push(performance.now())
      keys.push(request.headers.authorization)
      const answer = await reply(body, bodies.length)
      if (answer === 'hang up') {
        request.socket.destroy()
        return
      }
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
      response.end(answer.text ?? JSON.stringify(answer.json))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  fs.rmSync(folder, { recursive: true, force: true })
})

const root = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/`
const open = (options: OpenAiOptions = {}, model = 'm'): Client =>
  openOpenAi(model, { baseUrl: root(), wait: 0.001, warn: (line) => said.push(line), ...options })

async function collect(client: Client, requests: AnswerRequest[], options: Partial<AnswerOptions> = {}) {
  const found: Record<string, string> = {}
  for await (const answer of client.answer(requests, {
    max_new_tokens: 9,
    temperature: 0,
    seed: 1,
    ...options,
  }))
    found[answer.id] = 'text' in answer ? answer.text : `! ${answer.error}`
  return found
}
const answers = (requests: AnswerRequest[], options: OpenAiOptions = {}) => collect(open(options), requests)
const ask = (id: string, change: Partial<AnswerRequest> = {}): AnswerRequest => ({
  id,
  media: [],
  text: `say ${id}`,
  ...change,
})
const several = (count: number): AnswerRequest[] => Array.from({ length: count }, (_, i) => ask(`q${i}`))

describe('openai:MODEL', () => {
  it('answers every request, several at once', async () => {
    let running = 0
    let most = 0
    reply = async (body) => {
      most = Math.max(most, ++running)
      await new Promise((done) => setTimeout(done, 5))
      running--
      return say(textOf(body).toUpperCase())
    }
    const found = await answers(several(20), { concurrency: 3, apiKey: 'secret' })
    expect(found).toEqual(Object.fromEntries(several(20).map(({ id }) => [id, `SAY ${id.toUpperCase()}`])))
    expect(new Set(keys)).toEqual(new Set(['Bearer secret']))
    expect(most).toBe(3)
  })

  it('sends pictures and frames in order, before the text or after it', async () => {
    reply = () => say('A')
    // A picture taken out of a parquet file has no extension: its bytes say what it is.
    const files = ['a.jpg', 'b'].map((name) => path.join(folder, name))
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47])
    fs.writeFileSync(files[0], 'a.jpg')
    fs.writeFileSync(files[1], png)
    const media: AnswerRequest['media'] = [
      { type: 'image', file: files[0] },
      { type: 'video', frames: files },
    ]
    await answers([ask('q', { media })])
    const content = bodies[0].messages[0].content
    expect(content.map((part) => part.type)).toEqual(['image_url', 'image_url', 'image_url', 'text'])
    expect(content.slice(0, 3).map((part) => part.image_url?.url)).toEqual([
      'data:image/jpeg;base64,YS5qcGc=',
      'data:image/jpeg;base64,YS5qcGc=',
      `data:image/png;base64,${png.toString('base64')}`,
    ])
    await answers([ask('q', { media, text_first: true, system: 'Be brief.' })])
    expect(bodies[1].messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
    expect(bodies[1].messages[1].content.map((part) => part.type)).toEqual([
      'text',
      'image_url',
      'image_url',
      'image_url',
    ])
  })

  it('sends only the settings it was given', async () => {
    reply = () => say('A')
    await collect(open(), [ask('q')], { temperature: undefined })
    expect(bodies[0]).toEqual({ model: 'm', messages: bodies[0].messages, max_tokens: 9, seed: 1 })
    await collect(open(), [ask('q')], { temperature: 0.5, top_p: 0.9, top_k: 3, repetition_penalty: 1.1 })
    expect(bodies[1]).toMatchObject({ temperature: 0.5, top_p: 0.9, top_k: 3, repetition_penalty: 1.1 })
  })

  it('prepares and reads pictures only when their turn comes; one that is missing costs one answer', async () => {
    const events: string[] = []
    reply = (body) => {
      events.push(`asked ${textOf(body)}`)
      return say('A')
    }
    const request = (id: string): AnswerRequest => {
      const file = path.join(folder, `${id}.png`)
      const prepare = async () => {
        events.push(`prepared ${id}`)
        if (id !== 'b') fs.writeFileSync(file, id)
      }
      return ask(id, { media: [{ type: 'image', file }], text: id, prepare })
    }
    const found = await answers(['a', 'b', 'c'].map(request), { concurrency: 1 })
    expect(found).toEqual({
      a: 'A',
      b: `! ${folder}/b.png: expected a file or folder, got nothing there`,
      c: 'A',
    })
    expect(events).toEqual(['prepared a', 'asked a', 'prepared b', 'prepared c', 'asked c'])
  })

  it('takes no content as an empty answer and anything else as an error of that question', async () => {
    reply = (body) => (textOf(body) === 'say a' ? say(null) : { json: { hello: 1 } })
    expect(await answers([ask('a'), ask('b')])).toEqual({
      a: '',
      b: `! ${root()}chat/completions: expected choices[0].message.content, got {"hello":1}`,
    })
  })

  it('adds up what the endpoint says it used', async () => {
    reply = () => say('A', { prompt_tokens: 1000, completion_tokens: 50 })
    const client = open({}, 'gpt-4o-2024-08-06')
    await collect(client, several(4))
    expect(client.usage?.()).toEqual({ input_tokens: 4000, output_tokens: 200, dollars: 0.012 })
    expect(open({}, 'a-model-of-mine').usage?.().dollars).toBeNull()
  })
})

describe('a busy or broken endpoint', () => {
  it('is asked again when it is busy, hangs up, answers half, or takes too long', async () => {
    reply = async (_, attempt) => {
      if (attempt === 1) return { status: 429, json: {} }
      if (attempt === 2) return { text: '{"choices": [{"mess' }
      if (attempt === 3) await new Promise((done) => setTimeout(done, 400))
      return say(`answer ${attempt}`)
    }
    expect(await answers([ask('q')], { timeout: 0.2 })).toEqual({ q: 'answer 4' })
    bodies = []
    reply = (_, attempt) => (attempt === 1 ? 'hang up' : say('B'))
    expect(await answers([ask('q')])).toEqual({ q: 'B' })
  })

  it.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 2000).toUTCString()],
  ])('is left alone for as long as it asks, in %s', async (_, header) => {
    reply = (_body, attempt) =>
      attempt === 1 ? { status: 429, json: {}, headers: { 'retry-after': header() } } : say('B')
    expect(await answers([ask('q')])).toEqual({ q: 'B' })
    // A date has whole seconds: of two, more than one is left.
    expect(times[1] - times[0]).toBeGreaterThan(980)
    expect(times[1] - times[0]).toBeLessThan(2600)
  })

  it('is waited for longer each time', async () => {
    reply = (_, attempt) => (attempt < 5 ? { status: 503, json: {} } : say('B'))
    await answers([ask('q')], { wait: 0.02 })
    // 20, 40, 80, 160 ms, each by a factor of 0.5 to 1.5.
    const gaps = times.slice(1).map((time, i) => time - times[i])
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThan(0.5 * 20 * 2 ** i - 2)
    expect(gaps[3]).toBeLessThan(1.5 * 160 + 150)
  })

  it('costs the questions it does not answer, and no others', async () => {
    reply = (body) => {
      if (textOf(body) === 'say q1') return { status: 503, text: 'overloaded\n  badly' }
      if (textOf(body) === 'say q2') return refuse('the prompt is too long')
      return say('A')
    }
    const found = await answers(several(4), { retries: 2 })
    const url = `${root()}chat/completions`
    expect(found).toEqual({
      q0: 'A',
      q1: `! ${url}: expected an answer, got status 503 (overloaded badly), 3 times`,
      q2: `! ${url}: expected an answer, got status 400 ({"error":{"message":"the prompt is too long"}})`,
      q3: 'A',
    })
    expect(bodies).toHaveLength(6)
  })

  it.each([
    [401, 'expected a key that is let in (OPENAI_API_KEY), got status 401'],
    [403, 'expected a key that is let in (OPENAI_API_KEY), got status 403'],
    [404, 'expected a model called m, got status 404'],
    [402, 'expected credit left for this key, got status 402'],
  ])('ends the run at once with status %i', async (status, message) => {
    reply = () => ({ status, json: { error: 'no' } })
    await expect(answers(several(50), { concurrency: 1 })).rejects.toThrow(message)
    expect(bodies).toHaveLength(1)
  })

  it('ends the run after ten failures in a row', async () => {
    reply = () => ({ status: 500, json: {} })
    await expect(answers(several(50), { retries: 0, concurrency: 1 })).rejects.toThrow(
      /openai:m: expected answers, got 10 failures in a row, the last: .*status 500/,
    )
    expect(bodies).toHaveLength(10)
  })

  it('goes on past questions it refuses once it has answered any', async () => {
    reply = (body) => (textOf(body) === 'say q0' ? say('A') : refuse('too long'))
    const found = await answers(several(30), { concurrency: 1 })
    expect(Object.values(found).filter((text) => text.startsWith('!'))).toHaveLength(29)
    bodies = []
    reply = () => refuse('too long')
    await expect(answers(several(30), { concurrency: 1 })).rejects.toThrow(/10 failures in a row/)
    expect(bodies).toHaveLength(10)
  })

  it('stops asking when nobody listens any more', async () => {
    reply = () => say('A')
    for await (const _ of open({ concurrency: 1 }).answer(several(50), { max_new_tokens: 9, seed: 1 })) break
    await new Promise((done) => setTimeout(done, 50))
    expect(bodies.length).toBeLessThan(4)
  })
})

describe('an endpoint that refuses a setting', () => {
  it('is sent max_completion_tokens and no temperature, as newer OpenAI models want it', async () => {
    reply = (body) => {
      if ('max_tokens' in body)
        return refuse(
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
          'max_tokens',
        )
      if ('temperature' in body)
        return refuse(
          "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
          'temperature',
        )
      return say('A')
    }
    const found = await answers(several(12), { concurrency: 4 })
    expect(new Set(Object.values(found))).toEqual(new Set(['A']))
    const last = bodies.at(-1) as Body
    expect(last).toEqual({ model: 'm', messages: last.messages, max_completion_tokens: 9, seed: 1 })
    expect(said).toEqual([
      'openai:m: the endpoint takes no max_tokens; max_completion_tokens is sent instead',
      'openai:m: the endpoint takes no temperature; it is left out',
    ])
    // Only the first ones learnt it the hard way.
    expect(bodies.length).toBeLessThanOrEqual(12 + 2 * 4)
  })

  it('is sent no seed, as Gemini wants it', async () => {
    reply = (body) =>
      'seed' in body
        ? {
            status: 400,
            json: [
              {
                error: {
                  code: 400,
                  message: 'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
                },
              },
            ],
          }
        : say('A')
    expect(await answers([ask('q')])).toEqual({ q: 'A' })
    expect(said).toEqual(['openai:m: the endpoint takes no seed; it is left out'])
  })

  it('is not second-guessed about a value that is too large', async () => {
    reply = () =>
      refuse('max_tokens is too large: 9. This model supports at most 4 completion tokens.', 'max_tokens')
    expect((await answers([ask('q')])).q).toMatch(/^! .*max_tokens is too large/)
    expect(said).toEqual([])
  })
})

describe('--max-cost', () => {
  // 8 + 2 tokens in and 9 out at 1000 dollars a million in, 10000 out: 10 cents a question.
  const pricePerMillion = { input: 1000, output: 10000 }
  const bill = (input: number, output: number) => ({ prompt_tokens: input, completion_tokens: output })

  it('refuses to start what would cost more', async () => {
    reply = () => say('A')
    await expect(answers(several(8), { pricePerMillion, maxCost: 0.75 })).rejects.toThrow(
      '--max-cost: expected at least $0.80 for 8 questions (80 tokens in, up to 72 out), got $0.75',
    )
    expect(bodies).toHaveLength(0)
    expect(Object.keys(await answers(several(8), { pricePerMillion, maxCost: 0.8 }))).toHaveLength(8)
  })

  it('stops before the money is gone when questions turn out dearer', async () => {
    reply = () => say('A', bill(110, 9))
    const client = open({ pricePerMillion, maxCost: 1, concurrency: 1 })
    const found = await collect(client, several(10))
    // 20 cents each instead of 10.
    expect(Object.keys(found)).toEqual(['q0', 'q1', 'q2', 'q3', 'q4'])
    expect(client.usage?.().dollars).toBeCloseTo(1)
    expect(said).toEqual(['openai:m: stopped at $1.00 of $1.00 (--max-cost), 5 of 10 questions not asked'])
  })

  it('counts what is under way', async () => {
    reply = async () => {
      await new Promise((done) => setTimeout(done, 20))
      return say('A', bill(310, 9))
    }
    const client = open({ pricePerMillion, maxCost: 1, concurrency: 2 })
    await collect(client, several(10))
    // 40 cents each: two at once, and then none, since a third would end above.
    expect(client.usage?.().dollars).toBeCloseTo(0.8)
  })

  it('holds over all calls of a client, as an evaluation of several benchmarks makes them', async () => {
    reply = () => say('A', bill(10, 9))
    const client = open({ pricePerMillion, maxCost: 1 })
    await collect(client, several(6))
    await expect(collect(client, several(6))).rejects.toThrow(
      '--max-cost: expected at least $0.60 for 6 questions (60 tokens in, up to 54 out), got $0.40',
    )
    expect(Object.keys(await collect(client, several(4)))).toHaveLength(4)
  })

  it('wants to know the price of a model it does not know', async () => {
    await expect(answers([ask('q')], { maxCost: 1 })).rejects.toThrow(
      '--max-cost: expected the price of m per million tokens by --price INPUT,OUTPUT, got a model of unknown price',
    )
  })
})

describe('blind:openai:MODEL', () => {
  it('asks the same words without pictures, which need not exist', async () => {
    reply = () => say('A')
    const client = await openClient('blind:openai:m', { baseUrl: root() })
    expect([client.name, client.blind]).toEqual(['blind:openai:m', true])
    const prepare = () => Promise.reject(new Error('prepared'))
    const request = ask('q', { media: [{ type: 'image', file: '/nowhere.png' }], prepare })
    expect(await collect(client, [request])).toEqual({ q: 'A' })
    expect(bodies[0].messages[0].content).toEqual([{ type: 'text', text: 'say q' }])
  })

  it('is estimated without pictures', async () => {
    const file = path.join(folder, 'a.png')
    fs.writeFileSync(file, await encodePng(formulaPicture(600, 400)))
    const request = ask('q', { media: [{ type: 'image', file }] })
    const tokens = async (name: string): Promise<number | undefined> => {
      const client = await openClient(name, { baseUrl: root() })
      return (await client.estimateCost?.([request], { max_new_tokens: 9, seed: 1 }))?.input_tokens
    }
    expect(await tokens('openai:gpt-4o')).toBe(10 + 85 + 2 * 170)
    expect(await tokens('blind:openai:gpt-4o')).toBe(10)
  })
})
