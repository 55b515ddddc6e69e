/** Sheets of samples as one HTML file: pictures with boxes, the question, what is right and why. */
import { answerKind, type Sample } from '../schema/sample.js'
import { type Html, html, raw } from './html.js'
import { optionList, samplePictures } from './sample-pictures.js'
import { STYLE } from './style.js'

export interface PreviewSample {
  sample: Sample
  /** Why the answer is right, in words, where somebody can say. */
  reason: string | null
}

const STYLES = `.why{color:var(--soft);font-size:13.5px}.numbers{display:flex;flex-wrap:wrap;gap:4px 14px;padding:0;margin:6px 0;list-style:none;font-size:13px}.numbers b{font-weight:600}`

async function article({ sample, reason }: PreviewSample, root: string): Promise<Html> {
  const kind = answerKind(sample)
  const truth =
    kind === 'number' && html`<p class="truth-text">Right answer <b>${String(sample.answer)}</b></p>`
  const numbers = Object.entries(sample.evidence.numbers)
  return html`<article class="example"><div class="seen">${await samplePictures(sample, root)}</div><div class="told">
<p class="kind">${sample.question_type} · ${sample.evidence.subtype ?? ''} · ${sample.data_type.replace('_', ' ')} · ${sample.scene_name} · no. ${sample.question_id}</p>
<h3>${sample.question}</h3>${optionList(sample)}${truth}
${numbers.length > 0 && html`<ul class="numbers">${numbers.map(([name, value]) => html`<li>${name.replaceAll('_', ' ')} <b>${value}</b></li>`)}</ul>`}
${reason && html`<p class="why">${reason}</p>`}</div></article>`
}

/** The page for `samples`; their pictures are small copies inside it. */
export async function previewHtml(
  name: string,
  samples: readonly PreviewSample[],
  root: string,
): Promise<string> {
  const articles: Html[] = []
  for (const one of samples) articles.push(await article(one, root))
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${name} · spatial-ladder</title><style>${raw(STYLE + STYLES)}</style></head>
<body><main><header><p class="eyebrow">spatial-ladder data preview</p><h1>${name}</h1>
<p class="note">${samples.length} samples, drawn evenly over question types. Green boxes are the answer, white ones what the answer rests on.</p></header>
${articles}</main></body></html>
`
  return page.html
}
