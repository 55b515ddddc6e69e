/** `reproduce RECIPE`: runs what is here of the paper's tables, and prints them beside ours, row by row. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { z } from 'zod'
import { parseClientName } from '../clients/open.js'
import { writeFileAtomic } from '../common/files.js'
import { readRecipeFile } from '../common/recipe-file.js'
import { PROTOCOLS } from '../evaluation/benchmarks/benchmark.js'
import { PUBLISHED } from '../evaluation/benchmarks/published/all.js'
import { parseBenchmark } from '../evaluation/benchmarks/registry.js'
import { gatherResults } from '../evaluation/benchmarks/results.js'
import { writeBenchmarkReport } from '../report/benchmark-report.js'
import { reproduceMarkdown, reproduceTable, reproduceText } from '../report/reproduce.js'
import { dataPlace, mediaCache } from './benchmark-options.js'
import { type ClientOptions, localFolder, withClients } from './client-options.js'
import { evalBenchmarks } from './eval-benchmarks.js'
import { integer, repeated, withExample } from './options.js'

const recipeSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dots, dashes'),
  seed: z.int().min(0).default(42),
  protocols: z.array(z.enum(PROTOCOLS)).min(1),
  benchmarks: z.array(z.string()).min(1),
  models: z.array(
    z.strictObject({ client: z.string(), prompt_type: z.enum(['default', 'thinking']).default('thinking') }),
  ),
})

interface ReproduceOptions extends ClientOptions {
  data?: string
  out?: string
  cache: string
  limit?: number
  set?: string[]
  json?: boolean
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** The benchmarks whose data are here; of the others it is said how to get them. */
function benchmarksHere(names: readonly string[], data: string | undefined): string[] {
  return names.filter((name) => {
    const { benchmark } = parseBenchmark(name)
    if (dataPlace(benchmark, data, true) !== null) return true
    say(`${benchmark.name}: not run, no data here (spatial-ladder pull ${benchmark.name})`)
    return false
  })
}

/** Whether the weights are here; a model behind an endpoint is there for whoever names it. */
function isHere(client: string): boolean {
  const name = client.replace(/^blind:/, '')
  const { kind, target } = parseClientName(name)
  if (kind !== 'local' || fs.existsSync(path.join(localFolder(target), 'config.json'))) return true
  say(`${client}: not run, no weights here (spatial-ladder pull model:${target})`)
  return false
}

async function run(file: string, options: ReproduceOptions): Promise<void> {
  const recipe = readRecipeFile(file, recipeSchema, options.set)
  const out = options.out ?? path.join('runs', recipe.name)
  const benchmark = benchmarksHere(recipe.benchmarks, options.data)
  const models = recipe.models.filter(({ client }) => isHere(client))
  if (benchmark.length > 0)
    for (const { client, prompt_type } of models)
      await evalBenchmarks({
        ...options,
        model: [client],
        benchmark,
        several: true,
        protocol: recipe.protocols,
        promptType: prompt_type,
        out,
        seed: recipe.seed,
        quiet: true,
      })
  fs.mkdirSync(out, { recursive: true })
  const tables = reproduceTable(gatherResults(out, PUBLISHED), PUBLISHED)
  writeFileAtomic(path.join(out, 'reproduce.md'), reproduceMarkdown(tables))
  process.stdout.write(
    options.json
      ? `${JSON.stringify(tables, null, 2)}\n`
      : reproduceText(tables, process.stdout.columns ?? 120),
  )
  const report = await writeBenchmarkReport({ folder: out })
  say(`written: ${report}, ${path.join(out, 'reproduce.md')}`)
}

/** Adds `reproduce` to the program. */
export function register(program: Command): void {
  const command = program
    .command('reproduce')
    .description("the paper's tables row by row beside ours: runs what is here, says what is not")
    .argument('<recipe>', 'YAML file; see recipes/reproduce.yaml')
    .option('--data <dir>', 'folder with one folder per benchmark (default: what pull fetched)')
    .option('--out <dir>', 'results (default: runs/<name of the recipe>); a second run continues there')
    .option('--cache <dir>', 'where frames and pictures are made', mediaCache())
    .option('--limit <n>', 'only n questions of each benchmark, evenly over their types', integer(1))
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option('--json', 'print the tables as JSON')
    .action(run)
  withClients(command)
  withExample(command, 'spatial-ladder reproduce recipes/reproduce.yaml --out runs/reproduce')
}
