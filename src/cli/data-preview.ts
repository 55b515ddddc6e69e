/** `data preview`: samples with their pictures, boxes and reasons, as one HTML file. */
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { geometricReasoning } from '../dataset/teacher.js'
import { previewHtml } from '../report/dataset-preview.js'
import { takeEvenly } from '../schema/evenly.js'
import { imageRootOf, readSamples } from '../schema/read-samples.js'
import { QUESTION_TYPES, type QuestionType } from '../schema/sample.js'
import { integer, oneOf, withExample } from './options.js'

interface PreviewOptions {
  out: string
  limit: number
  type?: QuestionType
  images?: string
  seed: number
}

async function run(data: string, options: PreviewOptions): Promise<void> {
  const { out, limit, type, seed } = options
  const all = readSamples(data)
  const samples = type === undefined ? all : all.filter(({ question_type }) => question_type === type)
  if (samples.length === 0)
    throw dataError(data, type === undefined ? 'samples' : `samples of ${type}`, 'none')
  const shown = takeEvenly(samples, limit, seed, 'cli/preview').map((sample) => ({
    sample,
    reason: geometricReasoning(sample),
  }))
  const page = await previewHtml(
    path.basename(path.resolve(data)),
    shown,
    options.images ?? imageRootOf(data),
  )
  writeFileAtomic(out, page)
  process.stdout.write(`${shown.length} of ${samples.length} samples\nwritten: ${out}\n`)
}

/** Adds `preview` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('preview')
    .description('show samples with their pictures, boxes, right answers and why they are right')
    .argument('<path>', 'a data folder, or a JSONL file of samples')
    .option('--out <file>', 'the page (HTML)', 'preview.html')
    .option('--limit <n>', 'how many samples, evenly over question types', integer(1), 40)
    .option('--type <name>', `only this question type: ${QUESTION_TYPES.join(', ')}`, oneOf(QUESTION_TYPES))
    .option('--images <dir>', 'where the pictures are (default: images/ beside the samples)')
    .option('--seed <n>', 'seed of the drawing', integer(0), 42)
    .action(run)
  withExample(command, 'spatial-ladder data preview data/rooms --limit 24 --out preview.html')
}
