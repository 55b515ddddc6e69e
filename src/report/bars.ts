/** Bars of counts as SVG: categories by name, or a histogram of numbers. */
import { ticks, tickText } from './chart.js'
import { type Html, html } from './html.js'

export interface Bar {
  label: string
  count: number
}

const WIDTH = 340
const ROW = 18
const LEFT = 120

/** Horizontal bars, one a line; at most `limit`, the rest summed up. */
export function barChart(title: string, bars: readonly Bar[], { limit = 14, note = '' } = {}): Html {
  const shown = bars.slice(0, limit)
  const rest = bars.slice(limit)
  if (rest.length > 0)
    shown.push({ label: `${rest.length} others`, count: rest.reduce((sum, { count }) => sum + count, 0) })
  const most = Math.max(1, ...shown.map(({ count }) => count))
  const room = WIDTH - LEFT - 48
  const lines = shown.map(({ label, count }, i) => {
    const y = i * ROW
    const short = label.length > 19 ? `${label.slice(0, 18)}…` : label
    return html`<text class="label" x="${LEFT - 6}" y="${y + 13}" text-anchor="end">${short}</text><rect x="${LEFT}" y="${y + 3}" width="${Math.max(1, (room * count) / most).toFixed(1)}" height="${ROW - 6}" rx="2" fill="var(--stage-1)"/><text class="tick" x="${(LEFT + (room * count) / most + 5).toFixed(1)}" y="${y + 13}">${count}</text>`
  })
  return html`<figure class="chart"><figcaption>${title}${note && html`<small>${note}</small>`}</figcaption><svg viewBox="0 0 ${WIDTH} ${shown.length * ROW + 4}" role="img" aria-label="${title}">${lines}</svg></figure>`
}

/** A histogram of `values` in `bins` equal steps, with the 1st and 99th percentile as its ends. */
export function histogram(title: string, values: readonly number[], { bins = 24, note = '' } = {}): Html {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  const [low, high] = [at(0.01), at(0.99)]
  const span = high - low || 1
  const counts = new Array<number>(bins).fill(0)
  for (const value of sorted)
    counts[Math.max(0, Math.min(bins - 1, Math.floor(((value - low) / span) * bins)))]++
  const most = Math.max(...counts)
  const [height, wide] = [110, (WIDTH - 20) / bins]
  const x = (value: number): number => 10 + ((value - low) / span) * (WIDTH - 20)
  const drawn = counts.map(
    (count, i) =>
      html`<rect x="${(10 + i * wide + 0.5).toFixed(1)}" y="${(height - (height * count) / most).toFixed(1)}" width="${(wide - 1).toFixed(1)}" height="${((height * count) / most).toFixed(1)}" fill="var(--stage-2)"/>`,
  )
  const marks = ticks(low, high, 5)
    .filter((tick) => tick >= low && tick <= high)
    .map(
      (tick) =>
        html`<text class="tick" x="${x(tick).toFixed(1)}" y="${height + 14}" text-anchor="middle">${tickText(tick)}</text>`,
    )
  return html`<figure class="chart"><figcaption>${title}<small>${note || `${values.length} values`}</small></figcaption><svg viewBox="0 0 ${WIDTH} ${height + 20}" role="img" aria-label="${title}">${drawn}<line class="axis" x1="10" x2="${WIDTH - 10}" y1="${height}" y2="${height}"/>${marks}</svg></figure>`
}
