/**
 * Defects of upstream's training code that change what is learnt, each to be had back by its number in
 * docs/deviations.md, so that what it costs can be measured. The default has none of them.
 */
import { z } from 'zod'
import { directAnswer, type PromptStyle } from '../schema/prompts.js'
import type { LabelledBox } from '../schema/sample.js'
import type { Processor } from '../vision-language/processor.js'
import { loadProcessor } from '../vision-language/processor-folder.js'

/**
 * D1: boxes encoded as JSON twice. D2: pictures resized twice, boxes scaled for once. D4: the loss on the prompt, video
 * pads and the line break after the answer too. D6: GRPO's log-probabilities without the video. D7: GRPO's videos after
 * the text.
 */
export const DEFECTS = ['D1', 'D2', 'D4', 'D6', 'D7'] as const
export type Defect = (typeof DEFECTS)[number]
export type Defects = ReadonlySet<Defect>

/** `corrected`, `upstream` (all of them), or a list. */
export const fidelitySchema = z
  .union([z.enum(['corrected', 'upstream']), z.array(z.enum(DEFECTS)).min(1)])
  .default('corrected')
export type Fidelity = z.infer<typeof fidelitySchema>

export function defectsOf(fidelity: Fidelity): Defects {
  if (fidelity === 'corrected') return new Set()
  return new Set(fidelity === 'upstream' ? DEFECTS : fidelity)
}

/** Boxes as upstream's stage 1 writes them (D1): the list as a JSON string, encoded as JSON once more. */
export function twiceEncoded(boxes: readonly LabelledBox[], style: PromptStyle): string {
  const list = directAnswer([...boxes], 'upstream').replace(/^```json\n|\n```$/g, '')
  const quoted = JSON.stringify(style === 'upstream' ? list : directAnswer([...boxes], style))
  return style === 'upstream' ? `\`\`\`json\n${quoted}\n\`\`\`` : quoted
}

/** The processor of a model folder; pictures are resized twice where upstream's defect is asked for. */
export function stageProcessor(folder: string, defects?: Defects): Processor {
  const processor = loadProcessor(folder)
  if (!defects?.has('D2')) return processor
  return { ...processor, image_processor: { ...processor.image_processor, resize_twice: true } }
}
