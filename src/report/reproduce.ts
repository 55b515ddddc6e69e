/**
 * Ours beside the SpatialLadder paper's, row by row. A row nobody has run here says so; an average that the
 * paper got wrong is compared by what it should be.
 */
import type { BenchmarkResults, BenchmarkScores, PublishedRow } from '../schema/benchmark-results.js'
import { cellOf, figureTitle, pointsText } from './benchmark-figures.js'
import { printedCell } from './benchmark-scores.js'
import { type Html, html } from './html.js'
import { boxedTable, cellText, markdownGrid, percent, type TextColumn } from './table.js'

/** The key of published averages over benchmarks, and what they are means of. */
const OVERALL = 'overall'
const AVERAGES: Record<string, readonly string[]> = {
  'in-domain': ['VSI-Bench', 'SPBench-SI', 'SPBench-MV'],
  'out-of-domain': ['CV-Bench', 'SPAR-Bench', 'ViewSpatial-Bench'],
}
const AVERAGE_PARTS = Object.values(AVERAGES).flat()
const NOT_RUN = 'not run (no weights here)'

export interface ReproducedCell {
  /** As printed; null where the row has no such figure. */
  printed: number | null
  /** What the printed figure should be, where it does not follow from its row. */
  corrected: number | null
  ours: number | null
  interval: [number, number] | null
  /** Ours less the paper's (corrected where it is wrong). */
  difference: number | null
  /** Whether the paper's figure, to its last digit, lies in our interval; null where there is none. */
  inside: boolean | null
}

export interface ReproducedRow {
  model: string
  source: string
  note: string | null
  /** Name of the row of our results; null where nobody has run this. */
  ran: string | null
  /** Items of our run, where it was not all of them. */
  limit: number | null
  cells: ReproducedCell[]
  published: PublishedRow
}

/** One printed table, or its columns of one benchmark. */
export interface ReproducedTable {
  benchmark: string
  source: string
  figures: string[]
  rows: ReproducedRow[]
}

/** `local:models/Qwen2.5-VL-3B-Instruct`, `openai:gpt-4o` and `Qwen2.5-VL-3B`, `GPT-4o` are the same models. */
const modelKey = (name: string): string =>
  (
    name
      .split(/[:/\\]/)
      .filter(Boolean)
      .at(-1) ?? ''
  )
    .toLowerCase()
    .replace(/-instruct$/, '')
    .replace(/llava-ov\b/, 'llava-onevision')
    .replace(/[^a-z0-9]/g, '')

type Find = (model: string, benchmark: string) => BenchmarkScores | undefined

/** One figure of ours; averages over benchmarks and differences of two models are made from their parts. */
function ourCell(
  find: Find,
  model: string,
  benchmark: string,
  figure: string,
): { score: number | null; interval: [number, number] | null } {
  const none = { score: null, interval: null }
  const [first, second] = model.split(' less ')
  if (second !== undefined) {
    const [a, b] = [first, second].map((one) => ourCell(find, one, benchmark, figure).score)
    return a === null || b === null ? none : { score: a - b, interval: null }
  }
  if (benchmark !== OVERALL) {
    const row = find(model, benchmark)
    return row ? cellOf(row, figure) : none
  }
  const parts = AVERAGES[figure]
  if (!parts) return ourCell(find, model, figure, 'overall')
  const scores = parts.map((part) => find(model, part)?.overall ?? null)
  const sum = scores.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0)
  return sum === null ? none : { score: sum / parts.length, interval: null }
}

/**
 * Every row of the paper's tables in `published` (by benchmark; `overall` for averages over benchmarks) beside
 * our results under the same protocol. A published model is ours when the last part of our name is its name.
 */
export function reproduceTable(
  results: BenchmarkResults,
  published: Readonly<Record<string, readonly PublishedRow[]>>,
): ReproducedTable[] {
  const ours = results.scores.filter(
    (row) => row.protocol === 'paper' && row.kind === 'model' && !row.card?.subset,
  )
  const find: Find = (model, benchmark) =>
    ours.find((row) => row.benchmark === benchmark && modelKey(row.name) === modelKey(model))
  // The ablations stand in one table over all benchmarks, if that is here; then not in those of each.
  const elsewhere = (benchmark: string, row: PublishedRow): boolean =>
    (published[OVERALL] ?? []).some((one) => one.source === row.source && benchmark in one.scores)
  return Object.entries(published).flatMap(([benchmark, all]) => {
    const rows = all.filter((row) => row.protocol === 'paper' && !elsewhere(benchmark, row))
    return [...new Set(rows.map(({ source }) => source))].map((source): ReproducedTable => {
      const own = rows.filter((row) => row.source === source)
      const figures = [...new Set(own.flatMap(({ scores }) => Object.keys(scores)))]
      return {
        benchmark,
        source,
        figures,
        rows: own.map((row) => reproducedRow(find, benchmark, figures, row)),
      }
    })
  })
}

function reproducedRow(
  find: Find,
  benchmark: string,
  figures: readonly string[],
  row: PublishedRow,
): ReproducedRow {
  const { model, source, note = null } = row
  const cells = figures.map((figure) => cellOfRow(row, figure, ourCell(find, model, benchmark, figure)))
  // An average needs every benchmark; a model that was run on one of them is not one that was never run.
  const one = AVERAGE_PARTS.map((part) => find(model, part)).find((found) => found)
  const ours = benchmark === OVERALL ? one : find(model, benchmark)
  const known = ours || cells.some((cell) => cell.ours !== null)
  const limit = ours?.card?.limit ?? null
  return { model, source, note, ran: known ? (ours?.name ?? model) : null, limit, cells, published: row }
}

function cellOfRow(
  row: PublishedRow,
  figure: string,
  { score, interval }: { score: number | null; interval: [number, number] | null },
): ReproducedCell {
  const printed = row.scores[figure] ?? null
  const corrected = row.corrected?.[figure] ?? null
  const theirs = corrected ?? printed
  if (theirs === null)
    return { printed, corrected, ours: null, interval: null, difference: null, inside: null }
  const inside =
    interval && score !== null ? theirs >= interval[0] - 5e-4 && theirs <= interval[1] + 5e-4 : null
  return {
    printed,
    corrected,
    ours: score,
    interval,
    difference: score === null ? null : score - theirs,
    inside,
  }
}

/** `inside our interval`, `outside: MCQ`, `not run (no weights here)`. */
export function stateOf(row: ReproducedRow, figures: readonly string[]): { kind: string; text: string } {
  if (row.ran === null) return { kind: 'none', text: NOT_RUN }
  const known = row.cells.filter(({ ours }) => ours !== null)
  if (known.length === 0) return { kind: 'none', text: 'not all benchmarks run' }
  const part = row.limit === null ? '' : ` (${row.limit} items only)`
  const outside = figures.filter((_, i) => row.cells[i].inside === false)
  if (outside.length > 0)
    return { kind: 'outside', text: `outside: ${outside.map(figureTitle).join(', ')}${part}` }
  return known.some(({ inside }) => inside !== null)
    ? { kind: 'inside', text: `inside our interval${part}` }
    : { kind: 'none', text: `no interval${part}` }
}

const paperText = ({ printed, corrected }: ReproducedCell): string =>
  printed === null
    ? ''
    : corrected === null
      ? percent(printed)
      : `${percent(printed)} [${percent(corrected)}]`
const oursText = ({ ours, interval }: ReproducedCell): string =>
  ours === null ? '' : cellText({ score: ours, interval })
const differenceText = ({ difference }: ReproducedCell): string =>
  difference === null ? '' : pointsText(difference)

/** Head and cells of a table as text: how it went, then three columns for a figure that was run, one for one that was not. */
function columnsOf({ figures, rows }: ReproducedTable): TextColumn[] {
  const columns = figures.flatMap((figure, f): TextColumn[] => {
    const column = (what: string, text: (cell: ReproducedCell) => string): TextColumn => ({
      head: [figureTitle(figure), what],
      body: rows.map(({ cells }) => text(cells[f])),
    })
    const paper = column('paper', paperText)
    if (rows.every(({ cells }) => cells[f].ours === null)) return [paper]
    return [paper, column('ours', oursText), column('diff', differenceText)]
  })
  return [{ head: ['', ''], body: rows.map((row) => stateOf(row, figures).text) }, ...columns]
}

const LEGEND = '[ ] what a figure should be that does not follow from its row; differences are to that'
const titleOf = ({ benchmark, source }: ReproducedTable): string =>
  `${benchmark === OVERALL ? 'Averages over benchmarks' : benchmark}: ${source}`

/** For a terminal: a boxed table per printed table. */
export function reproduceText(tables: readonly ReproducedTable[], width = 120): string {
  const texts = tables.map(
    (table) =>
      `${titleOf(table)}\n${boxedTable(
        table.rows.map(({ model }) => ({ name: model })),
        columnsOf(table),
        { width, corner: '%' },
      )}`,
  )
  return `${texts.join('\n')}${LEGEND}\n`
}

/** In Markdown: a heading and a table per printed table. */
export function reproduceMarkdown(tables: readonly ReproducedTable[]): string {
  const texts = tables.map((table) => {
    const columns = columnsOf(table)
    return `### ${titleOf(table)}\n\n${markdownGrid([
      ['%', ...columns.map(({ head }) => head.filter(Boolean).join(' '))],
      ...table.rows.map(({ model }, r) => [model, ...columns.map(({ body }) => body[r])]),
    ])}`
  })
  return `${texts.join('\n')}\n${LEGEND}\n`
}

/** As a section of the report; null where the paper has no row for what was run. */
export function reproduceSection(tables: readonly ReproducedTable[]): Html | null {
  if (tables.length === 0) return null
  const parts = tables.map((table) => {
    const { figures, rows } = table
    const ran = figures.map((_, f) => rows.some(({ cells }) => cells[f].ours !== null))
    const heads = figures.map((figure, f) =>
      ran[f]
        ? html`<th scope="col">${figureTitle(figure)}<small>paper</small></th><th scope="col">ours</th><th scope="col">diff</th>`
        : html`<th scope="col">${figureTitle(figure)}<small>paper</small></th>`,
    )
    const lines = rows.map((row) => {
      const state = stateOf(row, figures)
      const cells = row.cells.map((cell, f) => {
        const paper = html`<td>${cell.printed === null ? '' : printedCell(row.published, figures[f])}</td>`
        if (!ran[f]) return paper
        const interval =
          cell.interval && html`<small>${percent(cell.interval[0])}–${percent(cell.interval[1])}</small>`
        return html`${paper}<td>${cell.ours !== null && percent(cell.ours)}${interval}</td><td class="${cell.inside === false && 'differs'}">${differenceText(cell)}</td>`
      })
      return html`<tr class="${row.ran !== null && 'own'}"><th scope="row">${row.model}${row.note && html`<small>${row.note}</small>`}</th><td class="state ${state.kind}">${state.text}</td>${cells}</tr>
`
    })
    return html`<details class="part" open><summary>${titleOf(table)}</summary><div class="card scroll"><table class="scores published"><thead><tr><th></th><th></th>${heads}</tr></thead><tbody>${lines}</tbody></table></div></details>`
  })
  return html`<section id="reproduce"><h2>Beside the SpatialLadder paper</h2>
<p class="note">Every row of its tables that a benchmark here has, in per cent, and ours under the paper's protocol. Inside: the paper's figure, to its last digit, lies in our 95 % interval. A struck figure does not follow from its own row; the difference is to the one beside it.</p>${parts}</section>`
}
