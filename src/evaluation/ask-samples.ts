/** Our own samples as questions to a client, and the card that says how they were asked. */
import path from 'node:path'
import type { AnswerOptions, AnswerRequest, Client, Media } from '../clients/client.js'
import { sha256 } from '../common/files.js'
import type { Progress } from '../common/progress.js'
import { type PromptStyle, plainMode, promptText } from '../schema/prompts.js'
import { type Protocol, sampleId } from '../schema/results.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { type InferCounts, infer } from './infer.js'

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
  options: AnswerOptions & { temperature: number }
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
  const { max_new_tokens, temperature, seed } = options
  const fingerprint = client.fingerprint ?? null
  return { client: client.name, fingerprint, mode, style, max_new_tokens, temperature, seed, resized }
}

/** Answers every sample that `out` does not hold yet. */
export async function inferSamples(settings: InferSettings): Promise<InferCounts> {
  const { client, samples, out, options, progress, signal } = settings
  const asks = samples.map((sample) => ({
    request: requestOf(sample, settings),
    asked: askedDigest(sample),
  }))
  return infer({
    client,
    asks,
    out,
    card: protocolOf(settings),
    free: ['resized'],
    options,
    progress,
    signal,
  })
}
