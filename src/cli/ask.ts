/** `ask QUESTION`: one question to a model folder, about pictures or a video; the answer comes as it is written. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { usageError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import type { ContentItem, Processor } from '../vision-language/processor.js'
import { decimal, integer, repeated, withExample } from './options.js'

interface Flags {
  model: string
  image?: string[]
  video?: string
  frames: number
  fps: number
  system?: string
  maxNewTokens: number
  temperature: number
  seed: number
  dtype: 'f32' | 'bf16' | 'f16'
  draw?: string
  json?: boolean
}

function check({ draw, image = [], model, video }: Flags): void {
  for (const place of [model, ...image, ...(video === undefined ? [] : [video])])
    if (!fs.existsSync(place)) throw usageError(place, 'a file or folder', 'nothing there')
  if (draw === undefined) return
  if (!/\.(png|jpe?g)$/i.test(draw)) throw usageError('--draw', 'a file name that ends in .png or .jpg', draw)
  if (image.length !== 1 || video !== undefined)
    throw usageError(
      '--draw',
      'one picture to draw on',
      `${image.length}${video === undefined ? '' : ' and a video'}`,
    )
}

/** Pictures first, then the video, then the text, as the model was trained. */
async function contentOf(
  question: string,
  { fps, frames, image = [], video }: Flags,
): Promise<ContentItem[]> {
  const content: ContentItem[] = image.map((file) => ({ type: 'image', image: file }))
  if (video !== undefined) {
    const { evenFrames } = await import('../evaluation/media/frames.js')
    const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'ask-'))
    try {
      const { decodeImage } = await import('../images/codec.js')
      const files = await evenFrames(video, frames, scratch)
      content.push({ type: 'video', video: await Promise.all(files.map((file) => decodeImage(file))), fps })
    } finally {
      fs.rmSync(scratch, { recursive: true, force: true })
    }
  }
  return [...content, { type: 'text', text: question }]
}

/** Writes what is new of a growing answer; a character whose bytes are not all there waits. */
function writer(
  processor: Processor,
  write: (text: string) => void,
): { token(id: number): void; end(): string } {
  const ids: number[] = []
  let shown = ''
  const text = (): string => processor.tokenizer.decode(ids, { skip_special_tokens: true })
  const advance = (upTo: string): void => {
    if (!upTo.startsWith(shown)) return
    write(upTo.slice(shown.length))
    shown = upTo
  }
  return {
    token(id) {
      ids.push(id)
      advance(text().replace(/\uFFFD+$/, ''))
    },
    end() {
      advance(text())
      return text()
    },
  }
}

/** The picture with the boxes of `answer`, which are in pixels of what the model saw. */
export async function drawBoxesOf(
  file: string,
  answer: string,
  processor: Processor,
  out: string,
): Promise<number> {
  const { decodeImage, encodeJpeg, encodePng } = await import('../images/codec.js')
  const { drawBoxes } = await import('../images/draw.js')
  const { parseBoxes } = await import('../scoring/boxes.js')
  const { resizedSize } = await import('../vision-language/image-processor.js')
  const picture = await decodeImage(file)
  const seen = resizedSize(picture, processor.image_processor)
  const [x, y] = [picture.width / seen.width, picture.height / seen.height]
  const boxes = parseBoxes(answer).map(({ bbox_2d: [x1, y1, x2, y2], label }) => ({
    bbox: [x1 * x, y1 * y, x2 * x, y2 * y].map(Math.round) as [number, number, number, number],
    label,
  }))
  const image = drawBoxes(picture, boxes)
  writeFileAtomic(out, await (/\.png$/i.test(out) ? encodePng(image) : encodeJpeg(image)))
  return boxes.length
}

async function run(question: string, flags: Flags): Promise<void> {
  check(flags)
  const { loadModel } = await import('../vision-language/library.js')
  const { loadProcessor } = await import('../vision-language/processor-folder.js')
  const processor = loadProcessor(flags.model)
  const system = flags.system === undefined ? [] : [{ role: 'system' as const, content: flags.system }]
  const messages = [...system, { role: 'user' as const, content: await contentOf(question, flags) }]
  const inputs = await processor.process(messages, { add_generation_prompt: true })
  const model = loadModel(flags.model, { dtype: flags.dtype })
  const answer = writer(processor, (text) => {
    if (!flags.json) process.stdout.write(text)
  })
  const began = performance.now()
  const [{ finished, ids }] = model.generate(inputs, {
    do_sample: flags.temperature > 0,
    temperature: flags.temperature,
    seed: flags.seed,
    max_new_tokens: flags.maxNewTokens,
    // Pictures are for reading, not for writing.
    suppress_tokens: processor.tokenizer.special.banned,
    onToken: answer.token,
  })
  const seconds = (performance.now() - began) / 1000
  model.dispose()
  const text = answer.end()
  if (!flags.json) process.stdout.write('\n')
  const [picture] = flags.image ?? []
  const boxes = flags.draw === undefined ? null : await drawBoxesOf(picture, text, processor, flags.draw)
  if (flags.json) {
    const prompt_tokens = inputs.input_ids.length
    process.stdout.write(
      `${JSON.stringify({ answer: text, tokens: ids.length, prompt_tokens, finished, seconds })}\n`,
    )
  } else {
    if (!finished)
      process.stderr.write(`the answer was cut off after ${ids.length} tokens (--max-new-tokens)\n`)
    if (boxes !== null) process.stderr.write(`${flags.draw}: ${boxes === 1 ? '1 box' : `${boxes} boxes`}\n`)
  }
}

/** Adds `ask` to the program. */
export function register(program: Command): void {
  const command = program
    .command('ask')
    .description('ask a model folder about pictures or a video; the answer comes as it is written')
    .argument('<question>', 'what to ask')
    .requiredOption('--model <dir>', 'a Qwen2.5-VL folder, or a stage of a run')
    .option('--image <file>', 'a picture; repeatable', repeated)
    .option('--video <place>', 'a film, or a folder of frames')
    .option('--frames <n>', 'frames of the video, spread evenly', integer(1), 8)
    .option('--fps <n>', 'frames a second that the model is told', decimal(0.001), 2)
    .option('--system <text>', "in place of the template's system message")
    .option('--max-new-tokens <n>', 'longest answer', integer(1), 512)
    .option('--temperature <t>', '0 takes the likeliest token', decimal(0), 0)
    .option('--seed <n>', 'of the draws', integer(), 42)
    .addOption(
      new Option('--dtype <type>', 'element type of the weights')
        .choices(['f32', 'bf16', 'f16'])
        .default('f32'),
    )
    .option('--draw <file>', 'also write the picture with the boxes of the answer')
    .option('--json', 'print the answer, its tokens and time as JSON')
    .action(run)
  withExample(
    command,
    'spatial-ladder ask --model models/micro-base --image room.jpg "what is in the picture ?"',
    '# where things are, drawn into the picture',
    'spatial-ladder ask --model SpatialLadder-3B --dtype bf16 --image room.jpg --draw boxes.png "Locate the chair."',
  )
}
