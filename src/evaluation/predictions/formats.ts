/**
 * The makers whose files are read: how each is recognized by its columns, and what its rows mean.
 *
 * - `spatial-ladder`: ours. `id` (the item's id or its 0-based row), `prediction` (the raw text), `error` where none was had.
 * - `upstream`: SpatialLadder's `*_results.jsonl`. The raw text is `predicted_answer`; ViewSpatial-Bench and CV-Bench rows have no id.
 * - `viewspatial`: the CSV of ViewSpatial-Bench's own `evaluate.py`. `ID` is the 0-based row.
 * - `lmms-eval`: `--log_samples`, `*_samples_<task>.jsonl`, or the older one JSON a task. `doc_id` is the row in the task's split;
 *   `resps` (the raw text) is left out where it equals `filtered_resps`.
 * - `vlmevalkit`: `<model>_<dataset>.xlsx`, `.tsv` or `.json`: the dataset's own columns and `prediction`.
 */
import { dataError } from '../../common/errors.js'
import type { RecordFile, ResultRecord } from './records.js'
import type { Keying, ResultRow } from './row.js'

export type PredictionFormat = 'spatial-ladder' | 'upstream' | 'viewspatial' | 'lmms-eval' | 'vlmevalkit'

export interface Format {
  /** What its rows have, for people. */
  columns: string
  fits(has: (column: string) => boolean): boolean
  row(record: ResultRecord, kind: RecordFile['kind']): ResultRow
  /** Tried in this order. */
  keyings: readonly Keying[]
  /**
   * A second row for an item: never; only with the same answer; or (SpatialLadder's debug mode draws rows per
   * process, so an item may be drawn twice) with any, of which the first counts.
   */
  repeats: 'never' | 'same answer' | 'first counts'
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text or a number as text; undefined for anything else and for an empty text. */
function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' ? String(value) : undefined
}

const wholeNumber = (value: unknown): number | undefined => {
  const digits = /^(\d{1,15})(?:\.0+)?$/.exec(text(value)?.trim() ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const shown = (value: unknown): string =>
  value === undefined ? 'none' : `${JSON.stringify(value)}`.slice(0, 60)

function rawText(value: unknown, place: string, column: string): string {
  if (typeof value !== 'string') throw dataError(`${place} (${column})`, 'a text', shown(value))
  return value
}

/** The first text inside lists of lists. */
function firstText(value: unknown): string | undefined {
  for (let one = value; ; one = one[0])
    if (!Array.isArray(one)) return typeof one === 'string' ? one : undefined
}

const ours: Format = {
  columns: 'id, prediction',
  fits: (has) => has('id') && (has('prediction') || has('error')),
  row({ place, values }) {
    const id = text(values.id)
    if (id === undefined) throw dataError(`${place} (id)`, 'an id or a row number', shown(values.id))
    const failed = text(values.error) !== undefined || isObject(values.error)
    const prediction =
      failed && (text(values.prediction) ?? '') === ''
        ? null
        : rawText(values.prediction, place, 'prediction')
    return { place, id, number: wholeNumber(values.id), prediction, asked: text(values.asked) }
  },
  keyings: ['id', 'row', 'position'],
  repeats: 'never',
}

const upstream: Format = {
  columns: 'question, ground_truth, predicted_answer',
  fits: (has) => has('predicted_answer'),
  row: ({ place, values }) => ({
    place,
    id: text(values.id),
    prediction: rawText(values.predicted_answer, place, 'predicted_answer'),
    question: text(values.question),
    answer: text(values.ground_truth),
    type: text(values.question_type) ?? text(values.task),
    scene: text(values.scene_name),
    options: text(values.prompt),
    source: text(values.source),
  }),
  keyings: ['id', 'content'],
  repeats: 'first counts',
}

const viewspatial: Format = {
  columns: 'ID, Question, Predicted Answer',
  fits: (has) => has('ID') && has('Predicted Answer'),
  row: ({ place, values }) => ({
    place,
    number: wholeNumber(values.ID),
    prediction: rawText(values['Predicted Answer'], place, 'Predicted Answer'),
    question: text(values.Question),
    answer: text(values['Correct Answer']),
    type: text(values.Question_Type),
  }),
  keyings: ['row'],
  repeats: 'same answer',
}

const lmmsEval: Format = {
  columns: 'doc_id, filtered_resps',
  fits: (has) => has('doc_id') && (has('filtered_resps') || has('resps')),
  row({ place, values }) {
    // Some versions keep the question's row, others only within a metric, others not at all.
    const docs = [values.doc, ...Object.values(values)].filter(isObject)
    const doc = docs.find((one) => 'question' in one) ?? docs.find((one) => 'id' in one) ?? {}
    const prediction = rawText(firstText(values.resps ?? values.filtered_resps), place, 'resps')
    return {
      place,
      id: text(doc.id) ?? text(doc.idx),
      number: wholeNumber(values.doc_id),
      prediction: prediction.startsWith('[LMMS_EVAL_REQUEST_FAILED') ? null : prediction,
      question: text(doc.question) ?? firstText(values.input ?? values.arguments),
      answer: text(values.target),
      type: text(doc.question_type) ?? text(doc.task),
      scene: text(doc.scene_name),
      options: firstText(values.input ?? values.arguments),
      source: text(doc.source),
    }
  },
  keyings: ['id', 'row', 'position', 'content'],
  repeats: 'same answer',
}

const vlmevalkit: Format = {
  columns: 'index, question, prediction',
  fits: (has) => has('index') && has('prediction') && (has('question') || !has('id')),
  row({ place, values }, kind) {
    const number = wholeNumber(values.index)
    const { prediction } = values
    // A spreadsheet has no empty text, and a table edited by hand may hold numbers.
    const raw =
      kind === 'sheet' && typeof prediction === 'number'
        ? String(prediction)
        : rawText(prediction === null ? '' : prediction, place, 'prediction')
    return {
      place,
      id: text(values.id) ?? text(values.index),
      number,
      prediction: raw.trimStart().startsWith('Failed to obtain answer') ? null : raw,
      question: text(values.question),
      answer: text(values.answer),
      type: text(values.question_type) ?? text(values.task),
      scene: text(values.scene_name),
      options: text(values.candidates),
      source: text(values.source),
    }
  },
  keyings: ['id', 'row', 'position', 'row from 1', 'position from 1', 'content'],
  repeats: 'same answer',
}

/** In the order in which a file is compared with them. */
export const FORMATS: Record<PredictionFormat, Format> = {
  upstream,
  viewspatial,
  'lmms-eval': lmmsEval,
  vlmevalkit,
  'spatial-ladder': ours,
}
