/** The same data set for any number of workers and shards, in one folder or several; what cannot be joined is one line. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { sha256File } from '../common/files.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { synthesizeScans } from '../scene/synthetic/synthesize.js'
import { readSamples } from '../schema/read-samples.js'
import { register as registerBuild } from './data-build.js'
import { register as registerMerge } from './data-merge.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data-merge-'))
const at = (name: string): string => path.join(folder, name)
const FILES = ['README.md', 'spld_grounding_data.jsonl', 'spld_spatial_data.jsonl', 'stats.json']
const hashes = (out: string): string[] => FILES.map((name) => sha256File(path.join(at(out), name)))

async function data(...words: string[]): Promise<string> {
  const command = new Command('data')
  for (const register of [registerBuild, registerMerge]) register(command)
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const noted = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    await command.parseAsync(words, { from: 'user' })
    return [...noted.mock.calls, ...printed.mock.calls].map(([text]) => String(text)).join('')
  } finally {
    printed.mockRestore()
    noted.mockRestore()
  }
}
const build = (out: string, ...more: string[]): Promise<string> =>
  data('build', at('recipe.yaml'), '--scans', at('scans'), '--out', at(out), ...more)

beforeAll(async () => {
  fs.writeFileSync(at('recipe.yaml'), 'name: parts\nrecords: { dataset: synthetic }\n')
  const options = synthOptionsSchema.parse({ rooms: 5, frames: 8, seed: 9, width: 224, height: 168 })
  await synthesizeScans({ out: at('scans'), options, workers: 2 })
  await build('whole')
}, 120_000)
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  for (const name of fs.readdirSync(folder))
    if (!['scans', 'whole', 'recipe.yaml'].includes(name)) fs.rmSync(at(name), { recursive: true })
})

describe('a data set', () => {
  it.each([2, 5])('is the same bytes from %d workers as from one', async (workers) => {
    expect(readSamples(at('whole/spld_spatial_data.jsonl')).length).toBeGreaterThan(50)
    await build('other', '--workers', String(workers))
    expect(hashes('other')).toEqual(hashes('whole'))
  })

  it.each([1, 2, 5, 7])('is the same bytes from %d shards, made in any order, as from one run', async (n) => {
    for (let i = n - 1; i >= 0; i--) await build('parts', '--shard', `${i}/${n}`)
    await data('merge', at('parts'))
    expect(hashes('parts')).toEqual(hashes('whole'))
  })

  it('is joined from folders of several machines, pictures too', async () => {
    await build('a', '--shard', '0/2')
    await build('b', '--shard', '1/2')
    for (const out of ['joined', 'a']) {
      await data('merge', at('a'), at('b'), '--out', at(out))
      expect(hashes(out)).toEqual(hashes('whole'))
      const samples = readSamples(path.join(at(out), 'spld_spatial_data.jsonl'))
      for (const image of new Set(samples.flatMap((sample) => sample.image)))
        expect(sha256File(path.join(at(out), 'images', image))).toBe(
          sha256File(path.join(at('whole/images'), image)),
        )
    }
  })

  it('takes its shard from the job scheduler', async () => {
    for (const index of ['7', '8']) {
      vi.stubEnv('SLURM_ARRAY_TASK_ID', index)
      vi.stubEnv('SLURM_ARRAY_TASK_MIN', '7')
      vi.stubEnv('SLURM_ARRAY_TASK_COUNT', '2')
      await build('parts')
      vi.unstubAllEnvs()
    }
    await data('merge', at('parts'))
    expect(hashes('parts')).toEqual(hashes('whole'))
  })
})

describe('a shard', () => {
  it('that is complete is not made again, unless its records changed', async () => {
    expect(await build('parts', '--shard', '1/3')).toMatch(/shard 1\/3: \d+ candidates of 2 scenes in /)
    const file = at('parts/shards/questions-1-of-3.jsonl')
    const { mtimeMs } = fs.statSync(file)
    expect(await build('parts', '--shard', '1/3')).toContain('shard 1/3 is there already')
    expect(fs.statSync(file).mtimeMs).toBe(mtimeMs)

    const [record] = fs.readdirSync(at('parts/records'))
    const made = JSON.parse(fs.readFileSync(at(`parts/records/${record}`), 'utf8'))
    fs.writeFileSync(at(`parts/records/${record}`), JSON.stringify({ ...made, room_area: 12.3 }))
    expect(await build('parts', '--shard', '1/3')).toMatch(/shard 1\/3: \d+ candidates/)
  })

  it('that a killed run left unfinished is removed with what is left of it, and no other', async () => {
    fs.mkdirSync(at('parts/shards'), { recursive: true })
    const [mine, other] = [0, 1].map((i) => at(`parts/shards/questions-${i}-of-2.jsonl.tmp-1-0`))
    for (const file of [mine, other]) fs.writeFileSync(file, '{"scene_na')
    await build('parts', '--shard', '0/2')
    expect([mine, other].map((file) => fs.existsSync(file))).toEqual([false, true])
  })

  it('of another recipe, or one that is missing, cannot be merged', async () => {
    await build('parts', '--shard', '0/2')
    await expect(data('merge', at('parts'))).rejects.toThrow(/expected all 2 shards, got none of number 1/)
    await build('parts', '--shard', '1/2', '--seed', '5')
    await expect(data('merge', at('parts'))).rejects.toThrow(
      /expected a shard of the data set of .*one of another/,
    )
    expect(fs.existsSync(at('parts/stats.json'))).toBe(false)
  })
})
