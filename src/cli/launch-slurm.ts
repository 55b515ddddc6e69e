/** `launch slurm RECIPE`: a script for sbatch. */
import { type Command, InvalidArgumentError } from 'commander'
import { addLaunchOptions, clusterJob, type LaunchOptions, word } from './launch-options.js'
import { withExample } from './options.js'

interface SlurmOptions extends LaunchOptions {
  time: string
  partition?: string
  account?: string
  image?: string
}

function duration(text: string): string {
  if (!/^(\d+-)?\d+(:\d+){0,2}$/.test(text))
    throw new InvalidArgumentError('a time as Slurm writes it, 1-00:00:00')
  return text
}

async function run(recipe: string, options: SlurmOptions): Promise<void> {
  const { slurmScript } = await import('../ladder/job-file.js')
  const { account, image, partition, time } = options
  process.stdout.write(
    slurmScript({ ...(await clusterJob(recipe, options)), account, image, partition, time }),
  )
}

/** Adds `slurm` to the `launch` command. */
export function register(launch: Command): void {
  const command = addLaunchOptions(launch.command('slurm'))
    .description('print a script for sbatch that trains on several machines')
    .option('--memory <size>', 'of a core, as Slurm writes it (4G)', word)
    .option('--time <time>', 'limit; the state is saved before it is reached', duration, '1-00:00:00')
    .option('--partition <name>', 'where the job runs', word)
    .option('--account <name>', 'who is charged', word)
    .option('--image <image>', 'container image, where Slurm has the pyxis plug-in', word)
    .action(run)
  withExample(
    command,
    'spatial-ladder launch slurm recipes/micro.yaml --nodes 2 --processes 4 > micro.sbatch',
    'sbatch micro.sbatch',
  )
}
