/**
 * A dozen test items with their pictures, boxes, and what every stage said. They are drawn at random, evenly
 * over question types, never chosen for how they look.
 */
import { takeEvenly } from '../schema/evenly.js'
import { type ItemResult, sampleId } from '../schema/results.js'
import { answerKind, QUESTION_TYPES, type Sample } from '../schema/sample.js'
import { type Html, html } from './html.js'
import type { OverlayBox } from './pictures.js'
import type { RunFolder, StageFolder } from './run-folder.js'
import { optionList, samplePictures } from './sample-pictures.js'

/** Reasoning and answer of a text; a text without tags is all answer. */
export function splitReasoning(text: string): { reasoning: string; answer: string } {
  const match = /^\s*<think>([\s\S]*?)<\/think>\s*(?:<answer>([\s\S]*?)(?:<\/answer>|$))?([\s\S]*)$/.exec(
    text,
  )
  if (!match) return { reasoning: '', answer: text.trim() }
  return { reasoning: match[1].trim(), answer: `${match[2] ?? ''}${match[3] ?? ''}`.trim() }
}

const mark = (item: ItemResult): Html =>
  item.correct
    ? html`<span class="mark right" title="right">✓</span>`
    : html`<span class="mark wrong" title="wrong">✗</span>`

function answerRow(sample: Sample, stage: StageFolder): Html | null {
  const item = stage.items.get(sampleId(sample))
  if (!item) return null
  const { reasoning, answer } = splitReasoning(item.prediction ?? '')
  const kind = answerKind(sample)
  const shown = item.prediction === null ? 'no answer' : answer || '(nothing)'
  const score =
    kind === 'boxes'
      ? `IoU ${item.score.toFixed(2)}`
      : kind === 'number' && item.parsed !== null
        ? `MRA ${item.score.toFixed(1)}`
        : ''
  return html`<li><div class="who"><i style="background:var(--stage-${stage.index % 6})"></i>${stage.name}</div>
<div class="said">${reasoning && html`<p class="reasoning">${reasoning}</p>`}<p class="answer">${mark(item)} <code>${shown}</code>${score && html` <small>${score}</small>`}</p></div></li>`
}

const pictures = (sample: Sample, run: RunFolder): Promise<Html> =>
  samplePictures(sample, run.imageRoot, (index) =>
    run.stages.flatMap((stage) => {
      const boxes = index === 0 ? (stage.items.get(sampleId(sample))?.boxes ?? []) : []
      return boxes.slice(0, 12).map((box): OverlayBox => ({ ...box, kind: `guess of-${stage.index}` }))
    }),
  )

async function example(sample: Sample, run: RunFolder): Promise<Html> {
  const truth =
    answerKind(sample) !== 'number'
      ? null
      : html`<p class="truth-text">Right answer <b>${String(sample.answer)}</b></p>`
  return html`<article class="example"><div class="seen">${await pictures(sample, run)}</div><div class="told">
<p class="kind">${sample.question_type} · ${sample.data_type.replace('_', ' ')} · ${sample.scene_name}</p>
<h3>${sample.question}</h3>${optionList(sample)}${truth}
<ul class="answers">${run.stages.map((stage) => answerRow(sample, stage))}</ul></div></article>`
}

/** The section of examples; boxes of one stage at a time are shown, chosen by radio buttons (no script). */
export async function examplesSection(run: RunFolder, count: number): Promise<Html | null> {
  const answered = run.samples.filter((sample) =>
    run.stages.some((stage) => stage.items.has(sampleId(sample))),
  )
  if (answered.length === 0) return null
  const seed = run.recipe?.seed ?? 0
  const place = (sample: Sample): number => QUESTION_TYPES.indexOf(sample.question_type)
  const picked = takeEvenly(answered, count, seed, 'report/examples').sort((a, b) => place(a) - place(b))
  const withBoxes = run.stages.filter((stage) =>
    picked.some((sample) => stage.items.get(sampleId(sample))?.boxes?.length),
  )
  const last = withBoxes.at(-1)
  const chooser = withBoxes.map(
    (stage) =>
      html`<label><input type="radio" name="boxes" id="boxes-${stage.index}" ${stage === last && 'checked'}><i style="background:var(--stage-${stage.index % 6})"></i>${stage.name}</label>`,
  )
  const articles: Html[] = []
  for (const sample of picked) articles.push(await example(sample, run))
  return html`<section id="examples"><h2>Test examples</h2>
<p class="note">Drawn at random (seed ${seed}), evenly over question types. Solid boxes are true: green where they are the answer, white where the answer rests on them. Dashed boxes are a stage's.</p>
${chooser.length > 0 && html`<p class="chooser">Predicted boxes of ${chooser}</p>`}
${articles}</section>`
}
