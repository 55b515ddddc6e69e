/** Bars of counts as SVG: categories by name, or a histogram of numbers; and a map of counts over a picture. */
import { ticks, tickText } from './chart.js'
import type { Counts, Spread } from './dataset-distributions.js'
import { type Html, html } from './html.js'

const WIDTH = 340
const ROW = 18
const LEFT = 122

/** Horizontal bars, one a line, in the order given; of more than `limit` the rest is named in the note. */
export function barChart(title: string, counts: Counts, { limit = 14, note = '' } = {}): Html {
  const all = Object.entries(counts)
  const shown = all.slice(0, limit)
  const rest = all.slice(limit)
  const others =
    rest.length > 0 ? `${rest.length} more with ${rest.reduce((sum, [, n]) => sum + n, 0)} together` : ''
  const most = Math.max(1, ...shown.map(([, count]) => count))
  const room = WIDTH - LEFT - 48
  const lines = shown.map(([label, count], i) => {
    const y = i * ROW
    const short = label.length > 18 ? `${label.slice(0, 17)}…` : label
    const wide = (room * count) / most
    return html`<text class="label" x="${LEFT - 6}" y="${y + 13}" text-anchor="end">${short}<title>${label}</title></text><rect x="${LEFT}" y="${y + 3}" width="${Math.max(1, wide).toFixed(1)}" height="${ROW - 6}" rx="2" fill="var(--stage-1)"/><text class="tick" x="${(LEFT + wide + 5).toFixed(1)}" y="${y + 13}">${count}</text>`
  })
  const said = [note, others].filter((part) => part !== '').join(' · ')
  return html`<figure class="chart"><figcaption>${title}${said && html`<small>${said}</small>`}</figcaption><svg viewBox="0 0 ${WIDTH} ${shown.length * ROW + 4}" role="img" aria-label="${title}">${lines}</svg></figure>`
}

const short = (value: number): string => tickText(Number(value.toPrecision(3)))

/** A histogram with its quartiles in words. */
export function histogram(title: string, spread: Spread): Html {
  const { bins, count, least, median, most, quarter, three_quarters, unit } = spread
  const [top, height, left, right] = [14, 124, 8, WIDTH - 8]
  const [low, high] = [bins[0].from, bins[bins.length - 1].to]
  const tallest = Math.max(...bins.map((bin) => bin.count))
  const x = (value: number): number => left + ((value - low) / (high - low)) * (right - left)
  const drawn = bins
    .filter((bin) => bin.count > 0)
    .map((bin) => {
      const tall = ((height - top) * bin.count) / tallest
      const wide = Math.max(1, x(bin.to) - x(bin.from) - 1)
      return html`<rect x="${(x(bin.from) + 0.5).toFixed(1)}" y="${(height - tall).toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}" rx="1" fill="var(--stage-2)"><title>${short(bin.from)} to ${short(bin.to)}: ${bin.count}</title></rect>`
    })
  const highest = bins.find((bin) => bin.count === tallest) ?? bins[0]
  // Few whole numbers: each has its bar, so that its name stands below the middle of it.
  const single = bins.length <= 12 && Number.isInteger(low) && bins[0].to - bins[0].from === 1
  const places = single
    ? bins.map(({ from }) => ({ at: from + 0.5, text: short(from) }))
    : ticks(low, high, 5).map((value) => ({ at: value, text: tickText(value) }))
  const marks = places.map(
    ({ at, text }) =>
      html`<text class="tick" x="${Math.min(Math.max(x(at), 12), WIDTH - 14).toFixed(1)}" y="${height + 15}" text-anchor="middle">${text}</text>`,
  )
  const middle = Math.min(Math.max((x(highest.from) + x(highest.to)) / 2, 12), WIDTH - 14)
  return html`<figure class="chart"><figcaption>${title}<small>${unit} · ${count} values · half between ${short(quarter)} and ${short(three_quarters)}, median ${short(median)}, from ${short(least)} to ${short(most)}</small></figcaption><svg viewBox="0 0 ${WIDTH} ${height + 20}" role="img" aria-label="${title}">${drawn}<text class="tick" x="${middle.toFixed(1)}" y="${top - 4}" text-anchor="middle">${tallest}</text><line class="axis" x1="${left}" x2="${right}" y1="${height}" y2="${height}"/>${marks}</svg></figure>`
}

/** How often each cell of a picture is covered. */
export function coverMap(title: string, cover: readonly (readonly number[])[]): Html {
  const most = Math.max(1, ...cover.flat())
  const [wide, high] = [320 / cover[0].length, 240 / cover.length]
  const cells = cover.flatMap((row, y) =>
    row.map(
      (count, x) =>
        html`<rect x="${(x * wide).toFixed(1)}" y="${(y * high).toFixed(1)}" width="${(wide + 0.3).toFixed(1)}" height="${(high + 0.3).toFixed(1)}" fill="var(--stage-1)" fill-opacity="${(count / most).toFixed(2)}"/>`,
    ),
  )
  return html`<figure class="chart"><figcaption>${title}<small>darkest: ${most} boxes cover it; palest: ${Math.min(...cover.flat())}</small></figcaption><svg viewBox="0 0 320 240" role="img" aria-label="${title}" shape-rendering="crispEdges">${cells}<rect class="axis" x="0.5" y="0.5" width="319" height="239" fill="none"/></svg></figure>`
}
