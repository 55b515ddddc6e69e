/**
 * Inference apart from scoring: asks a client every sample and appends each answer to
 * `predictions.jsonl` the moment it is finished. A killed run goes on where it was.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { AnswerOptions, AnswerRequest, Client, Media } from '../clients/client.js'
import { dataError, LadderError } from '../common/errors.js'
import { sha256, writeJsonAtomic } from '../common/files.js'
import { appendJsonl, readJsonl, repairJsonl } from '../common/jsonl.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { type PromptStyle, plainMode, promptText } from '../schema/prompts.js'
import { type Protocol, sampleId } from '../schema/results.js'
import { answerKind, type Sample } from '../schema/sample.js'

/** One line of a predictions file. Boxes in `prediction` are in the pixels the model saw. */
export interface Prediction {
  id: string
  prediction: string
  /** Digest of what was asked, so that answers are never scored against other questions of the same id. */
  asked?: string
}

export interface InferSettings {
  client: Client
  samples: readonly Sample[]
  /** `predictions.jsonl`; `protocol.json` is written beside it. */
  out: string
  /** Folder that `Sample.image` paths start from. */
  imageRoot: string
  /** `think` asks for reasoning first, except where boxes are asked for. */
  mode: 'direct' | 'think'
  style: PromptStyle
  options: AnswerOptions
  progress?: Progress
  /** Aborting stops between answers; what is finished is on disk. */
  signal?: AbortSignal
}

/** First 12 hex digits of the SHA-256 of question, options and pictures. */
export const askedDigest = (sample: Pick<Sample, 'question' | 'options' | 'image'>): string =>
  sha256(JSON.stringify([sample.question, sample.options, sample.image])).slice(0, 12)

/** What `sample` looks like to a client. */
export function requestOf(
  sample: Sample,
  { imageRoot, mode, style }: Pick<InferSettings, 'imageRoot' | 'mode' | 'style'>,
): AnswerRequest {
  const files = sample.image.map((image) => path.join(imageRoot, image))
  const media: Media[] =
    sample.data_type === 'video'
      ? [{ type: 'video', frames: files }]
      : files.map((file) => ({ type: 'image', file }))
  const asks = mode === 'think' && answerKind(sample) !== 'boxes' ? 'think' : plainMode(sample)
  return { id: sampleId(sample), media, text: promptText(sample, asks, style) }
}

/** The protocol card of a run: who answers, how it is asked, and how its pictures are resized. */
export function protocolOf({ client, samples, mode, style, options }: InferSettings): Protocol {
  const resized: Protocol['resized'] = {}
  for (const { width, height } of samples.flatMap((sample) => sample.images)) {
    const seen = client.modelSize?.(width, height)
    if (seen) resized[`${width}x${height}`] = [seen.width, seen.height]
  }
  return { client: client.name, fingerprint: client.fingerprint ?? null, mode, style, ...options, resized }
}

export const protocolFile = (predictions: string): string =>
  path.join(path.dirname(predictions), 'protocol.json')

/** Predictions already in `out`, checked against what is asked now. */
function readFinished(settings: InferSettings): Set<string> {
  const { out, samples } = settings
  repairJsonl(out)
  if (!fs.existsSync(out)) return new Set()
  const protocol = protocolOf(settings)
  const card = protocolFile(out)
  if (fs.existsSync(card)) {
    const before = JSON.parse(fs.readFileSync(card, 'utf8')) as Protocol
    // The same weights under another path are the same model.
    const same = protocol.fingerprint !== null && before.fingerprint === protocol.fingerprint
    for (const key of Object.keys(protocol) as (keyof Protocol)[])
      if (key !== 'resized' && !(key === 'client' && same) && before[key] !== protocol[key])
        throw dataError(
          `${out} (${key})`,
          `answers made with ${protocol[key]}`,
          `${before[key]}; use a fresh folder`,
        )
  }
  const asked = new Map(samples.map((sample) => [sampleId(sample), askedDigest(sample)]))
  const finished = new Set<string>()
  readJsonl<Prediction>(out).forEach((row, index) => {
    const digest = asked.get(row.id)
    if (digest !== undefined && row.asked !== undefined && row.asked !== digest)
      throw dataError(
        `${out} row ${index + 1}`,
        `an answer to ${row.id} as asked now`,
        'one to another question',
      )
    finished.add(row.id)
  })
  return finished
}

function checkMedia(requests: readonly AnswerRequest[]): void {
  const checked = new Set<string>()
  for (const { id, media } of requests)
    for (const file of media.flatMap((item) => (item.type === 'image' ? [item.file] : item.frames))) {
      if (checked.has(file)) continue
      checked.add(file)
      if (!fs.existsSync(file)) throw dataError(`${file} (of ${id})`, 'a picture', 'nothing there')
    }
}

/**
 * Answers every sample that `out` does not hold yet. The order of lines is the client's.
 * @returns how many were there before, were answered now, and stayed without an answer
 * @throws data error for a missing picture, or for answers in `out` made in another way
 */
export async function infer(
  settings: InferSettings,
): Promise<{ resumed: number; answered: number; unanswered: number }> {
  const { client, samples, out, options, progress = silentProgress } = settings
  fs.mkdirSync(path.dirname(out), { recursive: true })
  const finished = readFinished(settings)
  writeJsonAtomic(protocolFile(out), protocolOf(settings))
  const open = new Map(
    samples
      .map((sample) => ({ request: requestOf(sample, settings), asked: askedDigest(sample) }))
      .filter(({ request }) => !finished.has(request.id))
      .map((item) => [item.request.id, item]),
  )
  const requests = [...open.values()].map(({ request }) => request)
  if (!client.blind) checkMedia(requests)
  const resumed = samples.length - open.size
  let answered = 0
  progress.update(resumed)
  if (requests.length > 0)
    for await (const { id, text } of client.answer(requests, options)) {
      const item = open.get(id)
      if (!item)
        throw new LadderError('internal', `${client.name}: expected one answer per request, got ${id} again`)
      open.delete(id)
      appendJsonl(out, [{ id, prediction: text, asked: item.asked } satisfies Prediction])
      progress.update(resumed + ++answered)
      settings.signal?.throwIfAborted()
    }
  else if (!fs.existsSync(out)) appendJsonl(out, [])
  progress.end()
  return { resumed, answered, unanswered: open.size }
}
