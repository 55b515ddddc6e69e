/**
 * Rows of a JSONL file without a proof: what can be wrong with them by themselves. Known are this program's
 * samples, the released SpatialLadder-26k files (boxes, questions, cold start), and chats with pictures
 * (`messages` or `conversations`, with `images` or `image`).
 */
import { z } from 'zod'
import { type Sample, sampleSchema } from '../schema/sample.js'

export interface CheckedRow {
  kind: 'sample' | 'grounding' | 'spatial' | 'cold start' | 'chat'
  problems: string[]
  /** Paths of its pictures. */
  images: string[]
  /** Its id, where it has one. */
  id: string | null
  /** Equal for rows that ask the same about the same pictures. */
  key: string
  /** The row as a sample, where it is a whole one. */
  sample?: Sample
}

const box = z.array(z.number()).length(4)
const upstream = {
  question_id: z.union([z.int(), z.string()]),
  image: z.array(z.string()).min(1),
  data_type: z.enum(['single_image', 'multi_view', 'video']),
}
const groundingSchema = z.object({
  ...upstream,
  question: z.string().min(1),
  answer: z.array(z.object({ bbox_2d: box, label: z.string().min(1) })).min(1),
})
const spatialSchema = z.object({
  ...upstream,
  question: z.string().min(1),
  options: z.array(z.string()).nullish(),
  answer: z.string().min(1),
  question_type: z.string().min(1),
})
const coldStartSchema = z.object({ ...upstream, prompt: z.string().min(1), solution: z.string().min(1) })
const turnSchema = z
  .object({
    role: z.string().optional(),
    from: z.string().optional(),
    content: z.unknown().optional(),
    value: z.unknown().optional(),
  })
  .refine(({ content, value }) => content !== undefined || value !== undefined, 'expected content or value')
const chatSchema = z.object({
  messages: z.array(turnSchema).min(1).optional(),
  conversations: z.array(turnSchema).min(1).optional(),
  images: z.array(z.string()).optional(),
  image: z.union([z.string(), z.array(z.string())]).optional(),
  videos: z.array(z.unknown()).optional(),
  id: z.union([z.string(), z.number()]).optional(),
})

const issueOf = (error: z.ZodError): string => {
  const [issue] = error.issues
  return `${issue.path.join('.') || 'row'}: ${issue.message.replace(/^Invalid input: /, '').replace(', received', ', got')}`
}

/** Options are lettered in order and differ; the answer is the letter of one. */
function choiceProblems(options: readonly string[] | null | undefined, answer: string): string[] {
  if (!options || options.length === 0) {
    return Number.isFinite(Number(answer)) ? [] : [`answer: expected a number, got ${JSON.stringify(answer)}`]
  }
  const letters = options.map((_, i) => String.fromCharCode(65 + i))
  const wrong = options.findIndex((option, i) => !option.startsWith(`${letters[i]}.`))
  return [
    ...(wrong >= 0
      ? [
          `options.${wrong}: expected one that begins ${letters[wrong]}., got ${JSON.stringify(options[wrong])}`,
        ]
      : []),
    ...(new Set(options.map((o) => o.slice(2).trim())).size < options.length
      ? ['options: expected different texts, got one twice']
      : []),
    ...(letters.includes(answer)
      ? []
      : [`answer: expected one of ${letters.join(', ')}, got ${JSON.stringify(answer)}`]),
  ]
}

const boxProblems = (boxes: readonly { bbox_2d: readonly number[] }[]): string[] =>
  boxes.flatMap(({ bbox_2d: [x1, y1, x2, y2] }, i) =>
    x1 >= 0 && y1 >= 0 && x2 > x1 && y2 > y1
      ? []
      : [
          `answer.${i}.bbox_2d: expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2, got [${[x1, y1, x2, y2]}]`,
        ],
  )

/** Placeholders of pictures in a text. */
const placeholders = (text: string): number => text.match(/<image>|<\|image_pad\|>/g)?.length ?? 0

function chatRow(row: z.infer<typeof chatSchema>): CheckedRow {
  const turns = row.messages ?? row.conversations ?? []
  const images = row.images ?? [row.image ?? []].flat()
  let found = 0
  const texts: string[] = []
  for (const { content, value } of turns) {
    const body = content ?? value
    if (typeof body === 'string') {
      found += placeholders(body)
      texts.push(body)
    } else if (Array.isArray(body))
      for (const item of body as { type?: string; text?: string }[]) {
        if (item?.type === 'image') found++
        if (typeof item?.text === 'string') {
          found += placeholders(item.text)
          texts.push(item.text)
        }
      }
  }
  const problems =
    found === images.length ? [] : [`images: expected ${found}, one per placeholder, got ${images.length}`]
  return {
    kind: 'chat',
    problems,
    images,
    id: row.id === undefined ? null : String(row.id),
    key: JSON.stringify([texts[0], images]),
  }
}

/** What a row is, and what is wrong with it by itself. */
export function checkRow(row: unknown): CheckedRow {
  const bad = (problem: string): CheckedRow => ({
    kind: 'chat',
    problems: [problem],
    images: [],
    id: null,
    key: JSON.stringify(row),
  })
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return bad('row: expected an object, got another value')
  if ('messages' in row || 'conversations' in row) {
    const chat = chatSchema.safeParse(row)
    return chat.success ? chatRow(chat.data) : bad(issueOf(chat.error))
  }
  if ('evidence' in row) {
    const sample = sampleSchema.safeParse(row)
    if (!sample.success) return bad(issueOf(sample.error))
    const { answer, image, options, question, question_type, data_type, question_id } = sample.data
    const problems = Array.isArray(answer) ? boxProblems(answer) : choiceProblems(options, answer)
    return {
      kind: 'sample',
      problems,
      images: image,
      id: `${question_type}/${data_type}/${question_id}`,
      key: JSON.stringify([question_type, question, image]),
      sample: sample.data,
    }
  }
  if ('solution' in row) {
    const cold = coldStartSchema.safeParse(row)
    if (!cold.success) return bad(issueOf(cold.error))
    const { solution, image, prompt, question_id } = cold.data
    const formed = /^<think>[\s\S]*<\/think>\s*<answer>[\s\S]*<\/answer>$/.test(solution.trim())
    const problems = formed ? [] : ['solution: expected <think>…</think><answer>…</answer>, got another form']
    return {
      kind: 'cold start',
      problems,
      images: image,
      id: `cold start/${question_id}`,
      key: JSON.stringify([prompt, image]),
    }
  }
  const grounding = 'answer' in row && Array.isArray(row.answer)
  const parsed = grounding ? groundingSchema.safeParse(row) : spatialSchema.safeParse(row)
  if (!parsed.success) return bad(issueOf(parsed.error))
  const { answer, image, question, question_id } = parsed.data
  const kind = grounding ? 'grounding' : 'spatial'
  const problems = Array.isArray(answer)
    ? boxProblems(answer)
    : choiceProblems((parsed.data as z.infer<typeof spatialSchema>).options, answer)
  return {
    kind,
    problems,
    images: image,
    id: `${kind}/${question_id}`,
    key: JSON.stringify([kind, question, image]),
  }
}
