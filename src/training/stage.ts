/**
 * One rung of the ladder: takes the folder of the one before, trains, and leaves a folder that transformers
 * loads. `stage.json` is written last and says that the stage is complete and what it was made from.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../common/errors.js'
import { readJson, removeTemporaries, sha256, writeJsonAtomic } from '../common/files.js'
import type { Progress } from '../common/progress.js'
import type { PromptStyle } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import { engine } from '../torch/engine.js'
import { muon } from '../torch/muon.js'
import { adamW, type Optimizer } from '../torch/optimizer.js'
import type { Tensor } from '../torch/tensor.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { hashWeights } from '../vision-language/model/folder.js'
import { isHidden } from '../vision-language/model/names.js'
import type { Processor } from '../vision-language/processor.js'
import { copyProcessorFiles } from '../vision-language/processor-folder.js'
import { bestKeeper } from './best.js'
import { checkpointSteps, LAST } from './checkpoint.js'
import { type Example, exampleOf, readPrompted } from './example.js'
import { type Defects, stageProcessor } from './fidelity.js'
import { writeFirstBatch } from './first-batch.js'
import { createGrpo } from './grpo.js'
import { groupByLength, wantedLengths } from './lengths.js'
import { trainLoop } from './loop.js'
import {
  type CommonOptions,
  type DataSource,
  type GrpoOptions,
  isGrpo,
  type SftOptions,
  type StageName,
} from './options.js'
import { Pictures } from './pictures.js'
import { openPolicy } from './policy.js'
import { loadRewards, rewardHash } from './rewards.js'
import { type RowExamples, scheduleRows } from './schedule-rows.js'
import { createSft } from './sft.js'

const stageFileSchema = z.object({
  name: z.string(),
  complete: z.literal(true),
  /** Hash of options, data, parent, engine and threads. */
  fingerprint: z.string(),
  weights_sha256: z.string(),
  parent: z.object({ folder: z.string(), weights_sha256: z.string() }).nullable(),
  steps: z.int(),
  seconds: z.number(),
})
export type StageFile = z.infer<typeof stageFileSchema>

/** The record of a complete stage. @throws data error when the folder is not one */
export function readStageFile(folder: string): StageFile {
  const file = path.join(folder, 'stage.json')
  if (!fs.existsSync(file)) throw dataError(folder, 'a complete stage', 'no stage.json in it')
  const parsed = stageFileSchema.safeParse(readJson(file))
  if (!parsed.success) throw dataError(file, 'the record of a complete stage', parsed.error.issues[0].message)
  const actual = hashWeights(folder)
  if (actual !== parsed.data.weights_sha256)
    throw dataError(
      `${folder} weights`,
      `hash ${parsed.data.weights_sha256.slice(0, 12)}`,
      actual.slice(0, 12),
    )
  return parsed.data
}

/** Writes the folder of a model that no stage made: the ladder's first rung. */
export function writeStageFile(folder: string, stage: Omit<StageFile, 'complete' | 'weights_sha256'>): void {
  writeJsonAtomic(path.join(folder, 'stage.json'), {
    ...stage,
    complete: true,
    weights_sha256: hashWeights(folder),
  } satisfies StageFile)
}

export interface StageJob {
  name: StageName
  /** Folder of the stage before. */
  from: string
  /** Folder of this one. */
  out: string
  /** Samples of the training rooms; boxes in source pixels. */
  samples: readonly Sample[]
  imageRoot: string
  /** Files of prompted rows; needed where a stage asks for their source. */
  files: Partial<Record<DataSource, string>>
  /** Hash of the data the samples were read from. */
  dataHash: string
  style: PromptStyle
  seed: number
  options: SftOptions | GrpoOptions
  /** Upstream's defects to reproduce; none if absent. */
  defects?: Defects
  progress?: Progress
  signal?: AbortSignal
}

/**
 * Trains the stage, or goes on with it, or finds it complete.
 * @throws data error when the parent is incomplete, or what lies in `out` is from another recipe
 */
export async function runStage(job: StageJob): Promise<StageFile> {
  const { name, from, out, options, seed, style, dataHash } = job
  const parent = readStageFile(from)
  const fingerprint = sha256(
    JSON.stringify([
      name,
      options,
      seed,
      style,
      dataHash,
      parent.weights_sha256,
      engine().version(),
      engine().threads(),
      ...(isGrpo(options) ? [rewardHash(options)] : []),
      ...(job.defects ?? []),
    ]),
  )
  if (fs.existsSync(path.join(out, 'stage.json'))) {
    const found = readStageFile(out)
    if (found.fingerprint === fingerprint) {
      tidy(out)
      return found
    }
    throw dataError(out, 'a stage of this recipe, data and engine', 'one of another; use a fresh run folder')
  }
  const policy = openPolicy(from, options, seed)
  const { frozenTower, model, trained } = policy
  const processor = stageProcessor(from, job.defects)
  const pictures = new Pictures(processor.image_processor, undefined, options.gradient_accumulation_steps)
  const optimizer = optimizerFor(trained, options)
  try {
    const rows = await stageRows(job, processor)
    const parts = { model, processor, pictures, frozenTower, defects: job.defects }
    const trainer = isGrpo(options)
      ? createGrpo({
          ...parts,
          reference: options.beta > 0 ? policy.reference() : null,
          schedule: rows.map((step) => step.map(([example]) => example)),
          options,
          seed,
          rewards: await loadRewards(options),
        })
      : createSft({
          ...parts,
          schedule: rows,
          checkpointing: options.gradient_checkpointing,
          batchSize: options.per_device_train_batch_size,
          normalization: options.loss_normalization,
        })
    await writeFirstBatch(out, rows[0], { ...parts, isPrompt: isGrpo(options) })
    const seconds = await trainLoop({
      trainer,
      weights: policy.saved,
      trained,
      optimizer,
      options,
      folder: out,
      fingerprint,
      onSaveStep: bestKeeper(out, options, (target) => {
        copyProcessorFiles(from, target)
        policy.write(target)
      }),
      progress: job.progress,
      signal: job.signal,
    })
    copyProcessorFiles(from, out)
    policy.write(out)
    writeStageFile(out, {
      name,
      fingerprint,
      parent: { folder: path.basename(from), weights_sha256: parent.weights_sha256 },
      steps: options.max_steps,
      seconds,
    })
    tidy(out)
    return readStageFile(out)
  } finally {
    optimizer.dispose()
    pictures.dispose()
    policy.dispose()
  }
}

/** Rows of every step of a stage; for GRPO each is one prompt. */
export async function stageRows(
  job: Pick<StageJob, 'name' | 'options' | 'samples' | 'imageRoot' | 'files' | 'style' | 'seed' | 'defects'>,
  processor: Processor,
): Promise<RowExamples[][]> {
  const { name, options, seed, defects } = job
  // Upstream's boxes are scaled as if pictures were resized once.
  const once = { ...processor.image_processor, resize_twice: false }
  const examples = examplesOf(job, (size) =>
    resizedSize(size, defects?.has('D2') ? once : processor.image_processor),
  )
  const lengths = await wantedLengths([...examples.values()].flat(), options, processor, defects)
  return isGrpo(options)
    ? promptSchedule(examples, options, seed)
    : sftSchedule(examples, options, seed, name, lengths)
}

/** Removes from a complete stage what only served to go on with it. */
function tidy(folder: string): void {
  removeTemporaries(folder)
  for (const step of checkpointSteps(folder))
    fs.rmSync(path.join(folder, `checkpoint-${step}`), { recursive: true })
  fs.rmSync(path.join(folder, LAST), { force: true })
}

function optimizerFor(trained: ReadonlyMap<string, Tensor>, options: CommonOptions): Optimizer {
  const settings = {
    betas: [options.adam_beta1, options.adam_beta2] as [number, number],
    eps: options.adam_epsilon,
    weight_decay: options.weight_decay,
  }
  return options.optim === 'muon' ? muon(trained, isHidden, settings) : adamW(trained, settings)
}

type Sources = Map<DataSource, Example[]>

/** What each source holds for this stage. */
function examplesOf(
  job: Parameters<typeof stageRows>[0],
  resize: Parameters<typeof exampleOf>[1]['resize'],
): Sources {
  const { samples, imageRoot, style, options, files } = job
  const thinking = isGrpo(options) ? 'think' : undefined
  const boxes = (sample: Sample): boolean => Array.isArray(sample.answer)
  const make = (list: readonly Sample[], mode?: 'think'): Example[] =>
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
      const file = files[source]
      if (!file) throw dataError(`stage ${job.name}`, `a file of ${source} for its data`, 'none')
      return [source, readPrompted(file, imageRoot)]
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
  seed: number,
  stage: string,
  lengths: ReadonlyMap<Example, number> | null,
): RowExamples[][] {
  const schedule = scheduleRows(sharesOf(sources, options), {
    steps: options.max_steps,
    rowsPerStep: options.per_device_train_batch_size * options.gradient_accumulation_steps,
    questionsPerRow: options.questions_per_row,
    seed,
    stage,
  })
  if (options.train_sampling_strategy !== 'group_by_length') return schedule
  return groupByLength(schedule, (row) => row.reduce((sum, one) => sum + (lengths?.get(one) ?? 0), 0))
}

/** Prompts of every step, one row each; a rollout serves `num_iterations` steps. */
function promptSchedule(sources: Sources, options: GrpoOptions, seed: number): RowExamples[][] {
  const prompts = options.per_device_train_batch_size / options.num_generations
  if (!Number.isInteger(prompts))
    throw dataError(
      'per_device_train_batch_size',
      `a multiple of num_generations ${options.num_generations}`,
      `${options.per_device_train_batch_size}`,
    )
  return scheduleRows(sharesOf(sources, options), {
    steps: options.max_steps,
    rowsPerStep: prompts * options.gradient_accumulation_steps,
    questionsPerRow: 1,
    seed,
    stage: 'reasoning',
  })
}
