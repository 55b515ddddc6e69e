/**
 * Inference apart from scoring: asks a client and appends each answer to a predictions file the moment it is
 * finished. A killed run goes on where it was. What failed for good is written beside it and asked again by
 * the next run.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { AnswerOptions, AnswerRequest, Client } from '../clients/client.js'
import { dataError, LadderError } from '../common/errors.js'
import { writeJsonAtomic } from '../common/files.js'
import { appendJsonl, readJsonl, repairJsonl } from '../common/jsonl.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { type Card, differingKey, protocolFile, readCard } from './card.js'

/** One line of a predictions file. Boxes in `prediction` are in the pixels the model saw. */
export interface Prediction {
  id: string
  prediction: string
  /** Digest of what was asked, so that answers are never scored against other questions of the same id. */
  asked?: string
}

/** One question on its way to a client. */
export interface Ask {
  request: AnswerRequest
  /** Digest of the question; see `Prediction.asked`. */
  asked: string
}

export interface InferJob {
  client: Client
  asks: readonly Ask[]
  /** The predictions file; the card is written beside it. */
  out: string
  /** Everything that could change an answer, by name. */
  card: Card
  /** Names in `card` that may change from one sitting to the next. */
  free?: readonly string[]
  options: AnswerOptions
  progress?: Progress
  /** Aborting stops between answers; what is finished is on disk. */
  signal?: AbortSignal
}

export interface InferCounts {
  /** Answers that were there before. */
  resumed: number
  answered: number
  /** Requests that failed for good; `failures.jsonl` has the reasons. */
  failed: number
  /** Items still without an answer, the failed ones included. */
  unanswered: number
}

/** Where the reasons of failed requests stand: `predictions.jsonl` -> `predictions.failures.jsonl`. */
export const failuresFile = (predictions: string): string =>
  `${predictions.replace(/\.jsonl$/, '')}.failures.jsonl`

/**
 * The rows of a predictions file that `infer` wrote.
 * @throws data error naming file and row: no answer, or an item's second one
 */
export function readAnswers(file: string): Prediction[] {
  const seen = new Map<string, number>()
  return readJsonl<Partial<Prediction> | null>(file).map((row, index) => {
    const place = `${file} row ${index + 1}`
    const { id, prediction, asked } = row ?? {}
    if (typeof id !== 'string' || typeof prediction !== 'string')
      throw dataError(place, 'an id and a prediction, as texts', JSON.stringify(row).slice(0, 60))
    const before = seen.get(id)
    if (before !== undefined) throw dataError(place, 'an id not seen before', `${id}, as in row ${before}`)
    seen.set(id, index + 1)
    return { id, prediction, asked }
  })
}

/** Refuses a card that differs from the one the answers in `out` were made with. */
function checkCard({ out, card, free }: InferJob): void {
  const before = readCard(out)
  if (!before)
    throw dataError(out, `${protocolFile(out)}, which says how its answers were made`, 'nothing there')
  const other = differingKey(before, card, free)
  if (other)
    throw dataError(
      `${out} (${other.key})`,
      `answers made with ${other.now}`,
      `${other.before}; use a fresh folder`,
    )
}

/** Ids already answered in `out`, checked against what is asked now. */
function readFinished(job: InferJob): Set<string> {
  const { out, asks } = job
  repairJsonl(out)
  if (!fs.existsSync(out)) return new Set()
  const rows = readAnswers(out)
  if (rows.length > 0) checkCard(job)
  const asked = new Map(asks.map(({ request, asked }) => [request.id, asked]))
  for (const [index, row] of rows.entries()) {
    const digest = asked.get(row.id)
    if (digest !== undefined && row.asked !== undefined && row.asked !== digest)
      throw dataError(
        `${out} row ${index + 1}`,
        `an answer to ${row.id} as asked now`,
        'one to another question',
      )
  }
  return new Set(rows.map(({ id }) => id))
}

/** Pictures that nobody is going to make must be there before anything is asked. */
function checkMedia(requests: readonly AnswerRequest[]): void {
  const checked = new Set<string>()
  for (const { id, media, prepare } of requests)
    for (const file of media.flatMap((item) => (item.type === 'image' ? [item.file] : item.frames))) {
      if (prepare || checked.has(file)) continue
      checked.add(file)
      if (!fs.existsSync(file)) throw dataError(`${file} (of ${id})`, 'a picture', 'nothing there')
    }
}

/**
 * Answers everything that `out` does not hold yet. The order of lines is the client's.
 * @throws data error for a missing picture, or for answers in `out` made in another way
 */
export async function infer(job: InferJob): Promise<InferCounts> {
  const { client, asks, out, card, options, progress = silentProgress } = job
  fs.mkdirSync(path.dirname(out), { recursive: true })
  const finished = readFinished(job)
  writeJsonAtomic(protocolFile(out), card)
  const failures = failuresFile(out)
  fs.rmSync(failures, { force: true })
  const open = new Map(
    asks.filter(({ request }) => !finished.has(request.id)).map((ask) => [ask.request.id, ask]),
  )
  const requests = [...open.values()].map(({ request }) => request)
  if (!client.blind) checkMedia(requests)
  const resumed = asks.length - open.size
  const done = new Set<string>()
  let failed = 0
  progress.update(resumed)
  if (requests.length > 0)
    for await (const answer of client.answer(requests, options)) {
      const { id } = answer
      const item = open.get(id)
      if (!item || done.has(id))
        throw new LadderError('internal', `${client.name}: expected one answer per request, got ${id} again`)
      done.add(id)
      if ('error' in answer) {
        failed++
        appendJsonl(failures, [answer])
      } else appendJsonl(out, [{ id, prediction: answer.text, asked: item.asked } satisfies Prediction])
      progress.update(resumed + done.size, failed > 0 ? `${failed} failed` : undefined)
      job.signal?.throwIfAborted()
    }
  if (!fs.existsSync(out)) appendJsonl(out, [])
  progress.end()
  const answered = done.size - failed
  return { resumed, answered, failed, unanswered: open.size - answered }
}
