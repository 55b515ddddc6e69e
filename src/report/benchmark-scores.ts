/** The parts of a benchmark's section that hold scores: per type, protocols side by side, published rows. */
import type { BenchmarkScores, Comparison, PublishedRow } from '../schema/benchmark-results.js'
import type { Cell } from '../schema/results.js'
import { type Colors, dotChart } from './benchmark-dots.js'
import {
  type BenchmarkGroup,
  cellOf,
  type Figure,
  figuresOf,
  figureTitle,
  isBaseline,
  modelsFirst,
  PROTOCOL_MEANING,
  pointsText,
} from './benchmark-figures.js'
import { benchmarkTable } from './benchmark-table.js'
import { verdictOf } from './comparison-table.js'
import { breakable, type Html, html } from './html.js'
import { percent } from './table.js'

const cellHtml = ({ score, interval }: Cell): Html =>
  html`${score === null ? '–' : percent(score)}${interval && html`<small>${percent(interval[0])}–${percent(interval[1])}</small>`}`

const figureHead = ({ title, metric, n, kind }: Figure): Html =>
  html`<th scope="row">${title}<small>${metric}${kind === 'type' && n !== null && `, n\u00a0=\u00a0${n}`}</small></th>`

/** Scores of one protocol: a line per figure, a column per row of the results, and people where known. */
function scoreTableHtml(all: readonly BenchmarkScores[], human: PublishedRow | undefined): Html {
  const rows = modelsFirst(all)
  const figures = figuresOf(rows)
  const table = benchmarkTable(rows)
  const heads = rows.map(
    (row) => html`<th scope="col" class="${isBaseline(row) && 'base'}">${breakable(row.name)}</th>`,
  )
  const lines = figures.map((figure, f) => {
    const cells = table.rows.map(({ cells, baseline }) => {
      const cell = cells[f]
      return html`<td class="${cell.best ? 'best' : baseline && 'base'}">${cellHtml(cell)}</td>`
    })
    const person = human && html`<td class="base">${percentOrDash(human.scores[figure.name])}</td>`
    return html`<tr class="${figure.kind}">${figureHead(figure)}${cells}${person}</tr>
`
  })
  return html`<div class="card scroll"><table class="scores figures"><thead><tr><th></th>${heads}${human && html`<th scope="col" class="base">human<small>published</small></th>`}</tr></thead><tbody>${lines}</tbody></table></div>`
}

const percentOrDash = (share: number | undefined): string => (share === undefined ? '–' : percent(share))

/** The dots of the first protocol, and the tables of all. */
export function scoresPart({ protocols, published }: BenchmarkGroup, colors: Colors): Html {
  const human = published.find(({ kind }) => kind === 'human')
  const [first] = protocols
  const rooms = first.rows.find((row) => row.bootstrap.resamples > 0)?.bootstrap
  const tables = protocols.map(
    ({ protocol, rows }, i) =>
      html`<details class="part" ${i === 0 && 'open'}><summary>${protocol} protocol<small>${PROTOCOL_MEANING[protocol]}</small></summary>${scoreTableHtml(rows, human)}</details>`,
  )
  return html`<h3>Scores by type</h3>
<p class="note">Per cent, under the ${first.protocol} protocol in the chart.${rooms && ` Lines and small figures: 95 % intervals from a bootstrap over ${rooms.rooms} rooms or pictures (${rooms.resamples} draws, seed ${rooms.seed}).`}</p>
${dotChart(
  figuresOf(first.rows).filter(({ kind }) => kind !== 'group'),
  first.rows,
  human,
  colors,
)}
${tables}`
}

/** Protocols side by side, a table per model; null where there is only one protocol. */
export function protocolsPart({ protocols }: BenchmarkGroup): Html | null {
  if (protocols.length < 2) return null
  const names = [
    ...new Set(
      protocols.flatMap(({ rows }) =>
        modelsFirst(rows.filter((row) => !isBaseline(row))).map(({ name }) => name),
      ),
    ),
  ]
  const tables = names.map((name, i) => {
    const own = protocols.flatMap(({ protocol, rows }) => {
      const row = rows.find((one) => one.name === name && !isBaseline(one))
      return row ? [{ protocol, row }] : []
    })
    const [first, ...others] = own
    const lines = figuresOf(own.map(({ row }) => row)).map((figure) => {
      const base = cellOf(first.row, figure.name).score
      const differences = others.map(({ row }) => {
        const score = cellOf(row, figure.name).score
        if (score === null || base === null) return html`<td>–</td>`
        const points = pointsText(score - base)
        return html`<td class="${points !== '0.0' && 'differs'}">${points}</td>`
      })
      return html`<tr class="${figure.kind}">${figureHead(figure)}${own.map(({ row }) => html`<td>${cellHtml(cellOf(row, figure.name))}</td>`)}${differences}</tr>
`
    })
    return html`<details class="part" ${i === 0 && 'open'}><summary>${breakable(name)}</summary>
<div class="card scroll"><table class="scores figures"><thead><tr><th></th>${own.map(({ protocol, row }) => html`<th scope="col">${protocol}<small>${row.prompt_type} prompt</small></th>`)}${others.map(({ protocol }) => html`<th scope="col">${protocol} less ${first.protocol}<small>points</small></th>`)}</tr></thead><tbody>${lines}</tbody></table></div></details>`
  })
  return html`<h3>Protocols side by side</h3>
<p class="note">A protocol is prompt, pictures, generation, extraction, metric and average together. Where answers were given to different prompts, a difference has two causes; the disagreements below are about the same answers.</p>${tables}`
}

interface Row {
  name: string
  note: string
  overall: number
  own: boolean
  cell(figure: string): Html
}

/** A printed figure; one that does not follow from its row is struck, with what does follow beside it. */
export function printedCell(row: PublishedRow, figure: string): Html {
  const printed = row.scores[figure]
  const right = row.corrected?.[figure]
  if (printed === undefined) return html`–`
  if (right === undefined) return html`${percent(printed)}`
  return html`<span class="printed"><s>${percent(printed)}</s> <b>${percent(right)}</b></span>`
}

const sourceText = ({ source, protocol, note }: PublishedRow): string =>
  [source, protocol === 'other' ? 'rules of its own' : `${protocol} rules`, note].filter(Boolean).join('; ')

/** Published rows and ours, best first. Figures that few rows have stand in words below the table. */
export function publishedPart({ protocols, published }: BenchmarkGroup): Html | null {
  if (published.length === 0) return null
  const figures = figuresOf(protocols.flatMap(({ rows }) => rows)).map(({ name }) => name)
  const all = [...new Set([...figures, ...published.flatMap(({ scores }) => Object.keys(scores))])]
  const count = (figure: string): number => published.filter(({ scores }) => figure in scores).length
  const shown = all.filter((figure) => count(figure) >= Math.max(1, published.length / 10))
  const rare = all.filter((figure) => count(figure) > 0 && !shown.includes(figure))
  const ours = protocols.flatMap(({ protocol, rows }) =>
    rows.map(
      (row): Row => ({
        name: row.name,
        note: `here, ${protocol} rules`,
        overall: row.overall ?? -1,
        own: true,
        cell: (figure) => html`${cellHtml({ ...cellOf(row, figure), interval: null })}`,
      }),
    ),
  )
  const theirs = published.map(
    (row): Row => ({
      name: row.model,
      note: sourceText(row),
      overall: row.corrected?.overall ?? row.scores.overall ?? -1,
      own: false,
      cell: (figure) => printedCell(row, figure),
    }),
  )
  const lines = [...ours, ...theirs]
    .sort((a, b) => b.overall - a.overall)
    .map(
      (
        row,
      ) => html`<tr class="${row.own && 'own'}"><th scope="row">${breakable(row.name)}<small>${row.note}</small></th>${shown.map((figure) => html`<td>${row.cell(figure)}</td>`)}</tr>
`,
    )
  const words = published.flatMap((row) => {
    const said = rare.flatMap((figure) =>
      figure in row.scores ? [`${figureTitle(figure)} ${percent(row.scores[figure])}`] : [],
    )
    return said.length > 0
      ? [html`<p class="note after"><b>${row.model}</b>, ${row.source}: ${said.join(', ')}.</p>`]
      : []
  })
  const wrong = published.some(({ corrected }) => corrected)
  return html`<h3>Beside published rows</h3>
<p class="note">As printed, per cent, best first; ours are shaded.${wrong && ' A struck figure does not follow from the other figures of its row or table; beside it is what does.'}</p>
<div class="card scroll tall"><table class="scores published"><thead><tr><th></th>${shown.map((figure) => html`<th scope="col">${figureTitle(figure)}</th>`)}</tr></thead><tbody>${lines}</tbody></table></div>${words}`
}

/** Paired differences of two models under one protocol. */
export function comparisonsPart(
  comparisons: readonly Comparison[],
  { protocols }: BenchmarkGroup,
): Html | null {
  if (comparisons.length === 0) return null
  // How many items an average rests on is not told.
  const counted = new Set(
    figuresOf(protocols.flatMap(({ rows }) => rows))
      .filter(({ kind }) => kind !== 'group')
      .map(({ name }) => name),
  )
  const tables = comparisons.map(({ protocol, first, second, rows }, i) => {
    const lines = rows.map((row) => {
      const { name, n, difference, interval } = row
      const verdict = verdictOf(row)
      const shade = verdict === 'better' ? 'up' : verdict === 'worse' && 'down'
      return html`<tr class="${name === 'overall' && 'overall'}"><th scope="row">${figureTitle(name)}</th><td>${counted.has(name) && n}</td><td class="${shade}">${pointsText(difference)}${interval && html`<small>${pointsText(interval[0])} to ${pointsText(interval[1])}</small>`}</td><td class="word">${verdict}</td></tr>
`
    })
    return html`<details class="part" ${i === 0 && 'open'}><summary>${breakable(second)} less ${breakable(first)}<small>${protocol} protocol</small></summary>
<div class="card scroll"><table class="scores figures"><thead><tr><th></th><th scope="col">items</th><th scope="col">difference<small>points</small></th><th scope="col">it is</th></tr></thead><tbody>${lines}</tbody></table></div></details>`
  })
  return html`<h3>Paired comparison</h3>
<p class="note">Differences on the same items, with 95 % intervals from the same draws of rooms for both: sharper than two intervals side by side.</p>${tables}`
}
