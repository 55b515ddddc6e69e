/** `train RECIPE --stage NAME`: one rung of the ladder, and whatever it stands on that is not there yet. */
import path from 'node:path'
import type { Command } from 'commander'
import { lockFolder } from '../common/lock.js'
import { formatBytes, formatDuration } from '../common/progress.js'
import type { LadderJob } from '../ladder/prepare-run.js'
import { STAGES, type StageName } from '../training/options.js'
import { interruptSignal, isFirst } from './interrupt.js'
import { repeated, withExample } from './options.js'
import { withRanks } from './ranks.js'

interface TrainOptions {
  stage: string
  out?: string
  set?: string[]
  json?: boolean
  dryRun?: boolean
}

/** Memory and work of the stage by its sizes, time by the speed of matrix products, and its first batch. */
async function preview(job: LadderJob, stage: StageName, json = false): Promise<void> {
  const { previewStage } = await import('../ladder/run-ladder.js')
  const { recipeModel } = await import('./estimate-model.js')
  const { estimateStage, kindsOf } = await import('./estimate-stages.js')
  const { formatFlops } = await import('./estimate-text.js')
  const { launchFrom } = await import('../torch/process-group.js')
  const { recipe } = job
  const { config, processor } = recipeModel(recipe)
  const processes = launchFrom()?.size ?? 1
  const estimate = estimateStage(config, recipe, stage, kindsOf(recipe, processor), 64, processes)
  const { firstBatch, flopsPerSecond } = await previewStage(job, stage, processes)
  const speed = processes * flopsPerSecond
  const seconds = { step: estimate.flops.step / speed, stage: estimate.flops.stage / speed }
  if (json) {
    const result = {
      stage,
      estimate,
      flops_per_second: speed,
      seconds_at_least: seconds,
      first_batch: firstBatch,
    }
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    return
  }
  const [memory] = estimate.memory
  const [by, each] = processes > 1 ? [` by ${processes} processes`, ' each'] : ['', '']
  const step = seconds.step < 10 ? `${seconds.step.toPrecision(2)} s` : formatDuration(seconds.step)
  process.stdout.write(
    `${firstBatch}\n${stage}: ${estimate.max_steps} steps of ${estimate.rows_per_step} × ${estimate.branches_per_row}${by}, ${formatBytes(memory.peak)}${each} at most (${memory.plan})\n` +
      `at least ${step} a step and ${formatDuration(seconds.stage)} in all: ${formatFlops(estimate.flops.stage)} at ${formatFlops(speed)}/s, the speed of matrix products here\n`,
  )
}

async function run(recipeFile: string, options: TrainOptions): Promise<void> {
  const { readRecipe } = await import('../ladder/recipe.js')
  const { parseStage } = await import('../ladder/parse-stage.js')
  const stage = parseStage('--stage', options.stage)
  const recipe = readRecipe(recipeFile, options.set)
  const { trainTo } = await import('../ladder/run-ladder.js')
  const folderOfRun = options.out ?? path.join('runs', recipe.name)
  if (options.dryRun) {
    if (!isFirst()) return
    lockFolder(folderOfRun)
    return preview({ recipe, run: folderOfRun, signal: interruptSignal() }, stage, options.json)
  }
  const done = await withRanks((ranks) => {
    if (ranks.rank === 0) lockFolder(folderOfRun)
    return trainTo({ recipe, run: folderOfRun, signal: interruptSignal(), ranks }, stage)
  })
  if (!isFirst()) return
  const { folder, file } = done
  if (options.json) process.stdout.write(`${JSON.stringify({ folder, ...file }, null, 2)}\n`)
  else process.stdout.write(`${stage}: ${file.steps} steps, weights in ${folder}\n`)
}

/** Adds `train` to the program. */
export function register(program: Command): void {
  const command = program
    .command('train')
    .description('train one stage, after the rooms, questions and stages it stands on')
    .argument('<recipe>', 'YAML file; see recipes/')
    .requiredOption('--stage <name>', STAGES.join(', '))
    .option(
      '--out <dir>',
      "the run's folder (default: runs/<name of the recipe>); a second run continues there",
    )
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option(
      '--dry-run',
      'make the data, show memory, time and the first batch with its loss mask, and end there',
    )
    .option('--json', 'print the stage as JSON')
    .action(run)
  withExample(
    command,
    'spatial-ladder train recipes/micro.yaml --stage perception',
    '# what would be trained, on what',
    'spatial-ladder train recipes/micro.yaml --stage reasoning --dry-run',
    '# two processes, each with its share of every batch',
    'node scripts/launch.mjs --processes 2 -- npx spatial-ladder train recipes/micro.yaml --stage perception',
  )
}
