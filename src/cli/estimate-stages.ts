/**
 * A recipe's stages as sizes: which rows a step computes together, how long they are, what they cost. No data are
 * read: pictures have the size that the recipe says, texts a length assumed from the prompts' wording.
 */

import { usageError } from '../common/errors.js'
import type { Recipe } from '../ladder/recipe.js'
import { directAnswer, type PromptMode, type PromptStyle, promptText } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import type { DataSource, GrpoOptions, SftOptions, StageName } from '../training/options.js'
import type { Qwen2_5_VLConfig } from '../vision-language/config.js'
import {
  forwardFlops,
  grpoAloneFlops,
  grpoSharedFlops,
  trainFlops,
} from '../vision-language/estimate/flops.js'
import { type TrainingBytes, type TrainingPlan, trainingBytes } from '../vision-language/estimate/memory.js'
import { planName, trainingPlans } from '../vision-language/estimate/plans.js'
import { type Row, rowTokens } from '../vision-language/estimate/row.js'
import { gridOf, type ImageProcessorConfig } from '../vision-language/image-processor.js'
import type { GridThw } from '../vision-language/window-index.js'

/** Size of ScanNet's colour frames, taken where a recipe names a folder of scans. */
export const SCANNET_FRAME = { width: 1296, height: 968 }
/** Tokens of the template before the pictures and after the question, and around each picture or video. */
const TEMPLATE = { before: 14, after: 6, medium: 2 }
/** A question of usual length. */
const QUESTION = {
  question:
    'Measuring from the closest point of each object, what is the distance between the bookshelf and the nightstand (in meters)?',
  options: null,
}
/** Two objects. */
const BOXES = ['washing machine', 'refrigerator'].map((label) => ({
  bbox_2d: [101, 102, 203, 204] as [number, number, number, number],
  label,
}))
/** Tokens of the geometric teacher's reasoning with its answer, and of a caption. */
const REASONING: Record<PromptStyle, number> = { upstream: 120, compact: 90 }
const CAPTION = 60
/** Of a list of names. */
const LIST = 12

/** Tokens of an English text: one per four characters, one per digit. */
export const textTokens = (text: string): number => {
  const digits = text.match(/\d/g)?.length ?? 0
  return Math.ceil((text.length - digits) / 4) + digits
}

const questionTokens = (mode: PromptMode, style: PromptStyle): number =>
  textTokens(promptText(QUESTION as Sample, mode, style))

/** Rows of a source by kind of data, with their share among its rows. */
export interface Kind {
  data_type: string
  share: number
  grids: GridThw[]
}

const PICTURED = ['single_image', 'multi_view', 'video'] as const

/** The kinds of data a recipe's training questions have, by its totals or quotas, else in equal parts. */
export function kindsOf({ data }: Recipe, processor: ImageProcessorConfig): Kind[] {
  const { scans, dataset } = data.train
  const size = 'rooms' in scans ? { width: scans.width, height: scans.height } : SCANNET_FRAME
  const most = 'rooms' in scans ? scans.frames : Number.POSITIVE_INFINITY
  const grids = {
    single_image: () => [gridOf(size, 1, processor)],
    multi_view: () => Array.from({ length: Math.min(dataset.views, most) }, () => gridOf(size, 1, processor)),
    video: () => [gridOf(size, Math.min(dataset.video_frames, most), processor)],
  }
  const wanted = PICTURED.filter((type) => dataset.data_types.includes(type))
  if (wanted.length === 0)
    throw usageError('data.train.dataset.data_types', `one of ${PICTURED.join(', ')}`, 'none of them')
  const counts = wanted.map((type) => {
    const quotas = Object.entries(dataset.quotas).filter(([cell]) => cell.startsWith(`${type}/`))
    const sum = quotas.reduce((total, [, count]) => total + count, 0)
    return dataset.totals[type] ?? (quotas.length > 0 ? sum : undefined)
  })
  const known = counts.filter((count) => count !== undefined)
  const usual = known.length > 0 ? known.reduce((a, b) => a + b, 0) / known.length : 1
  const weights = counts.map((count) => count ?? usual)
  const all = weights.reduce((a, b) => a + b, 0)
  return wanted.map((type, i) => ({ data_type: type, share: weights[i] / all, grids: grids[type]() }))
}

interface WeightedRow {
  row: Row
  share: number
}

/** Rows of one source in fine-tuning. */
function sourceRows(source: DataSource, recipe: Recipe, kinds: Kind[], questions: number): WeightedRow[] {
  const { prompt_style: style } = recipe
  const [question, answer] = {
    cells: [LIST, 0],
    captions: [TEMPLATE.after + 20, CAPTION],
    grounding: [
      TEMPLATE.after + questionTokens('localize', style),
      1 + textTokens(directAnswer(BOXES, style)),
    ],
    spatial: [TEMPLATE.after + questionTokens('direct', style), 4],
    open: [TEMPLATE.after + questionTokens('open', style), 4],
    coldstart: [TEMPLATE.after + questionTokens('think', style), REASONING[style]],
  }[source]
  const single = kinds.filter(({ data_type }) => data_type === 'single_image')
  const used = ['cells', 'captions', 'grounding'].includes(source) && single.length > 0 ? single : kinds
  const all = used.reduce((sum, { share }) => sum + share, 0)
  return used.map(({ grids, share }) => ({
    share: share / all,
    row: {
      grids,
      text: TEMPLATE.before + TEMPLATE.medium * grids.length,
      branches: questions,
      question,
      answer,
    },
  }))
}

/** Prompts of GRPO with their completions, each of full length. */
const promptRows = (recipe: Recipe, kinds: Kind[], options: GrpoOptions): WeightedRow[] =>
  kinds.map(({ grids, share }) => ({
    share,
    row: {
      grids,
      text:
        TEMPLATE.before +
        TEMPLATE.medium * grids.length +
        questionTokens('think', recipe.prompt_style) +
        TEMPLATE.after,
      branches: options.num_generations,
      question: 0,
      answer: options.max_completion_length,
    },
  }))

const isGrpo = (options: SftOptions | GrpoOptions): options is GrpoOptions => 'num_generations' in options

export interface StageEstimate {
  name: StageName
  kind: 'sft' | 'grpo'
  max_steps: number
  /** That share the rows of a step; memory is that of each. */
  processes: number
  /** Rows (SFT) or prompts (GRPO) of a step, and questions or completions of each. */
  rows_per_step: number
  /** Of them, those that are in memory together. */
  rows_per_batch: number
  branches_per_row: number
  tower_frozen: boolean
  optim: string
  /** Tokens of a sample: one question with its answer. */
  tokens: { mean: number; longest: number; longest_visual: number }
  flops: {
    /** Of a mean sample. */
    forward_per_sample: number
    /** Forward and backward. */
    train_per_sample: number
    /** GRPO: rollout, scores and update. */
    grpo_per_completion?: { alone: number; shared_prompt: number }
    step: number
    stage: number
  }
  /** Of a batch whose rows are all of the kind that takes most. */
  memory: (TrainingBytes & {
    plan: string
    /** The recipe's own way; the others are for comparison. */
    chosen: boolean
  })[]
}

/** How the recipe says a stage is trained. */
function planOf(options: SftOptions | GrpoOptions): TrainingPlan {
  const { bf16, optim, freeze_vision_modules, gradient_checkpointing } = options
  const { use_peft, lora_r, lora_target_modules } = options
  const adapters = use_peft ? { rank: lora_r, targets: lora_target_modules } : null
  return {
    precision: bf16 ? 'bf16' : 'fp32',
    optim,
    frozenTower: freeze_vision_modules || use_peft,
    checkpointing: gradient_checkpointing,
    adapters,
  }
}

/** One stage of a recipe. @param rank of LoRA's adapters @param processes that train it together */
export function estimateStage(
  config: Qwen2_5_VLConfig,
  recipe: Recipe,
  name: StageName,
  kinds: Kind[],
  rank: number,
  processes = 1,
): StageEstimate {
  const options = recipe.stages[name]
  if (!options) throw new Error(`${recipe.name}: expected options of stage ${name}, got none`)
  const grpo = isGrpo(options)
  const branches = grpo ? options.num_generations : options.questions_per_row
  const rowsPerBatch = grpo
    ? options.per_device_train_batch_size / branches
    : options.per_device_train_batch_size
  const rowsPerStep = rowsPerBatch * options.gradient_accumulation_steps * processes
  const rows = grpo ? promptRows(recipe, kinds, options) : mixture(recipe, kinds, options)
  const mean = (of: (row: Row) => number): number =>
    rows.reduce((sum, { row, share }) => sum + share * of(row), 0)
  const alone = (row: Row): Row => ({ ...row, branches: 1 })
  const sizes = rows.map(({ row }) => rowTokens(config, alone(row)))
  const own = planOf(options)
  const step = {
    frozenTower: own.frozenTower,
    checkpointing: own.checkpointing,
    adapters: own.adapters !== null,
  }
  const cost = grpo && { ...step, reference: options.beta > 0, iterations: options.num_iterations }
  const shared = cost ? mean((row) => grpoSharedFlops(config, row, cost)) : 0
  // A rollout serves `num_iterations` steps.
  const stepFlops =
    rowsPerStep *
    (cost ? (branches * shared) / cost.iterations : mean((row) => trainFlops(config, row, step)))
  const others = trainingPlans({ optim: options.optim, frozenTower: options.freeze_vision_modules, rank })
  const plans = [
    { ...own, name: planName(own), chosen: true },
    ...others.filter(({ name }) => name !== planName(own)).map((plan) => ({ ...plan, chosen: false })),
  ]
  const bytesOf = (plan: TrainingPlan): TrainingBytes =>
    rows
      .map(({ row }) => Array.from({ length: rowsPerBatch }, () => row))
      .map((batch) => trainingBytes(config, batch, plan, cost ? { reference: cost.reference } : undefined))
      .reduce((a, b) => (b.peak > a.peak || (b.peak === a.peak && b.activations > a.activations) ? b : a))
  return {
    name,
    kind: grpo ? 'grpo' : 'sft',
    max_steps: options.max_steps,
    processes,
    rows_per_step: rowsPerStep,
    rows_per_batch: rowsPerBatch,
    branches_per_row: branches,
    tower_frozen: step.frozenTower,
    optim: options.optim,
    tokens: {
      mean: Math.round(mean((row) => rowTokens(config, alone(row)).total)),
      longest: Math.max(...sizes.map(({ total }) => total)),
      longest_visual: Math.max(...sizes.map(({ visual }) => visual)),
    },
    flops: {
      forward_per_sample: mean((row) => forwardFlops(config, alone(row)).total),
      train_per_sample: mean((row) => trainFlops(config, alone(row), step)),
      ...(cost
        ? {
            grpo_per_completion: {
              alone: mean((row) => grpoAloneFlops(config, row, cost)),
              shared_prompt: shared,
            },
          }
        : {}),
      step: stepFlops,
      stage: options.max_steps * stepFlops,
    },
    memory: plans.map((plan) => ({ plan: plan.name, chosen: plan.chosen, ...bytesOf(plan) })),
  }
}

/** Rows of all sources of a stage by their shares. */
function mixture(recipe: Recipe, kinds: Kind[], options: SftOptions): WeightedRow[] {
  const sources = Object.entries(options.data) as [DataSource, number][]
  const all = sources.reduce((sum, [, share]) => sum + share, 0)
  return sources.flatMap(([source, part]) =>
    sourceRows(source, recipe, kinds, options.questions_per_row).map(({ row, share }) => ({
      row,
      share: (share * part) / all,
    })),
  )
}
