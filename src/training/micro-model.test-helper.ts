/** For tests: a model of a few thousand parameters, its processor, pictures on disk and questions about them. */
import fs from 'node:fs'
import path from 'node:path'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import { directAnswer, promptText, tagged } from '../schema/prompts.js'
import { type Sample, sampleSchema } from '../schema/sample.js'
import { createChatTemplate, qwenChatTemplate } from '../vision-language/chat-template.js'
import { parseConfig, type Qwen2_5_VLConfig } from '../vision-language/config.js'
import { parseImageProcessorConfig, resizedSize } from '../vision-language/image-processor.js'
import { writeWeights } from '../vision-language/model/folder.js'
import { freshModel } from '../vision-language/model/model.js'
import { createProcessor, type Processor } from '../vision-language/processor.js'
import { saveProcessor } from '../vision-language/processor-folder.js'
import { configTokenIds, createTokenizer, type TextTokenizer } from '../vision-language/tokenizer.js'
import { buildWordTokenizer } from '../vision-language/word-tokenizer.js'
import { type Example, exampleOf } from './example.js'
import { writeStageFile } from './stage-file.js'

const SIZE = { width: 84, height: 56 }
const PICTURES = 6

const sample = (question_id: number, change: Partial<Sample>): Sample =>
  sampleSchema.parse({
    question_id,
    question: `Is the chair left of the bed ${question_id} ?`,
    options: ['A. left', 'B. right'],
    answer: question_id % 2 === 0 ? 'A' : 'B',
    image: [`${question_id % PICTURES}.png`],
    question_type: 'relative direction',
    data_type: 'single_image',
    scene_name: 'scene9000_00',
    evidence: { objects: [], numbers: {} },
    generator: { version: 'test', seed: 0 },
    ...change,
    images: (change.image ?? ['']).map((_, frame_id) => ({ ...SIZE, frame_id })),
  })

const boxes = (id: number): Sample =>
  sample(id, {
    question: 'Where is the chair?',
    options: null,
    answer: [{ bbox_2d: [10 + id, 5, 40 + id, 30], label: 'chair' }],
    question_type: 'object localization',
  })
const number = (id: number): Sample =>
  sample(id, {
    question: 'How many chairs are in this room?',
    options: null,
    answer: String(1 + (id % 4)),
    question_type: 'object count',
    data_type: 'multi_view',
    image: [`${id % PICTURES}.png`, `${(id + 1) % PICTURES}.png`],
  })
const video = (id: number): Sample =>
  sample(id, {
    question: 'Which comes first?',
    question_type: 'appearance order',
    data_type: 'video',
    image: [0, 1, 2, 3].map((k) => `${(id + k) % PICTURES}.png`),
  })

/** Two dozen questions: boxes, letters and numbers; one picture, several, and videos. */
export const microSamples: readonly Sample[] = [0, 1, 2, 3, 4, 5].flatMap((id) => [
  boxes(id),
  sample(id, {}),
  number(id),
  video(id),
])

export const coldStartRows: readonly PromptedRow[] = microSamples
  .filter((one) => !Array.isArray(one.answer))
  .map((one) => ({
    question_id: one.question_id,
    prompt: promptText(one, 'think', 'compact'),
    solution: tagged('I look at the chair.', one.answer as string),
    image: one.image,
    data_type: one.data_type,
  }))

/** Pictures `0.png` .. in `folder`; other `noise` gives other pixels. */
export async function writePictures(folder: string, noise = 0): Promise<void> {
  fs.mkdirSync(folder, { recursive: true })
  for (let i = 0; i < PICTURES; i++) {
    const picture = formulaPicture(SIZE.width, SIZE.height, 7 * i + noise)
    fs.writeFileSync(path.join(folder, `${i}.png`), await encodePng(picture))
  }
}

export function microProcessor(): Processor {
  const texts = microSamples.flatMap((one) => [
    promptText(one, 'direct', 'compact'),
    promptText(one, 'think', 'compact'),
    directAnswer(one.answer, 'compact'),
  ])
  const built = buildWordTokenizer(
    ['system\nYou are a helpful assistant.\nuser\nassistant\nI look', ...texts],
    {
      numbers: 99,
    },
  )
  return createProcessor(
    createTokenizer(built.tokenizerJson, built.tokenizerConfig),
    parseImageProcessorConfig({ min_pixels: 784, max_pixels: 56 * 56 }),
    createChatTemplate(qwenChatTemplate),
  )
}

/** Weights wide enough that every input tells in every output. */
export const microConfig = (tokenizer: TextTokenizer): Qwen2_5_VLConfig =>
  parseConfig({
    model_type: 'qwen2_5_vl',
    hidden_size: 32,
    intermediate_size: 48,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    rope_scaling: { type: 'mrope', mrope_section: [2, 1, 1] },
    tie_word_embeddings: true,
    initializer_range: 0.2,
    vision_config: {
      depth: 2,
      hidden_size: 16,
      num_heads: 2,
      intermediate_size: 24,
      window_size: 112,
      fullatt_block_indexes: [1],
      tokens_per_second: 2,
      out_hidden_size: 32,
      initializer_range: 0.2,
    },
    ...configTokenIds(tokenizer),
    vocab_size: tokenizer.vocab_size,
  })

/** A complete first rung in `folder`. */
export function writeStart(folder: string, seed = 1): void {
  fs.mkdirSync(folder, { recursive: true })
  const processor = microProcessor()
  saveProcessor(folder, processor)
  const model = freshModel(microConfig(processor.tokenizer), seed)
  writeWeights(folder, model.config, model.weights)
  model.dispose()
  writeStageFile(folder, { name: 'start', fingerprint: '', parent: null, steps: 0, seconds: 0 })
}

/** Samples as examples whose pictures lie in `imageRoot`. */
export const examplesAt = (
  imageRoot: string,
  { image_processor }: Processor,
  samples: readonly Sample[] = microSamples,
  mode?: 'think',
): Example[] =>
  samples.map((one) =>
    exampleOf(one, {
      mode,
      style: 'compact',
      imageRoot,
      resize: (size) => resizedSize(size, image_processor),
    }),
  )
