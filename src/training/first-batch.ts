/**
 * The first batch of a stage as text, with its loss mask: what is trained stands between ⟦ and ⟧, taken from the packed
 * batch that the loss is computed on. Written to the stage's folder before the first step.
 */
import fs from 'node:fs'
import path from 'node:path'
import { writeFileAtomic } from '../common/files.js'
import { NOTHING } from '../schema/cell-row.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, sftRow } from './encode.js'
import type { Defects } from './fidelity.js'
import { type Packed, pack } from './pack.js'
import type { Pictures } from './pictures.js'
import type { RowExamples } from './schedule-rows.js'

export const FIRST_BATCH = 'first-batch.txt'

interface Settings {
  processor: Processor
  pictures: Pictures
  model: Pick<Qwen2_5_VL, 'config' | 'rope'>
  /** Prompts of GRPO: their answers are sampled. */
  isPrompt: boolean
  defects?: Defects
}

/** Runs of one placeholder, as one. */
const folded = (text: string): string =>
  text.replace(/(<\|(?:image|video)_pad\|>)\1+/g, (run, pad: string) => `${pad}×${run.length / pad.length}`)

/** Ids as text, what `trained` marks in brackets. */
function marked(ids: readonly number[], trained: readonly boolean[], processor: Processor): string {
  const parts: string[] = []
  for (let start = 0; start < ids.length; ) {
    let end = start + 1
    while (end < ids.length && trained[end] === trained[start]) end++
    const text = folded(processor.tokenizer.decode(ids.slice(start, end)))
    parts.push(trained[start] ? `⟦${text}⟧` : text)
    start = end
  }
  return parts.join('')
}

/** Which tokens of a packed batch are trained: those that a prediction is made for, at their own place. */
function trainedOf(packed: Packed): boolean[] {
  const trained = new Array<boolean>(packed.ids.length).fill(false)
  const { prefixes, branches } = packed.layout
  const starts: number[] = []
  let at = prefixes.reduce((a, b) => a + b, 0)
  for (const { length } of branches) {
    starts.push(at)
    at += length
  }
  packed.sources.forEach((source, i) => {
    // The first token of a branch is predicted at the end of its prefix.
    const place = source < starts[packed.branch[i]] ? starts[packed.branch[i]] : source + 1
    if (packed.ids[place] !== packed.targets[i])
      throw new Error(
        `first batch: expected token ${packed.targets[i]} at ${place}, got ${packed.ids[place]}`,
      )
    trained[place] = true
  })
  return trained
}

/** Targets of an alignment: words that tokens are brought near to, of which none is answered. */
function cellsText({ id, cells }: RowExamples[number]): string {
  const shown = cells?.cells.map((cell) => (cell ? `${cell.name} ${cell.place.distance}` : NOTHING)) ?? []
  const lookups = cells?.names.map(
    ({ name, place }) => `${name} ⟦${place ? Object.values(place).join(' ') : NOTHING}⟧`,
  )
  return `${id}: cells ⟦${shown.join(', ')}⟧, names ${lookups?.join(', ')}\n`
}

/** The rows of a batch, one after another; their pictures must be loaded. */
export function firstBatchText(rows: readonly RowExamples[], settings: Settings): string {
  const { processor, pictures, model, isPrompt, defects } = settings
  const encode = createEncoder(processor, pictures, {
    wholeText: defects?.has('D4') && !isPrompt,
    videosLast: defects?.has('D7') && isPrompt,
  })
  return rows
    .map((examples, index) => {
      if (examples[0].cells) return `=== row ${index + 1} of ${rows.length}: ${cellsText(examples[0])}`
      const encoded = examples.map(encode)
      const packed = pack([sftRow(encoded, processor.tokenizer.special.image)], model.config, model.rope)
      const trained = isPrompt ? [] : trainedOf(packed)
      const ids = [...packed.ids]
      let at = packed.layout.prefixes[0]
      const text = [marked(ids.slice(0, at), trained.slice(0, at), processor)]
      encoded.forEach(({ question }, i) => {
        const length = isPrompt ? question.length : packed.layout.branches[i].length
        if (encoded.length > 1) text.push(`\n— question ${i + 1} of ${encoded.length} with these pictures —`)
        text.push(marked(ids.slice(at, at + length), trained.slice(at, at + length), processor))
        at += packed.layout.branches[i].length
      })
      if (isPrompt) text.push(`\n(answers are sampled; right would be ${examples[0].answer})`)
      const tokens = isPrompt
        ? `${encoded[0].shared.length + encoded[0].question.length} tokens of prompt`
        : `${ids.length} tokens, ${packed.targets.length} of them trained`
      const names = examples.map(({ id }) => id).join(', ')
      return `=== row ${index + 1} of ${rows.length}: ${names}: ${tokens}\n${text.join('')}\n`
    })
    .join('\n')
}

/** Writes the text beside what the stage leaves, once. */
export async function writeFirstBatch(
  folder: string,
  rows: readonly RowExamples[],
  settings: Settings,
): Promise<void> {
  const file = path.join(folder, FIRST_BATCH)
  if (fs.existsSync(file)) return
  await settings.pictures.load(rows.flatMap(([{ media }]) => media))
  writeFileAtomic(file, firstBatchText(rows, settings))
}
