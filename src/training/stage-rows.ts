/** Which rows each step of a stage sees: from samples and files by the shares of the recipe. */
import { dataError } from '../common/errors.js'
import type { PromptMode } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import { resizedSize } from '../vision-language/image-processor.js'
import type { Processor } from '../vision-language/processor.js'
import { ALONE } from './data-parallel.js'
import { type Example, exampleOf, readCells, readPrompted } from './example.js'
import { groupByLength, wantedLengths } from './lengths.js'
import { type DataSource, type GrpoOptions, isGrpo, type SftOptions } from './options.js'
import { type RowExamples, scheduleRows } from './schedule-rows.js'
import type { StageJob } from './stage-job.js'

type RowsJob = Pick<
  StageJob,
  'name' | 'options' | 'samples' | 'imageRoot' | 'files' | 'style' | 'seed' | 'defects' | 'ranks'
>

/** Rows of every step of a stage; for GRPO each is one prompt. */
export async function stageRows(job: RowsJob, processor: Processor): Promise<RowExamples[][]> {
  const { name, options, seed, defects, ranks = ALONE } = job
  /** Batches of a step, over all processes. */
  const batches = ranks.size * options.gradient_accumulation_steps
  // Upstream's boxes are scaled as if pictures were resized once.
  const once = { ...processor.image_processor, resize_twice: false }
  const examples = examplesOf(job, (size) =>
    resizedSize(size, defects?.has('D2') ? once : processor.image_processor),
  )
  const lengths = await wantedLengths([...examples.values()].flat(), options, processor, defects)
  const schedule = isGrpo(options)
    ? promptSchedule(examples, options, batches, seed)
    : sftSchedule(examples, options, batches, seed, name, lengths)
  return options.blind ? schedule.map((rows) => rows.map(withoutPictures)) : schedule
}

const withoutPictures = (row: RowExamples): RowExamples => row.map((example) => ({ ...example, media: [] }))

type Sources = Map<DataSource, Example[]>

/** What each source holds for this stage. */
function examplesOf(job: RowsJob, resize: Parameters<typeof exampleOf>[1]['resize']): Sources {
  const { samples, imageRoot, style, options, files } = job
  const thinking = isGrpo(options) ? 'think' : undefined
  const boxes = (sample: Sample): boolean => Array.isArray(sample.answer)
  const make = (list: readonly Sample[], mode?: PromptMode): Example[] =>
    list.map((sample) => exampleOf(sample, { mode, style, imageRoot, resize, defects: job.defects }))
  const wanted = Object.keys(options.data) as DataSource[]
  return new Map(
    wanted.map((source): [DataSource, Example[]] => {
      if (source === 'grounding') return [source, make(samples.filter(boxes))]
      if (source === 'spatial')
        return [
          source,
          make(
            samples.filter((s) => !boxes(s)),
            thinking,
          ),
        ]
      if (source === 'open')
        return [
          source,
          make(
            samples.filter((s) => s.options),
            'open',
          ),
        ]
      const file = files[source]
      if (!file) throw dataError(`stage ${job.name}`, `a file of ${source} for its data`, 'none')
      return [source, (source === 'cells' ? readCells : readPrompted)(file, imageRoot)]
    }),
  )
}

const sharesOf = (sources: Sources, { data }: SftOptions | GrpoOptions) =>
  new Map(
    [...sources].map(([name, examples]) => [
      name,
      { examples, share: (data as SftOptions['data'])[name] ?? 0 },
    ]),
  )

function sftSchedule(
  sources: Sources,
  options: SftOptions,
  batches: number,
  seed: number,
  stage: string,
  lengths: ReadonlyMap<Example, number> | null,
): RowExamples[][] {
  const schedule = scheduleRows(sharesOf(sources, options), {
    steps: options.max_steps,
    rowsPerStep: options.per_device_train_batch_size * batches,
    questionsPerRow: options.questions_per_row,
    seed,
    stage,
  })
  if (options.train_sampling_strategy !== 'group_by_length') return schedule
  return groupByLength(schedule, (row) => row.reduce((sum, one) => sum + (lengths?.get(one) ?? 0), 0))
}

/** Prompts of every step, one row each; a rollout serves `num_iterations` steps. */
function promptSchedule(
  sources: Sources,
  options: GrpoOptions,
  batches: number,
  seed: number,
): RowExamples[][] {
  const prompts = options.per_device_train_batch_size / options.num_generations
  if (!Number.isInteger(prompts))
    throw dataError(
      'per_device_train_batch_size',
      `a multiple of num_generations ${options.num_generations}`,
      `${options.per_device_train_batch_size}`,
    )
  return scheduleRows(sharesOf(sources, options), {
    steps: options.max_steps,
    rowsPerStep: prompts * batches,
    questionsPerRow: 1,
    seed,
    stage: 'reasoning',
  })
}
