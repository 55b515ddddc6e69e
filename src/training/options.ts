/**
 * The training section of a recipe. Keys are those of Hugging Face's TrainingArguments and TRL's GRPOConfig
 * where they exist there.
 */
import { z } from 'zod'
import { PROMPT_STYLES } from '../schema/prompts.js'
import { SCHEDULES } from '../torch/schedule.js'
import { LORA_TARGETS } from '../vision-language/model/lora.js'

/** In order. The first two pretrain a micro model; the paper's ladder starts from a model that has seen. */
export const STAGES = ['alignment', 'base', 'perception', 'understanding', 'cold-start', 'reasoning'] as const
export type StageName = (typeof STAGES)[number]

/**
 * Where a stage's examples come from, by share of its rows. `open` has the multiple-choice questions of `spatial` without
 * their options, answered in words.
 */
export const DATA_SOURCES = ['cells', 'captions', 'grounding', 'spatial', 'open', 'coldstart'] as const
export type DataSource = (typeof DATA_SOURCES)[number]

const common = {
  /** Optimizer steps. */
  max_steps: z.int().min(1),
  /** Batches of `per_device_train_batch_size` whose gradients add up to one step; memory is that of one batch. */
  gradient_accumulation_steps: z.int().min(1).default(1),
  /** Most tokens of a prompt with its answer; a sample that has more is named before the run starts. Absent: any number. */
  max_length: z.int().min(1).optional(),
  learning_rate: z.number().positive(),
  /** Muon for matrices (not the embeddings) and AdamW for the rest, or AdamW for all. */
  optim: z.enum(['adamw_torch', 'muon']).default('adamw_torch'),
  lr_scheduler_type: z.enum(SCHEDULES).default('cosine'),
  /** Share of the steps over which the rate rises from 0. */
  warmup_ratio: z.number().min(0).max(1).default(0.1),
  weight_decay: z.number().min(0).default(0),
  adam_beta1: z.number().min(0).max(1).default(0.9),
  adam_beta2: z.number().min(0).max(1).default(0.999),
  adam_epsilon: z.number().positive().default(1e-8),
  max_grad_norm: z.number().positive().default(1),
  /** Trained and tested without pictures: what is learnt so, the questions give away. */
  blind: z.boolean().default(false),
  /** The vision tower keeps its weights. */
  freeze_vision_modules: z.boolean().default(false),
  /** Parameters that keep their weights too, by the beginnings of their names in the checkpoint (`model.layers.0.`). */
  frozen_parameters: z.array(z.string().min(1)).default([]),
  /**
   * How long features of pictures are kept where the tower keeps its weights: not at all; for a step, so that rollout,
   * reference and loss share them; or for the run (as many as fit in 1 GiB), each picture computed by itself.
   */
  vision_feature_cache: z.enum(['none', 'step', 'run']).default('step'),
  /** Layers are computed anew in backward: less memory for about a third more time. */
  gradient_checkpointing: z.boolean().default(false),
  /** Weights in bf16 with fp32 masters in the optimizer, as DeepSpeed trains. */
  bf16: z.boolean().default(false),
  /** Train low-rank adapters beside frozen weights; the stage's folder has them merged, and apart in `adapter/`. */
  use_peft: z.boolean().default(false),
  lora_r: z.int().min(1).default(16),
  lora_alpha: z.number().positive().default(32),
  lora_target_modules: z
    .array(z.enum(LORA_TARGETS))
    .min(1)
    .default([...LORA_TARGETS]),
  /** Save at least this often, seconds. */
  save_seconds: z.number().positive().default(15),
  save_total_limit: z.int().min(1).default(2),
  /** Save at every multiple of this step too. */
  save_steps: z.int().min(1).optional(),
  /** Keep, as `best/`, the model of the multiple of `save_steps` whose mean of this metric was best. */
  metric_for_best_model: z.string().min(1).optional(),
  /** Absent: for every metric but those that end in "loss". */
  greater_is_better: z.boolean().optional(),
}

/**
 * What the loss of a step is a mean of: of the batches' own token means, as transformers accumulates for
 * Qwen2.5-VL (`accepts_loss_kwargs = False`), or of all answer tokens of the step alike, as it does where a model
 * takes `num_items_in_batch`; without accumulation they are the same. Or of the token means of the step's answers
 * (`answer_mean`), so that a letter weighs as much as a list of boxes, forty times as long.
 */
export const LOSS_NORMALIZATIONS = ['batch_mean', 'num_items_in_batch', 'answer_mean'] as const
export type LossNormalization = (typeof LOSS_NORMALIZATIONS)[number]

export const sftOptionsSchema = z.strictObject({
  ...common,
  loss_normalization: z.enum(LOSS_NORMALIZATIONS).default('batch_mean'),
  /** Rows per batch; a row is one set of pictures with up to `questions_per_row` questions about it. */
  per_device_train_batch_size: z.int().min(1),
  questions_per_row: z.int().min(1).default(1),
  /** `group_by_length`: the rows of every 50 steps sorted by length, as transformers does it. */
  train_sampling_strategy: z.enum(['random', 'group_by_length']).default('random'),
  /** Share of rows from each source. */
  data: z.partialRecord(z.enum(DATA_SOURCES), z.number().positive()),
})

/**
 * How token losses of a step become one number (TRL's names). `grpo`, which is upstream's: mean over a completion's
 * tokens, then over completions. `bnpo`: mean over the tokens of a batch. `dr_grpo`: sum over tokens by completions times
 * `max_completion_length`. `dapo`: mean over all tokens of the step.
 */
export const LOSS_TYPES = ['grpo', 'bnpo', 'dr_grpo', 'dapo'] as const
export type LossType = (typeof LOSS_TYPES)[number]
/** What divides a reward's distance from its group's mean: the group's deviation, that of the whole step, nothing. */
export const REWARD_SCALES = ['group', 'batch', 'none'] as const
export type RewardScale = (typeof REWARD_SCALES)[number]

/** How answers at the edges are judged, each by name; the defaults are upstream's strict reading. */
export const accuracyPolicySchema = z.strictObject({
  /** Against a target of 0: absolute error under the same limits, 0 itself and nothing else, or an error. */
  zero_target: z.enum(['absolute', 'exact', 'throw']).default('absolute'),
  /** `42 cm` */
  units: z.enum(['refuse', 'drop']).default('refuse'),
  /** `two` */
  number_words: z.enum(['refuse', 'read']).default('refuse'),
  /** `1,200` */
  thousands_commas: z.enum(['refuse', 'read']).default('refuse'),
  /** Of boxes: mean IoU, or the share with an IoU of at least one half. */
  boxes: z.enum(['iou', 'iou_50']).default('iou'),
})

export const grpoOptionsSchema = z.strictObject({
  ...common,
  /** Share of prompts from each source; boxes are asked for as in `perception` and earn their IoU. */
  data: z.partialRecord(z.enum(['spatial', 'grounding']), z.number().positive()).default({ spatial: 1 }),
  lr_scheduler_type: z.enum(SCHEDULES).default('linear'),
  warmup_ratio: z.number().min(0).max(1).default(0),
  /** Completions per batch, a multiple of `num_generations`. */
  per_device_train_batch_size: z.int().min(2),
  /** Completions per prompt, G. */
  num_generations: z.int().min(2).default(4),
  max_completion_length: z.int().min(1),
  temperature: z.number().positive().default(1),
  top_k: z.int().min(0).default(0),
  top_p: z.number().min(0).max(1).default(1),
  /** Weight of the KL divergence from the stage's starting model. */
  beta: z.number().min(0).default(0.01),
  /**
   * The KL term times the ratio, so that its gradient is that of the reverse KL divergence (DeepSeek-V3.2). TRL's
   * default since 1.13; upstream has the plain term.
   */
  use_bias_correction_kl: z.boolean().default(false),
  /** How far below 1 the ratio may go before it is clipped, and how far above (absent: as far). */
  epsilon: z.number().positive().default(0.2),
  epsilon_high: z.number().positive().optional(),
  /** Updates per rollout. */
  num_iterations: z.int().min(1).default(1),
  /** `accuracy`, `format`, or files that export a function (`RewardFunction` of `rewards.ts`). */
  reward_funcs: z.array(z.string().min(1)).min(1).default(['accuracy', 'format']),
  /** One for each of them; absent: 1. */
  reward_weights: z.array(z.number()).optional(),
  accuracy_policy: accuracyPolicySchema.prefault({}),
  /** The prompt of a group is computed once in the loss too; false: with each completion, as others do. Same gradients. */
  share_prompt: z.boolean().default(true),
  loss_type: z.enum(LOSS_TYPES).default('grpo'),
  scale_rewards: z.enum(REWARD_SCALES).default('group'),
})

export type SftOptions = z.infer<typeof sftOptionsSchema>
export type GrpoOptions = z.infer<typeof grpoOptionsSchema>
/** Told when the recipe is read, not when the first step is saved. */
const needsSaveSteps = {
  check: (options: { metric_for_best_model?: string; save_steps?: number }): boolean =>
    options.metric_for_best_model === undefined || options.save_steps !== undefined,
  told: { path: ['save_steps'], message: 'a number of steps, as metric_for_best_model is given' },
}
const stageOf = sftOptionsSchema.refine(needsSaveSteps.check, needsSaveSteps.told)

export const isGrpo = (options: SftOptions | GrpoOptions): options is GrpoOptions =>
  'num_generations' in options
export type CommonOptions = Pick<SftOptions, keyof typeof common>

/** A recipe may leave stages out; those it has are trained in the order above. */
export const stagesSchema = z.strictObject({
  alignment: stageOf.optional(),
  base: stageOf.optional(),
  perception: stageOf.optional(),
  understanding: stageOf.optional(),
  'cold-start': stageOf.optional(),
  // Told when the recipe is read, not when its last stage begins.
  reasoning: grpoOptionsSchema
    .refine(needsSaveSteps.check, needsSaveSteps.told)
    .refine(({ per_device_train_batch_size: batch, num_generations: group }) => batch % group === 0, {
      path: ['per_device_train_batch_size'],
      message: 'a multiple of num_generations',
    })
    .refine(
      ({ reward_funcs, reward_weights }) => (reward_weights ?? reward_funcs).length === reward_funcs.length,
      {
        path: ['reward_weights'],
        message: 'as many as reward_funcs',
      },
    )
    .refine(({ reward_funcs }) => new Set(reward_funcs).size === reward_funcs.length, {
      path: ['reward_funcs'],
      message: 'each once',
    })
    .optional(),
})
export const promptStyleSchema = z.enum(PROMPT_STYLES)
