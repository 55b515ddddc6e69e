/** What `launch slurm` and `launch k8s` have in common: which command of which recipe, on how much. */
import { type Command, InvalidArgumentError } from 'commander'
import type { ClusterJob } from '../ladder/job-file.js'
import { integer, repeated } from './options.js'

export interface LaunchOptions {
  stage?: string
  out?: string
  set?: string[]
  name?: string
  program: string
  nodes: number
  processes: number
  gpus: number
  cpus: number
  memory?: string
  port: number
}

/** Parser of a word that stands in a job file as it is. */
export function word(text: string): string {
  if (!/^[\w.:,@/+-]+$/.test(text)) throw new InvalidArgumentError('a word without blanks or quotes')
  return text
}

export const addLaunchOptions = (command: Command): Command =>
  command
    .argument('<recipe>', 'YAML file; see recipes/')
    .option('--stage <name>', 'train this stage alone; else the whole ladder')
    .option('--out <dir>', "the run's folder, which all machines see (default: runs/<name of the recipe>)")
    .option('--set <key=value>', 'override a key of the recipe; repeatable', repeated)
    .option('--name <name>', 'of the job (default: spatial-ladder-<name of the recipe>)', word)
    .option('--program <command>', 'how this program is called there', 'npx spatial-ladder')
    .option('--nodes <n>', 'machines', integer(1), 1)
    .option('--processes <n>', 'of a machine', integer(1), 1)
    .option('--cpus <n>', 'cores of a process', integer(1), 8)
    .option('--gpus <n>', 'of a process (nothing trains on them yet)', integer(0), 0)
    .option('--port <n>', 'where process 0 is found', integer(1, 65_535), 29_500)

/** The job, its recipe read and its stage known. @throws usage error as `train` and `ladder` do */
export async function clusterJob(recipeFile: string, options: LaunchOptions): Promise<ClusterJob> {
  const { readRecipe, stagesOf } = await import('../ladder/recipe.js')
  const { parseStage } = await import('../ladder/parse-stage.js')
  const recipe = readRecipe(recipeFile, options.set)
  const stage = options.stage === undefined ? undefined : parseStage('--stage', options.stage)
  stagesOf(recipe, stage)
  const { cpus, gpus, memory, nodes, out, port, processes, program, set = [] } = options
  return {
    name: options.name ?? `spatial-ladder-${recipe.name}`,
    command: [
      ...program.split(/\s+/).filter(Boolean),
      ...(stage ? ['train', recipeFile, '--stage', stage] : ['ladder', recipeFile]),
      ...(out === undefined ? [] : ['--out', out]),
      ...set.flatMap((one) => ['--set', one]),
    ],
    nodes,
    processes,
    gpus,
    cpus,
    memory,
    port,
  }
}
