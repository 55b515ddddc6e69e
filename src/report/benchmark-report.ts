/**
 * `report.html` of a benchmark evaluation: one file that explains every score, made only from what the folder
 * holds. No network, no script.
 */
import { writeFileAtomic } from '../common/files.js'
import type { BenchmarkResults, BenchmarkScores } from '../schema/benchmark-results.js'
import { disagreementsPart, unparsedPart } from './benchmark-answers.js'
import { countsPart, protocolCardsPart } from './benchmark-details.js'
import type { Colors } from './benchmark-dots.js'
import { examplesPart } from './benchmark-examples.js'
import {
  type BenchmarkGroup,
  groupResults,
  isBaseline,
  modelsFirst,
  PROTOCOL_MEANING,
} from './benchmark-figures.js'
import { type BenchmarkFolder, readBenchmarkFolder } from './benchmark-folder.js'
import { comparisonsPart, protocolsPart, publishedPart, scoresPart } from './benchmark-scores.js'
import { BENCHMARK_STYLE } from './benchmark-style.js'
import { breakable, type Html, html, raw } from './html.js'
import { reproduceSection, reproduceTable } from './reproduce.js'
import { STYLE } from './style.js'
import { percent } from './table.js'

const EXAMPLES = 16

/** `VSI-Bench` -> `vsi-bench`, for links inside the page. */
const anchor = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '-')

/** Names of the rows that are no baseline, in table order, each with a colour of its own. */
function colorsOf(results: BenchmarkResults): Colors {
  const names = new Set(modelsFirst(results.scores.filter((row) => !isBaseline(row))).map(({ name }) => name))
  return new Map([...names].map((name, i) => [name, `var(--stage-${(i + 1) % 6})`]))
}

const fact = (name: string, value: string, detail?: Html): Html =>
  html`<div><dt>${name}</dt><dd>${value}${detail && html`<small>${detail}</small>`}</dd></div>`

const titleOf = (groups: readonly BenchmarkGroup[]): string =>
  groups.length > 3
    ? `${groups.length} benchmarks`
    : groups.map(({ benchmark }) => benchmark).join(', ') || 'Nothing scored yet'

function header(groups: readonly BenchmarkGroup[], colors: Colors, reproduces: boolean): Html {
  const protocols = [...new Set(groups.flatMap((group) => group.protocols.map(({ protocol }) => protocol)))]
  const items = groups.reduce(
    (sum, { protocols: [first] }) => sum + Math.max(...first.rows.map((row) => row.n + row.left_out)),
    0,
  )
  const names = [...colors.keys()]
  return html`<header><p class="eyebrow">spatial-ladder benchmark report</p><h1>${titleOf(groups)}</h1>
<dl class="facts card">${fact('Benchmarks', String(groups.length))}${fact('Models', String(names.length), html`${names.map((name) => html`${breakable(name)}<br>`)}`)}${fact('Protocols', protocols.join(', '))}${fact('Questions', items.toLocaleString('en-US'))}</dl>
<ul class="jump">${groups.map(({ benchmark }) => html`<li><a href="#${anchor(benchmark)}">${benchmark}</a></li>`)}${reproduces && html`<li><a href="#reproduce">Beside the paper</a></li>`}</ul></header>`
}

/** Overall scores of everything: a line per benchmark and protocol, a column per row of the results. */
function glance(groups: readonly BenchmarkGroup[]): Html | null {
  if (groups.length === 0) return null
  const all = groups.flatMap(({ protocols }) => protocols.flatMap(({ rows }) => rows))
  const names = [...new Map(modelsFirst(all).map((row) => [row.name, isBaseline(row)]))]
  const people = groups.some(({ published }) => published.some(({ kind }) => kind === 'human'))
  const lines = groups.flatMap(({ benchmark, protocols, published }) =>
    protocols.map(({ protocol, rows }, i) => {
      const cells = names.map(([name, baseline]) => {
        const row = rows.find((one) => one.name === name)
        return html`<td class="${baseline && 'base'}">${overallHtml(row)}</td>`
      })
      const human = published.find(({ kind }) => kind === 'human')?.scores.overall
      const person = people && html`<td class="base">${human === undefined ? '–' : percent(human)}</td>`
      return html`<tr class="${i === 0 && 'next'}"><th scope="row">${benchmark}<small>${protocol}</small></th>${cells}${person}</tr>
`
    }),
  )
  const protocols = [...new Set(all.map(({ protocol }) => protocol))]
  return html`<section id="glance"><h2>At a glance</h2>
<p class="note">Overall scores in per cent, with 95 % intervals. ${protocols.map((protocol) => html`<b>${protocol}</b>: ${PROTOCOL_MEANING[protocol]}. `)}</p>
<div class="card scroll"><table class="scores glance"><thead><tr><th></th>${names.map(([name, baseline]) => html`<th scope="col" class="${baseline && 'base'}">${breakable(name)}</th>`)}${people && html`<th scope="col" class="base">human<small>published</small></th>`}</tr></thead><tbody>${lines}</tbody></table></div></section>`
}

const overallHtml = (row: BenchmarkScores | undefined): Html =>
  !row || row.overall === null
    ? html`–`
    : html`${percent(row.overall)}${row.interval && html`<small>${percent(row.interval[0])}–${percent(row.interval[1])}</small>`}`

async function benchmarkSection(
  group: BenchmarkGroup,
  { results, items }: BenchmarkFolder,
  colors: Colors,
): Promise<Html> {
  const { benchmark, protocols } = group
  const own = items.filter((one) => one.benchmark === benchmark)
  const first = own.filter(({ protocol }) => protocol === protocols[0].protocol)
  return html`<section id="${anchor(benchmark)}"><h2>${benchmark}</h2>
${scoresPart(group, colors)}
${protocolsPart(group)}
${disagreementsPart(
  results.disagreements.filter((one) => one.benchmark === benchmark),
  own,
)}
${publishedPart(group)}
${comparisonsPart(
  results.comparisons.filter((one) => one.benchmark === benchmark),
  group,
)}
${await examplesPart(first, EXAMPLES, colors)}
${unparsedPart(own)}
${countsPart(group)}
${protocolCardsPart(group)}
</section>
`
}

/** The whole page for an evaluation that has been read. */
export async function benchmarkReportHtml(folder: BenchmarkFolder): Promise<string> {
  const { results } = folder
  const groups = groupResults(results)
  const colors = colorsOf(results)
  const reproduced = reproduceTable(results, results.published)
  const sections: Html[] = []
  for (const group of groups) sections.push(await benchmarkSection(group, folder, colors))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${titleOf(groups)} · spatial-ladder</title><style>${raw(STYLE + BENCHMARK_STYLE)}</style></head>
<body><main>${header(groups, colors, reproduced.length > 0)}
${glance(groups)}
${sections}
${reproduceSection(reproduced)}
</main></body></html>
`
  return page.html
}

/**
 * Writes the report of the evaluation in `folder` to `out` (default `folder/report.html`).
 * @returns the file written
 * @throws data error when the folder has no `results.json` or a file in it is not what it should be
 */
export async function writeBenchmarkReport({
  folder,
  out,
}: {
  folder: string
  out?: string
}): Promise<string> {
  const file = out ?? `${folder}/report.html`
  writeFileAtomic(file, await benchmarkReportHtml(readBenchmarkFolder(folder)))
  return file
}
