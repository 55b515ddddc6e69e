/**
 * Reads a data set whoever wrote it: this program's samples, the released SpatialLadder-26k files (which say neither
 * room nor size of pictures), or SPBench's columns as JSONL. All become samples; what a file does not say stays empty.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJsonl } from '../common/jsonl.js'
import { readImageSize } from '../images/codec.js'
import { imageRootOf, SAMPLE_FILES } from '../schema/read-samples.js'
import { type QuestionType, type Sample, sampleSchema } from '../schema/sample.js'
import { pictureFile } from './export-pictures.js'
import { SPBENCH_SETS, SPBENCH_TYPES, type SpBenchRow, type SpBenchSet } from './spbench.js'

const releasedSchema = sampleSchema
  .pick({ question_id: true, question: true, answer: true, image: true, data_type: true })
  .extend({
    options: sampleSchema.shape.options.default(null),
    question_type: sampleSchema.shape.question_type.optional(),
  })
  .refine(
    ({ answer, question_type }) => Array.isArray(answer) || question_type !== undefined,
    'question_type: expected one, as the answer is no list of boxes',
  )

const spBenchSchema = z.object({
  id: z.int().min(0),
  dataset: z.string(),
  scene_name: z.string().min(1),
  question_type: z.string(),
  question: z.string().min(1),
  ground_truth: z.union([z.string(), z.number()]).transform(String),
  options: z.array(z.string()).nullable(),
  images: z.array(z.string()).min(1),
})

export type SpBenchSets = Partial<Record<SpBenchSet, SpBenchRow[]>>

export interface ExportSource {
  samples: Sample[]
  /** Rows in SPBench's columns, where the data set has such files. */
  spbench: SpBenchSets
  imageRoot: string
}

function parse<T>(schema: z.ZodType<T>, row: unknown, place: string): T {
  const parsed = schema.safeParse(row)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw dataError(`${place} field ${issue.path.join('.') || '(row)'}`, 'a sample', issue.message)
}

const has = (row: unknown, key: string): boolean => typeof row === 'object' && row !== null && key in row

/** A released row: its room is the folder of its first picture. */
function releasedSample(row: unknown, place: string): Sample {
  const { question_type = 'object localization', ...rest } = parse(releasedSchema, row, place)
  return {
    ...rest,
    question_type,
    scene_name: rest.image[0]?.split('/').slice(0, -1).join('/') || 'unknown',
    images: [],
    evidence: { objects: [], numbers: {} },
    generator: { version: 'unknown', seed: 0 },
  }
}

const TYPE_OF = new Map(Object.entries(SPBENCH_TYPES).map(([ours, theirs]) => [theirs, ours as QuestionType]))

function spBenchSample(row: SpBenchRow, place: string): Sample {
  // The published set has its directions merged; other people's may not.
  const name = row.question_type.replace(/^(object_rel_direction)_(easy|medium|hard)$/, '$1')
  const question_type = TYPE_OF.get(name)
  if (!question_type)
    throw dataError(`${place} field question_type`, [...TYPE_OF.keys()].join(', '), row.question_type)
  return {
    question_id: row.id,
    question: row.question,
    options: row.options,
    answer: row.ground_truth,
    image: row.images.map((image) => path.posix.join(row.scene_name, image)),
    question_type,
    data_type: row.images.length === 1 ? 'single_image' : 'multi_view',
    scene_name: row.scene_name,
    images: [],
    evidence: { objects: [], numbers: {} },
    generator: { version: 'unknown', seed: 0 },
  }
}

/** Files of a data folder: samples, or else SPBench's. */
function filesOf(data: string): { samples: string[]; spbench: string[] } {
  if (!fs.statSync(data).isDirectory()) return { samples: [data], spbench: [] }
  const found = (names: readonly string[]): string[] =>
    names.map((name) => path.join(data, name)).filter((file) => fs.existsSync(file))
  const samples = found(SAMPLE_FILES)
  const spbench = found(SPBENCH_SETS.map((name) => `${name}.jsonl`))
  if (samples.length + spbench.length === 0)
    throw dataError(data, `${SAMPLE_FILES.join(' or ')} or SPBench-SI.jsonl`, 'a folder with none')
  return { samples, spbench }
}

/** Sizes of pictures that the file does not say, from their headers; nothing where one is not at hand. */
async function addSizes(samples: readonly Sample[], root: string): Promise<void> {
  const known = new Map<string, Promise<{ width: number; height: number }> | null>()
  const sizeOf = (image: string): Promise<{ width: number; height: number }> | null => {
    const before = known.get(image)
    if (before !== undefined) return before
    const file = pictureFile(root, image)
    const size = fs.existsSync(file) ? readImageSize(file) : null
    known.set(image, size)
    return size
  }
  for (const sample of samples) {
    if (sample.images.length > 0) continue
    const sizes = await Promise.all(sample.image.map(sizeOf))
    const whole = sizes.flatMap((size, i) => (size ? [{ ...size, frame_id: i }] : []))
    if (whole.length === sizes.length) sample.images = whole
  }
}

/**
 * Everything in `data`: a folder, or one JSONL file.
 * @param images folder that paths of pictures start from; default `images/` beside the files
 * @throws data error naming file, row and field
 */
export async function readExportSource(data: string, images?: string): Promise<ExportSource> {
  const imageRoot = images ?? imageRootOf(data)
  const files = filesOf(data)
  const spbench: SpBenchSets = {}
  const readRow =
    (file: string, set?: SpBenchSet) =>
    (row: unknown, index: number): Sample => {
      const place = `${file} row ${index + 1}`
      if (has(row, 'evidence')) return parse(sampleSchema, row, place)
      if (!has(row, 'ground_truth')) return releasedSample(row, place)
      const parsed = parse(spBenchSchema, row, place)
      const name = set ?? (parsed.images.length === 1 ? 'SPBench-SI' : 'SPBench-MV')
      const rows = spbench[name] ?? []
      spbench[name] = rows
      rows.push(parsed)
      return spBenchSample(parsed, place)
    }
  const samples = files.samples.flatMap((file) => readJsonl(file).map(readRow(file)))
  const benchmark = files.spbench.flatMap((file) =>
    readJsonl(file).map(readRow(file, path.basename(file, '.jsonl') as SpBenchSet)),
  )
  // A recipe of SPBench's writes the same questions in both ways.
  const all = samples.length > 0 ? samples : benchmark
  if (all.length === 0) throw dataError(data, 'samples', 'none')
  await addSizes(all, imageRoot)
  return { samples: all, spbench, imageRoot }
}
