/** `train RECIPE --stage NAME`: one rung of the ladder, and whatever it stands on that is not there yet. */
import path from 'node:path'
import type { Command } from 'commander'
import { lockFolder } from '../common/lock.js'
import { interruptSignal } from './interrupt.js'
import { repeated, withExample } from './options.js'

interface TrainOptions {
  stage: string
  out?: string
  set?: string[]
  json?: boolean
}

async function run(recipeFile: string, options: TrainOptions): Promise<void> {
  const { readRecipe } = await import('../ladder/recipe.js')
  const { parseStage } = await import('../ladder/parse-stage.js')
  const stage = parseStage('--stage', options.stage)
  const recipe = readRecipe(recipeFile, options.set)
  const { trainTo } = await import('../ladder/run-ladder.js')
  const job = { recipe, run: options.out ?? path.join('runs', recipe.name), signal: interruptSignal() }
  lockFolder(job.run)
  const { folder, file } = await trainTo(job, stage)
  if (options.json) process.stdout.write(`${JSON.stringify({ folder, ...file }, null, 2)}\n`)
  else process.stdout.write(`${stage}: ${file.steps} steps, weights in ${folder}\n`)
}

/** Adds `train` to the program. */
export function register(program: Command): void {
  const command = program
    .command('train')
    .description('train one stage, after the rooms, questions and stages it stands on')
    .argument('<recipe>', 'YAML file; see recipes/')
    .requiredOption('--stage <name>', 'base, perception, understanding, cold-start or reasoning')
    .option(
      '--out <dir>',
      "the run's folder (default: runs/<name of the recipe>); a second run continues there",
    )
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option('--json', 'print the stage as JSON')
    .action(run)
  withExample(command, 'spatial-ladder train recipes/micro.yaml --stage perception')
}
