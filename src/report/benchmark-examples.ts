/** Wrong answers with their pictures, the worst of each type first: what a score is made of. */
import type { BenchmarkItemResult } from '../schema/benchmark-results.js'
import { mark, shortAnswer } from './benchmark-answers.js'
import type { Colors } from './benchmark-dots.js'
import { figureTitle } from './benchmark-figures.js'
import type { ScoredItems } from './benchmark-folder.js'
import { splitReasoning } from './examples.js'
import { breakable, type Html, html } from './html.js'
import { dataUri } from './pictures.js'

const MOST_PICTURES = 8

/** How far off a number is, relative to the right one; for ties among answers that score nothing. */
function distance(item: BenchmarkItemResult): number {
  const [said, right] = [Number(item.parsed ?? Number.NaN), Number(item.answer)]
  return item.kind === 'number' && Number.isFinite(said) && right > 0 ? Math.abs(said - right) / right : 0
}

export interface Example {
  item: BenchmarkItemResult
  /** What every model said to it, in the order of the results. */
  answers: { name: string; item: BenchmarkItemResult }[]
}

/**
 * Up to `perType` items of each type that at least one model got wrong: lowest mean score of all models first,
 * then those furthest off, then in the order of the data. Types with the lowest scores come first.
 */
export function worstItems(models: readonly ScoredItems[], perType: number): Example[] {
  const byId = models.map(({ name, items }) => ({
    name,
    items: new Map(items.filter(({ counted }) => counted).map((item) => [item.id, item])),
  }))
  const all = new Map(byId.flatMap(({ items }) => [...items]))
  const rated = [...all.values()].map((item) => {
    const answers = byId.flatMap(({ name, items }) => {
      const own = items.get(item.id)
      return own ? [{ name, item: own }] : []
    })
    const score = answers.reduce((sum, one) => sum + one.item.score, 0) / answers.length
    const far = answers.reduce((sum, one) => sum + distance(one.item), 0)
    return { item, answers, score, far }
  })
  const types = new Map<string, typeof rated>()
  for (const one of rated) types.set(one.item.type, [...(types.get(one.item.type) ?? []), one])
  const mean = (items: typeof rated): number =>
    items.reduce((sum, { score }) => sum + score, 0) / items.length
  return [...types.values()]
    .sort((a, b) => mean(a) - mean(b))
    .flatMap((items) =>
      items
        .filter(({ score }) => score < 1)
        .sort((a, b) => a.score - b.score || b.far - a.far || a.item.row - b.item.row)
        .slice(0, perType),
    )
}

/** Whether option `index` is the right one, for answers such as `A`, `(C)`, `A. right`. */
function isRight(option: string, index: number, answer: string): boolean {
  const letter = /^\(?([A-Z])(?![a-z])/.exec(answer)?.[1]
  if (letter === undefined) return option === answer
  const own = /^\(?([A-Z])[.)]/.exec(option)?.[1]
  return own === undefined ? index === letter.charCodeAt(0) - 65 : own === letter
}

/** At most eight pictures, evenly taken; one line where none can be read. */
async function pictures(files: readonly string[]): Promise<{ shown: boolean; markup: Html }> {
  const none = (text: string) => ({ shown: false, markup: html`<p class="more">${text}</p>` })
  if (files.length === 0) return none('No pictures were made.')
  const every = Math.max(1, Math.ceil(files.length / MOST_PICTURES))
  const taken = files.filter((_, i) => i % every === 0)
  const uris = await Promise.all(taken.map((file) => dataUri(file, taken.length === 1 ? 480 : 200)))
  const found = uris.filter((uri) => uri !== null)
  if (found.length === 0)
    return none(`${files.length === 1 ? 'Its picture was' : `Its ${files.length} pictures were`} not found.`)
  const left = files.length - found.length
  const grid = html`<div class="pictures ${found.length > 4 ? 'many film' : found.length > 1 ? 'many' : ''}">${uris.map(
    (uri, i) => uri && html`<img class="picture" src="${uri}" alt="picture ${i * every + 1}">`,
  )}</div>${left > 0 && html`<p class="more">and ${left} more</p>`}`
  return { shown: true, markup: grid }
}

function answerRow({ name, item }: Example['answers'][number], colors: Colors): Html {
  const { reasoning, answer } = splitReasoning(item.prediction ?? '')
  const shown = item.prediction === null ? 'no answer' : shortAnswer(answer)
  const read =
    item.prediction !== null && item.parsed === null
      ? 'nothing could be read'
      : item.parsed !== null && item.parsed !== answer
        ? `read as ${item.parsed}`
        : null
  return html`<li><div class="who"><i style="background:${colors.get(name) ?? 'var(--soft)'}"></i>${breakable(name)}</div>
<div class="said">${reasoning && html`<p class="reasoning">${reasoning}</p>`}<p class="answer">${mark(item, item.score)} <code>${shown}</code>${read && html` <small>${read}</small>`}</p></div></li>`
}

async function exampleHtml({ item, answers }: Example, colors: Colors): Promise<Html> {
  const options =
    item.options &&
    html`<ul class="options">${item.options.map((option, i) => html`<li class="${isRight(option, i, item.answer) && 'right'}">${option}</li>`)}</ul>`
  const { shown, markup } = await pictures(item.pictures)
  return html`<article class="example${!shown && ' bare'}"><div class="seen">${markup}</div><div class="told">
<p class="kind">${figureTitle(item.type)} · item ${item.id}</p><p class="question asked">${item.question}</p>${options}${
    !item.options && html`<p class="truth-text">Right answer <b>${item.answer}</b></p>`
  }<ul class="answers">${answers.map((one) => answerRow(one, colors))}</ul></div></article>
`
}

/** The examples of one benchmark under its first protocol: about `count` items, at least one of each type. */
export async function examplesPart(
  models: readonly ScoredItems[],
  count: number,
  colors: Colors,
): Promise<Html | null> {
  const types = new Set(models.flatMap(({ items }) => items.map(({ type }) => type))).size
  if (types === 0) return null
  const examples = worstItems(models, Math.max(1, Math.floor(count / types)))
  if (examples.length === 0) return null
  const articles: Html[] = []
  for (const one of examples) articles.push(await exampleHtml(one, colors))
  return html`<h3>Wrong answers, worst first</h3>
<p class="note">Of each type, what all models together did worst on, under the ${models[0].protocol} protocol. Chosen for being wrong: no picture of the whole.</p>${articles}`
}
