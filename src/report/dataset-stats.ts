/** What a data set is made of, as one HTML file: types, rooms, categories, letters, classes, numbers, boxes. */
import { DATA_TYPES } from '../schema/sample.js'
import { barChart, coverMap, histogram } from './bars.js'
import type { Counts, Distributions } from './dataset-distributions.js'
import { type Html, html, raw } from './html.js'
import { STYLE } from './style.js'

const STYLES = `.charts{display:block;columns:3 320px;column-gap:14px}.chart{break-inside:avoid;margin-bottom:14px}.counts td{vertical-align:middle}.counts td b{font-weight:600}.counts td i{margin:0;width:8px;height:8px;border-radius:2px}@media (max-width:480px){.counts tbody th{white-space:normal;padding-left:10px}.counts thead th:first-child{padding-left:10px}.counts td:last-child,.counts thead th:last-child{padding-right:10px}}`

const section = (title: string, note: string, charts: readonly (Html | null)[]): Html | null =>
  charts.some((chart) => chart !== null)
    ? html`<section><h2>${title}</h2><p class="note">${note}</p><div class="charts">${charts}</div></section>`
    : null

const total = (counts: Counts): number => Object.values(counts).reduce((sum, n) => sum + n, 0)
const grouped = (n: number): string => n.toLocaleString('en')

/** Question types by data types, a cell darker the more it holds. */
function typeTable({ types, samples }: Distributions): Html {
  const columns = DATA_TYPES.filter((name) => Object.values(types).some((row) => row[name]))
  const most = Math.max(1, ...Object.values(types).flatMap((row) => Object.values(row)))
  const cell = (n: number): Html =>
    n > 0
      ? html`<td style="background:color-mix(in srgb,var(--stage-1) ${Math.round(8 + (30 * n) / most)}%,transparent)"><b>${grouped(n)}</b><small>${((100 * n) / samples).toFixed(1)} %</small></td>`
      : html`<td><small>–</small></td>`
  return html`<section><h2>What is asked</h2><div class="card scroll"><table class="scores counts"><thead><tr><th>question type</th>${columns.map((name) => html`<th>${name.replace('_', ' ')}</th>`)}<th>all</th></tr></thead><tbody>${Object.entries(
    types,
  ).map(
    ([type, row]) =>
      html`<tr><th>${type}</th>${columns.map((name) => cell(row[name] ?? 0))}<td><b>${grouped(total(row))}</b></td></tr>`,
  )}<tr><th>all</th>${columns.map((name) => html`<td><b>${grouped(Object.values(types).reduce((sum, row) => sum + (row[name] ?? 0), 0))}</b></td>`)}<td><b>${grouped(samples)}</b></td></tr></tbody></table></div></section>`
}

const each = (table: Record<string, Counts>, title: (name: string) => string): Html[] =>
  Object.entries(table).map(([name, counts]) =>
    barChart(title(name), counts, { note: `${grouped(total(counts))} samples` }),
  )

/** The page of one data set. */
export function statsHtml(name: string, found: Distributions): string {
  const { boxes } = found
  const facts: [string, number][] = [
    ['Samples', found.samples],
    ['Rooms', found.rooms],
    ['Pictures', found.pictures],
    ['Categories', found.categories],
    ['Boxes', boxes.count],
  ]
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name} · data statistics</title><style>${raw(STYLE + STYLES)}</style></head>
<body><main><header><p class="eyebrow">spatial-ladder data statistics</p><h1>${name}</h1>
<dl class="facts card">${facts.map(([term, n]) => html`<div><dt>${term}</dt><dd>${grouped(n)}</dd></div>`)}</dl></header>
${typeTable(found)}
${section('Rooms and things', 'Localization asks the same questions again and is not counted here.', [
  found.categories > 0
    ? barChart('categories', found.category_counts, { note: 'samples that speak of them', limit: 24 })
    : null,
  found.rooms > 1
    ? barChart('rooms most asked about', found.rooms_most_asked, { note: 'questions', limit: 12 })
    : null,
  found.per_room && found.rooms > 1 ? histogram('questions per room', found.per_room) : null,
  Object.keys(found.kinds).length > 1
    ? barChart('kinds of direction and distance', found.kinds, { note: 'questions' })
    : null,
  barChart('pictures per sample', found.pictures_per_sample, { note: 'samples' }),
])}
${section(
  'Choices',
  'Letters should be even for each number of options, classes within each kind of question.',
  [...each(found.letters, (group) => group), ...each(found.classes, (group) => `right answers: ${group}`)],
)}
${section(
  'Numbers',
  'Right answers that are numbers.',
  Object.entries(found.numbers).map(([type, spread]) => histogram(type, spread)),
)}
${section('Boxes', 'Boxes of localization answers.', [
  boxes.cover && coverMap('where boxes lie', boxes.cover),
  boxes.area_percent && histogram('size of boxes', boxes.area_percent),
  boxes.count > 0 ? barChart('boxes per picture', boxes.per_picture) : null,
])}
</main></body></html>
`
  return page.html
}
