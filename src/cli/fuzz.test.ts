/** Parsers against damaged files (`npm run fuzz` has the full number), and what the search finds in faulty ones. */
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

function fuzz(...words: string[]): Promise<{ code: number; lines: string[]; kept: string[] }> {
  const out = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-out-'))
  const script = ['--import', 'tsx', 'bench/fuzz/run.ts', '--out', out, ...words]
  return new Promise((resolve) => {
    execFile(process.execPath, script, { cwd: root }, (error, stdout) => {
      const kept = fs.readdirSync(out)
      fs.rmSync(out, { recursive: true })
      resolve({ code: error ? Number(error.code) : 0, lines: stdout.trim().split('\n'), kept })
    })
  })
}

it('no parser falls over damaged files', async () => {
  const { code, lines } = await fuzz('--inputs', '300')
  expect(lines.filter((line) => !/, 0 faults$/.test(line))).toEqual([])
  expect(lines.length).toBeGreaterThan(15)
  expect(code).toBe(0)
}, 240_000)

it.each([
  ['parquet', '50438'],
  ['spreadsheet', '1458'],
])('%s survives file %s, which it once did not', async (parser, first) => {
  const { lines } = await fuzz('--only', parser, '--first', first, '--inputs', '1')
  expect(lines).toEqual([expect.stringMatching(/ 1 files, 1 refused, 0 faults$/)])
})

it('stacks, empty words, memory that is kept and processes that end are found', async () => {
  const { code, kept, lines } = await fuzz('--inputs', '40', '--parsers', 'bench/fuzz/faulty.ts')
  expect(lines).toContainEqual(expect.stringMatching(/^sound .* 0 faults$/))
  for (const name of ['throws a stack', 'says nothing useful', 'keeps memory', 'ends the process'])
    expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name} .* [1-9]\\d* faults$`)))
  expect(kept.sort()).toEqual(['ends the process', 'keeps memory', 'says nothing useful', 'throws a stack'])
  expect(code).toBe(1)
}, 120_000)
