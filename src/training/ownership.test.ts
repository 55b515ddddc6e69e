/** Over thousands of steps no tensor is left behind and memory does not grow. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writePictures, writeStart } from './micro-model.test-helper.js'

const helper = fileURLToPath(new URL('ownership.test-helper.ts', import.meta.url))
let home: string
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'ownership-'))
  writeStart(path.join(home, 'start'))
  await writePictures(path.join(home, 'images'))
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

/** Tensors alive and resident megabytes after some of the steps. */
interface Sample {
  step: number
  live: number
  megabytes: number
}

/** A process of its own: its memory is not that of the tests before. */
function train(kind: 'sft' | 'grpo', steps: number): Promise<Sample[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      // JavaScript's young objects get 16 MB at a moment of V8's choice if they may; that is not what is asked here.
      ['--expose-gc', '--max-semi-space-size=4', '--import', 'tsx', helper, home, kind, `${steps}`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        // One thread: small tensors gain nothing from two, and other tests run beside.
        env: { ...process.env, OMP_NUM_THREADS: '1' },
      },
    )
    let text = ''
    child.stdout.on('data', (part) => {
      text += part
    })
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`exit ${code}`))))
  })
}

it.each<['sft' | 'grpo', number]>([
  ['sft', 5000],
  ['grpo', 600],
])(
  '%s: %i steps',
  async (kind, steps) => {
    const samples = await train(kind, steps)
    const [first] = samples.filter(({ step }) => step >= steps / 10)
    const last = samples[samples.length - 1]
    expect(last.step).toBe(steps)
    expect(last.live).toBe(first.live)
    expect(last.megabytes).toBeLessThan(1.03 * first.megabytes + 4)
  },
  400_000,
)
