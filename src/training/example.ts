/** What a model is trained on: pictures, a user's text, and the answer it should give. */
import path from 'node:path'
import type { z } from 'zod'
import type { Media } from '../clients/client.js'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { type CellRow, cellRowSchema } from '../schema/cell-row.js'
import { promptedRowSchema } from '../schema/prompted-row.js'
import {
  directAnswer,
  optionText,
  type PromptMode,
  type PromptStyle,
  plainMode,
  promptText,
} from '../schema/prompts.js'
import { sampleId } from '../schema/results.js'
import type { LabelledBox, Sample } from '../schema/sample.js'
import { type Defects, twiceEncoded } from './fidelity.js'

export interface Example {
  id: string
  media: Media[]
  text: string
  answer: string
  /** What rewards are computed from; its boxes are in the pixels the model sees. */
  sample?: Sample
  /** What its picture's cells show: the example is aligned with, not answered (`alignment.ts`). */
  cells?: CellRow
}

export type Resize = (size: { width: number; height: number }) => { width: number; height: number }
type Box = LabelledBox['bbox_2d']

/** A box in the pixels of the resized picture: scaled, rounded, kept inside. */
export function scaleBox(box: Box, from: { width: number; height: number }, resize: Resize): Box {
  const to = resize(from)
  const scale = (value: number, source: number, target: number): number =>
    Math.min(target - 1, Math.max(0, Math.round((value * target) / source)))
  return [
    scale(box[0], from.width, to.width),
    scale(box[1], from.height, to.height),
    scale(box[2], from.width, to.width),
    scale(box[3], from.height, to.height),
  ]
}

/** The pictures of a row of `image` paths: a video is one item of frames, anything else single images. */
export function mediaOf(image: readonly string[], dataType: Sample['data_type'], root: string): Media[] {
  const files = image.map((file) => path.join(root, file))
  return dataType === 'video'
    ? [{ type: 'video', frames: files }]
    : files.map((file) => ({ type: 'image', file }))
}

/** The sample with its answer's boxes in the pixels the model sees. */
function resized(sample: Sample, resize: Resize): Sample {
  if (!Array.isArray(sample.answer)) return sample
  const answer = sample.answer.map((box) => ({
    ...box,
    bbox_2d: scaleBox(box.bbox_2d, sample.images[0], resize),
  }))
  return { ...sample, answer }
}

/** A sample as a training example; `think` asks for reasoning and leaves the bare answer as reference. */
export function exampleOf(
  sample: Sample,
  settings: { mode?: PromptMode; style: PromptStyle; imageRoot: string; resize: Resize; defects?: Defects },
): Example {
  const seen = resized(sample, settings.resize)
  return {
    id: sampleId(sample),
    media: mediaOf(sample.image, sample.data_type, settings.imageRoot),
    text: promptText(seen, settings.mode ?? plainMode(seen), settings.style),
    answer:
      Array.isArray(seen.answer) && settings.defects?.has('D1')
        ? twiceEncoded(seen.answer, settings.style)
        : settings.mode === 'open'
          ? optionText(seen)
          : directAnswer(seen.answer, settings.style),
    sample: seen,
  }
}

/** A row of a file by its schema. @throws data error naming file, row and field */
function parseRow<T extends z.ZodType>(schema: T, row: unknown, expected: string, at: string): z.infer<T> {
  const parsed = schema.safeParse(row)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw dataError(`${at} field ${issue.path.join('.')}`, expected, issue.message)
}

/** Reads a file of prompted rows; prompt and solution are used verbatim. @throws data error naming file and row */
export function readPrompted(file: string, imageRoot: string): Example[] {
  return readJsonl(file).map((row, index) => {
    const { question_id, prompt, solution, image, data_type } = parseRow(
      promptedRowSchema,
      row,
      'prompt, solution, image and data_type',
      `${file} row ${index + 1}`,
    )
    return {
      id: `${path.basename(file)}/${question_id}/${index}`,
      media: mediaOf(image, data_type, imageRoot),
      text: prompt,
      answer: solution,
    }
  })
}

/** Reads a file of what pictures' cells show. @throws data error naming file and row */
export function readCells(file: string, imageRoot: string): Example[] {
  return readJsonl(file).map((row, index) => {
    const cells = parseRow(cellRowSchema, row, 'image, cells and names', `${file} row ${index + 1}`)
    return {
      id: `${path.basename(file)}/${index}`,
      media: mediaOf([cells.image], 'single_image', imageRoot),
      text: cells.names.map(({ name }) => name).join(' '),
      answer: '',
      cells,
    }
  })
}
