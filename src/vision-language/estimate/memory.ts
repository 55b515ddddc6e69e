/**
 * Bytes that training and generation take. Weights, gradients and optimizer state are exact; activations follow
 * what the layers keep for the backward pass (`activations.ts`).
 */
import { UPDATE_ELEMENTS } from '../../torch/update-groups.js'
import type { Qwen2_5_VLConfig } from '../config.js'
import { activationBytes, type Kernels, type Layout, logitChunkBytes } from './activations.js'
import { countParameters, loraParameters, muonSizes, sumOf, trainedParameters } from './parameters.js'
import { type Row, rowTokens } from './row.js'

/**
 * How numbers are held.
 * - `fp32`: weights, gradients and moments in fp32;
 * - `bf16`: weights and gradients in bf16, with fp32 copies of the weights (masters) and moments beside them, as
 *   DeepSpeed does.
 */
export type Precision = 'fp32' | 'bf16'
export type Optimizer = 'adamw_torch' | 'muon'

/** Low-rank adapters beside weights that do not change; fp32, with gradients and moments of their own. */
export interface Adapters {
  rank: number
  /** Linears that have one; all of the decoder layers if not given. */
  targets?: readonly string[]
}

export interface TrainingPlan {
  precision: Precision
  optim: Optimizer
  frozenTower: boolean
  /** Only the input of each layer is kept; its inside is computed again in the backward pass. */
  checkpointing: boolean
  /** Null where the weights themselves are trained. */
  adapters: Adapters | null
}

/** Bytes of a weight as it takes part in products. */
export const weightSize = (precision: Precision): number => (precision === 'fp32' ? 4 : 2)

const adapterCount = (config: Qwen2_5_VLConfig, { rank, targets }: Adapters): number =>
  loraParameters(config, rank, targets)

export interface StateBytes {
  weights: number
  gradients: number
  /** Master weights and moments. */
  optimizer: number
}

/** What lives as long as training does, gradients aside: they come and go with every step. */
export function stateBytes(config: Qwen2_5_VLConfig, plan: TrainingPlan): StateBytes {
  const { precision, optim, frozenTower, adapters } = plan
  const { total } = countParameters(config)
  const weights = weightSize(precision) * total
  if (adapters) {
    const count = adapterCount(config, adapters)
    return { weights: weights + 4 * count, gradients: 4 * count, optimizer: 8 * count }
  }
  const trained = trainedParameters(config, frozenTower)
  const { matrices, rest } = muonSizes(config, frozenTower)
  const moments = optim === 'muon' ? 4 * sumOf(matrices) + 8 * sumOf(rest) : 8 * trained
  const master = precision === 'bf16' ? 4 * trained : 0
  return { weights, gradients: weightSize(precision) * trained, optimizer: master + moments }
}

/** Sum of the three. */
export const stateTotal = ({ weights, gradients, optimizer }: StateBytes): number =>
  weights + gradients + optimizer

/**
 * Copies that an update makes while it runs, as `torch/optimizer.ts` and `torch/muon.ts` make them for the largest of
 * their groups: AdamW a denominator for every weight, Muon several of the matrices; narrow gradients are widened first.
 */
function updateBytes(config: Qwen2_5_VLConfig, plan: TrainingPlan): number {
  if (plan.adapters) return 4 * Math.min(UPDATE_ELEMENTS, adapterCount(config, plan.adapters))
  const widened = plan.precision === 'bf16' ? 4 : 0
  const sizes = muonSizes(config, plan.frozenTower)
  const group = (list: readonly number[]): number => Math.max(...list, Math.min(sumOf(list), UPDATE_ELEMENTS))
  if (plan.optim !== 'muon') return (4 + widened) * group([...sizes.rest, ...sizes.matrices])
  // Gradient with momentum (2), stacked, divided by its norm, and five iterations that leave three each.
  return Math.max((4 + widened) * group(sizes.rest), (4 * 19 + widened) * group(sizes.matrices))
}

export interface TrainingBytes extends StateBytes {
  activations: number
  /** The chunk of logits at work, with its gradients. */
  logits: number
  /** Copies that the update makes, once the activations are gone. */
  update: number
  /** Weights of the reference model; GRPO only. */
  reference: number
  /** Keys and values of all completions at full length; GRPO only. */
  cache: number
  /** The most that is held at once. */
  peak: number
}

/** Keys and values of one token in all layers. */
export const cacheBytesPerToken = (config: Qwen2_5_VLConfig, bytes: number): number =>
  2 *
  config.num_hidden_layers *
  config.num_key_value_heads *
  (config.hidden_size / config.num_attention_heads) *
  bytes

/** The kernels this program has today for a type of weights. */
const kernelsFor = (bytes: number): Kernels => (bytes === 4 ? 'native' : 'composed')

const layoutOf = ({ precision, frozenTower, checkpointing, adapters }: TrainingPlan): Layout => ({
  bytes: weightSize(precision),
  kernels: kernelsFor(weightSize(precision)),
  // Adapters stand in the decoder only.
  frozenTower: frozenTower || adapters !== null,
  checkpointing,
  adapters: adapters?.rank,
})

/**
 * A training step on `rows`, all at once.
 * @param rollout present for GRPO: rows are prompts, branches their completions
 */
export function trainingBytes(
  config: Qwen2_5_VLConfig,
  rows: readonly Row[],
  plan: TrainingPlan,
  rollout?: { reference: boolean },
): TrainingBytes {
  const state = stateBytes(config, plan)
  const layout = layoutOf(plan)
  const activations = activationBytes(config, rows, layout)
  const trained = rows.reduce((sum, row) => sum + rowTokens(config, row).trained, 0)
  const logits = logitChunkBytes(config, trained, layout.bytes)
  // Adapters are switched off for the reference.
  const shared = !rollout?.reference || plan.adapters !== null
  const reference = shared ? 0 : layout.bytes * countParameters(config).total
  const generation = rollout ? rolloutBytes(config, rows, layout.bytes) : { cache: 0, peak: 0 }
  const lasting = state.weights + state.optimizer + reference
  const update = updateBytes(config, plan)
  const step = state.gradients + Math.max(activations + logits, update)
  const peak = lasting + Math.max(step, generation.peak)
  return { ...state, activations, logits, update, reference, cache: generation.cache, peak }
}

/**
 * Generation of all branches of all rows, full length.
 * `peak` is while a batch that shrinks is copied, beside the logits of every row on their way to a token.
 */
export function rolloutBytes(
  config: Qwen2_5_VLConfig,
  rows: readonly Row[],
  bytes: number,
): { cache: number; peak: number } {
  const branches = rows.reduce((sum, row) => sum + row.branches, 0)
  const sizes = rows.map((row) => rowTokens(config, row))
  const length = Math.max(0, ...sizes.map(({ prefix, branch }) => prefix + branch))
  const cache = branches * length * cacheBytesPerToken(config, bytes)
  const logits = branches * config.vocab_size * (bytes + 48)
  return { cache, peak: 1.75 * cache + logits }
}

/** Answering one row: weights, cache at full length, and prefill or logits, whichever is more. */
export function inferenceBytes(config: Qwen2_5_VLConfig, row: Row, bytes: number): TrainingBytes {
  const weights = bytes * countParameters(config).total
  const { cache } = rolloutBytes(config, [row], bytes)
  const logits = row.branches * config.vocab_size * (bytes + 48)
  const prompt: Row = { ...row, text: row.text + row.question, branches: 1, question: 0, answer: 0 }
  const layout = { bytes, kernels: kernelsFor(bytes), frozenTower: false, checkpointing: false }
  const activations = activationBytes(config, [prompt], { ...layout, forwardOnly: true })
  const peak = weights + cache + Math.max(activations, logits)
  return { weights, gradients: 0, optimizer: 0, activations, logits, update: 0, reference: 0, cache, peak }
}
