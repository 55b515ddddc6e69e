/** Questions about pictures to answers in text: processor, tower, generation, in batches. */
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { noGrad } from '../torch/autograd.js'
import { cat, narrow } from '../torch/ops.js'
import { scope, type Tensor, tensor } from '../torch/tensor.js'
import { joinVisionInputs, type VisionInput } from './image-processor.js'
import { type Completion, generate, leftPadded } from './model/generate.js'
import type { Qwen2_5_VL } from './model/model.js'
import type { SamplingOptions } from './model/sampling.js'
import type { Processor } from './processor.js'
import { mergedCount } from './window-index.js'

/** A picture file, or the frames of a video. */
export type MediaFiles = { type: 'image'; file: string } | { type: 'video'; frames: string[] }

export interface Question {
  /** Shown before the text, in order. */
  media: readonly MediaFiles[]
  text: string
  system?: string
}

export interface AnswerSettings extends SamplingOptions {
  max_new_tokens: number
  /** Questions per batch; 32 if not given. */
  batch_size?: number
  /** Counters of each question's random draws. */
  counters?: readonly (readonly number[])[]
}

const keyOf = (item: MediaFiles): string =>
  item.type === 'image' ? `image\n${item.file}` : `video\n${item.frames.join('\n')}`

/** Answers each batch as it is done. @returns index of the question and its answer */
export async function* answerQuestions(
  model: Qwen2_5_VL,
  processor: Processor,
  questions: readonly Question[],
  settings: AnswerSettings,
): AsyncGenerator<{ index: number; text: string }> {
  const size = settings.batch_size ?? 32
  // Alike questions together, so that little is padded; ties keep their order.
  const order = questions
    .map((_, index) => index)
    .sort((a, b) => weightOf(questions[a]) - weightOf(questions[b]))
  for (let start = 0; start < order.length; start += size) {
    const batch = order.slice(start, start + size)
    const texts = await answerBatch(
      model,
      processor,
      batch.map((i) => questions[i]),
      {
        ...settings,
        counters: settings.counters && batch.map((i) => settings.counters?.[i] ?? []),
      },
    )
    for (const [i, index] of batch.entries()) yield { index, text: texts[i] }
    await yieldToEvents()
  }
}

/** Rough length of a prompt: pictures count for more than words. */
const weightOf = ({ media, text }: Question): number =>
  text.length + 1000 * media.reduce((n, item) => n + (item.type === 'image' ? 1 : item.frames.length), 0)

async function answerBatch(
  model: Qwen2_5_VL,
  processor: Processor,
  questions: readonly Question[],
  settings: AnswerSettings,
): Promise<string[]> {
  const unique = new Map(questions.flatMap(({ media }) => media).map((item) => [keyOf(item), item]))
  const inputs = new Map<string, VisionInput>()
  await Promise.all(
    [...unique].map(async ([key, item]) => {
      inputs.set(
        key,
        await (item.type === 'image' ? processor.loadImage(item.file) : processor.loadVideo(item.frames)),
      )
    }),
  )
  const { tokenizer } = processor
  const completions = scope(() => {
    const features = featuresOf(model, inputs, processor.image_processor.merge_size)
    const grids = (type: MediaFiles['type'], media: readonly MediaFiles[]) =>
      media
        .filter((item) => item.type === type)
        .map((item) => (inputs.get(keyOf(item)) as VisionInput).grid_thw)
    const prompts = questions.map(({ media, text, system }) =>
      processor.textIds(
        [
          ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
          {
            role: 'user' as const,
            content: [...media.map(({ type }) => ({ type })), { type: 'text' as const, text }],
          },
        ],
        { images: grids('image', media), videos: grids('video', media) },
        { add_generation_prompt: true },
      ),
    )
    const all = questions.flatMap(({ media }) => media)
    const joined = (type: MediaFiles['type']): Tensor | undefined => {
      const parts = all
        .filter((item) => item.type === type)
        .map((item) => features.get(keyOf(item)) as Tensor)
      return parts.length === 0 ? undefined : cat(parts, 0)
    }
    const videos = grids('video', all)
    return generate(
      model,
      {
        ...leftPadded(prompts, tokenizer.special.pad),
        image_grid_thw: grids('image', all),
        video_grid_thw: videos,
        second_per_grid_ts: videos.map(() => processor.secondsPerGrid()),
        image_features: joined('image'),
        video_features: joined('video'),
      },
      { ...settings, samples: 1, banned: tokenizer.special.banned },
    )
  })
  return completions.map(([{ ids }]: Completion[]) => tokenizer.decode(ids, { skip_special_tokens: true }))
}

/** Features of every picture and video, each computed once. */
function featuresOf(
  model: Qwen2_5_VL,
  inputs: ReadonlyMap<string, VisionInput>,
  mergeSize: number,
): Map<string, Tensor> {
  if (inputs.size === 0) return new Map()
  const { pixel_values, grid_thw } = joinVisionInputs([...inputs.values()])
  const count = grid_thw.reduce((sum, [t, h, w]) => sum + t * h * w, 0)
  const features = noGrad(() =>
    model.visionFeatures(tensor(pixel_values, [count, pixel_values.length / count]), grid_thw),
  )
  let start = 0
  return new Map(
    [...inputs.keys()].map((key, i) => {
      const length = mergedCount(grid_thw[i], mergeSize)
      start += length
      return [key, narrow(features, 0, start - length, length)]
    }),
  )
}
