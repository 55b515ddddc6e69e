/** `data teach DATA --model CLIENT --out FILE`: cold-start traces from a model, by rejection sampling. */
import type { Command } from 'commander'
import { PROMPT_STYLES, type PromptStyle } from '../schema/prompts.js'
import { type ClientOptions, withClients } from './client-options.js'
import { interruptSignal } from './interrupt.js'
import { decimal, integer, oneOf, withExample } from './options.js'

interface TeachOptions extends ClientOptions {
  model: string
  out: string
  images?: string
  style: PromptStyle
  draws: number
  keep?: number
  minAccuracy: number
  temperature: number
  maxNewTokens: number
  limit?: number
  seed: number
  json?: boolean
}

async function run(data: string, options: TeachOptions): Promise<void> {
  const { readExportSource } = await import('../dataset/export-source.js')
  const { takeEvenly } = await import('../schema/evenly.js')
  const { teach } = await import('../training/teach.js')
  const { writeJsonl } = await import('../common/jsonl.js')
  const { lockFolder } = await import('../common/lock.js')
  const { startProgress } = await import('../common/progress.js')
  const { announceUsage, openModel } = await import('./client-options.js')
  const path = await import('node:path')
  const { out, seed, limit, keep } = options
  const source = await readExportSource(data, options.images)
  const asked = source.samples.filter(({ answer }) => !Array.isArray(answer))
  const samples = limit === undefined ? asked : takeEvenly(asked, limit, seed, 'teach/limit')
  lockFolder(path.dirname(path.resolve(out)))
  const client = await openModel(options.model, options)
  try {
    const { rows, counts } = await teach({
      client,
      samples,
      imageRoot: source.imageRoot,
      style: options.style,
      draws: options.draws,
      minAccuracy: options.minAccuracy,
      keep,
      options: { max_new_tokens: options.maxNewTokens, temperature: options.temperature, seed },
      answers: out.replace(/(\.jsonl)?$/, '.answers.jsonl'),
      progress: startProgress('traces', Math.min(keep ?? samples.length, samples.length), { unit: 'traces' }),
      signal: interruptSignal(),
    })
    writeJsonl(out, rows)
    announceUsage(client)
    if (options.json) process.stdout.write(`${JSON.stringify({ out, ...counts }, null, 2)}\n`)
    else
      process.stdout.write(
        `${counts.kept} traces of ${counts.questions} questions in ${out}, from ${counts.answers} answers${counts.failed > 0 ? `; ${counts.failed} requests failed, the same command asks them again` : ''}\n`,
      )
  } finally {
    client.dispose?.()
  }
}

/** Adds `teach` to `data`. */
export function register(parent: Command): void {
  const command = withClients(
    parent
      .command('teach')
      .description(
        'cold-start traces from a model: what is right and well formed of up to k draws a question',
      )
      .argument('<data>', 'folder or JSONL file of samples, ours or the released ones')
      .requiredOption('--model <client>', 'who teaches: openai:MODEL, local:DIR or replay:FILE')
      .requiredOption('--out <file>', 'JSONL of prompt and solution; every answer is kept beside it')
      .option('--images <dir>', 'where the pictures are (default: images/ in the data)')
      .option(
        '--style <name>',
        'wording of the prompts: upstream or compact',
        oneOf(PROMPT_STYLES),
        'upstream',
      )
      .option('--draws <k>', 'draws a question may have', integer(1), 4)
      .option('--keep <n>', 'stop at so many traces (the paper: 1,255)', integer(1))
      .option('--min-accuracy <share>', 'least accuracy of what is kept', decimal(0), 1)
      .option('--temperature <t>', 'of the draws', decimal(0), 1)
      .option('--max-new-tokens <n>', 'of an answer', integer(1), 1024)
      .option('--limit <n>', 'ask so many questions, evenly over their types', integer(1))
      .option('--seed <n>', 'of the draws; draw i has seed + i', integer(0), 42)
      .option('--json', 'print counts as JSON'),
  ).action(run)
  withExample(
    command,
    'spatial-ladder data teach data/26k --model openai:Qwen/Qwen2.5-VL-7B-Instruct --base-url http://localhost:8000/v1 --keep 1255 --out traces.jsonl',
    '# then, in a recipe: data.train.coldstart_file: traces.jsonl',
  )
}
