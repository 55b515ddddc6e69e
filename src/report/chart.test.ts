import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lineChart, movingAverage, thin, ticks, tickText } from './chart.js'

it('ticks are round and inside the range', () => {
  expect(ticks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  expect(ticks(0.13, 2.9)).toEqual([1, 2])
  expect(ticks(0, 400, 6)).toEqual([0, 100, 200, 300, 400])
})

it('any range gets between 2 and 8 ticks', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      (low, size) => {
        const found = ticks(low, low + size)
        expect(found.length).toBeGreaterThanOrEqual(2)
        expect(found.length).toBeLessThanOrEqual(8)
      },
    ),
  )
})

it('writes numbers as people do', () => {
  expect([0, 0.05, 1500, 12_000, 0.00002].map(tickText)).toEqual(['0', '0.05', '1500', '12k', '2e-5'])
})

it('smooths without a pull towards zero at the start', () => {
  const flat = [1, 2, 3].map((x): [number, number] => [x, 5])
  for (const [, y] of movingAverage(flat, 0.9)) expect(y).toBeCloseTo(5, 12)
})

it('thins by means', () => {
  expect(
    thin(
      [
        [0, 1],
        [1, 3],
        [2, 5],
        [3, 7],
      ],
      2,
    ),
  ).toEqual([
    [0.5, 2],
    [2.5, 6],
  ])
})

it('draws title, axes and legend, and no NaN', () => {
  const points = Array.from({ length: 50 }, (_, i): [number, number] => [
    i,
    i === 7 ? Number.NaN : 1 / (i + 1),
  ])
  const series = ['a', 'b'].map((name) => ({ name, color: 'red', points, smooth: true }))
  const { html } = lineChart({ title: 'loss <1>', xLabel: 'step', yLabel: 'loss', series })
  expect(html).toContain('loss &lt;1&gt;')
  expect(html).toContain('class="legend"')
  expect(html.match(/class="tick"/g)?.length).toBeGreaterThan(6)
  expect(html).not.toContain('NaN')
})

it('says so when there is nothing to draw', () => {
  expect(lineChart({ title: 'loss', xLabel: 'step', yLabel: 'loss', series: [] }).html).toContain(
    'No values yet',
  )
})
