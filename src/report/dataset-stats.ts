/** What a data set is made of, as one HTML file: types, rooms, categories, letters, classes, numbers, boxes. */
import { answerKind, type Sample } from '../schema/sample.js'
import { type Bar, barChart, histogram } from './bars.js'
import { type Html, html, raw } from './html.js'
import { STYLE } from './style.js'

/** Counts of each key, most frequent first, ties by name. */
export function countBars(keys: Iterable<string>): Bar[] {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts]
    .map(([label, count]) => ({ label, count }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1))
}

const GRID = 24

/** Where boxes lie in their pictures: how many cover each of GRID x GRID cells. */
function heatMap(samples: readonly Sample[]): Html | null {
  const cells = new Float64Array(GRID * GRID)
  for (const { answer, images } of samples) {
    if (!Array.isArray(answer) || !images[0]) continue
    const { width, height } = images[0]
    for (const {
      bbox_2d: [x1, y1, x2, y2],
    } of answer)
      for (let row = 0; row < GRID; row++)
        for (let column = 0; column < GRID; column++) {
          const [x, y] = [((column + 0.5) / GRID) * width, ((row + 0.5) / GRID) * height]
          if (x >= x1 && x <= x2 && y >= y1 && y <= y2) cells[row * GRID + column]++
        }
  }
  const most = Math.max(...cells)
  if (most === 0) return null
  const drawn = [...cells].map(
    (count, i) =>
      html`<rect x="${(i % GRID) * 12}" y="${Math.floor(i / GRID) * 8}" width="12" height="8" fill="var(--stage-1)" fill-opacity="${(count / most).toFixed(2)}"/>`,
  )
  return html`<figure class="chart"><figcaption>where boxes lie<small>darker: more boxes cover it</small></figcaption><svg viewBox="0 0 ${GRID * 12} ${GRID * 8}" role="img" aria-label="where boxes lie">${drawn}</svg></figure>`
}

/** Sides of boxes as shares of the picture. */
const boxShares = (samples: readonly Sample[]): number[] =>
  samples.flatMap(({ answer, images: [size] }) =>
    Array.isArray(answer) && size
      ? answer.map(
          ({ bbox_2d: [x1, y1, x2, y2] }) => (100 * (x2 - x1) * (y2 - y1)) / (size.width * size.height),
        )
      : [],
  )

const section = (title: string, charts: readonly (Html | null)[]): Html | null =>
  charts.some((chart) => chart !== null)
    ? html`<section><h2>${title}</h2><div class="charts">${charts}</div></section>`
    : null

/** The page for `samples`. */
export function statsHtml(name: string, samples: readonly Sample[]): string {
  const spatial = samples.filter((sample) => answerKind(sample) !== 'boxes')
  const choices = spatial.filter(({ options }) => options)
  const types = [...new Set(spatial.map(({ question_type }) => question_type))].sort()
  const numbers = types.flatMap((type) => {
    const values = spatial
      .filter((one) => one.question_type === type && !one.options)
      .map(({ answer }) => Number(answer))
    return values.length > 0 ? [histogram(`${type}: answers`, values)] : []
  })
  const letters = types.flatMap((type) => {
    const own = choices.filter(({ question_type }) => question_type === type)
    if (own.length === 0) return []
    const bars = countBars(own.map(({ answer }) => String(answer))).sort((a, b) =>
      a.label < b.label ? -1 : 1,
    )
    return [barChart(`${type}: letters`, bars, { note: `${own.length} choices` })]
  })
  const classes = countBars(
    choices
      .filter(({ question_type }) => question_type === 'relative direction')
      .map(({ answer, options, evidence }) => {
        const right = options?.[String(answer).charCodeAt(0) - 65]?.slice(3) ?? '?'
        return `${right} (${evidence.subtype?.replace(/^(camera|egocentric) /, '') ?? ''})`
      }),
  )
  const perScene = countBars(spatial.map(({ scene_name }) => scene_name)).map(({ count }) => count)
  const shares = boxShares(samples)
  const labels = spatial.flatMap(({ evidence }) => [...new Set(evidence.objects.map(({ label }) => label))])
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name} · spatial-ladder</title><style>${raw(STYLE)}</style></head>
<body><main><header><p class="eyebrow">spatial-ladder data statistics</p><h1>${name}</h1>
<dl class="facts card"><div><dt>Samples</dt><dd>${samples.length.toLocaleString('en')}</dd></div><div><dt>Rooms</dt><dd>${perScene.length.toLocaleString('en')}</dd></div><div><dt>Pictures</dt><dd>${new Set(samples.flatMap(({ image }) => image)).size.toLocaleString('en')}</dd></div><div><dt>Categories</dt><dd>${new Set(labels).size}</dd></div></dl></header>
${section('What is asked', [
  barChart('question types', countBars(samples.map(({ question_type }) => question_type))),
  barChart('data types', countBars(samples.map(({ data_type }) => data_type.replace('_', ' ')))),
  barChart('categories', countBars(labels), { note: 'samples that speak of them' }),
  perScene.length > 1
    ? histogram('questions per room', perScene, { note: `${perScene.length} rooms` })
    : null,
])}
${section('Answers', [...letters, classes.length > 0 ? barChart('directions', classes, { limit: 24 }) : null, ...numbers])}
${section('Boxes', [heatMap(samples), shares.length > 0 ? histogram('size of boxes', shares, { note: 'per cent of the picture' }) : null])}
</main></body></html>
`
  return page.html
}
