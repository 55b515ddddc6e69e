/** An estimate as tables for a terminal. */
import { formatBytes } from '../common/progress.js'
import { boxedTable } from '../report/table.js'
import type { TrainingBytes } from '../vision-language/estimate/memory.js'
import type { ParameterCounts } from '../vision-language/estimate/parameters.js'
import type { Estimate } from './estimate-result.js'
import type { StageEstimate } from './estimate-stages.js'

/** 4.5e12 -> `4.50 TFLOP`. */
export function formatFlops(flops: number): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z']
  let [value, at] = [flops, 0]
  for (; at < units.length - 1 && value >= 999.5; at++) value /= 1000
  return `${value >= 999.5 ? Math.round(value) : value.toPrecision(3)} ${units[at]}FLOP`
}

const count = (value: number): string => value.toLocaleString('en')
const bytes = (value: number): string => (value === 0 ? '–' : formatBytes(value))

interface Line {
  name: string
  cells: string[]
  parted?: boolean
}

const table = (corner: string, heads: string[], lines: Line[], width: number): string =>
  boxedTable(
    lines,
    heads.map((head, c) => ({ head: [head], body: lines.map(({ cells }) => cells[c]) })),
    { width, corner },
  )

function parameterTable(counts: ParameterCounts, width: number): string {
  const line = (name: string, value: number): Line => ({
    name,
    cells: [count(value), formatBytes(2 * value), formatBytes(4 * value)],
  })
  const tied: Line = { name: 'head (tied to the embedding)', cells: ['–', '–', '–'] }
  return table(
    'parameters',
    ['number', 'bf16', 'fp32'],
    [
      line('vision tower', counts.visual),
      line('  patch embedding', counts.patch_embed),
      line('  blocks', counts.blocks),
      line('  merger', counts.merger),
      line('embedding', counts.embedding),
      line('decoder layers', counts.layers),
      line('norm', counts.norm),
      counts.head === 0 ? tied : line('head', counts.head),
      { ...line('total', counts.total), parted: true },
    ],
    width,
  )
}

const MEMORY_HEADS = [
  'weights',
  'gradients',
  'optimizer',
  'reference',
  'activations',
  'logits',
  'update',
  'kv cache',
  'peak',
]
const memoryCells = (memory: TrainingBytes): string[] =>
  [
    memory.weights,
    memory.gradients,
    memory.optimizer,
    memory.reference,
    memory.activations,
    memory.logits,
    memory.update,
    memory.cache,
    memory.peak,
  ].map(bytes)

function sampleTables({ sample, inference }: Estimate, width: number): string {
  if (!sample) return ''
  const { memory, flops, tokens } = sample
  const answering = inference.map((one): Line => ({ name: `inference ${one.plan}`, cells: memoryCells(one) }))
  const training = memory.map((one, i): Line => {
    const parts = [`${one.use} ${one.plan}`, one.tower_frozen && 'tower frozen', one.beta_zero && 'beta 0']
    return {
      name: parts.filter(Boolean).join(', '),
      cells: memoryCells(one),
      parted: i === 0 || memory[i - 1].use !== one.use,
    }
  })
  const work: Line[] = [
    ['forward', flops.forward.total],
    ['  vision tower', flops.forward.vision],
    ['  decoder', flops.forward.decoder],
    ['  head, answer only', flops.forward.head],
    ['SFT step', flops.sft_step],
    ['SFT step, tower frozen', flops.sft_step_frozen_tower],
    ['GRPO, per completion', flops.grpo_per_completion.alone],
    ['  with shared prompt', flops.grpo_per_completion.shared_prompt],
    ['  and frozen tower', flops.grpo_per_completion.shared_prompt_frozen_tower],
  ].map(([name, value]) => ({ name: String(name), cells: [formatFlops(Number(value))] }))
  return [
    `One sample: ${sample.pictures} ${sample.pictures === 1 ? 'picture' : 'pictures'} (${tokens.visual} visual tokens), ${tokens.text} tokens of text, ${tokens.answer} of answer; GRPO: ${sample.generations} completions of one prompt.`,
    table('memory', MEMORY_HEADS, [...answering, ...training], width).trimEnd(),
    table('work', ['per sample'], work, width),
  ].join('\n')
}

function stageTables(stages: readonly StageEstimate[], width: number): string {
  const plain = stages.map(({ name, max_steps, rows_per_step, branches_per_row, tokens, flops }): Line => {
    const grpo = flops.grpo_per_completion
    return {
      name,
      cells: [
        count(max_steps),
        `${rows_per_step} × ${branches_per_row}`,
        count(tokens.mean),
        count(tokens.longest),
        formatFlops(flops.forward_per_sample),
        formatFlops(flops.train_per_sample),
        grpo ? formatFlops(grpo.alone) : '–',
        grpo ? formatFlops(grpo.shared_prompt) : '–',
        formatFlops(flops.step),
        formatFlops(flops.stage),
      ],
    }
  })
  const heads = [
    'steps',
    'rows × each',
    'tokens',
    'longest',
    'forward',
    'SFT step',
    'GRPO alone',
    'shared',
    'step',
    'stage',
  ]
  const memory = stages.flatMap(({ name, memory, tower_frozen }, s) =>
    memory.map(
      (one, i): Line => ({
        name: one.chosen ? `${name}: ${one.plan}${tower_frozen ? ', tower frozen' : ''}` : `  or ${one.plan}`,
        cells: memoryCells(one),
        parted: s > 0 && i === 0,
      }),
    ),
  )
  return [
    'Stages: tokens of a mean and of the longest sample; work of a mean sample, of a step and of the stage.',
    table('stage', heads, plain, width).trimEnd(),
    'Memory of a batch whose rows are all of the kind that takes most, as the recipe says and otherwise:',
    table('stage', MEMORY_HEADS, memory, width),
  ].join('\n')
}

function checkpointLine({ checkpoint, model, parameters }: Estimate): string {
  if (!checkpoint)
    return model.folder === null ? '' : `weights: not in ${model.folder}; counted from config.json\n`
  const held = Object.keys(checkpoint.dtypes).join(', ')
  const files = `weights in ${model.folder}: ${count(checkpoint.parameters)} parameters in ${checkpoint.tensors} tensors (${held})`
  if (checkpoint.equal) return `${files}: those of config.json\n`
  const parts = (['missing', 'reshaped', 'unexpected'] as const).flatMap((key) => {
    const names = checkpoint[key]
    return names.length > 0 ? [`${names.length} ${key} (${names[0]}${names.length > 1 ? ', …' : ''})`] : []
  })
  return `${files}: not the ${count(parameters.total)} of config.json: ${parts.join('; ')}\n`
}

/** All of it. @param width of the terminal, characters */
export function estimateText(estimate: Estimate, width: number): string {
  const { model, parameters, stages, inference } = estimate
  const assumed = estimate.assumed.map((line) => `assumed: ${line}\n`).join('')
  const answering = stages
    ? `answering one question of the longest kind: ${inference.map(({ plan, peak }) => `${formatBytes(peak)} in ${plan}`).join(', ')}\n`
    : ''
  return [
    `${model.name} (${model.source}), pictures of ${count(model.pixels.min)} to ${count(model.pixels.max)} pixels\n`,
    parameterTable(parameters, width),
    checkpointLine(estimate),
    stages ? stageTables(stages, width) : sampleTables(estimate, width),
    answering,
    assumed,
    'bf16: masters and moments in fp32. Weights, gradients and optimizer are exact. Activations are what the layers keep:\n',
    'measured, a tenth more in fp32, a third in bf16, more with LoRA, since copies of the layer at work are not counted.\n',
    'Peak: the larger of the step, of its update and of the rollout. GB are 10⁹ bytes.\n',
  ].join('')
}
