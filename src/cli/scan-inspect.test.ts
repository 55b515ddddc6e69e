import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { readImageSize } from '../images/codec.js'
import { register } from './scan-inspect.js'

const fixtures = path.resolve(import.meta.dirname, '../scene/scannet/fixtures')
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'scan-inspect-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))
afterEach(() => {
  vi.restoreAllMocks()
})

/** Runs the command; gives what it printed to stdout. */
async function inspect(...words: string[]): Promise<string> {
  const scan = new Command('scan')
  register(scan)
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  await scan.parseAsync(['inspect', ...words], { from: 'user' })
  return out.mock.calls.map(([text]) => String(text)).join('')
}

describe('scan inspect', () => {
  it('says in lines what a scan holds, and names what is wrong with it', async () => {
    const text = await inspect(path.join(fixtures, 'scene0007_00'))
    expect(text).toContain('frames       3, 2 with a pose')
    expect(text).toContain('depth        4x3, 0.00 to 2.83 m, 11.1 % holes')
    expect(text).toContain('objects      2: chair, desk')
    expect(text).toContain('objects listed twice: 1')
  })

  it('gives one JSON list and a picture when asked', async () => {
    const sheet = path.join(temporary, 'sheet.png')
    const text = await inspect(path.join(fixtures, 'exported'), '--json', '--sheet', sheet)
    expect(JSON.parse(text)).toEqual([
      expect.objectContaining({ name: 'exported', frames: 2, valid_poses: 1 }),
    ])
    expect((await readImageSize(sheet)).width).toBe(320 + 16)
  })

  it('refuses a folder without scans and a sheet that is no picture, in one line each', async () => {
    await expect(inspect(temporary)).rejects.toThrow(/expected a scan .*, got none$/)
    await expect(inspect(path.join(temporary, 'none'))).rejects.toMatchObject({ kind: 'data' })
    await expect(inspect(fixtures, '--sheet', 'a.pdf')).rejects.toMatchObject({ kind: 'usage' })
  })
})
