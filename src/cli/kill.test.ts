/**
 * Killed with `kill -9` at random moments and run again, the whole way from rooms to data set gives the bytes of a
 * run never killed. A few kills here; SPATIAL_LADDER_KILLS sets another number (`npm run test:kill`: 20).
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { finishStep, hashes, runStep, steps } from './pipeline.test-helper.js'

const KILLS = Number(process.env.SPATIAL_LADDER_KILLS ?? 4)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kill-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

it(`gives the same bytes after ${KILLS} kills`, async () => {
  const calm = path.join(folder, 'calm')
  const times: number[] = []
  for (const words of steps(calm)) times.push((await finishStep(words)).took)
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
        if ((await runStep(words, random.uniform(0.1, 0.95) * times[i])).killed) kills++
      await finishStep(words)
    }
    expect(hashes(killed)).toEqual(expected)
  }
}, 600_000)
