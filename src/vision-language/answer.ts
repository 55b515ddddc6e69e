/**
 * Questions about pictures to answers in text: processor, tower, generation, in batches as large as memory
 * allows. A question that cannot be answered (a broken picture, a prompt that does not fit) gets its reason,
 * and the others go on.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { dataError, describeError, environmentError, LadderError } from '../common/errors.js'
import { readImageSize } from '../images/codec.js'
import { cat } from '../torch/ops.js'
import { scope, type Tensor } from '../torch/tensor.js'
import {
  batchBytes,
  bytesInWords,
  freeMemory,
  isOutOfMemory,
  PICTURE_BYTES,
  type PromptSize,
  patchBytes,
  towerBytes,
} from './batch-memory.js'
import { gridOf, type VisionInput } from './image-processor.js'
import { type Completion, type GenerateOptions, generate, leftPadded } from './model/generate.js'
import type { Qwen2_5_VL } from './model/model.js'
import { visionFeatures } from './picture-features.js'
import type { Processor } from './processor.js'
import { type GridThw, mergedCount } from './window-index.js'

/** A picture file, or the frames of a video. */
export type MediaFiles = { type: 'image'; file: string } | { type: 'video'; frames: string[] }

export interface Question {
  /** Shown before the text, in order. */
  media: readonly MediaFiles[]
  text: string
  system?: string
  /** The text stands before the media instead. */
  text_first?: boolean
  /** Makes the files of `media`; called right before they are read. */
  prepare?(): Promise<void>
}

export interface AnswerSettings
  extends Pick<
    GenerateOptions,
    'temperature' | 'top_k' | 'top_p' | 'repetition_penalty' | 'max_new_tokens' | 'stop'
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

/** A question whose pictures were looked at but not read. */
interface Prompt extends PromptSize {
  index: number
  media: readonly MediaFiles[]
  ids: number[]
  /** Grid of each of `media`. */
  grids: GridThw[]
}

const filesOf = (item: MediaFiles): string[] => (item.type === 'image' ? [item.file] : item.frames)
const keyOf = (item: MediaFiles): string => `${item.type}\n${filesOf(item).join('\n')}`

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

/** Runs `body`; what goes wrong with one question becomes its answer. Lack of memory is nobody's fault. */
async function guarded<T>(
  index: number,
  body: () => Promise<T>,
): Promise<T | { index: number; error: string }> {
  try {
    return await body()
  } catch (error) {
    if (isOutOfMemory(error)) throw error
    return { index, error: describeError(error).message }
  }
}

/** The prompt of a question, from the headers of its pictures. */
function look(
  { config }: Qwen2_5_VL,
  processor: Processor,
  questions: readonly Question[],
  index: number,
): Promise<Prompt | { index: number; error: string }> {
  return guarded(index, async () => {
    const { media, text, system, text_first, prepare } = questions[index]
    await prepare?.()
    const { image_processor } = processor
    const { vision_config: vision } = config
    const pictures = { patches: 0, tower: 0 }
    const largest = { patches: 0, tower: 0 }
    const grids: GridThw[] = []
    for (const item of media) {
      const files = filesOf(item)
      if (files.length === 0) throw dataError('video', 'at least one frame', 'none')
      const size = await readImageSize(files[0])
      const grid = named(files[0], () => gridOf(size, files.length, image_processor))
      grids.push(grid)
      const patches = patchBytes(vision, grid, files.length * size.width * size.height)
      const tower = towerBytes(vision, grid[1], grid[2])
      pictures.patches += patches
      pictures.tower += grid[0] * tower
      largest.patches = Math.max(largest.patches, patches)
      largest.tower = Math.max(largest.tower, tower)
    }
    const shown = media.map(({ type }) => ({ type }))
    const words = { type: 'text' as const, text }
    const of = (type: MediaFiles['type']): GridThw[] => grids.filter((_, i) => media[i].type === type)
    const ids = processor.textIds(
      [
        ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user' as const, content: text_first ? [words, ...shown] : [...shown, words] },
      ],
      { images: of('image'), videos: of('video') },
      { add_generation_prompt: true },
    )
    const visual = grids.reduce((sum, grid) => sum + mergedCount(grid, image_processor.merge_size), 0)
    return { index, media, ids, grids, tokens: ids.length, visual, pictures, largest }
  })
}

/** Runs `body`; what it refuses is told with the name of the file. */
function named<T>(file: string, body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!(error instanceof LadderError)) throw error
    throw new LadderError(error.kind, `${file}: ${error.message}`, { cause: error })
  }
}

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
      const inputs = new Map<string, VisionInput>()
      await Promise.all(
        group.map(async ([key, { item, grid }], i) => {
          const input = await guarded(i, () => readMedia(processor, item, grid))
          if ('error' in input) broken.set(key, input.error)
          else inputs.set(key, input)
        }),
      )
      const made = visionFeatures(model, [...inputs.values()])
      for (const [i, key] of [...inputs.keys()].entries()) features.set(key, made[i])
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
  const { max_new_tokens, temperature, top_k, top_p, repetition_penalty, stop, counters } = settings
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
        ...leftPadded(
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
