/**
 * Killed with `kill -9` at random moments and run again, the whole way from rooms to data set gives the bytes of a
 * run never killed. A few kills here; SPATIAL_LADDER_KILLS sets another number (`npm run test:kill`: 20).
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { sha256File } from '../common/files.js'
import { rng } from '../common/random.js'

const KILLS = Number(process.env.SPATIAL_LADDER_KILLS ?? 4)
const command = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kill-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Every step, in order; each may be killed and started again. */
const steps = (root: string): string[][] => {
  const [scans, whole, parts] = ['scans', 'whole', 'parts'].map((name) => path.join(root, name))
  const build = (...more: string[]): string[] => ['data', 'build', '--scans', scans, ...more]
  return [
    [
      'scan',
      'synth',
      '--out',
      scans,
      '--rooms',
      '5',
      '--frames',
      '10',
      '--seed',
      '9',
      '--width',
      '224',
      '--height',
      '168',
      '--workers',
      '2',
    ],
    build('--out', whole, '--workers', '2'),
    build('--out', parts, '--shard', '0/2'),
    build('--out', parts, '--shard', '1/2'),
    ['data', 'merge', parts],
  ]
}

/** Runs a step; killed after `ms` unless it is done by then. @returns whether it was killed, and how long it ran */
function run(words: string[], ms?: number): Promise<{ killed: boolean; took: number; errors: string }> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const child = spawn(process.execPath, [command, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    let errors = ''
    child.stderr.on('data', (text) => {
      errors += String(text)
    })
    // The whole group: workers and what the command starts die with it.
    const timer =
      ms === undefined ? undefined : setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), ms)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const took = performance.now() - began
      if (signal === 'SIGKILL') resolve({ killed: true, took, errors })
      else if (code === 0) resolve({ killed: false, took, errors })
      else reject(new Error(`${words.join(' ')}: exit ${code}\n${errors}`))
    })
  })
}

/** Hash of every file below `root`, by its path. */
function hashes(root: string): Record<string, string> {
  const files = fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
  return Object.fromEntries(
    files
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(root, file), sha256File(file)]),
  )
}

it(`gives the same bytes after ${KILLS} kills`, async () => {
  const calm = path.join(folder, 'calm')
  const times: number[] = []
  for (const words of steps(calm)) times.push((await run(words)).took)
  const expected = hashes(calm)
  expect(Object.keys(expected).length).toBeGreaterThan(60)
  expect(expected['parts/spld_spatial_data.jsonl']).toBe(expected['whole/spld_spatial_data.jsonl'])

  const random = rng(1, 'test/kill')
  let kills = 0
  // A step may be done before its moment comes; then another round makes up for it.
  for (let round = 0; kills < KILLS; round++) {
    expect(round).toBeLessThan(8)
    const killed = path.join(folder, `killed-${round}`)
    const perStep = Math.ceil((KILLS - kills) / times.length)
    for (const [i, words] of steps(killed).entries()) {
      for (let n = 0; n < perStep && kills < KILLS; n++)
        if ((await run(words, random.uniform(0.15, 0.85) * times[i])).killed) kills++
      await run(words)
    }
    expect(hashes(killed)).toEqual(expected)
  }
}, 600_000)
