import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeImage, encodePng } from '../images/codec.js'
import { blankImage } from '../images/draw.js'
import { formulaPicture } from '../images/formula-picture.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import * as ask from './ask.js'

const model = 'models/micro-base'
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ask-test-'))
const at = (name: string): string => path.join(folder, name)
let printed: string
let told: string
beforeAll(async () => {
  fs.writeFileSync(at('room.png'), await encodePng(formulaPicture(84, 56, 3)))
  fs.mkdirSync(at('frames'))
  for (let i = 0; i < 5; i++)
    fs.writeFileSync(at(`frames/${i}.png`), await encodePng(formulaPicture(84, 56, i)))
})
beforeEach(() => {
  printed = ''
  told = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text)
    return true
  })
})
afterAll(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true, force: true })
})

async function run(...words: string[]): Promise<void> {
  const program = new Command().exitOverride()
  ask.register(program)
  printed = ''
  await program.parseAsync(['node', 'spatial-ladder', 'ask', ...words])
}

describe('ask', () => {
  it('writes the answer as it comes: the same text as JSON has', async () => {
    const words = ['--model', model, '--image', at('room.png'), 'what is in the picture ?']
    await run(...words, '--json')
    const { answer, finished, prompt_tokens } = JSON.parse(printed)
    expect(answer.length).toBeGreaterThan(10)
    expect(prompt_tokens).toBeGreaterThan(20)
    expect(finished).toBe(true)
    await run(...words)
    expect(printed).toBe(`${answer}\n`)
    expect(told).toBe('')
  })

  it('looks at what it is shown: another picture, several, a video, or none', async () => {
    const prompts: number[] = []
    for (const media of [
      [],
      ['--image', at('room.png')],
      ['--image', at('room.png'), '--image', at('frames/1.png')],
      ['--video', at('frames'), '--frames', '4'],
    ]) {
      await run('--model', model, ...media, '--max-new-tokens', '3', '--json', 'what is there ?')
      prompts.push(JSON.parse(printed).prompt_tokens)
    }
    const [none, one, two, video] = prompts
    expect(two - one).toBe(one - none)
    // Two frames share a row of patches.
    expect(video - none).toBe(2 * (one - none - 2) + 2)
  })

  it('says when the answer was cut off', async () => {
    await run(
      '--model',
      model,
      '--image',
      at('room.png'),
      '--max-new-tokens',
      '2',
      'what is in the picture ?',
    )
    expect(told).toBe('the answer was cut off after 2 tokens (--max-new-tokens)\n')
  })

  it('draws boxes where they are in the picture, not where the model saw them', async () => {
    const processor = loadProcessor(model)
    const picture = blankImage(300, 200, [255, 255, 255])
    fs.writeFileSync(at('white.png'), await encodePng(picture))
    const seen = resizedSize(picture, processor.image_processor)
    const half = JSON.stringify([
      { bbox_2d: [seen.width / 2, seen.height / 2, seen.width - 2, seen.height - 2] },
    ])
    expect(await ask.drawBoxesOf(at('white.png'), half, processor, at('boxes.png'))).toBe(1)
    const { data, height, width } = await decodeImage(at('boxes.png'))
    expect([width, height]).toEqual([300, 200])
    let [left, top] = [width, height]
    for (let i = 0; i < width * height; i++)
      if (data[3 * i] !== 255 || data[3 * i + 1] !== 255) {
        left = Math.min(left, i % width)
        top = Math.min(top, Math.floor(i / width))
      }
    expect(Math.abs(left - 150)).toBeLessThanOrEqual(2)
    expect(Math.abs(top - 100)).toBeLessThanOrEqual(2)
  })

  it.each<[string, string[], string]>([
    [
      'a picture that is not there',
      ['--image', 'nowhere.png'],
      'nowhere.png: expected a file or folder, got nothing there',
    ],
    ['a drawing without a picture', ['--draw', 'x.png'], '--draw: expected one picture to draw on, got 0'],
    [
      'a drawing of another kind',
      ['--draw', 'x.gif'],
      '--draw: expected a file name that ends in .png or .jpg, got x.gif',
    ],
  ])('refuses %s', async (_, words, line) => {
    await expect(run('--model', model, ...words, 'what ?')).rejects.toThrow(line)
  })
})
