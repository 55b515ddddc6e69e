/** `data preview`: samples with their pictures, boxes and reasons, as one HTML file. */
import path from 'node:path'
import type { Command } from 'commander'
import { dataError } from '../common/errors.js'
import { writeFileAtomic } from '../common/files.js'
import { startProgress } from '../common/progress.js'
import { readExportSource } from '../dataset/export-source.js'
import { geometricReasoning } from '../dataset/teacher.js'
import { previewHtml } from '../report/dataset-preview.js'
import { takeEvenly } from '../schema/evenly.js'
import { DATA_TYPES, type DataType, QUESTION_TYPES, type QuestionType } from '../schema/sample.js'
import { integer, oneOf, withExample } from './options.js'

interface PreviewOptions {
  out: string
  limit: number
  type?: QuestionType
  dataType?: DataType
  images?: string
  seed: number
}

async function run(data: string, options: PreviewOptions): Promise<void> {
  const { dataType, images, limit, out, seed, type } = options
  const { samples: all, imageRoot } = await readExportSource(data, images)
  const samples = all.filter(
    (one) =>
      (type === undefined || one.question_type === type) &&
      (dataType === undefined || one.data_type === dataType),
  )
  if (samples.length === 0)
    throw dataError(data, `samples of ${[type, dataType].filter((part) => part).join(', ')}`, 'none')
  const shown = takeEvenly(samples, limit, seed, 'cli/preview').map((sample) => ({
    sample,
    reason: geometricReasoning(sample),
  }))
  const progress = startProgress('preview', shown.length, { unit: 'samples' })
  const page = await previewHtml(path.basename(path.resolve(data)), shown, imageRoot, progress).finally(() =>
    progress.end(),
  )
  writeFileAtomic(out, page)
  process.stdout.write(`${shown.length} of ${samples.length} samples\nwritten: ${out}\n`)
}

/** Adds `preview` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('preview')
    .description('show samples with their pictures, boxes, right answers and why they are right')
    .argument('<path>', 'a data folder, the released SpatialLadder-26k folder, or a JSONL file')
    .option('--out <file>', 'the page (HTML)', 'preview.html')
    .option('--limit <n>', 'how many samples, evenly over question types', integer(1), 60)
    .option('--type <name>', `only this question type: ${QUESTION_TYPES.join(', ')}`, oneOf(QUESTION_TYPES))
    .option('--data-type <name>', `only this data type: ${DATA_TYPES.join(', ')}`, oneOf(DATA_TYPES))
    .option('--images <dir>', 'where the pictures are (default: images/ beside the samples)')
    .option('--seed <n>', 'seed of the drawing', integer(0), 42)
    .action(run)
  withExample(
    command,
    'spatial-ladder data preview data/rooms --limit 24 --out preview.html',
    'spatial-ladder data preview data/rooms --type "relative direction" --data-type video',
  )
}
