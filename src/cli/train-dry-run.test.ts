/** `train --dry-run`: what a stage would cost and see, told before a weight moves. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { readRecipe } from '../ladder/recipe.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'dry-run-'))
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const dryRun = (stage: string, ...more: string[]) => dryRunOf(1, stage, more)
const dryRunOf = (processes: number, stage: string, more: string[] = []) => {
  const small = ['data.train.scans.rooms=4', 'data.test.scans.rooms=1'].flatMap((one) => ['--set', one])
  const words = [
    'train',
    'recipes/micro.yaml',
    '--stage',
    stage,
    '--out',
    home,
    '--dry-run',
    ...small,
    ...more,
  ]
  const result = spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...words], {
    cwd: repository,
    encoding: 'utf8',
    env: {
      ...process.env,
      ...(processes > 1 && { RANK: '0', WORLD_SIZE: `${processes}`, MASTER_ADDR: 'x', MASTER_PORT: '1' }),
    },
  })
  return { ...result, told: result.stderr.split('\n').at(-2) }
}

it('shows memory, time and the first batch with its loss mask, and trains nothing', () => {
  const { status, stdout, told } = dryRun('understanding')
  expect([status, status === 0 ? '' : told]).toEqual([0, ''])
  const { understanding, reasoning } = readRecipe(path.join(repository, 'recipes/micro.yaml')).stages
  if (!understanding || !reasoning) throw new Error('expected both stages in the micro recipe')
  const { max_steps, per_device_train_batch_size: rows, questions_per_row } = understanding
  expect(stdout).toContain(`=== row 1 of ${rows}: `)
  expect(stdout).toMatch(/⟦\S+<\|im_end\|>⟧/)
  expect(stdout).toContain(`understanding: ${max_steps} steps of ${rows} × ${questions_per_row}, `)
  expect(stdout).toMatch(/, [\d.]+ [MG]B at most \(fp32\)\n/)
  expect(stdout).toMatch(/at least .* a step and \d+:\d\d.* in all: .*FLOP at .*FLOP\/s, the speed of matrix/)
  expect(fs.readdirSync(path.join(home, 'stages'))).toEqual(['0-start'])

  const json = JSON.parse(dryRun('reasoning', '--json').stdout)
  expect(Object.keys(json)).toEqual([
    'stage',
    'estimate',
    'flops_per_second',
    'seconds_at_least',
    'first_batch',
  ])
  expect(json.seconds_at_least.stage).toBeCloseTo(reasoning.max_steps * json.seconds_at_least.step, 6)
  expect(fs.readdirSync(path.join(home, 'stages'))).toEqual(['0-start'])

  // What does not fit is told here already.
  const elsewhere = ['--out', path.join(home, 'long'), '--set', 'stages.understanding.max_length=20']
  const long = dryRun('understanding', ...elsewhere)
  expect([long.status, long.told]).toEqual([
    1,
    expect.stringMatching(/sample .*: expected at most 20 tokens \(max_length\), got \d+/),
  ])
}, 120_000)

it('of several processes says what a step of all is, and what each takes', () => {
  const [one, three] = [1, 3].map((processes) => {
    const { status, stdout, told } = dryRunOf(processes, 'understanding')
    expect([status, status === 0 ? '' : told]).toEqual([0, ''])
    const rows = stdout.match(/=== row /g)?.length ?? 0
    return { rows, line: stdout.split('\n').at(-3) }
  })
  expect(three.rows).toBe(3 * one.rows)
  const [, before, after] = /^(.* steps of )\d+( × .*), /.exec(one.line ?? '') ?? []
  const [, peak] = /, ([\d.]+ [MG]B) at most/.exec(one.line ?? '') ?? []
  expect(three.line).toBe(`${before}${three.rows}${after} by 3 processes, ${peak} each at most (fp32)`)
}, 120_000)
