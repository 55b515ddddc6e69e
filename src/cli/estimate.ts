/**
 * `estimate RECIPE|DIR`: parameters, memory and work before anything is loaded. No engine, no weights and no data
 * are needed.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { EstimateFlags } from './estimate-result.js'
import { integer, repeated, withExample } from './options.js'

async function run(target: string, { json, ...flags }: EstimateFlags & { json?: boolean }): Promise<void> {
  const { estimate } = await import('./estimate-result.js')
  const { estimateText } = await import('./estimate-text.js')
  const result = estimate(target, flags)
  const width = process.stdout.columns ?? 160
  process.stdout.write(json ? `${JSON.stringify(result, null, 2)}\n` : estimateText(result, width))
}

function pictureSize(text: string): { width: number; height: number } {
  const [, width, height] = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/.exec(text) ?? []
  if (!width) throw new InvalidArgumentError('width and height, 1296x968')
  return { width: Number(width), height: Number(height) }
}

/** Adds `estimate` to the program. */
export function register(program: Command): void {
  const command = program
    .command('estimate')
    .description('parameters, memory and work of a model or of a recipe, before anything is loaded')
    .argument('<recipe|dir>', 'YAML file, model folder, or the name of Qwen2.5-VL-3B or -7B')
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option(
      '--max-pixels <n>',
      'largest picture the model sees, pixels (default: as its folder says)',
      integer(1),
    )
    .option('--pictures <n>', 'model: pictures of the sample', integer(0, 1000), 1)
    .addOption(
      new Option('--picture-size <size>', 'model: their size')
        .argParser(pictureSize)
        .default({ width: 1296, height: 968 }, '1296x968'),
    )
    .option('--text-tokens <n>', 'model: tokens of the question', integer(1), 250)
    .option('--answer-tokens <n>', 'model: tokens of the answer', integer(1), 300)
    .option('--generations <n>', 'model: completions of a GRPO prompt', integer(1), 4)
    .option('--lora-rank <n>', 'rank of the LoRA that is compared', integer(1), 64)
    .option('--json', 'print the estimate as JSON')
    .action(run)
  withExample(
    command,
    '# each stage of the paper, without weights',
    'spatial-ladder estimate recipes/spatialladder-3b.yaml',
    '# a model: counted, compared with its weights, and what a question costs',
    'spatial-ladder estimate models/micro-base',
    'spatial-ladder estimate Qwen/Qwen2.5-VL-7B-Instruct --pictures 8 --json',
  )
}
