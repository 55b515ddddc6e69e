/** Pulling from a hub on this machine that behaves, and what then lies in the cache. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { content, gitHash, HubServer, largeHash, type ServedRepo, tree } from './hub-server.test-helper.js'
import { cachedSnapshot, type PullOptions, planPull, pull } from './pull.js'

const SHA = '0123456789abcdef0123456789abcdef01234567'
const readme = Buffer.from('# rooms\n')
const rows = content(70_000)
const zip = content(150_000, 2)

let root: string
let cache: string
let server: HubServer
let rooms: ServedRepo
let request: PullOptions

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'hub-'))
  cache = path.join(root, 'hub')
  rooms = {
    repo: 'lab/Rooms',
    type: 'dataset',
    sha: SHA,
    files: [
      { path: 'README.md', content: readme },
      { path: 'data/a b.parquet', content: rows, large: true },
      { path: 'data/copy.parquet', content: rows, large: true },
      { path: 'empty.txt', content: Buffer.alloc(0) },
      { path: 'images.zip', content: zip, large: true },
    ],
  }
  server = await HubServer.start([rooms])
  request = { repo: 'lab/Rooms', type: 'dataset', settings: server.settings(cache) }
})
afterEach(async () => {
  await server.stop()
  fs.rmSync(root, { recursive: true, force: true })
})

describe('a pulled repository', () => {
  it("lies in the hub's own layout, contents by their hashes and paths as relative links", async () => {
    const { folder, sha, files, bytes, fetched } = await pull(request)
    expect({ folder, sha }).toEqual({
      folder: path.join(cache, 'datasets--lab--Rooms/snapshots', SHA),
      sha: SHA,
    })
    expect(files).toEqual(rooms.files.map((file) => file.path))
    expect({ bytes, fetched }).toEqual({ bytes: 290_008, fetched: 220_008 })
    const empty = gitHash(Buffer.alloc(0))
    expect(tree(cache)).toEqual(
      [
        `blobs/${gitHash(readme)}`,
        `blobs/${empty}`,
        `blobs/${largeHash(rows)}`,
        `blobs/${largeHash(zip)}`,
        'refs/main',
        `snapshots/${SHA}/README.md -> ../../blobs/${gitHash(readme)}`,
        `snapshots/${SHA}/data/a b.parquet -> ../../../blobs/${largeHash(rows)}`,
        `snapshots/${SHA}/data/copy.parquet -> ../../../blobs/${largeHash(rows)}`,
        `snapshots/${SHA}/empty.txt -> ../../blobs/${empty}`,
        `snapshots/${SHA}/images.zip -> ../../blobs/${largeHash(zip)}`,
        `trees/${SHA}.json`,
      ]
        .map((name) => `datasets--lab--Rooms/${name}`)
        .sort(),
    )
    // Python reads the ref without trimming it.
    expect(fs.readFileSync(path.join(cache, 'datasets--lab--Rooms/refs/main'), 'utf8')).toBe(SHA)
    for (const file of rooms.files)
      expect(fs.readFileSync(path.join(folder, file.path)).equals(file.content)).toBe(true)
  })

  it('is not fetched again, and one with the same contents only linked', async () => {
    await pull(request)
    const before = server.contentRequests().length
    expect(await pull(request)).toMatchObject({ fetched: 0, sha: SHA })
    rooms.sha = SHA.replace('0', 'f')
    expect(await pull(request)).toMatchObject({ fetched: 0, sha: rooms.sha })
    expect(server.contentRequests()).toHaveLength(before)
    expect(cachedSnapshot(request)).toBe(path.join(cache, 'datasets--lab--Rooms/snapshots', rooms.sha))
  })

  it('of a model lies among the models', async () => {
    server.repos.push({
      repo: 'lab/Net',
      type: 'model',
      sha: SHA,
      files: [{ path: 'config.json', content: readme }],
    })
    const { folder } = await pull({ ...request, repo: 'lab/Net', type: 'model' })
    expect(folder).toBe(path.join(cache, 'models--lab--Net/snapshots', SHA))
  })

  it('can be a tag, a pull request or a commit; each is found again under its name', async () => {
    for (const revision of ['v1', 'refs/pr/1', SHA]) {
      const { folder } = await pull({ ...request, revision })
      expect(cachedSnapshot({ ...request, revision })).toBe(folder)
    }
    expect(cachedSnapshot(request)).toBeNull()
    expect(tree(path.join(cache, 'datasets--lab--Rooms/refs'))).toEqual(['refs/pr/1', 'v1'])
  })

  it('can be some of its files', async () => {
    const some = { ...request, include: ['*.parquet', 'README.md'], exclude: ['data/copy*'] }
    expect((await pull(some)).files).toEqual(['README.md', 'data/a b.parquet'])
    expect(cachedSnapshot(some)).not.toBeNull()
    // The listing tells that the rest is missing.
    expect(cachedSnapshot(request)).toBeNull()
    await expect(pull({ ...request, include: ['*.json', 'README.md'] })).rejects.toThrow(
      'dataset lab/Rooms@main: expected files that match *.json, got 5 others (README.md, data/a b.parquet, data/copy.parquet, …)',
    )
  })

  it('of an older commit may lack what a benchmark has today, if said so', async () => {
    const told: string[] = []
    const some = {
      ...request,
      include: ['README*', 'pruned_ids.txt*'],
      note: (line: string) => told.push(line),
    }
    expect((await pull({ ...some, mayLack: true })).files).toEqual(['README.md'])
    expect(told).toEqual(['dataset lab/Rooms@main has no pruned_ids.txt*'])
    expect(cachedSnapshot(some)).not.toBeNull()
    expect(cachedSnapshot({ ...request, include: ['pruned_ids.txt*'] })).toBeNull()
    await expect(pull({ ...some, include: ['x*'], mayLack: true })).rejects.toThrow(
      'expected files that match x*',
    )
  })

  it('is only listed by a plan, which writes nothing', async () => {
    const { files } = await planPull(request)
    expect(files.map(({ path, size, cached }) => [path, size, cached])).toEqual(
      rooms.files.map((file) => [file.path, file.content.length, false]),
    )
    expect(fs.existsSync(cache)).toBe(false)
    await pull({ ...request, include: ['images.zip'] })
    expect((await planPull(request)).files.filter(({ cached }) => cached).map(({ path }) => path)).toEqual([
      'images.zip',
    ])
  })
})

describe('offline', () => {
  const offline = (): PullOptions => ({ ...request, settings: server.settings(cache, { offline: true }) })

  it('gives what is in the cache without a request', async () => {
    const { folder } = await pull(request)
    const before = server.seen.length
    expect(await pull(offline())).toMatchObject({ folder, fetched: 0 })
    expect((await planPull(offline())).files.every(({ cached }) => cached)).toBe(true)
    expect(server.seen).toHaveLength(before)
  })

  it('says in one line what is missing', async () => {
    await expect(pull(offline())).rejects.toThrow(
      `dataset lab/Rooms@main: expected its files in ${cache}/datasets--lab--Rooms (HF_HUB_OFFLINE is set), got no snapshot of this revision`,
    )
    await pull({ ...request, include: ['*.zip'] })
    await expect(pull(offline())).rejects.toThrow(
      'got a snapshot without README.md, data/a b.parquet, data/copy.parquet and 1 more',
    )
  })

  it('takes what a program without listings fetched', async () => {
    const { folder } = await pull({ ...request, include: ['*.zip', 'README.md'] })
    fs.rmSync(path.join(cache, 'datasets--lab--Rooms/trees'), { recursive: true })
    expect((await pull(offline())).files).toEqual(['README.md', 'images.zip'])
    expect(cachedSnapshot({ ...request, include: ['*.zip'] })).toBe(folder)
    expect(cachedSnapshot({ ...request, include: ['*.parquet'] })).toBeNull()
    // A pull that finds all of it there writes the listing, and so does one that meets a broken one.
    const listing = path.join(cache, `datasets--lab--Rooms/trees/${SHA}.json`)
    await pull({ ...request, include: ['*.zip'] })
    const whole = fs.readFileSync(listing, 'utf8')
    fs.writeFileSync(listing, whole.slice(0, 50))
    expect(await pull({ ...request, include: ['*.zip'] })).toMatchObject({ fetched: 0 })
    expect(fs.readFileSync(listing, 'utf8')).toBe(whole)
  })
})

describe('--out', () => {
  const out = (): string => path.join(root, 'mine')

  it('copies small files and links large ones, and a second time changes nothing', async () => {
    const weights = content(1 << 24, 3)
    rooms.files.push({ path: 'weights.safetensors', content: weights, large: true })
    const { folder } = await pull({ ...request, out: out() })
    expect(tree(out())).toEqual([...rooms.files.map((file) => file.path)].sort())
    const inode = (place: string): number => fs.statSync(place).ino
    const same = (name: string): boolean => inode(path.join(out(), name)) === inode(path.join(folder, name))
    expect([same('README.md'), same('weights.safetensors')]).toEqual([false, true])
    const before = inode(path.join(out(), 'README.md'))
    await pull({ ...request, out: out() })
    expect(inode(path.join(out(), 'README.md'))).toBe(before)
  })

  it('leaves a file of the user alone', async () => {
    fs.mkdirSync(out())
    fs.writeFileSync(path.join(out(), 'README.md'), 'mine')
    await expect(pull({ ...request, out: out() })).rejects.toThrow(
      `${path.join(out(), 'README.md')}: expected nothing, or the file with hash ${gitHash(readme)}, got another file`,
    )
    expect(tree(out())).toEqual(['README.md'])
    expect(fs.readFileSync(path.join(out(), 'README.md'), 'utf8')).toBe('mine')
  })
})

it.each([
  ['name', undefined],
  ['a/b/c', undefined],
  ['../x', undefined],
  ['a/..', undefined],
  ['lab/Rooms', '../../x'],
  ['lab/Rooms', '/etc'],
])('refuses %s@%s, which would leave the cache', async (repo, revision) => {
  await expect(pull({ ...request, repo, revision })).rejects.toThrow(
    /expected (owner\/name|a branch, tag or commit)/,
  )
  expect(server.seen).toEqual([])
})

it('refuses a listing whose paths leave the repository', async () => {
  rooms.files.push({ path: '../../../evil', content: readme })
  await expect(pull(request)).rejects.toThrow('expected paths inside the repository, got "../../../evil"')
  expect(fs.existsSync(cache)).toBe(false)
})
