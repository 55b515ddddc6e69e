/**
 * Questions about pictures to answers in text: processor, tower, generation, in batches as large as memory
 * allows. A question that cannot be answered (a broken picture, a prompt that does not fit) gets its reason,
 * and the others go on.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { dataError, describeError, environmentError } from '../common/errors.js'
import { cat } from '../torch/ops.js'
import { scope, type Tensor } from '../torch/tensor.js'
import { batchBytes, bytesInWords, freeMemory, isOutOfMemory, PICTURE_BYTES } from './batch-memory.js'
import type { VisionInput } from './image-processor.js'
import { type Completion, type GenerateOptions, generate, padded } from './model/generate.js'
import type { Qwen2_5_VL } from './model/model.js'
import { visionFeatures } from './picture-features.js'
import type { Processor } from './processor.js'
import { filesOf, guarded, keyOf, look, type MediaFiles, type Prompt, type Question } from './question.js'
import type { GridThw } from './window-index.js'

export interface AnswerSettings
  extends Pick<
    GenerateOptions,
    'temperature' | 'top_k' | 'top_p' | 'min_p' | 'repetition_penalty' | 'max_new_tokens' | 'stop'
  > {
  /** Questions per batch at most; 32 if not given. */
  batch_size?: number
  /** Bytes a batch may take; four fifths of what is free if not given. */
  memory?: number
  /** Ids never written; the vision tokens if not given. */
  banned?: readonly number[]
  /** Counters of each question's random draws. */
  counters?: readonly (readonly number[])[]
  /** Takes one line when a batch did not fit; stderr if not given. */
  warn?: (line: string) => void
}

/** What became of the question with this index. */
export type Answered = { index: number; text: string } | { index: number; error: string }

/** Answers each batch as it is done. @returns index of the question and its answer, or why it has none */
export async function* answerQuestions(
  model: Qwen2_5_VL,
  processor: Processor,
  questions: readonly Question[],
  settings: AnswerSettings,
): AsyncGenerator<Answered> {
  const { memory = 0.8 * freeMemory(), warn = (line) => process.stderr.write(`${line}\n`) } = settings
  const bytesOf = (prompts: readonly Prompt[]): number =>
    batchBytes(model.config, prompts, settings.max_new_tokens)
  let size = settings.batch_size ?? 32
  // Alike questions together, so that little is padded; ties keep their order.
  const order = questions
    .map((_, index) => index)
    .sort((a, b) => weightOf(questions[a]) - weightOf(questions[b]))
  let next = 0
  /** Looked at already, but too much for the batch before. */
  let held: Prompt | undefined
  while (held || next < order.length) {
    const batch: Prompt[] = []
    while (batch.length < size && (held || next < order.length)) {
      const one = held ?? (await look(model, processor, questions, order[next++]))
      held = undefined
      if ('error' in one) yield one
      else if (bytesOf([...batch, one]) <= memory) batch.push(one)
      else if (batch.length > 0) {
        held = one
        break
      } else yield { index: one.index, error: tooLarge(one, bytesOf([one]), memory) }
    }
    const open = batch.length > 0 ? [batch] : []
    for (let now = open.pop(); now; now = open.pop()) {
      let answers: Answered[] | null = null
      try {
        answers = await answerBatch(model, processor, now, settings)
      } catch (error) {
        if (!isOutOfMemory(error)) throw error
        if (now.length === 1) {
          const { message } = environmentError('memory', sizeInWords(now[0]), describeError(error).message)
          answers = [{ index: now[0].index, error: message }]
        } else {
          size = Math.ceil(now.length / 2)
          warn(`out of memory with ${now.length} questions at once; going on with ${size}`)
          open.push(now.slice(size), now.slice(0, size))
        }
      }
      if (answers) yield* answers
      await yieldToEvents()
    }
  }
}

/** Rough length of a prompt: pictures count for more than words. */
const weightOf = ({ media, text }: Question): number =>
  text.length + 1000 * media.reduce((n, item) => n + filesOf(item).length, 0)

const sizeInWords = ({ tokens }: Prompt): string => `room for a prompt of ${tokens} tokens`

const tooLarge = (one: Prompt, bytes: number, memory: number): string =>
  environmentError(
    'memory',
    `${sizeInWords(one)} (about ${bytesInWords(bytes)})`,
    `${bytesInWords(memory)} to use`,
  ).message

async function readMedia(processor: Processor, item: MediaFiles, grid: GridThw): Promise<VisionInput> {
  const input = await (item.type === 'image'
    ? processor.loadImage(item.file)
    : processor.loadVideo(item.frames))
  if (input.grid_thw.join() !== grid.join())
    throw dataError(filesOf(item)[0], `the size its header tells (grid ${grid})`, `grid ${input.grid_thw}`)
  return input
}

/** Features of every picture and video of a batch, each read and computed once; or why one could not be read. */
async function featuresOf(
  model: Qwen2_5_VL,
  processor: Processor,
  batch: readonly Prompt[],
): Promise<{ features: Map<string, Tensor>; broken: Map<string, string> }> {
  const features = new Map<string, Tensor>()
  const broken = new Map<string, string>()
  const unique = new Map(
    batch.flatMap(({ media, grids, largest }) =>
      media.map((item, i) => [keyOf(item), { item, grid: grids[i], bytes: largest.patches }] as const),
    ),
  )
  const waiting = [...unique]
  try {
    while (waiting.length > 0) {
      let bytes = 0
      const group: typeof waiting = []
      for (
        let [first] = waiting;
        first && (group.length === 0 || bytes + first[1].bytes <= PICTURE_BYTES);
        [first] = waiting
      ) {
        bytes += first[1].bytes
        group.push(first)
        waiting.shift()
      }
      const read = await Promise.all(
        group.map(async ([key, { item, grid }], i) => {
          const input = await guarded(i, () => readMedia(processor, item, grid))
          if (!('error' in input)) return [{ key, input }]
          broken.set(key, input.error)
          return []
        }),
      )
      const whole = read.flat()
      const made = visionFeatures(
        model,
        whole.map(({ input }) => input),
      )
      for (const [i, { key }] of whole.entries()) features.set(key, made[i])
    }
    return { features, broken }
  } catch (error) {
    for (const value of features.values()) value.dispose()
    throw error
  }
}

async function answerBatch(
  model: Qwen2_5_VL,
  processor: Processor,
  batch: readonly Prompt[],
  settings: AnswerSettings,
): Promise<Answered[]> {
  const { features, broken } = await featuresOf(model, processor, batch)
  try {
    const reasonOf = ({ media }: Prompt): string | undefined =>
      media.map((item) => broken.get(keyOf(item))).find((reason) => reason !== undefined)
    const whole = batch.filter((prompt) => reasonOf(prompt) === undefined)
    const texts = whole.length > 0 ? write(model, processor, whole, features, settings) : []
    return batch.map((prompt) => {
      const { index } = prompt
      const error = reasonOf(prompt)
      return error === undefined ? { index, text: texts[whole.indexOf(prompt)] } : { index, error }
    })
  } finally {
    for (const value of features.values()) value.dispose()
  }
}

/** Answers to prompts whose pictures have `features`. */
function write(
  model: Qwen2_5_VL,
  { tokenizer, secondsPerGrid }: Processor,
  prompts: readonly Prompt[],
  features: ReadonlyMap<string, Tensor>,
  settings: AnswerSettings,
): string[] {
  const { max_new_tokens, temperature, top_k, top_p, min_p, repetition_penalty, stop, counters } = settings
  const completions = scope(() => {
    const media = prompts.flatMap((prompt) =>
      prompt.media.map((item, i) => ({ item, grid: prompt.grids[i] })),
    )
    const of = (type: MediaFiles['type']) => media.filter(({ item }) => item.type === type)
    const joined = (type: MediaFiles['type']): Tensor | undefined => {
      const parts = of(type).map(({ item }) => features.get(keyOf(item)) as Tensor)
      return parts.length === 0 ? undefined : cat(parts, 0)
    }
    return generate(
      model,
      {
        ...padded(
          prompts.map(({ ids }) => ids),
          tokenizer.special.pad,
        ),
        image_grid_thw: of('image').map(({ grid }) => grid),
        video_grid_thw: of('video').map(({ grid }) => grid),
        second_per_grid_ts: of('video').map(() => secondsPerGrid()),
        image_features: joined('image'),
        video_features: joined('video'),
      },
      {
        max_new_tokens,
        temperature,
        top_k,
        top_p,
        min_p,
        repetition_penalty,
        stop,
        samples: 1,
        banned: settings.banned ?? tokenizer.special.banned,
        counters: counters && prompts.map(({ index }) => counters[index] ?? []),
      },
    )
  })
  return completions.map(([{ ids }]: Completion[]) => tokenizer.decode(ids, { skip_special_tokens: true }))
}
