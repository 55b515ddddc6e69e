/**
 * Rows of a JSONL file without a proof: what can be wrong with them by themselves. Known are this program's
 * samples, the released SpatialLadder-26k files (boxes, questions, cold start), SPBench's rows, and chats with
 * pictures (see `chat-rows.ts`).
 */
import { z } from 'zod'
import { DATA_TYPES, sampleSchema } from '../schema/sample.js'
import type { Asked } from './asked.js'
import { checkChat } from './chat-rows.js'

export const ROW_KINDS = [
  'sample',
  'grounding',
  'spatial',
  'cold start',
  'SPBench',
  'chat',
  'unknown',
] as const
export type RowKind = (typeof ROW_KINDS)[number]

/** A box to be held against its picture, and what it is called in messages. */
export interface NamedBox {
  name: string
  box: readonly number[]
  image: number
}

export interface CheckedRow {
  kind: RowKind
  /** What the row asks, for a summary: `relative distance, video`. */
  about: string
  problems: string[]
  /** Paths of its pictures. */
  images: string[]
  /** Sizes that the row says they have. */
  sizes: { width: number; height: number }[]
  boxes: NamedBox[]
  /** Its id, where it has one. */
  id: string | null
  /** Equal for rows that ask the same about the same pictures. */
  key: string
  /** Upstream's grounding and single-image questions share ids: the id, and what both must have alike. */
  twin: { id: string; side: 'boxes' | 'question'; alike: string } | null
  /** What a room may bear out; null where the row is not whole, or asks nothing of a room. */
  asked: Asked | null
}

const box = z.array(z.number()).length(4)
const upstream = {
  question_id: z.union([z.int(), z.string()]),
  image: z.array(z.string().min(1)),
  data_type: z.enum(DATA_TYPES),
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
const benchmarkSchema = z.object({
  id: z.union([z.int(), z.string()]),
  scene_name: z.string().min(1),
  question: z.string().min(1),
  options: z.array(z.string()).nullish(),
  question_type: z.string().min(1),
  ground_truth: z.union([z.string().min(1), z.number()]),
  images: z.array(z.string().min(1)),
})

/** SPBench's names of the question types. */
const BENCHMARK_TYPES: Record<string, string> = {
  object_abs_distance: 'absolute distance',
  object_size_estimation: 'object size',
  object_rel_distance: 'relative distance',
  object_rel_direction: 'relative direction',
  object_counting: 'object count',
}

const issueOf = (error: z.ZodError): string => {
  const [issue] = error.issues
  return `${issue.path.join('.') || 'row'}: ${issue.message.replace(/^Invalid input: /, '').replace(', received', ', got')}`
}

/** Options are lettered in order and differ; the answer is the letter of one, or a number without options. */
function choiceProblems(options: readonly string[] | null | undefined, answer: string): string[] {
  if (!options || options.length === 0)
    return answer.trim() !== '' && Number.isFinite(Number(answer))
      ? []
      : [`answer: expected a number, got ${JSON.stringify(answer)}`]
  const letters = options.map((_, i) => String.fromCharCode(65 + i))
  const wrong = options.findIndex((option, i) => !option.startsWith(`${letters[i]}.`))
  const problems: string[] = []
  if (wrong >= 0)
    problems.push(
      `options.${wrong}: expected one that begins ${letters[wrong]}., got ${JSON.stringify(options[wrong])}`,
    )
  if (new Set(options.map((o) => o.replace(/^[A-Z]\.\s*/, '').trim())).size < options.length)
    problems.push('options: expected different texts, got one twice')
  if (!letters.includes(answer))
    problems.push(`answer: expected one of ${letters.join(', ')}, got ${JSON.stringify(answer)}`)
  return problems
}

const boxProblems = (boxes: readonly NamedBox[]): string[] =>
  boxes.flatMap(({ box: [x1, y1, x2, y2], name }) =>
    x1 >= 0 && y1 >= 0 && x2 > x1 && y2 > y1
      ? []
      : [`${name}: expected [x1, y1, x2, y2] with x1 < x2 and y1 < y2, got [${[x1, y1, x2, y2]}]`],
  )

const answerBoxes = (answer: unknown): NamedBox[] =>
  Array.isArray(answer)
    ? (answer as { bbox_2d: number[] }[]).map(({ bbox_2d }, i) => ({
        name: `answer.${i}.bbox_2d`,
        box: bbox_2d,
        image: 0,
      }))
    : []

/** How many pictures there must be; upstream's data types say so. */
const countProblems = (dataType: string, images: number): string[] => {
  const least = dataType === 'scene' ? 0 : dataType === 'single_image' ? 1 : 2
  const most = dataType === 'scene' ? 0 : dataType === 'single_image' ? 1 : Number.POSITIVE_INFINITY
  const expected = least === most ? String(least) : `${least} or more`
  return images >= least && images <= most
    ? []
    : [`image: expected ${expected} for ${dataType}, got ${images}`]
}

/** The folder that all pictures are in: the scene, for upstream's paths; null where they are in several. */
function sceneOf(images: readonly string[]): string | null {
  const folders = new Set(images.map((image) => /^(.+)\/[^/]+$/.exec(image)?.[1] ?? ''))
  const [only] = folders
  return folders.size === 1 && only !== '' ? only : null
}

const EMPTY = { about: '', images: [], sizes: [], boxes: [], id: null, twin: null, asked: null }
const bad = (kind: RowKind, problem: string, row: unknown): CheckedRow => ({
  ...EMPTY,
  kind,
  about: kind,
  problems: [problem],
  key: JSON.stringify(row),
})

function checkSample(row: object): CheckedRow {
  const parsed = sampleSchema.safeParse(row)
  if (!parsed.success) return bad('sample', issueOf(parsed.error), row)
  const { data } = parsed
  const { answer, data_type, evidence, image, images, options, question, question_id, question_type } = data
  const isBoxes = Array.isArray(answer)
  const boxes = answerBoxes(answer)
  const sights = evidence.objects.flatMap(({ bbox_2d, id, image_index }): NamedBox[] =>
    bbox_2d ? [{ name: `object ${id} bbox_2d`, box: bbox_2d, image: image_index ?? -1 }] : [],
  )
  return {
    kind: 'sample',
    about: `${question_type}, ${data_type}`,
    problems: [
      ...countProblems(data_type, image.length),
      ...(images.length === image.length
        ? []
        : [`images: expected ${image.length} sizes, got ${images.length}`]),
      ...(isBoxes ? boxProblems(boxes) : choiceProblems(options, answer)),
    ],
    images: image,
    sizes: images,
    boxes: [...boxes, ...sights],
    id: `${question_type}/${data_type}/${question_id}`,
    key: JSON.stringify(['sample', question_type, question, image]),
    twin: twinOf(question_id, isBoxes, data_type, question, image),
    asked: data,
  }
}

const twinOf = (
  id: number | string,
  isBoxes: boolean,
  dataType: string,
  question: string,
  image: readonly string[],
): CheckedRow['twin'] =>
  dataType === 'single_image'
    ? { id: String(id), side: isBoxes ? 'boxes' : 'question', alike: JSON.stringify([question, image]) }
    : null

function checkColdStart(row: object): CheckedRow {
  const parsed = coldStartSchema.safeParse(row)
  if (!parsed.success) return bad('cold start', issueOf(parsed.error), row)
  const { data_type, solution, image, prompt, question_id } = parsed.data
  const formed = /^<think>[\s\S]+<\/think>\s*<answer>[\s\S]+<\/answer>$/.test(solution.trim())
  return {
    ...EMPTY,
    kind: 'cold start',
    about: `cold start, ${data_type}`,
    problems: [
      ...countProblems(data_type, image.length),
      ...(formed ? [] : ['solution: expected <think>…</think><answer>…</answer>, got another form']),
    ],
    images: image,
    id: `cold start/${question_id}`,
    key: JSON.stringify(['cold start', prompt, image]),
  }
}

function checkUpstream(row: object): CheckedRow {
  const isBoxes = 'answer' in row && Array.isArray(row.answer)
  const kind = isBoxes ? 'grounding' : 'spatial'
  const parsed = isBoxes ? groundingSchema.safeParse(row) : spatialSchema.safeParse(row)
  if (!parsed.success) return bad(kind, issueOf(parsed.error), row)
  const { answer, data_type, image, question, question_id } = parsed.data
  const { options, question_type } = parsed.data as Partial<z.infer<typeof spatialSchema>>
  const boxes = answerBoxes(answer)
  const scene = sceneOf(image)
  return {
    ...EMPTY,
    kind,
    about: `${isBoxes ? 'object localization' : question_type}, ${data_type}`,
    problems: [
      ...countProblems(data_type, image.length),
      ...(Array.isArray(answer) ? boxProblems(boxes) : choiceProblems(options, answer)),
    ],
    images: image,
    boxes,
    id: `${kind}/${question_id}`,
    key: JSON.stringify([kind, question, image]),
    twin: twinOf(question_id, isBoxes, data_type, question, image),
    asked:
      scene === null
        ? null
        : {
            question,
            options: options?.length ? options : null,
            answer: answer as Asked['answer'],
            image,
            question_type: question_type ?? null,
            data_type,
            scene_name: scene,
            images: null,
            evidence: null,
          },
  }
}

function checkBenchmark(row: object): CheckedRow {
  const parsed = benchmarkSchema.safeParse(row)
  if (!parsed.success) return bad('SPBench', issueOf(parsed.error), row)
  const { ground_truth, id, question, question_type, scene_name } = parsed.data
  const options = parsed.data.options?.length ? parsed.data.options : null
  const answer = String(ground_truth)
  const image = parsed.data.images.map((name) => (name.includes('/') ? name : `${scene_name}/${name}`))
  const data_type = image.length === 1 ? 'single_image' : image.length > 1 ? 'multi_view' : 'scene'
  return {
    ...EMPTY,
    kind: 'SPBench',
    about: `${question_type}, ${data_type}`,
    problems: choiceProblems(options, answer),
    images: image,
    id: `SPBench ${data_type}/${id}`,
    key: JSON.stringify(['SPBench', question, image]),
    asked: {
      question,
      options,
      answer,
      image,
      question_type: BENCHMARK_TYPES[question_type] ?? null,
      data_type,
      scene_name,
      images: null,
      evidence: null,
    },
  }
}

/** What a row is, and what is wrong with it by itself. */
export function checkRow(row: unknown): CheckedRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    return bad(
      'unknown',
      `row: expected an object, got ${Array.isArray(row) ? 'a list' : 'another value'}`,
      row,
    )
  if ('messages' in row || 'conversations' in row) {
    const { about, images, id, key, problems } = checkChat(row)
    return { ...EMPTY, kind: 'chat', about, images, id, key, problems }
  }
  if ('evidence' in row) return checkSample(row)
  if ('solution' in row) return checkColdStart(row)
  if ('ground_truth' in row) return checkBenchmark(row)
  return checkUpstream(row)
}
