/** `launch k8s RECIPE`: an indexed job for Kubernetes, with the service by which its pods find one another. */
import { type Command, InvalidArgumentError } from 'commander'
import { usageError } from '../common/errors.js'
import { addLaunchOptions, clusterJob, type LaunchOptions } from './launch-options.js'
import { withExample } from './options.js'

interface K8sOptions extends LaunchOptions {
  image: string
  namespace?: string
  claim: string
  mount: string
}

/** Longest name of a job: a pod's host is called like it, with its index behind, and has at most 63 characters. */
const LONGEST = 52

function absolute(text: string): string {
  if (!text.startsWith('/')) throw new InvalidArgumentError('a path from the root')
  return text
}

async function run(recipe: string, options: K8sOptions): Promise<void> {
  const { kubernetesManifest } = await import('../ladder/job-file.js')
  const job = await clusterJob(recipe, options)
  const name = options.name ?? job.name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-')
  if (name.length > LONGEST || !/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name))
    throw usageError('--name', `a DNS label of at most ${LONGEST} characters`, name)
  const { claim, image, mount, namespace } = options
  process.stdout.write(kubernetesManifest({ ...job, name, claim, image, mount, namespace }))
}

/** Adds `k8s` to the `launch` command. */
export function register(launch: Command): void {
  const command = addLaunchOptions(launch.command('k8s'))
    .description('print a Kubernetes job of several pods that train together; each process is a pod')
    .requiredOption('--image <image>', 'container image with this program in it')
    .requiredOption('--claim <name>', 'persistent volume claim that all pods can write to')
    .option('--mount <dir>', 'where it is mounted, and where the command runs', absolute, '/work')
    .option('--memory <size>', 'of a process, as Kubernetes writes it (16Gi)')
    .option('--namespace <name>', 'namespace of the job')
    .action(run)
  withExample(
    command,
    'spatial-ladder launch k8s recipes/micro.yaml --nodes 2 --image registry/spatial-ladder --claim runs > micro-job.yaml',
    'kubectl apply -f micro-job.yaml',
  )
}
