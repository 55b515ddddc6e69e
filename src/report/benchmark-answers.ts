/** Answers one by one: where protocols disagree, and what could not be read. */
import type { BenchmarkItemResult, Disagreement } from '../schema/benchmark-results.js'
import { figureTitle } from './benchmark-figures.js'
import type { ScoredItems } from './benchmark-folder.js'
import { breakable, type Html, html } from './html.js'

const LISTED = 40

/** A raw answer as a reader can take it in: whitespace shown, the middle of a long one left out. */
export function shortAnswer(text: string, most = 280): string {
  if (text === '') return '(empty)'
  if (text.trim() === '') return '(only blanks)'
  if (text.length <= most) return text
  const half = Math.floor(most / 2)
  return `${text.slice(0, half)} … ${text.slice(-half)}`
}

const scoreText = (score: number): string => String(Number(score.toFixed(3)))

/** Right and wrong for letters; numbers as their relative accuracy. */
export const mark = (item: Pick<BenchmarkItemResult, 'kind'> | undefined, score: number): Html => {
  const whole = score === 1 || score === 0
  if (whole && item?.kind !== 'number' && item?.kind !== 'movement')
    return score === 1
      ? html`<span class="mark right" title="right">✓</span>`
      : html`<span class="mark wrong" title="wrong">✗</span>`
  return html`<span class="mark ${score >= 0.5 ? 'right' : 'wrong'}">MRA ${scoreText(score)}</span>`
}

const itemHead = (id: string, item: BenchmarkItemResult | undefined): Html =>
  html`<p class="kind">${item && `${figureTitle(item.type)} · `}item ${id}${item && ` · right answer ${item.answer}`}</p>${item && html`<p class="question">${item.question}</p>`}`

/** Items on which two protocols disagree: the answer once, both verdicts beside it. */
export function disagreementsPart(
  disagreements: readonly Disagreement[],
  items: readonly ScoredItems[],
): Html | null {
  if (disagreements.length === 0) return null
  const parts = disagreements.map(({ name, protocols, count, items: listed, asked_by }) => {
    const own = protocols.map((protocol) =>
      items.find((one) => one.name === name && one.protocol === protocol),
    )
    const byId = own.map((one) => new Map((one?.items ?? []).map((item) => [item.id, item])))
    const total = own.find((one) => one)?.items.length
    const asked = asked_by === undefined ? '' : `, answers to the ${asked_by} prompt`
    const said = `${count}${total === undefined ? '' : ` of ${total}`} answers`
    const shown = listed.slice(0, LISTED)
    const lines = shown.map(({ id, prediction, scores }) => {
      const item = byId[0].get(id) ?? byId[1].get(id)
      const verdicts = protocols.map((protocol, p) => {
        const judged = byId[p].get(id)
        // The items of a protocol that was asked by itself hold another answer.
        const read = judged && judged.prediction === prediction ? judged.parsed : undefined
        return html`<span class="verdict"><b>${protocol}</b> ${mark(item, scores[p])}${read !== undefined && html` <small>${read === null ? 'reads nothing' : html`reads <code>${read}</code>`}</small>`}</span>`
      })
      return html`<li>${itemHead(id, item)}<pre class="raw">${prediction === null ? 'no answer' : shortAnswer(prediction)}</pre><p class="verdicts">${verdicts}</p></li>
`
    })
    const more = count - shown.length
    return html`<details class="part"><summary>${breakable(name)}: ${protocols[0]} and ${protocols[1]}<small>${said}${asked}</small></summary>${
      count === 0
        ? html`<p class="note">They agree on every answer.</p>`
        : html`<ul class="items card">${lines}</ul>`
    }${more > 0 && html`<p class="note">and ${more} more in results.json</p>`}</details>`
  })
  return html`<h3>Where protocols disagree</h3>
<p class="note">The same answers, read under two sets of rules.</p>${parts}`
}

/** Answers from which nothing could be read, per model and protocol. */
export function unparsedPart(items: readonly ScoredItems[]): Html | null {
  const parts = items.flatMap(({ name, protocol, items: all }) => {
    const lost = all.filter((item) => item.prediction !== null && item.parsed === null)
    if (lost.length === 0) return []
    const lines = lost.slice(0, LISTED).map(
      (
        item,
      ) => html`<li>${itemHead(item.id, item)}<pre class="raw">${shortAnswer(item.prediction ?? '')}</pre></li>
`,
    )
    const more = lost.length - LISTED
    return [
      html`<details class="part"><summary>${breakable(name)}, ${protocol}<small>${lost.length} of ${all.length} answers</small></summary><ul class="items card">${lines}</ul>${more > 0 && html`<p class="note">and ${more} more in items.jsonl</p>`}</details>`,
    ]
  })
  if (parts.length === 0) return null
  return html`<h3>Answers that could not be read</h3>
<p class="note">Nothing was found in them that the protocol's rules take for an answer.</p>${parts}`
}
