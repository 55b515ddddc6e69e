/**
 * A data set as the Hugging Face hub takes it: parquet files with the pictures inside, one configuration per kind of
 * question, and a card. Files are split by size in a way that depends on the data alone, each is written whole or not
 * at all, and one that is there is not written again; pictures are read a row group at a time.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { SchemaElement } from 'hyparquet'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { dataError } from '../common/errors.js'
import { sha256, writeFileAtomic, writeJsonAtomic } from '../common/files.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { answerKind, type Sample } from '../schema/sample.js'

export type ExportConfig = 'grounding' | 'spatial'

/** Bytes of pictures in one row group. */
const GROUP_BYTES = 16 * 2 ** 20

const leaf = (name: string, type: SchemaElement['type'], text = false): SchemaElement => ({
  name,
  type,
  repetition_type: 'OPTIONAL',
  ...(text && { converted_type: 'UTF8' as const }),
})
/** A list as Arrow writes it: three levels. */
const listOf = (name: string, ...element: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
]
const struct = (name: string, ...fields: SchemaElement[][]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: fields.length },
  ...fields.flat(),
]

interface Column {
  name: string
  elements: SchemaElement[]
  /** As the hub's `datasets` library names it. */
  feature: unknown
  value(sample: Sample, pictures: Buffer[]): unknown
}

const text = (name: string, value: (sample: Sample) => string): Column => ({
  name,
  elements: [leaf(name, 'BYTE_ARRAY', true)],
  feature: { dtype: 'string', _type: 'Value' },
  value,
})

const BOX = listOf('bbox_2d', leaf('element', 'INT32'))
const answerOf: Record<ExportConfig, Column> = {
  spatial: text('answer', ({ answer }) => String(answer)),
  grounding: {
    name: 'answer',
    elements: listOf('answer', ...struct('element', BOX, [leaf('label', 'BYTE_ARRAY', true)])),
    feature: [{ bbox_2d: [{ dtype: 'int32', _type: 'Value' }], label: { dtype: 'string', _type: 'Value' } }],
    value: ({ answer }) => answer,
  },
}

const columnsOf = (config: ExportConfig): Column[] => [
  {
    name: 'question_id',
    elements: [leaf('question_id', 'INT32')],
    feature: { dtype: 'int32', _type: 'Value' },
    value: ({ question_id }) => question_id,
  },
  text('question', ({ question }) => question),
  ...(config === 'spatial'
    ? [
        {
          name: 'options',
          elements: listOf('options', leaf('element', 'BYTE_ARRAY', true)),
          feature: [{ dtype: 'string', _type: 'Value' }],
          value: ({ options }: Sample) => options,
        },
      ]
    : []),
  answerOf[config],
  text('question_type', ({ question_type }) => question_type),
  text('data_type', ({ data_type }) => data_type),
  text('scene_name', ({ scene_name }) => scene_name),
  text('evidence', ({ evidence }) => JSON.stringify(evidence)),
  {
    name: 'images',
    elements: listOf(
      'images',
      ...struct('element', [leaf('bytes', 'BYTE_ARRAY')], [leaf('path', 'BYTE_ARRAY', true)]),
    ),
    feature: [{ _type: 'Image' }],
    value: ({ image }, pictures) => image.map((file, i) => ({ bytes: pictures[i], path: file })),
  },
]

export const configOf = (sample: Sample): ExportConfig =>
  answerKind(sample) === 'boxes' ? 'grounding' : 'spatial'

/** Consecutive parts of `samples` whose pictures weigh at most `limit` bytes each; a single larger one stands alone. */
function partsOf(samples: readonly Sample[], weight: (sample: Sample) => number, limit: number): Sample[][] {
  const parts: Sample[][] = []
  let bytes = Infinity
  for (const sample of samples) {
    const own = weight(sample)
    if (bytes + own > limit) {
      parts.push([])
      bytes = 0
    }
    parts[parts.length - 1].push(sample)
    bytes += own
  }
  return parts
}

/** Writes one parquet file under a temporary name and renames it. */
async function writePart(
  target: string,
  samples: readonly Sample[],
  config: ExportConfig,
  root: string,
  weight: (sample: Sample) => number,
): Promise<void> {
  const columns = columnsOf(config)
  const temporary = `${target}.tmp-${process.pid}-0`
  fs.mkdirSync(path.dirname(target), { recursive: true })
  try {
    const features = Object.fromEntries(columns.map(({ name, feature }) => [name, feature]))
    const writer = new ParquetWriter({
      writer: fileWriter(temporary),
      schema: [
        { name: 'schema', num_children: columns.length },
        ...columns.flatMap(({ elements }) => elements),
      ],
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
      createdBy: 'spatial-ladder',
    })
    for (const group of partsOf(samples, weight, GROUP_BYTES)) {
      const pictures = await Promise.all(
        group.map(({ image }) =>
          Promise.all(image.map((file) => fs.promises.readFile(path.join(root, file)))),
        ),
      )
      await writer.write({
        columnData: columns.map(({ name, value }) => ({
          name,
          data: group.map((sample, i) => value(sample, pictures[i])),
          // JPEGs do not get smaller, and their bytes have no order worth noting.
          ...(name === 'images' && { codec: 'UNCOMPRESSED' as const, statistics: false }),
        })),
        rowGroupSize: group.length,
      })
    }
    await writer.finish()
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw error
  }
}

export interface ExportParquet {
  samples: readonly Sample[]
  /** Folder that `Sample.image` paths start from. */
  imageRoot: string
  out: string
  /** Bytes of pictures in one file, at most. */
  shardBytes: number
  /** Name on the card. */
  name: string
  progress?: Progress
}

/**
 * Writes `<out>/<config>/train-00000-of-00003.parquet`, ..., and `<out>/README.md`.
 * @returns files written now and files that were there
 * @throws data error naming a picture that is missing
 */
export async function exportParquet(job: ExportParquet): Promise<{ written: string[]; kept: string[] }> {
  const { samples, imageRoot, out, shardBytes, name, progress = silentProgress } = job
  const sizes = new Map<string, number>()
  const sizeOf = (image: string): number => {
    const known = sizes.get(image)
    if (known !== undefined) return known
    const found = fs.statSync(path.join(imageRoot, image), { throwIfNoEntry: false })
    if (!found) throw dataError(path.join(imageRoot, image), 'a picture', 'nothing there')
    sizes.set(image, found.size)
    return found.size
  }
  const weight = ({ image }: Sample): number => image.reduce((sum, file) => sum + sizeOf(file), 1000)
  const written: string[] = []
  const kept: string[] = []
  const counts = new Map<ExportConfig, number>()
  let done = 0
  progress.update(0)
  for (const config of ['grounding', 'spatial'] as const) {
    const own = samples.filter((sample) => configOf(sample) === config)
    if (own.length === 0) continue
    counts.set(config, own.length)
    const parts = partsOf(own, weight, shardBytes)
    for (const [i, part] of parts.entries()) {
      const pad = (n: number): string => String(n).padStart(5, '0')
      const file = path.join(out, config, `train-${pad(i)}-of-${pad(parts.length)}.parquet`)
      const input = sha256(JSON.stringify([part, part.flatMap(({ image }) => image.map(sizeOf))]))
      const note = `${file}.json`
      const same = fs.existsSync(file) && fs.existsSync(note) && fs.readFileSync(note, 'utf8').includes(input)
      if (!same) {
        await writePart(file, part, config, imageRoot, weight)
        writeJsonAtomic(note, { input, rows: part.length })
      }
      ;(same ? kept : written).push(file)
      done += part.length
      progress.update(done)
    }
  }
  writeFileAtomic(path.join(out, 'README.md'), card(name, counts))
  return { written, kept }
}

/** The card of the data set, with what the hub reads at its head. */
function card(name: string, counts: ReadonlyMap<ExportConfig, number>): string {
  const configs = [...counts.keys()].map(
    (config) =>
      `- config_name: ${config}\n  data_files:\n  - split: train\n    path: ${config}/train-*.parquet`,
  )
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0)
  const size =
    total < 1000 ? 'n<1K' : total < 10_000 ? '1K<n<10K' : total < 100_000 ? '10K<n<100K' : '100K<n<1M'
  return `---
pretty_name: ${name}
task_categories:
- visual-question-answering
language:
- en
size_categories:
- ${size}
configs:
${configs.join('\n')}
---
# ${name}

${[...counts].map(([config, n]) => `- \`${config}\`: ${n} samples`).join('\n')}

Spatial questions about rooms, with pictures inside. Columns are those of SpatialLadder-26k, plus \`scene_name\` and
\`evidence\` (JSON: the objects, boxes and numbers each answer was computed from). Boxes are pixels of the picture.

Made by spatial-ladder. Pictures of ScanNet stay under ScanNet's terms of use and may not be passed on.
`
}
