/** `ladder RECIPE`: the whole job, from rooms to report. */
import path from 'node:path'
import type { Command } from 'commander'
import { lockFolder } from '../common/lock.js'
import { interruptSignal } from './interrupt.js'
import { repeated, withExample } from './options.js'
import { withRanks } from './ranks.js'

interface LadderOptions {
  out?: string
  set?: string[]
  until?: string
  json?: boolean
}

async function run(recipeFile: string, options: LadderOptions): Promise<void> {
  const { readRecipe } = await import('../ladder/recipe.js')
  const { parseStage } = await import('../ladder/parse-stage.js')
  const recipe = readRecipe(recipeFile, options.set)
  const { runLadder } = await import('../ladder/run-ladder.js')
  const { tableText } = await import('../report/table.js')
  const until = options.until === undefined ? undefined : parseStage('--until', options.until)
  const folder = options.out ?? path.join('runs', recipe.name)
  const result = await withRanks((ranks) => {
    if (ranks.rank === 0) lockFolder(folder)
    return runLadder({ recipe, run: folder, until, signal: interruptSignal(), ranks })
  })
  if (!result) return
  if (options.json) {
    const { scores, report, status } = result
    process.stdout.write(`${JSON.stringify({ run: result.run, report, status, scores }, null, 2)}\n`)
    return
  }
  process.stdout.write(tableText(result.table, process.stdout.columns ?? 120))
  process.stdout.write(`report: ${result.report}\n`)
}

/** Adds `ladder` to the program. */
export function register(program: Command): void {
  const command = program
    .command('ladder')
    .description('make rooms and questions, train a model up the stages, test it after each')
    .argument('<recipe>', 'YAML file; see recipes/')
    .option(
      '--out <dir>',
      "the run's folder (default: runs/<name of the recipe>); a second run continues there",
    )
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option('--until <stage>', 'stop after this stage')
    .option('--json', 'print scores and status as JSON')
    .action(run)
  withExample(
    command,
    'spatial-ladder ladder recipes/micro.yaml',
    '# another seed, in a folder of its own',
    'spatial-ladder ladder recipes/micro.yaml --out runs/seed7 --set seed=7',
  )
}
