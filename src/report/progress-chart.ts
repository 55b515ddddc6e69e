/** One small chart per question type: the score after every stage, with its interval, over the best blind guess. */
import type { Cell } from '../schema/results.js'
import { ticks } from './chart.js'
import { type Html, html } from './html.js'

export interface ProgressSettings {
  title: string
  metric: string
  /** In the ladder's order; `color` as CSS. */
  stages: readonly { name: string; color: string; cell: Cell }[]
  /** Highest score of a baseline, if any has one. */
  floor: { name: string; score: number } | null
}

const WIDTH = 250
const HEIGHT = 180
const BOX = { left: 34, right: 10, top: 20, bottom: 10 }

/** The chart as a `<figure>`; vertical axis in per cent from 0 to 100. */
export function progressChart({ title, metric, stages, floor }: ProgressSettings): Html {
  const bottom = HEIGHT - BOX.bottom
  const step = (WIDTH - BOX.left - BOX.right) / Math.max(1, stages.length)
  const px = (i: number): number => BOX.left + step * (i + 0.5)
  const py = (share: number): number => bottom - share * (bottom - BOX.top)
  const known = stages.flatMap(({ cell, color, name }, i) =>
    cell.score === null ? [] : [{ i, color, name, score: cell.score, interval: cell.interval }],
  )
  const grid = ticks(0, 1, 4)
    .filter((share) => Math.abs((share * 4) % 1) < 1e-9 || share === 0.5)
    .concat([0.25, 0.75])
  const shares = [...new Set([...grid, 0, 0.5, 1])].sort()
  const floorLine =
    floor &&
    html`<line class="floor" x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${py(floor.score)}" y2="${py(floor.score)}"><title>${floor.name} ${(100 * floor.score).toFixed(1)}</title></line>`
  const path = known.map(({ i, score }, k) => `${k === 0 ? 'M' : 'L'}${px(i)} ${py(score)}`).join('')
  return html`<figure class="chart small"><figcaption>${title} <small>${metric}</small></figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}, ${metric}, after every stage">
${shares.map(
  (
    share,
  ) => html`<line class="grid" x1="${BOX.left}" x2="${WIDTH - BOX.right}" y1="${py(share)}" y2="${py(share)}"/>
<text class="tick" x="${BOX.left - 6}" y="${py(share) + 4}" text-anchor="end">${Math.round(100 * share)}</text>`,
)}
${floorLine}<path class="line thread" d="${path}"/>
${known.map(({ i, color, name, score, interval }) => {
  const whisker =
    interval &&
    html`<line class="whisker" x1="${px(i)}" x2="${px(i)}" y1="${py(interval[0])}" y2="${py(interval[1])}" style="stroke:${color}"/>`
  const top = py(interval ? Math.max(interval[1], score) : score)
  return html`${whisker}<circle cx="${px(i)}" cy="${py(score)}" r="4.5" style="fill:${color}"><title>${name} ${(100 * score).toFixed(1)}</title></circle>
<text class="value" x="${px(i)}" y="${Math.max(11, top - 7)}" text-anchor="middle">${(100 * score).toFixed(0)}</text>`
})}
</svg></figure>`
}
