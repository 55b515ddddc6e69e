/** Scores as dots on a line from 0 to 100, a line per figure: one look tells models, chance and people apart. */
import type { BenchmarkScores, PublishedRow } from '../schema/benchmark-results.js'
import { cellOf, type Figure, isBaseline, modelsFirst } from './benchmark-figures.js'
import { breakable, type Html, html } from './html.js'
import { percent } from './table.js'

/** Colour of every model in the whole report, as CSS. */
export type Colors = ReadonlyMap<string, string>

const LANE = 11

/**
 * One line per figure. Models are dots with their 95 % interval, one lane each; guesses without a look and
 * people are marks across all lanes.
 */
export function dotChart(
  figures: readonly Figure[],
  rows: readonly BenchmarkScores[],
  human: PublishedRow | undefined,
  colors: Colors,
): Html {
  const models = modelsFirst(rows.filter((row) => !isBaseline(row)))
  const guesses = rows.filter(isBaseline)
  const at = (share: number): string => `${(100 * share).toFixed(2)}%`
  const lines = figures.map(({ name, title, metric, n, kind }) => {
    const marks = [
      ...guesses.map((row) => ({ kind: row.kind, name: row.name, score: cellOf(row, name).score })),
      { kind: 'human', name: 'human', score: human?.scores[name] ?? null },
    ].map(
      ({ kind, name, score }) =>
        score !== null &&
        html`<span class="at ${kind}" style="left:${at(score)}" title="${name} ${percent(score)}"></span>`,
    )
    const dots = models.map((row, lane) => {
      const { score, interval } = cellOf(row, name)
      if (score === null) return null
      const style = `top:${LANE * (lane + 0.5) + 4}px;background:${colors.get(row.name) ?? 'var(--soft)'}`
      const bar =
        interval &&
        html`<span class="bar" style="left:${at(interval[0])};width:${at(Math.max(0, interval[1] - interval[0]))};${style}"></span>`
      return html`${bar}<span class="dot" style="left:${at(score)};${style}" title="${row.name} ${percent(score)}"></span>`
    })
    const small = kind === 'type' ? `${metric}, n\u00a0=\u00a0${n ?? 0}` : metric
    return html`<div class="dots-line${kind === 'overall' && ' first'}"><div class="dots-name">${title} <small>${small}</small></div>
<div class="track" style="height:${LANE * Math.max(1, models.length) + 8}px">${marks}${dots}</div></div>
`
  })
  const legend = [
    ...models.map(
      (row) =>
        html`<span><i style="background:${colors.get(row.name) ?? 'var(--soft)'};border-radius:50%"></i>${breakable(row.name)}</span>`,
    ),
    ...guesses.map((row) => html`<span><i class="key ${row.kind}"></i>${row.name}</span>`),
    human && html`<span><i class="key human"></i>human (published${human.note && `, ${human.note}`})</span>`,
  ]
  return html`<p class="legend">${legend}</p><div class="card dots">${lines}<div class="dots-line axis"><div class="dots-name"></div><div class="track scale">${[0, 25, 50, 75, 100].map((x) => html`<span style="left:${x}%">${x}</span>`)}</div></div></div>`
}
