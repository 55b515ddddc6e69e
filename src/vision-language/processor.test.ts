import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formulaPicture } from '../images/formula-picture.js'
import { createChatTemplate, qwenChatTemplate } from './chat-template.js'
import { imagePatches, parseImageProcessorConfig, videoPatches } from './image-processor.js'
import { createProcessor, type Message } from './processor.js'
import { copyProcessorFiles, loadProcessor, saveProcessor } from './processor-folder.js'
import { createTokenizer } from './tokenizer.js'
import { buildWordTokenizer } from './word-tokenizer.js'

const built = buildWordTokenizer(['What is in the picture?'])
const tokenizer = createTokenizer(built.tokenizerJson, built.tokenizerConfig)
const settings = parseImageProcessorConfig({ min_pixels: 3136, max_pixels: 50176 })
const processor = createProcessor(tokenizer, settings, createChatTemplate(qwenChatTemplate))
const count = (ids: number[], id: number): number => ids.filter((token) => token === id).length

const [small, wide] = [formulaPicture(56, 56), formulaPicture(112, 56)]
const conversation: Message[] = [
  {
    role: 'user',
    content: [
      { type: 'image', image: small },
      { type: 'video', video: [small, small, small], fps: 4 },
      { type: 'image', image: wide },
      { type: 'text', text: 'What is in the picture?' },
    ],
  },
]

describe('a conversation with pictures', () => {
  it('becomes ids with as many placeholders as patches, and the patches in the order of the text', async () => {
    const inputs = await processor.process(conversation, { add_generation_prompt: true })
    expect(inputs.image_grid_thw).toEqual([
      [1, 4, 4],
      [1, 4, 8],
    ])
    expect(inputs.video_grid_thw).toEqual([[2, 4, 4]])
    expect(inputs.second_per_grid_ts).toEqual([0.5])
    expect(count(inputs.input_ids, tokenizer.special.image)).toBe(4 + 8)
    expect(count(inputs.input_ids, tokenizer.special.video)).toBe(8)
    expect(inputs.pixel_values).toEqual(
      Float32Array.from([
        ...imagePatches(small, settings).pixel_values,
        ...imagePatches(wide, settings).pixel_values,
      ]),
    )
    expect(inputs.pixel_values_videos).toEqual(videoPatches([small, small, small], settings).pixel_values)
    const pad = (n: number, token: string): string => `<|vision_start|>${token.repeat(n)}<|vision_end|>`
    expect(tokenizer.decode(inputs.input_ids)).toBe(
      `<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n${pad(4, '<|image_pad|>')}${pad(8, '<|video_pad|>')}${pad(8, '<|image_pad|>')}What is in the picture?<|im_end|>\n<|im_start|>assistant\n`,
    )
  })

  it('gives the same ids from grids alone', async () => {
    const { input_ids, image_grid_thw, video_grid_thw } = await processor.process(conversation)
    const messages = [
      {
        role: 'user' as const,
        content: [
          { type: 'image' as const },
          { type: 'video' as const },
          { type: 'image' as const },
          { type: 'text' as const, text: 'What is in the picture?' },
        ],
      },
    ]
    expect(processor.textIds(messages, { images: image_grid_thw, videos: video_grid_thw })).toEqual(input_ids)
  })

  it('has no keys for media that are not there', async () => {
    const inputs = await processor.process([{ role: 'user', content: 'What?' }])
    expect(Object.keys(inputs)).toEqual(['input_ids'])
  })

  it('refuses a text that spells a placeholder', async () => {
    const content = [
      { type: 'image' as const, image: small },
      { type: 'text' as const, text: 'a <|image_pad|> of mine' },
    ]
    await expect(processor.process([{ role: 'user', content }])).rejects.toThrow(
      'conversation: expected 1 image placeholders for its images, got 2',
    )
  })

  it('takes a video at two frames a second when nothing is said', () => {
    expect(processor.secondsPerGrid()).toBe(1)
    expect(() => processor.secondsPerGrid(0)).toThrow('video fps: expected a positive number, got 0')
  })
})

describe('the processor of a folder', () => {
  let folder = ''
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'processor-'))
  })
  afterAll(() => fs.rmSync(folder, { recursive: true }))

  it('is the one that was saved, also in a copy', async () => {
    const [base, copy] = [path.join(folder, 'base'), path.join(folder, 'copy')]
    saveProcessor(base, processor)
    copyProcessorFiles(base, copy)
    const loaded = loadProcessor(copy)
    expect(loaded.image_processor).toEqual(settings)
    const inputs = await processor.process(conversation)
    expect(await loaded.process(conversation)).toEqual(inputs)
    expect(fs.readdirSync(copy).sort()).toEqual(fs.readdirSync(base).sort())
  })

  it('reads picture files', async () => {
    const file = path.join(folder, 'wide.png')
    await sharp(wide.data, { raw: { width: 112, height: 56, channels: 3 } }).toFile(file)
    const content = [{ type: 'image' as const, image: file }]
    const { pixel_values } = await processor.process([{ role: 'user', content }])
    expect(pixel_values).toEqual(imagePatches(wide, settings).pixel_values)
  })

  it('names the picture that no model can see', async () => {
    const file = path.join(folder, 'line.png')
    await sharp(new Uint8Array(3 * 1000 * 2), { raw: { width: 1000, height: 2, channels: 3 } }).toFile(file)
    await expect(processor.loadImage(file)).rejects.toThrow(
      /line\.png: .*aspect ratio of at most 200, got 1000×2/,
    )
    await expect(processor.loadVideo([file, file])).rejects.toThrow(/line\.png: /)
    await expect(processor.loadVideo([])).rejects.toThrow('video: expected at least one frame, got none')
  })

  it('names the file that is missing or broken', () => {
    expect(() => loadProcessor(path.join(folder, 'nowhere'))).toThrow(/nowhere.tokenizer\.json/)
    const broken = path.join(folder, 'broken')
    saveProcessor(broken, processor)
    fs.writeFileSync(path.join(broken, 'tokenizer.json'), '{"model": ')
    expect(() => loadProcessor(broken)).toThrow(/tokenizer\.json: expected JSON, got "\{\\"model\\": "/)
  })
})
