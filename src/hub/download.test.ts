/** A hub that breaks off, stays silent, refuses or lies: what a pull does about it, and what it says. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkRoom } from './disk.js'
import { incompletePath } from './download.js'
import { askedToWait } from './http.js'
import {
  content,
  gitHash,
  HubServer,
  largeHash,
  type Seen,
  type ServedRepo,
  tree,
} from './hub-server.test-helper.js'
import { type PullOptions, pull } from './pull.js'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const config = Buffer.from('{"hidden_size": 64}\n')
const weights = content(400_000)
const bin = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))

let root: string
let cache: string
let server: HubServer
let net: ServedRepo
let request: PullOptions
let blob: string

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'hub-'))
  cache = path.join(root, 'hub')
  const files = [
    { path: 'config.json', content: config },
    { path: 'model.safetensors', content: weights, large: true },
  ]
  net = { repo: 'lab/Net', type: 'model', sha: SHA, files }
  server = await HubServer.start([net])
  request = { repo: 'lab/Net', type: 'model', settings: server.settings(cache) }
  blob = path.join(cache, 'models--lab--Net/blobs', largeHash(weights))
})
afterEach(async () => {
  await server.stop()
  fs.rmSync(root, { recursive: true, force: true })
})

const isWeights = ({ at }: Seen): boolean => at === 'cdn'
const isConfig = ({ at, url }: Seen): boolean => at === 'hub' && url.endsWith('/config.json')
const ranges = (): (string | undefined)[] => server.seen.filter(isWeights).map(({ range }) => range)

async function expectWhole(): Promise<void> {
  const { folder } = await pull(request)
  expect(fs.readFileSync(path.join(folder, 'model.safetensors')).equals(weights)).toBe(true)
  expect(fs.readFileSync(path.join(folder, 'config.json')).equals(config)).toBe(true)
  expect(tree(path.join(cache, 'models--lab--Net/blobs'))).toEqual(
    [gitHash(config), largeHash(weights)].sort(),
  )
}

/** The line of a pull that must fail. */
async function lineOf(options: PullOptions = request): Promise<string> {
  const error = await pull(options).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'LadderError' })
  expect((error as Error).message).not.toContain('\n')
  return (error as Error).message
}

describe('a download', () => {
  it('goes on where the connection broke, as often as it gains something', async () => {
    server.fault = (seen) => (isWeights(seen) && seen.attempt <= 8 ? { cutAfter: 40_000 } : undefined)
    await expectWhole()
    expect(ranges()).toHaveLength(9)
    expect(ranges()[0]).toBeUndefined()
    expect(ranges()[8]).toMatch(/^bytes=\d+-$/)
  })

  it('starts again where the server knows no ranges', async () => {
    server.fault = (seen) =>
      isWeights(seen) ? { noRange: true, cutAfter: seen.attempt === 1 ? 40_000 : undefined } : {}
    await expectWhole()
    expect(ranges()).toEqual([undefined, expect.stringMatching(/^bytes=\d+-$/)])
  })

  it('leaves a connection that has gone silent', async () => {
    request.settings = server.settings(cache, { stall: 0.2 })
    server.fault = (seen) => (isWeights(seen) && seen.attempt === 1 ? { hangAfter: 40_000 } : undefined)
    await expectWhole()
  })

  it('asks the hub for a new link when the old one has run out', async () => {
    server.fault = (seen) => (isWeights(seen) && seen.attempt === 1 ? { status: 403 } : undefined)
    await expectWhole()
  })

  it('waits as long as a busy server asks, and says so', async () => {
    const told: string[] = []
    const headers = { 'retry-after': '1' }
    server.fault = ({ url, attempt }) =>
      url.startsWith('/api/') && attempt === 1 ? { status: 429, headers } : undefined
    const began = Date.now()
    await pull({ ...request, note: (line) => told.push(line) })
    expect(Date.now() - began).toBeGreaterThan(1900)
    // The commit, and the one page of its files.
    expect(told).toHaveLength(2)
    for (const line of told) expect(line).toMatch(/^status 429 from 127\.0\.0\.1:\d+; next try in 1 s$/)
  })

  it('gives up in one line after a few errors in a row, and keeps what came', async () => {
    server.fault = (seen) =>
      isWeights(seen) ? (seen.attempt === 1 ? { cutAfter: 98_304 } : { status: 503 }) : undefined
    expect(await lineOf()).toMatch(
      /^model lab\/Net model\.safetensors: expected an answer from the hub, got status 503 from 127\.0\.0\.1:\d+, 4 times$/,
    )
    const kept = fs.statSync(incompletePath(blob)).size
    expect(kept).toBeGreaterThan(0)
    server.fault = () => undefined
    await expectWhole()
    expect(ranges().at(-1)).toBe(`bytes=${kept}-`)
  })

  it('deletes content whose hash is not the listed one', async () => {
    const other = content(400_000, 9)
    server.fault = (seen) => (isWeights(seen) ? { content: other } : undefined)
    expect(await lineOf()).toBe(
      `model lab/Net model.safetensors: expected SHA-256 ${largeHash(weights)}, got ${largeHash(other)}; what was fetched is deleted`,
    )
    expect(fs.existsSync(blob) || fs.existsSync(incompletePath(blob))).toBe(false)
    fs.rmSync(cache, { recursive: true })
    const evil = Buffer.from('{"hidden_size": 65}\n')
    server.fault = (seen) => (isConfig(seen) ? { content: evil } : undefined)
    expect(await lineOf()).toBe(
      `model lab/Net config.json: expected git's hash ${gitHash(config)}, got ${gitHash(evil)}; what was fetched is deleted`,
    )
  })

  it('starts again when what an earlier run left is not of this content', async () => {
    fs.mkdirSync(path.dirname(blob), { recursive: true })
    for (const left of [content(100_000, 5), content(400_000, 6), content(500_000, 7)]) {
      fs.rmSync(blob, { force: true })
      fs.rmSync(path.join(cache, 'models--lab--Net/snapshots'), { recursive: true, force: true })
      fs.writeFileSync(incompletePath(blob), left)
      await expectWhole()
    }
  })

  it('leaves no ref and no link while something is missing, and the older snapshot usable', async () => {
    await pull(request)
    const next = SHA.replace('0', 'f')
    net.sha = next
    net.files[1] = { path: 'model.safetensors', content: content(400_000, 4), large: true }
    server.fault = (seen) => (isWeights(seen) ? { status: 500 } : undefined)
    await lineOf()
    expect(fs.readFileSync(path.join(cache, 'models--lab--Net/refs/main'), 'utf8')).toBe(SHA)
    expect(fs.existsSync(path.join(cache, 'models--lab--Net/snapshots', next, 'model.safetensors'))).toBe(
      false,
    )
  })

  it('refuses a server that answers with another commit', async () => {
    const headers = { 'x-repo-commit': SHA.replace('0', 'f'), location: '/elsewhere' }
    server.fault = (seen) =>
      isConfig(seen) ? { status: 302, headers } : seen.url === '/elsewhere' ? { status: 200 } : undefined
    expect(await lineOf()).toContain(`config.json: expected commit ${SHA}, got ${headers['x-repo-commit']}`)
  })
})

describe('the token', () => {
  it('goes to the hub, and not to the host it redirects to', async () => {
    net.gatedBy = 'hf_secret'
    request.settings = server.settings(cache, { token: 'hf_secret' })
    await expectWhole()
    expect(
      server.seen
        .filter(({ at }) => at === 'hub')
        .every(({ authorization }) => authorization === 'Bearer hf_secret'),
    ).toBe(true)
    expect(server.seen.filter(isWeights).map(({ authorization }) => authorization)).toEqual([undefined])
  })
})

describe('a refusal is one line with its remedy', () => {
  it('gated', async () => {
    net.gatedBy = 'hf_other'
    const page = `${server.endpoint}/lab/Net`
    expect(await lineOf()).toBe(
      `model lab/Net: expected access: accept its terms on ${page}, then set HF_TOKEN, got status 401: gated, and no token is set`,
    )
    const settings = server.settings(cache, { token: 'hf_mine' })
    expect(await lineOf({ ...request, settings })).toBe(
      `model lab/Net: expected access, which its owners grant on ${page}, got status 403: gated, and this token's account has none`,
    )
  })

  it('no such repository, or a private one', async () => {
    expect(await lineOf({ ...request, repo: 'lab/Nets' })).toBe(
      `model lab/Nets: expected a public model on ${server.endpoint}, or, if it is private, a token in HF_TOKEN, got status 401`,
    )
    const settings = server.settings(cache, { token: 'hf_mine' })
    expect(await lineOf({ ...request, repo: 'lab/Nets', settings })).toContain(
      'or one this token may see, got status 404',
    )
  })

  it('no such revision', async () => {
    expect(await lineOf({ ...request, revision: 'v9' })).toBe(
      'model lab/Net: expected a branch, tag or commit v9, got none of that name (status 404)',
    )
  })

  it('a token nobody knows', async () => {
    server.fault = () => ({
      status: 401,
      headers: { 'x-error-message': 'Invalid credentials in Authorization header' },
    })
    const settings = server.settings(cache, { token: 'hf_old' })
    expect(await lineOf({ ...request, settings })).toBe(
      `HF_TOKEN: expected a token that ${server.endpoint} knows, got status 401: Invalid credentials in Authorization header`,
    )
  })

  it('no hub at all', async () => {
    await server.stop()
    expect(await lineOf()).toMatch(
      /^model lab\/Net: expected an answer from the hub, got no connection to 127\.0\.0\.1:\d+: ECONNREFUSED, 4 times$/,
    )
  })

  it('no room on the disk', () => {
    expect(() => checkRoom('/data/hub', 7_510_000_000, 21_000_000)).toThrow(
      '/data/hub: expected 7.51 GB of free space, got 21.0 MB',
    )
    checkRoom(root, 1)
  })
})

describe('processes', () => {
  const environment = () => ({
    ...process.env,
    HF_HOME: root,
    HF_HUB_CACHE: '',
    HF_ENDPOINT: server.endpoint,
    HF_TOKEN: '',
  })
  const start = () =>
    spawn(process.execPath, [bin, 'pull', 'model:lab/Net', '--json'], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const ended = (child: ReturnType<typeof start>): Promise<unknown> =>
    new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((done) => setTimeout(done, 5))
  }
  const size = (): number => fs.statSync(incompletePath(blob), { throwIfNoEntry: false })?.size ?? 0

  it('one killed in the middle is continued from the byte it came to', async () => {
    server.fault = (seen) => (isWeights(seen) && seen.attempt === 1 ? { slow: 20 } : undefined)
    const child = start()
    const end = ended(child)
    await until(() => size() > 100_000)
    child.kill('SIGKILL')
    expect(await end).toBe('SIGKILL')
    const there = size()
    expect(there).toBeLessThan(weights.length)
    await expectWhole()
    expect(ranges()).toEqual([undefined, `bytes=${there}-`])
  })

  it('two at once fetch each file once, and both have all of it', async () => {
    server.fault = (seen) => (isWeights(seen) ? { slow: 20 } : undefined)
    const both = [start(), start()]
    const printed = both.map(() => '')
    both.forEach((child, index) => {
      child.stdout.on('data', (text) => {
        printed[index] += text
      })
    })
    expect(await Promise.all(both.map(ended))).toEqual([0, 0])
    const [a, b] = printed.map((text) => (JSON.parse(text) as { folder: string; fetched: number }[])[0])
    expect(a.folder).toBe(b.folder)
    expect([a.fetched, b.fetched].sort((x, y) => x - y)).toEqual([0, config.length + weights.length])
    expect(server.contentRequests().filter(({ at }) => at === 'hub')).toHaveLength(2)
    await expectWhole()
  })
})

it("reads how long to wait from Retry-After and from the hub's RateLimit", () => {
  const now = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT')
  const wait = (headers: Record<string, string>): number => askedToWait(new Headers(headers), now)
  expect(wait({ 'retry-after': '120' })).toBe(120)
  expect(wait({ 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT' })).toBe(30)
  expect(wait({ ratelimit: '"api";r=0;t=55' })).toBe(55)
  expect(wait({ ratelimit: '"api";r=12;t=55' })).toBe(0)
  expect(wait({})).toBe(0)
})
