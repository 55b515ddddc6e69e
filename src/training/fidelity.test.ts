/** Upstream's defects, one by one: each does what docs/deviations.md says of it, and nothing without being asked for. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noGrad } from '../torch/autograd.js'
import { indexSelect, logSoftmax } from '../torch/ops.js'
import { scope, tensor } from '../torch/tensor.js'
import { gridOf, parseImageProcessorConfig, resizedSize } from '../vision-language/image-processor.js'
import { denseAttention } from '../vision-language/model/attention.js'
import { causalBias } from '../vision-language/model/attention-bias.js'
import { freshModel, type Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import { createEncoder, sftRow } from './encode.js'
import { type Example, exampleOf } from './example.js'
import { type Defect, defectsOf, fidelitySchema, stageProcessor } from './fidelity.js'
import { firstBatchText } from './first-batch.js'
import {
  examplesAt,
  microConfig,
  microProcessor,
  microSamples,
  writePictures,
} from './micro-model.test-helper.js'
import { grpoOptionsSchema, sftOptionsSchema } from './options.js'
import { pack, packedHidden } from './pack.js'
import { Pictures } from './pictures.js'
import { type RolloutSettings, sampleBatch, scoreBatch } from './rollout.js'
import { runStage } from './stage.js'
import { readStageFile } from './stage-file.js'
import { stageHome } from './stage-home.test-helper.js'
import type { StageJob } from './stage-job.js'
import { scoreTokens } from './token-loss.js'

const { at, job } = stageHome('fidelity')
let processor: Processor
let model: Qwen2_5_VL
let direct: Example[]
let thinking: Record<'seen' | 'other', Example[]>
let pictures: Record<'seen' | 'other', Pictures>
beforeAll(async () => {
  processor = microProcessor()
  model = freshModel(microConfig(processor.tokenizer), 3)
  const load = async (name: string, noise: number) => {
    await writePictures(at(name), noise)
    const loaded = new Pictures(processor.image_processor)
    await loaded.load(examplesAt(at(name), processor).flatMap(({ media }) => media))
    return loaded
  }
  pictures = { seen: await load('seen', 0), other: await load('other', 31) }
  direct = examplesAt(at('seen'), processor)
  const think = (name: string) => examplesAt(at(name), processor, undefined, 'think')
  thinking = { seen: think('seen'), other: think('other') }
})
afterAll(() => {
  for (const one of Object.values(pictures)) one.dispose()
  model.dispose()
})

it('is none by default, all by name, or a list', () => {
  expect([...defectsOf(fidelitySchema.parse(undefined))]).toEqual([])
  expect([...defectsOf(fidelitySchema.parse('upstream'))]).toEqual(['D1', 'D2', 'D4', 'D6', 'D7'])
  expect([...defectsOf(fidelitySchema.parse(['D4', 'D6']))]).toEqual(['D4', 'D6'])
  expect(fidelitySchema.safeParse(['D3']).success).toBe(false)
})

it('D1: boxes are a JSON string inside JSON', () => {
  const target = (style: 'upstream' | 'compact', ...defects: Defect[]): string =>
    exampleOf(microSamples[0], {
      style,
      imageRoot: '',
      resize: (size) => size,
      defects: new Set(defects),
    }).answer
  const list = '[\n  {"bbox_2d": [10, 5, 40, 30], "label": "chair"}\n]'
  expect(target('upstream')).toBe(`\`\`\`json\n${list}\n\`\`\``)
  expect(target('upstream', 'D1')).toBe(
    '```json\n"[\\n  {\\"bbox_2d\\": [10, 5, 40, 30], \\"label\\": \\"chair\\"}\\n]"\n```',
  )
  // Encoded twice, it has to be decoded twice.
  const inner = JSON.parse(target('compact', 'D1')) as string
  expect(JSON.parse(inner)).toEqual(JSON.parse(target('compact')))
})

it('D2: a ScanNet frame is seen at 336 × 252, its boxes stand in 364 × 252', async () => {
  const frame = { width: 1296, height: 968 }
  const limits = parseImageProcessorConfig({ min_pixels: 16 * 784, max_pixels: 128 * 784 })
  fs.cpSync(at('start'), at('paper'), { recursive: true })
  fs.writeFileSync(path.join(at('paper'), 'preprocessor_config.json'), JSON.stringify(limits))
  const [right, twice] = [stageProcessor(at('paper')), stageProcessor(at('paper'), new Set(['D2'] as const))]
  expect(gridOf(frame, 1, right.image_processor)).toEqual([1, 18, 26])
  expect(gridOf(frame, 1, twice.image_processor)).toEqual([1, 18, 24])
  const once = (size: typeof frame) => resizedSize(size, right.image_processor)
  const sample = {
    ...microSamples[0],
    images: [{ ...frame, frame_id: 0 }],
    answer: [{ bbox_2d: [0, 0, 1296, 968] as [number, number, number, number], label: 'chair' }],
  }
  const { answer } = exampleOf(sample, { style: 'compact', imageRoot: '', resize: once })
  expect(answer).toContain('[0, 0, 363, 251]')
})

describe('D4', () => {
  /** A picture, two pictures, a video. */
  const examples = (): Example[] => [direct[1], direct[2], direct[3]]

  it('trains on the whole text, video pads too, but for image pads', () => {
    for (const example of examples()) {
      const settings = { processor, pictures: pictures.seen, model, isPrompt: false }
      const text = firstBatchText([[example]], { ...settings, defects: new Set(['D4'] as const) })
      const untrained = text
        .slice(text.indexOf('\n') + 1)
        .replace(/⟦.*?⟧/gs, '')
        .trim()
      // The first token is predicted by nothing.
      expect(untrained.replaceAll(/<\|image_pad\|>×\d+/g, '')).toBe('<|im_start|>')
      expect(text).toMatch(/<\|im_end\|>\n⟧\n$/)
      if (example.media[0].type === 'video') expect(text).toMatch(/⟦[^⟧]*<\|video_pad\|>×4[^⟧]*⟧/)
    }
  })

  it('scores each token as the whole text by itself does', () => {
    scope(() => {
      const encode = createEncoder(processor, pictures.seen, { wholeText: true })
      for (const example of examples()) {
        const encoded = encode(example)
        const row = sftRow([encoded], processor.tokenizer.special.image)
        const packed = pack([row], model.config, model.rope)
        const features = noGrad(() => pictures.seen.batchFeatures(model, example.media, false))
        const scored = scoreTokens(model, packedHidden(model, packed, features), packed)
        const ids = [...encoded.shared, ...encoded.question, ...encoded.answer]
        const { logits } = noGrad(() =>
          model.forward({
            input_ids: [ids],
            image_grid_thw: encoded.images,
            video_grid_thw: encoded.videos,
            second_per_grid_ts: encoded.seconds,
            image_features: features.images ?? undefined,
            video_features: features.videos ?? undefined,
          }),
        )
        const all = logSoftmax(logits, -1).floats()
        const V = model.config.vocab_size
        const expected = ids.flatMap((id, i) =>
          i === 0 || id === processor.tokenizer.special.image ? [] : [all[(i - 1) * V + id]],
        )
        expect(scored.length).toBe(expected.length)
        for (const [i, value] of expected.entries()) expect(scored[i]).toBeCloseTo(value, 4)
      }
    })
  })
})

describe('D6', () => {
  const settings = (world: 'seen' | 'other', blind: boolean): RolloutSettings => ({
    model,
    processor,
    pictures: pictures[world],
    frozenTower: false,
    blind,
    options: {
      num_generations: 2,
      max_completion_length: 12,
      temperature: 1,
      top_k: 0,
      top_p: 1,
      share_prompt: true,
    },
  })
  /** A video, and two pictures. */
  const prompts = (world: 'seen' | 'other'): Example[] => [thinking[world][3], thinking[world][2]]
  const sample = (world: 'seen' | 'other', blind: boolean) =>
    sampleBatch(
      settings(world, blind),
      prompts(world).map(createEncoder(processor, pictures[world])),
      [0, 1].map((p) => [1, 0, p]),
    )

  it('leaves rollouts as they are, and scores video prompts without their frames', () => {
    const [seeing, blind] = [sample('seen', false), sample('seen', true)]
    expect(blind.texts).toEqual(seeing.texts)
    const scored = scoreBatch(settings('seen', true), model, blind)
    const right = scoreBatch(settings('seen', false), model, seeing)
    const encode = createEncoder(processor, pictures.other)
    const moved = { ...blind, encoded: prompts('other').map(encode) }
    const elsewhere = scoreBatch(settings('other', true), model, moved)
    for (const [i, branch] of blind.packed.branch.entries()) {
      const ofVideo = branch < 2
      // Other frames, same scores; pictures are seen all the same.
      if (ofVideo) expect(elsewhere[i]).toBeCloseTo(scored[i], 5)
      else expect(Math.abs(elsewhere[i] - scored[i])).toBeGreaterThan(1e-7)
      if (ofVideo) expect(Math.abs(scored[i] - right[i])).toBeGreaterThan(1e-6)
      else expect(scored[i]).toBeCloseTo(right[i], 5)
    }
  })

  it('is a text with plain positions and the embeddings of its placeholders', () => {
    const blind = sample('seen', true)
    const scored = scoreBatch(settings('seen', true), model, blind)
    const ids = blind.packed.targets.filter((_, i) => blind.packed.branch[i] === 0)
    scope(() => {
      const { shared, question } = blind.encoded[0]
      const text = [...shared, ...question, ...ids]
      const places = [0, 1, 2].flatMap(() => text.map((_, i) => i))
      const hidden = noGrad(() =>
        model.decoder.forward(
          model.embedText(text),
          model.decoder.rotaryFor(places),
          denseAttention(1, causalBias(text.length)),
        ),
      )
      const rows = tensor(
        ids.map((_, i) => text.length - ids.length - 1 + i),
        undefined,
        'i32',
      )
      const all = logSoftmax(model.logits(indexSelect(hidden, 0, rows)), -1).floats()
      for (const [i, id] of ids.entries())
        expect(scored[i]).toBeCloseTo(all[i * model.config.vocab_size + id], 4)
    })
  })
})

it('D7: in reinforcement a video stands after the text, pictures before it', () => {
  const encode = createEncoder(processor, pictures.seen, { videosLast: true })
  const text = (example: Example): string => {
    const { shared, question } = encode(example)
    return processor.tokenizer.decode([...shared, ...question])
  }
  const [single, , video] = thinking.seen.slice(1)
  expect(text(video)).toContain(`user\n${video.text}<|vision_start|>`)
  expect(text(single)).toContain(`<|vision_end|>${single.text}<|im_end|>`)
})

describe('a stage', () => {
  const train = (out: string, options: StageJob['options'], defects: Defect[]) =>
    runStage(job(out, options, { imageRoot: at('seen'), defects: new Set(defects) }))
  const common = { max_steps: 2, learning_rate: 1e-3 }
  const sft = sftOptionsSchema.parse({
    ...common,
    per_device_train_batch_size: 3,
    data: { grounding: 1, spatial: 1 },
  })
  const grpo = grpoOptionsSchema.parse({
    ...common,
    per_device_train_batch_size: 4,
    num_generations: 2,
    max_completion_length: 6,
  })

  it('trains with all of them, and is another stage with them than without', async () => {
    const everything: Defect[] = ['D1', 'D2', 'D4', 'D6', 'D7']
    for (const [name, options] of [['sft', sft] as const, ['grpo', grpo] as const]) {
      await train(`${name}-right`, options, [])
      await train(`${name}-upstream`, options, everything)
      expect(readStageFile(at(`${name}-right`)).fingerprint).not.toBe(
        readStageFile(at(`${name}-upstream`)).fingerprint,
      )
      const first = (out: string): string => fs.readFileSync(path.join(at(out), 'first-batch.txt'), 'utf8')
      expect(first(`${name}-right`)).not.toBe(first(`${name}-upstream`))
    }
    await expect(train('sft-right', sft, ['D1'])).rejects.toThrow(/expected a stage of this recipe/)
  })
})
