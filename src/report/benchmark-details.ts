/** How a benchmark's scores came about: counts of what went wrong, notes, protocol cards with their prompts. */
import type { BenchmarkCard, BenchmarkScores } from '../schema/benchmark-results.js'
import { type BenchmarkGroup, isBaseline, modelsFirst, PROTOCOL_MEANING } from './benchmark-figures.js'
import { breakable, type Html, html } from './html.js'

/** Items in the denominator, without an answer, left out, unreadable, per row; and how the data differs. */
export function countsPart({ protocols }: BenchmarkGroup): Html {
  const rows = protocols.flatMap(({ protocol, rows }) =>
    modelsFirst(rows.filter((row) => !isBaseline(row))).map((row) => ({ protocol, row })),
  )
  const differs = [...new Set(protocols.flatMap(({ rows }) => rows.flatMap((row) => row.differs)))]
  const count = (n: number): Html => html`<td class="${n > 0 && 'differs'}">${n}</td>`
  const lines = rows.map(
    ({
      protocol,
      row,
    }) => html`<tr><th scope="row">${breakable(row.name)}<small>${protocol}</small></th><td>${row.n}</td><td>${row.correct ?? '–'}</td>${count(row.missing)}${count(row.left_out)}${count(row.unparsed)}</tr>
`,
  )
  const table = html`<div class="card scroll"><table class="scores figures"><thead><tr><th></th><th scope="col">counted<small>in the denominator</small></th><th scope="col">right<small>of the choices</small></th><th scope="col">no answer</th><th scope="col">left out<small>not counted</small></th><th scope="col">unreadable</th></tr></thead><tbody>${lines}</tbody></table></div>`
  return html`<h3>Counts and data</h3>${lines.length > 0 && table}
${
  differs.length > 0
    ? html`<div class="card warn"><p><b>The data is not what was published:</b></p><ul>${differs.map((text) => html`<li>${text}</li>`)}</ul></div>`
    : html`<p class="note after">The data has the published counts.</p>`
}`
}

/** `greedy, repetition penalty 1.05`. */
function samplingText({
  temperature,
  top_p,
  top_k,
  repetition_penalty,
}: NonNullable<BenchmarkCard['sampling']>): string {
  const draws =
    temperature === 0
      ? ['greedy']
      : [`temperature ${temperature}`, `top_p ${top_p}`, top_k > 0 && `top_k ${top_k}`]
  const penalty = repetition_penalty !== 1 && `repetition penalty ${repetition_penalty}`
  return [...draws, penalty].filter((one) => typeof one === 'string').join(', ')
}

/** Every setting of a card in words; prompts apart. */
export function cardSettings(card: BenchmarkCard): [string, string][] {
  const { media, generation } = card
  const pictures = [
    media.frames !== undefined && `${media.frames} frames taken evenly from a video`,
    media.area !== undefined && `resized to an area of ${media.area} pixels`,
    media.size && `resized to ${media.size.width} × ${media.size.height}`,
    media.pixels &&
      `${media.pixels.resize_twice ? 'loader first, then ' : ''}processor: ${media.pixels.min_pixels} to ${media.pixels.max_pixels} pixels`,
  ].filter((one) => typeof one === 'string')
  const absent = generation.defaults === 'checkpoint' ? "the model's own setting" : 'not given'
  const temperature =
    generation.temperature === undefined
      ? absent
      : generation.temperature === 0
        ? '0 (greedy)'
        : String(generation.temperature)
  return [
    ['Subset', card.subset ?? 'all of it'],
    ['Items', card.limit === null ? 'all' : `at most ${card.limit}, evenly over the types`],
    ['Prompt type', card.prompt_type],
    ['Asked as', card.family === 'api' ? 'a model behind an API' : 'a local model'],
    ['Pictures', pictures.join('; ') || 'as they are'],
    ['New tokens', `at most ${generation.max_new_tokens}`],
    ['Temperature', temperature],
    ['top_p', generation.top_p === undefined ? absent : String(generation.top_p)],
    ...(card.sampling ? [["With the model's own", samplingText(card.sampling)] as [string, string]] : []),
    ['Seed', String(card.seed)],
    ['Data (hash)', card.data],
  ]
}

/** Cards that differ in nothing but the model share one. */
function sharedCards(rows: readonly BenchmarkScores[]): { card: BenchmarkCard; clients: string[] }[] {
  const cards = new Map<string, { card: BenchmarkCard; clients: string[] }>()
  for (const { card } of modelsFirst(rows)) {
    if (!card) continue
    const key = JSON.stringify({ ...card, client: null, fingerprint: null })
    const known = cards.get(key) ?? { card, clients: [] }
    known.clients.push(
      card.fingerprint ? `${card.client} (weights ${card.fingerprint.slice(0, 12)})` : card.client,
    )
    cards.set(key, known)
  }
  return [...cards.values()]
}

/** All protocols' settings, notes, and prompts to the letter. */
export function protocolCardsPart({ protocols }: BenchmarkGroup): Html {
  const parts = protocols.map(({ protocol, rows }) => {
    const notes = [...new Set(rows.flatMap((row) => row.notes))]
    const cards = sharedCards(rows).map(
      ({
        card,
        clients,
      }) => html`<div class="protocol-card card"><p class="clients">${clients.map((client) => html`<span>${breakable(client)}</span>`)}</p>
<dl class="settings">${cardSettings(card).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${Object.entries(card.prompts).map(([kind, text]) => html`<p class="kind">Prompt of the first ${kind} item</p><pre class="prompt">${text}</pre>`)}</div>`,
    )
    const bare = rows.filter((row) => !isBaseline(row) && !row.card).map(({ name }) => name)
    return html`<details class="part"><summary>${protocol} protocol<small>${PROTOCOL_MEANING[protocol]}</small></summary>
${notes.length > 0 && html`<ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul>`}${cards}
${bare.length > 0 && html`<p class="note">${bare.join(', ')}: scored from a file of answers; how they were made is not known here.</p>`}</details>`
  })
  return html`<h3>Protocol cards</h3>
<p class="note">All that could change a number.</p>${parts}`
}
