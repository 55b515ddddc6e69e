/**
 * `report.html`: one file that tells a run, made only from what the run folder holds. No network, no script.
 */
import { writeFileAtomic } from '../common/files.js'
import { formatDuration } from '../common/progress.js'
import { trainingCharts } from './curves.js'
import { examplesSection } from './examples.js'
import { type Html, html, raw } from './html.js'
import { progressChart } from './progress-chart.js'
import { type RunFolder, readRunFolder } from './run-folder.js'
import { STYLE, stageRules } from './style.js'
import { percent, type ScoreTable, scoreTable, type TableRow } from './table.js'

/** Rows of the score table of a run: baselines, then the starting model and every stage. */
export function tableRows(run: RunFolder): TableRow[] {
  return [
    ...(run.baselines?.rows ?? []).map(({ scores }) => ({ scores, baseline: true })),
    ...run.stages.flatMap(({ scores, name }) => (scores ? [{ scores: { ...scores, name } }] : [])),
  ]
}

const fact = (name: string, value: string | null | undefined, detail?: string | null): Html | null =>
  value ? html`<div><dt>${name}</dt><dd>${value}${detail && html`<small>${detail}</small>`}</dd></div>` : null

/** `2026-11-23T01:54:27Z` -> `2026-11-23 01:54`. */
const minute = (time: string | null | undefined): string | null =>
  time?.slice(0, 16).replace('T', ' ') ?? null

function header(run: RunFolder): Html {
  const { status, recipe, samples, stages } = run
  const rooms = new Set(samples.map((sample) => sample.scene_name)).size
  const asked = Math.max(0, ...stages.map(({ scores }) => scores?.n ?? 0)) || samples.length
  const { engine, machine } = status
  const threads = engine?.threads ? `${engine.threads} threads` : null
  const title = /^name:\s*(\S+)/m.exec(recipe?.text ?? '')?.[1] ?? status.name
  return html`<header><p class="eyebrow">spatial-ladder run report</p><h1>${status.name}</h1>
<dl class="facts card">
${fact('Recipe', title)}${fact('Seed', recipe?.seed === null ? null : String(recipe?.seed ?? '') || null)}
${fact('Duration', status.seconds ? formatDuration(status.seconds) : status.finished ? null : 'still running', minute(status.started) && `from ${minute(status.started)}`)}
${fact('Engine', engine ? `libtorch ${engine.version}` : null, threads)}
${fact('Machine', machine?.cores ? `${machine.cores} cores` : null, machine?.cpu)}
${fact('Test questions', asked > 0 ? String(asked) : null, asked < samples.length ? `of ${samples.length} from ${rooms} rooms` : `from ${rooms} rooms`)}
</dl>
<ol class="stages">${stages.map((stage) => {
    const known = status.stages.find((one) => one.name === stage.name)
    const time = known?.seconds ? formatDuration(known.seconds) : known?.status
    return html`<li><i style="background:var(--stage-${stage.index % 6})"></i>${stage.name}${time && html`<small>${time}</small>`}</li>`
  })}</ol></header>`
}

/** Small charts, one per column of the table that all models share. */
function progressSection(run: RunFolder, table: ScoreTable): Html | null {
  const scored = run.stages.filter((stage) => stage.scores)
  if (scored.length < 2) return null
  const models = table.rows.filter((row) => !row.baseline)
  const charts = table.columns.flatMap((column, c) => {
    if (column.title === 'format' || column.title === 'unread') return []
    const floor = table.rows
      .filter((row) => row.baseline)
      .map(({ name, cells }) => ({ name, score: cells[c].score }))
      .filter((one): one is { name: string; score: number } => one.score !== null)
      .reduce<{ name: string; score: number } | null>(
        (top, one) => (top && top.score >= one.score ? top : one),
        null,
      )
    const stages = scored.map((stage, i) => ({
      name: stage.name,
      color: `var(--stage-${stage.index % 6})`,
      cell: models[i].cells[c],
    }))
    return [progressChart({ title: column.title, metric: column.metric, stages, floor })]
  })
  return html`<section id="progress"><h2>Step by step</h2>
<p class="note">Score in per cent on test rooms after every stage, with 95 % intervals. The dashed line is the best of the guesses that never look at a picture.</p>
<p class="legend">${scored.map((stage) => html`<span><i style="background:var(--stage-${stage.index % 6})"></i>${stage.name}</span>`)}</p>
<div class="charts tiny">${charts}</div></section>`
}

function scoreSection(table: ScoreTable, run: RunFolder): Html | null {
  if (table.rows.length === 0) return null
  const first = run.stages.find((stage) => stage.scores)?.scores
  const interval =
    first && first.bootstrap.resamples > 0
      ? ` Small figures: 95 % intervals from a bootstrap over ${first.bootstrap.rooms} rooms.`
      : ''
  const rows = table.rows.map(
    ({
      name,
      baseline,
      cells,
    }) => html`<tr class="${baseline ? 'base' : 'model'}"><th scope="row">${name}</th>${cells.map(
      ({ score, interval, best }) =>
        html`<td class="${best && 'best'}">${
          score === null ? '–' : best ? html`<b>${percent(score)}</b>` : percent(score)
        }${interval && html`<small>${percent(interval[0])}–${percent(interval[1])}</small>`}</td>`,
    )}</tr>
`,
  )
  const notes = run.baselines?.rows.map(({ note, scores }) => html`<b>${scores.name}</b>: ${note}. `)
  return html`<section id="scores"><h2>Scores</h2>
<p class="note">Per cent; higher is better except for unread answers, and the best model of a column is marked.${interval}</p>
<div class="card scroll"><table class="scores"><thead><tr><th></th>${table.columns.map(
    ({ title, metric, n }) =>
      html`<th scope="col">${title}<small>${metric}</small>${n !== null && html`<small>n = ${n}</small>`}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div>
${notes && html`<p class="note" style="margin-top:10px">${notes}</p>`}</section>`
}

function curvesSection(run: RunFolder): Html | null {
  const charts = trainingCharts(run.stages)
  if (charts.length === 0) return null
  return html`<section id="curves"><h2>Training</h2>
<p class="note">Faint: every step. Strong: moving average.</p><div class="charts">${charts}</div></section>`
}

function detailsSection(run: RunFolder): Html {
  const protocol = run.stages.find((stage) => stage.scores?.protocol)?.scores?.protocol
  return html`<section id="details"><h2>How it was made</h2><div class="card">
${run.recipe && html`<details><summary>Recipe</summary><pre>${run.recipe.text}</pre></details>`}
${protocol && html`<details><summary>Protocol of the evaluation</summary><pre>${JSON.stringify(protocol, null, 2)}</pre></details>`}
<details><summary>Status</summary><pre>${JSON.stringify(run.status, null, 2)}</pre></details></div></section>`
}

/** The whole page for a run that has been read. */
export async function reportHtml(run: RunFolder, options: { examples?: number } = {}): Promise<string> {
  const table = scoreTable(tableRows(run))
  const rules = stageRules(run.stages.map((stage) => stage.index))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${run.status.name} · spatial-ladder</title><style>${raw(STYLE + rules)}</style></head>
<body><main>${header(run)}
${progressSection(run, table)}
${scoreSection(table, run)}
${curvesSection(run)}
${await examplesSection(run, options.examples ?? 12)}
${detailsSection(run)}
</main></body></html>
`
  return page.html
}

/**
 * Writes the report of the run folder `run` to `out` (default `run/report.html`).
 * @returns the file written
 * @throws data error when the folder has no `status.json` or a file in it is not what it should be
 */
export async function writeReport({ run, out }: { run: string; out?: string }): Promise<string> {
  const file = out ?? `${run}/report.html`
  writeFileAtomic(file, await reportHtml(readRunFolder(run)))
  return file
}
