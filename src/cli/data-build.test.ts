/** `data build` as a user meets it: one clear line for bad input, nothing half-written, the counts printed. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeJsonAtomic } from '../common/files.js'
import { randomRoom } from '../dataset/rooms.test-helper.js'
import { readVsiMeta } from '../scene/vsi-meta.js'
import { readSamples } from '../schema/read-samples.js'
import { register } from './data-build.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'data-build-'))
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true })
})

async function dataBuild(...args: string[]): Promise<string> {
  const data = new Command('data')
  register(data)
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  await data.parseAsync(['build', ...args], { from: 'user' })
  return written.mock.calls.map(([text]) => String(text)).join('')
}

const at = (name: string): string => path.join(folder, name)
const meta = (rooms: number): string => {
  const bed = {
    centroid: [1, 2, 0.5],
    axesLengths: [1, 2, 0.5],
    normalizedAxes: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    min: [0.5, 1, 0.25],
    max: [1.5, 3, 0.75],
  }
  const scene = { room_size: 17.4, object_counts: { bed: 1, chair: 3 }, object_bbox: { bed: [bed] } }
  const names = Array.from({ length: rooms }, (_, i) => `scene000${i}_00`)
  writeJsonAtomic(at('meta.json'), Object.fromEntries(names.map((name) => [name, scene])))
  return at('meta.json')
}

describe('data build', () => {
  it('turns a VSI-Bench meta file into questions and prints how many of each', async () => {
    const text = await dataBuild('--scenes', meta(2), '--out', at('out'))
    expect(text).toMatch(/^questions +scene +all$/m)
    expect(text).toMatch(/^object count +2 +2$/m)
    expect(text).toMatch(/^all +6 +6$/m)
    expect(text).toContain('2 scenes gave questions, 0 gave none')
    const rows = readSamples(at('out/spld_spatial_data.jsonl'))
    expect(rows.map((r) => r.answer).sort()).toEqual(['17.4', '17.4', '200', '200', '3', '3'])
    expect(fs.readdirSync(at('out')).sort()).toEqual([
      'spld_grounding_data.jsonl',
      'spld_spatial_data.jsonl',
      'stats.json',
    ])
  })

  it('takes records, limits the scenes, prints JSON and can write nothing', async () => {
    for (const i of [0, 1, 2]) writeJsonAtomic(at(`records/room${i}.json`), randomRoom(i))
    const text = await dataBuild(
      ...['--records', folder, '--out', at('out'), '--limit', '2', '--json', '--dry-run'],
    )
    const stats = JSON.parse(text) as { scenes: number; files: string[]; images: string }
    expect(stats).toMatchObject({ scenes: 2, files: [], images: at('images') })
    expect(fs.existsSync(at('out'))).toBe(false)
  })

  it('leaves a folder with the pictures at hand, wherever the records were', async () => {
    writeJsonAtomic(at('made/records/room0.json'), randomRoom(0))
    fs.mkdirSync(at('made/images'))
    fs.writeFileSync(at('made/images/picture.jpg'), '')
    await dataBuild('--records', at('made'), '--out', at('out'))
    expect(fs.readdirSync(at('out/images'))).toEqual(['picture.jpg'])
  })

  it('asks about many rooms in processes: the same bytes, and a bad record is one line', async () => {
    for (const workers of [1, 2, 5])
      await dataBuild('--scenes', meta(450), '--out', at(`by-${workers}`), '--workers', String(workers))
    const [one, two, five] = [1, 2, 5].map((n) => fs.readFileSync(at(`by-${n}/spld_spatial_data.jsonl`)))
    expect(one.equals(two) && one.equals(five)).toBe(true)
    for (const record of readVsiMeta(meta(250)))
      writeJsonAtomic(at(`records/${record.scene_name}.json`), record)
    fs.writeFileSync(at('records/scene00077_00.json'), '{"version": 1}')
    const bad = dataBuild('--records', folder, '--out', at('out'), '--workers', '2')
    await expect(bad).rejects.toThrow(/scene00077_00\.json: scene_name: expected a scene record/)
    expect(fs.existsSync(at('out'))).toBe(false)
  })

  it.each<[string, () => string[], string]>([
    ['no source', () => [], 'data build: expected one of --scenes, --scans, --records, got none'],
    ['two sources', () => ['--scenes', 'a', '--scans', 'b'], 'got --scenes and --scans'],
    [
      'no such file',
      () => ['--scenes', at('none.json')],
      'none.json: expected a JSON file, got nothing there',
    ],
    ['a folder for a file', () => ['--scenes', folder], 'expected a JSON file, got a folder'],
    ['no such folder', () => ['--scans', at('none')], 'none: expected a folder, got nothing there'],
    ['a folder without scans', () => ['--scans', folder], 'expected a scan'],
    ['a folder without records', () => ['--records', folder], 'expected scene records (*.json), got none'],
    [
      'bad JSON',
      () => {
        fs.writeFileSync(at('bad.json'), '{"a": ')
        return ['--scenes', at('bad.json')]
      },
      'bad.json: expected JSON',
    ],
  ])('with %s says so in one line and writes nothing', async (_, args, message) => {
    await expect(dataBuild(...args(), '--out', at('out'))).rejects.toThrow(message)
    expect(fs.existsSync(at('out'))).toBe(false)
  })
})
