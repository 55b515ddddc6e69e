/** Sheets of samples as one HTML file: pictures with boxes, the question, what is right and why. */
import { type Progress, silentProgress } from '../common/progress.js'
import { answerKind, DATA_TYPES, QUESTION_TYPES, type Sample } from '../schema/sample.js'
import { type Html, html, raw } from './html.js'
import { optionList, samplePictures } from './sample-pictures.js'
import { STYLE } from './style.js'

export interface PreviewSample {
  sample: Sample
  /** Why the answer is right, in words, where somebody can say. */
  reason: string | null
}

const STYLES = `.why{color:var(--soft);font-size:13.5px;overflow-wrap:anywhere}
.numbers{display:grid;grid-template-columns:repeat(auto-fill,minmax(110px,1fr));gap:4px 14px;padding:0;margin:8px 0 12px;list-style:none;font-size:13px;color:var(--soft)}.numbers b{display:block;color:var(--ink);font-weight:600}
nav{display:flex;flex-wrap:wrap;gap:6px;margin-top:14px}nav a{color:var(--ink);text-decoration:none;background:var(--card);border:1px solid var(--rule);border-radius:99px;padding:3px 12px;font-size:13.5px}nav small{color:var(--soft);margin-left:5px}
.truth-text b{font-size:17px}.kind b{font-weight:600;color:var(--ink)}
@media (max-width:480px){.pictures.film{grid-template-columns:repeat(2,1fr)}}`

const UNITS: Partial<Record<Sample['question_type'], string>> = {
  'absolute distance': 'm',
  'object size': 'cm',
  'room size': 'm²',
}
const SUFFIXES: [RegExp, string][] = [
  [/ m2$/, 'm²'],
  [/ m$/, 'm'],
  [/ cm$/, 'cm'],
  [/ deg$/, '°'],
]

/** `distance_2_m` and 1.5 as "distance 2" and "1.5 m". */
function named(name: string, value: number): { term: string; text: string } {
  const words = name.replaceAll('_', ' ')
  const [suffix, unit] = SUFFIXES.find(([pattern]) => pattern.test(words)) ?? [/$^/, '']
  const text = String(Number(value.toFixed(3)))
  return { term: words.replace(suffix, ''), text: unit === '°' ? `${text}°` : `${text} ${unit}`.trim() }
}

/** What is right where no option shows it. */
function truth(sample: Sample): Html | null {
  const { answer, question_type } = sample
  if (Array.isArray(answer))
    return html`<ul class="numbers">${answer.map(({ bbox_2d, label }) => html`<li>${label}<b>[${bbox_2d.join(', ')}]</b></li>`)}</ul>`
  if (answerKind(sample) === 'choice') return null
  return html`<p class="truth-text">Right answer <b>${answer}</b> ${UNITS[question_type]}</p>`
}

async function article({ sample, reason }: PreviewSample, root: string): Promise<Html> {
  const { data_type, evidence, question, question_id, scene_name } = sample
  const numbers = Object.entries(evidence.numbers).map(([name, value]) => named(name, value))
  const kind = [evidence.subtype, scene_name, `no. ${question_id}`].filter((part) => part !== undefined)
  return html`<article class="example"><div class="seen">${await samplePictures(sample, root)}</div><div class="told">
<p class="kind"><b>${data_type.replace('_', ' ')}</b> · ${kind.join(' · ')}</p>
<h3>${question}</h3>${optionList(sample)}${truth(sample)}
${numbers.length > 0 && html`<ul class="numbers">${numbers.map(({ term, text }) => html`<li>${term}<b>${text}</b></li>`)}</ul>`}
${reason && html`<p class="why">${reason}</p>`}</div></article>`
}

/**
 * The page for `samples`, by question type; their pictures are small copies inside it.
 * @param root folder that paths of pictures start from
 */
export async function previewHtml(
  name: string,
  samples: readonly PreviewSample[],
  root: string,
  progress: Progress = silentProgress,
): Promise<string> {
  const place = ({ sample }: PreviewSample): number => DATA_TYPES.indexOf(sample.data_type)
  const groups = QUESTION_TYPES.map((type) => ({
    type,
    id: type.replaceAll(' ', '-'),
    own: samples.filter(({ sample }) => sample.question_type === type).sort((a, b) => place(a) - place(b)),
  })).filter(({ own }) => own.length > 0)
  const sections: Html[] = []
  let done = 0
  progress.update(0)
  for (const { type, id, own } of groups) {
    const articles: Html[] = []
    for (const one of own) {
      articles.push(await article(one, root))
      progress.update(++done)
    }
    sections.push(html`<section id="${id}"><h2>${type}</h2>${articles}</section>`)
  }
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name} · data preview</title><style>${raw(STYLE + STYLES)}</style></head>
<body><main><header><p class="eyebrow">spatial-ladder data preview</p><h1>${name}</h1>
<p class="note">${samples.length} samples, drawn evenly over question types. Green boxes are the answer, white ones what it rests on; numbers on pictures count from 1, as the reasons do.</p>
<nav>${groups.map(({ type, id, own }) => html`<a href="#${id}">${type}<small>${own.length}</small></a>`)}</nav></header>
${sections}</main></body></html>
`
  return page.html
}
