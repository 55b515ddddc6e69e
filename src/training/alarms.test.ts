/** What a look at the curves would tell is told when it happens, once, and not before. */
import { expect, it } from 'vitest'
import { notFinite, watchRun } from './alarms.js'

/** Alarms of a run whose metrics are functions of the step. */
function alarmsOf(steps: number, row: (step: number) => Record<string, unknown>): [number, string][] {
  const watch = watchRun()
  return Array.from({ length: steps }, (_, i) => watch({ step: i + 1, ...row(i + 1) }))
    .flat()
    .map(({ step, alarm }) => [step, alarm])
}

it('a run that is well rings nothing, nor does one of fine-tuning', () => {
  const well = (step: number) => ({
    loss: 1 / step,
    kl: 0.01 + 0.001 * step,
    frac_reward_zero_std: step % 3 === 0 ? 1 : 0.25,
    'rewards/format/mean': 0.9 + 0.05 * Math.sin(step),
    'completions/mean_length': 60 + 10 * Math.sin(step),
    'completions/clipped_ratio': 0.1,
  })
  expect(alarmsOf(200, well)).toEqual([])
  expect(alarmsOf(200, (step) => ({ loss: 1 / step, entropy: 0.1 }))).toEqual([])
})

it('rewards without variance ring once, and again after they had some', () => {
  const rows = (step: number) => ({ frac_reward_zero_std: step > 30 && step <= 50 ? 0.2 : 1 })
  expect(alarmsOf(80, rows).map(([, alarm]) => alarm)).toEqual(Array(2).fill('no variance in rewards'))
  expect(alarmsOf(80, rows)[0][0]).toBe(10)
})

it('KL, format, length and cut answers ring when they leave what was', () => {
  const after = (step: number, before: number, later: number): number => (step <= 40 ? before : later)
  const cases: [string, (step: number) => Record<string, unknown>][] = [
    ['KL running away', (step) => ({ kl: after(step, 0.02, 1.5) })],
    ['format lost', (step) => ({ 'rewards/format/mean': after(step, 0.95, 0.1) })],
    ['answers shrinking', (step) => ({ 'completions/mean_length': after(step, 60, 12) })],
    ['answers cut off', (step) => ({ 'completions/clipped_ratio': after(step, 0, 0.9) })],
  ]
  for (const [name, row] of cases) {
    const rung = alarmsOf(70, row)
    expect(rung.map(([, alarm]) => alarm)).toEqual([name])
    expect(rung[0][0]).toBeGreaterThan(40)
    expect(rung[0][0]).toBeLessThan(52)
  }
})

it('a format that was never there is not lost', () => {
  expect(alarmsOf(60, (step) => ({ 'rewards/format/mean': step < 30 ? 0.2 : 0 }))).toEqual([])
})

it('says which number is none', () => {
  expect(notFinite(3, 1, 2)).toBeNull()
  expect(notFinite(3, Number.NaN, 2)).toEqual({
    step: 3,
    alarm: 'gradients not finite',
    text: 'loss NaN, gradient norm 2: the last checkpoint is from before',
  })
})
