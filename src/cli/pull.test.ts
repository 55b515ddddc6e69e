/** `pull` as a user types it, against a hub on this machine. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BENCHMARKS, findBenchmark } from '../evaluation/benchmarks/registry.js'
import { content, HubServer, tree } from '../hub/hub-server.test-helper.js'
import { parseName, register } from './pull.js'

const SHA = '0123456789abcdef0123456789abcdef01234567'
let root: string
let server: HubServer

beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'pull-'))
  const names = [
    'README.md',
    'SPBench-SI.parquet',
    'SPBench-SI-images.zip',
    'SPBench-MV.parquet',
    'SPBench-MV-images.zip',
  ]
  const files = names.map((name, index) => ({
    path: name,
    content: content(2000 + index, index + 1),
    large: index > 0,
  }))
  server = await HubServer.start([{ repo: 'hongxingli/SPBench', type: 'dataset', sha: SHA, files }])
  vi.stubEnv('HF_ENDPOINT', server.endpoint)
  vi.stubEnv('HF_HOME', root)
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await server.stop()
  fs.rmSync(root, { recursive: true, force: true })
})

/** Runs `pull ...args` and returns what it printed on stdout. */
async function run(...args: string[]): Promise<string> {
  const program = new Command('spatial-ladder').exitOverride()
  register(program)
  let printed = ''
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text)
      return true
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
  ]
  try {
    await program.parseAsync(['pull', ...args], { from: 'user' })
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  return printed
}

describe('pull', () => {
  it('fetches of a benchmark what it needs, by its name in any case', async () => {
    const folder = path.join(root, 'hub/datasets--hongxingli--SPBench/snapshots', SHA)
    expect(await run('spbench-si')).toBe(`spbench-si: 2 files, 4.00 kB (4.00 kB fetched) in ${folder}\n`)
    expect(await run('SPBench-SI')).toBe(`SPBench-SI: 2 files, 4.00 kB (already there) in ${folder}\n`)
    expect(fs.readdirSync(folder).sort()).toEqual(['SPBench-SI-images.zip', 'SPBench-SI.parquet'])
  })

  it('lists with --dry-run and fetches nothing', async () => {
    expect(await run('SPBench-MI', '--dry-run')).toBe(
      ' 2.00 kB  SPBench-MV.parquet\n 2.00 kB  SPBench-MV-images.zip\nSPBench-MI: 2 files, 4.01 kB, of commit 0123456; would fetch 4.01 kB\n',
    )
    expect(tree(root)).toEqual([])
  })

  it('takes other files by --include and --exclude, several names, and puts each into a folder of --out', async () => {
    const out = path.join(root, 'mine')
    const text = await run(
      'dataset:hongxingli/SPBench@main',
      'SPBench-SI',
      '--include',
      '*.parquet',
      '--exclude',
      '*-MV*',
      '--out',
      out,
      '--json',
    )
    expect(JSON.parse(text)).toMatchObject([
      {
        name: 'dataset:hongxingli/SPBench@main',
        type: 'dataset',
        revision: 'main',
        sha: SHA,
        files: ['SPBench-SI.parquet'],
        bytes: 2001,
        fetched: 2001,
        out: path.join(out, 'SPBench'),
      },
      { name: 'SPBench-SI', files: ['SPBench-SI.parquet'], fetched: 0 },
    ])
    expect(tree(out)).toEqual(['SPBench-SI/SPBench-SI.parquet', 'SPBench/SPBench-SI.parquet'])
  })

  it('refuses a name that stands for nothing before anything is fetched', async () => {
    await expect(run('SPBench-SI', 'SPBench')).rejects.toThrow(
      'NAME: expected a benchmark (VSI-Bench, SPBench-SI, SPBench-MV, SPAR-Bench, ViewSpatial-Bench, CV-Bench), dataset:owner/name or model:owner/name, got SPBench',
    )
    await expect(run('model:Qwen')).rejects.toThrow('model:Qwen: expected owner/name, got Qwen')
    expect(server.seen).toEqual([])
  })
})

it('reads names of benchmarks, datasets and models, with their revisions', () => {
  const parse = (text: string) => parseName(text, findBenchmark)
  expect(parse('model:Qwen/Qwen2.5-VL-3B-Instruct')).toEqual({
    repo: 'Qwen/Qwen2.5-VL-3B-Instruct',
    type: 'model',
    revision: 'main',
    folder: 'Qwen2.5-VL-3B-Instruct',
  })
  expect(parse('dataset:owner/name@refs/pr/1')).toMatchObject({ repo: 'owner/name', revision: 'refs/pr/1' })
  expect(parse(`CV-BENCH@${SHA}`)).toMatchObject({ repo: 'nyu-visionx/CV-Bench', revision: SHA })
})

it('names in its message every benchmark that is on the hub', () => {
  let line = ''
  try {
    parseName('?', findBenchmark)
  } catch (error) {
    line = (error as Error).message
  }
  for (const { name, hub } of BENCHMARKS) if (hub) expect(line).toContain(name)
})
