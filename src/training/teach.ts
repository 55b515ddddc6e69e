/**
 * Cold-start traces from a model that teaches, by rejection sampling: up to k draws for every question, of which the
 * first that is right and well formed is kept. Every answer is written down when it arrives, so no call is paid twice.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { AnswerOptions, AnswerRequest, Client, Media } from '../clients/client.js'
import { dataError } from '../common/errors.js'
import { sha256 } from '../common/files.js'
import { appendJsonl, readJsonl, repairJsonl } from '../common/jsonl.js'
import { type Progress, silentProgress } from '../common/progress.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import { type PromptStyle, promptText } from '../schema/prompts.js'
import { sampleId } from '../schema/results.js'
import type { Sample } from '../schema/sample.js'
import { accuracyReward } from '../scoring/accuracy.js'
import { formatReward } from '../scoring/format.js'
import { mediaOf } from './example.js'

export interface TeachJob {
  client: Client
  /** Questions; those answered with boxes are left out. */
  samples: readonly Sample[]
  imageRoot: string
  style: PromptStyle
  /** Draws a question may have, k. */
  draws: number
  /** Least accuracy of what is kept, 0..1. */
  minAccuracy: number
  /** Stop when so many traces are kept. */
  keep?: number
  options: Omit<AnswerOptions, 'seed'> & { seed: number }
  /** Where every answer is kept, right or wrong. */
  answers: string
  progress?: Progress
  signal?: AbortSignal
}

/** One draw: which question, which turn, what was asked (a digest), what came back. */
interface Drawn {
  id: string
  draw: number
  asked: string
  text: string
}

export interface TeachCounts {
  questions: number
  kept: number
  /** Answers by now: of this call and of those before. */
  answers: number
  /** Requests that failed in this call; asked again by the next. */
  failed: number
}

interface Question {
  id: string
  sample: Sample
  prompt: string
  media: Media[]
  asked: string
}

/** Requests of one call of the client: Ctrl-C waits for them, so that what was paid for is kept. */
const AT_ONCE = 32

const isKept = ({ sample }: Question, text: string, minAccuracy: number): boolean =>
  formatReward(text) === 1 && accuracyReward(sample, text) >= minAccuracy

function questionsOf({ samples, imageRoot, style, client, options }: TeachJob): Question[] {
  const { seed: _, ...how } = options
  return samples
    .filter(({ answer }) => !Array.isArray(answer))
    .map((sample) => {
      const prompt = promptText(sample, 'think', style)
      const asked = sha256(JSON.stringify([client.name, prompt, sample.image, how])).slice(0, 16)
      return {
        id: sampleId(sample),
        sample,
        prompt,
        media: mediaOf(sample.image, sample.data_type, imageRoot),
        asked,
      }
    })
}

/** What was answered before. @throws data error for an answer to something else */
function readDrawn(file: string, questions: ReadonlyMap<string, Question>): Drawn[] {
  repairJsonl(file)
  if (!fs.existsSync(file)) return []
  const rows = readJsonl<Drawn>(file)
  rows.forEach(({ id, asked }, index) => {
    const now = questions.get(id)?.asked
    if (now !== undefined && now !== asked)
      throw dataError(
        `${file} row ${index + 1}`,
        `an answer to ${id} as asked now`,
        'one of another model or question',
      )
  })
  return rows
}

/**
 * Asks in rounds: every question that has no trace yet gets one more draw, until all have one, k draws are used up, or
 * enough is kept. @returns the traces in the order of the questions
 */
export async function teach(job: TeachJob): Promise<{ rows: PromptedRow[]; counts: TeachCounts }> {
  const { client, draws, minAccuracy, keep = Number.POSITIVE_INFINITY, answers, signal } = job
  const progress = job.progress ?? silentProgress
  const questions = questionsOf(job)
  const byId = new Map(questions.map((question) => [question.id, question]))
  fs.mkdirSync(path.dirname(path.resolve(answers)), { recursive: true })
  const kept = new Map<string, string>()
  const drawn = new Set<string>()
  const take = ({ id, draw, text }: Drawn): void => {
    drawn.add(`${id}#${draw}`)
    const question = byId.get(id)
    if (question && !kept.has(id) && isKept(question, text, minAccuracy)) kept.set(id, text)
  }
  const before = readDrawn(answers, byId)
  // By turns, as they would have been asked.
  for (const row of [...before].sort((a, b) => a.draw - b.draw)) take(row)
  let failed = 0
  progress.update(kept.size)
  for (let draw = 0; draw < draws && kept.size < Math.min(keep, questions.length); draw++) {
    const open = questions.filter(({ id }) => !kept.has(id) && !drawn.has(`${id}#${draw}`))
    for (let start = 0; start < open.length && kept.size < keep; ) {
      signal?.throwIfAborted()
      // What is asked is waited for, so no more is asked at once than could be of use.
      const part = open.slice(start, start + Math.min(AT_ONCE, keep - kept.size))
      start += part.length
      const requests = part.map(({ id, media, prompt }): AnswerRequest => ({ id, media, text: prompt }))
      // Another seed for every draw, or an endpoint would say the same again.
      for await (const answer of client.answer(requests, { ...job.options, seed: job.options.seed + draw })) {
        if ('error' in answer) failed++
        else {
          const { asked } = byId.get(answer.id) as Question
          const row: Drawn = { id: answer.id, draw, asked, text: answer.text }
          appendJsonl(answers, [row])
          take(row)
        }
        progress.update(kept.size, `draw ${draw + 1}`)
      }
    }
  }
  progress.end()
  const rows = questions
    .filter(({ id }) => kept.has(id))
    .slice(0, keep)
    .map(
      ({ id, sample, prompt }): PromptedRow => ({
        question_id: sample.question_id,
        prompt,
        solution: (kept.get(id) as string).trim(),
        image: sample.image,
        data_type: sample.data_type,
      }),
    )
  return { rows, counts: { questions: questions.length, kept: rows.length, answers: drawn.size, failed } }
}
