/** Line charts as inline SVG: ticks at round numbers, colours by style sheet (`--stage-0` …), no scripts. */
import { type Html, html } from './html.js'

export interface Series {
  name: string
  /** CSS colour, e.g. `var(--stage-1)`. */
  color: string
  /** [x, y], x rising. */
  points: readonly (readonly [number, number])[]
  /** Also draws the single values, faintly, behind their moving average. */
  smooth?: boolean
}

export interface ChartSettings {
  title: string
  xLabel: string
  yLabel: string
  series: readonly Series[]
  /** Fixed ends of the vertical axis, for shares. */
  yRange?: readonly [number, number]
}

const WIDTH = 440
const HEIGHT = 250
const BOX = { left: 60, right: 14, top: 12, bottom: 40 }

/** 4 to 8 round values (1, 2 or 5 times a power of ten) that span [low, high]. */
export function ticks(low: number, high: number, about = 5): number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** 12000 -> `12k`, 0.05 -> `0.05`, 1e-7 -> `1e-7`. */
export function tickText(value: number): string {
  const size = Math.abs(value)
  if (size >= 10_000) return `${Number((value / 1000).toPrecision(6))}k`
  if (size > 0 && size < 1e-3) return value.toExponential().replace('e+', 'e')
  return String(Number(value.toPrecision(6)))
}

/** Exponential moving average without the start's bias. */
export function movingAverage(
  points: readonly (readonly [number, number])[],
  keep: number,
): [number, number][] {
  let sum = 0
  let weight = 0
  return points.map(([x, y]) => {
    sum = keep * sum + (1 - keep) * y
    weight = keep * weight + (1 - keep)
    return [x, sum / weight]
  })
}

/** At most `limit` points: means over equal runs. */
export function thin(points: readonly (readonly [number, number])[], limit = 300): [number, number][] {
  const size = Math.max(1, Math.ceil(points.length / limit))
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const run = points.slice(i * size, (i + 1) * size)
    const mean = (axis: 0 | 1): number => run.reduce((sum, point) => sum + point[axis], 0) / run.length
    return [mean(0), mean(1)]
  })
}

const pathOf = (points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')

/** The chart with its title and legend as a `<figure>`; a figure that says so when there is nothing to draw. */
export function lineChart({ title, xLabel, yLabel, series, yRange }: ChartSettings): Html {
  const kept = series
    .map((one) => ({
      ...one,
      points: one.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    }))
    .filter((one) => one.points.length > 0)
  if (kept.length === 0)
    return html`<figure class="chart"><figcaption>${title}</figcaption><p class="empty">No values yet.</p></figure>`
  const xs = kept.flatMap((one) => one.points.map(([x]) => x))
  const ys = kept.flatMap((one) => one.points.map(([, y]) => y))
  const [x0, x1] = spread(Math.min(...xs), Math.max(...xs), 0)
  const [y0, y1] = yRange ?? spread(Math.min(...ys), Math.max(...ys), 0.06)
  const right = WIDTH - BOX.right
  const bottom = HEIGHT - BOX.bottom
  const px = (x: number): number => BOX.left + ((x - x0) / (x1 - x0)) * (right - BOX.left)
  const py = (y: number): number =>
    bottom - ((Math.min(Math.max(y, y0), y1) - y0) / (y1 - y0)) * (bottom - BOX.top)
  const place = (points: readonly (readonly [number, number])[]): string =>
    pathOf(points.map(([x, y]): [number, number] => [px(x), py(y)]))
  const rows = ticks(y0, y1).map(
    (y) => html`<line class="grid" x1="${BOX.left}" x2="${right}" y1="${py(y)}" y2="${py(y)}"/>
<text class="tick" x="${BOX.left - 8}" y="${py(y) + 4}" text-anchor="end">${tickText(y)}</text>`,
  )
  const columns = ticks(x0, x1, 6)
    .filter((x) => Number.isInteger(x) || (xLabel !== 'step' && x1 - x0 < 2))
    .map(
      (x) => html`<line class="mark" x1="${px(x)}" x2="${px(x)}" y1="${bottom}" y2="${bottom + 4}"/>
<text class="tick" x="${px(x)}" y="${bottom + 17}" text-anchor="middle">${tickText(x)}</text>`,
    )
  const lines = kept.map(({ points, smooth, color }) => {
    if (points.length === 1)
      return html`<circle cx="${px(points[0][0])}" cy="${py(points[0][1])}" r="3.5" style="fill:${color}"/>`
    if (!smooth || points.length < 12)
      return html`<path class="line" d="${place(thin(points))}" style="stroke:${color}"/>`
    const keep = 1 - 1 / Math.max(3, points.length / 40)
    return html`<path class="line faint" d="${place(thin(points))}" style="stroke:${color}"/>
<path class="line" d="${place(thin(movingAverage(points, keep)))}" style="stroke:${color}"/>`
  })
  const legend =
    kept.length > 1 &&
    html`<p class="legend">${kept.map((one) => html`<span><i style="background:${one.color}"></i>${one.name}</span>`)}</p>`
  return html`<figure class="chart"><figcaption>${title}</figcaption>${legend}
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}: ${yLabel} by ${xLabel}">
${rows}${columns}
<line class="axis" x1="${BOX.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
${lines}
<text class="label" x="${(BOX.left + right) / 2}" y="${HEIGHT - 5}" text-anchor="middle">${xLabel}</text>
<text class="label" transform="translate(11 ${(BOX.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>
</svg></figure>`
}

/** Room above and below, and never an empty range. */
function spread(low: number, high: number, margin: number): [number, number] {
  if (high === low) return [low - (Math.abs(low) || 1) * 0.5, high + (Math.abs(high) || 1) * 0.5]
  const extra = (high - low) * margin
  return [low >= 0 ? Math.max(0, low - extra) : low - extra, high + extra]
}
