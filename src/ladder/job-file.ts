/**
 * Job files for clusters: the command that trains, as many times as there are processes, with torchrun's variables. Ended by
 * whatever, the same job started again goes on where it was.
 */
import { stringify } from 'yaml'

export interface ClusterJob {
  name: string
  /** The command and its arguments, each a word. */
  command: readonly string[]
  nodes: number
  /** Of every node. */
  processes: number
  /** Of every process, and memory as the cluster writes it. */
  cpus: number
  gpus: number
  memory?: string
  /** On process 0's machine, where the others find it. */
  port: number
}

export interface SlurmJob extends ClusterJob {
  /** `D-HH:MM:SS` */
  time: string
  partition?: string
  account?: string
  /** Container image for Slurm's pyxis plug-in. */
  image?: string
}

export interface KubernetesJob extends ClusterJob {
  image: string
  namespace?: string
  /** Persistent volume claim that all pods can write to, and where it is mounted; commands run there. */
  claim: string
  mount: string
}

/** A word for a POSIX shell. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`

/** Seconds before the end of its time at which a job is told to save and stop. */
const NOTICE = 120

/** A script for `sbatch`. */
export function slurmScript(job: SlurmJob): string {
  const options = [
    ['job-name', job.name],
    ['nodes', job.nodes],
    ['ntasks-per-node', job.processes],
    ['cpus-per-task', job.cpus],
    ['gpus-per-task', job.gpus || undefined],
    ['mem-per-cpu', job.memory],
    ['time', job.time],
    ['partition', job.partition],
    ['account', job.account],
    ['output', '%x-%j.log'],
    ['open-mode', 'append'],
    ['signal', `INT@${NOTICE}`],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`#SBATCH --${name}=${value}`]))
  const process = `RANK="$SLURM_PROCID" LOCAL_RANK="$SLURM_LOCALID" WORLD_SIZE="$SLURM_NTASKS" exec ${job.command.map(quoted).join(' ')}`
  const image = job.image ? ` --container-image=${quoted(job.image)}` : ''
  return `#!/bin/bash
${options.join('\n')}
# Slurm interrupts every process ${NOTICE} s before the time is up: the state is saved. sbatch this file again to go on.
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
read -r MASTER_ADDR < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
export MASTER_ADDR MASTER_PORT=${job.port} OMP_NUM_THREADS="$SLURM_CPUS_PER_TASK"
srun --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK"${image} bash -c ${quoted(process)}
`
}

/** Times that each process may fail, all together, before Kubernetes gives up. */
const RETRIES = 6

/**
 * A headless service, by which pods find one another, and an indexed job: one process a pod, whose rank is the pod's index. A
 * lost pod ends the others; Kubernetes starts all of them again, and they go on from the last checkpoint.
 */
export function kubernetesManifest(job: KubernetesJob): string {
  const { claim, cpus, gpus, image, memory, mount, name, port } = job
  const pods = job.nodes * job.processes
  const metadata = { name, ...(job.namespace ? { namespace: job.namespace } : {}), labels: { app: name } }
  const resources = {
    cpu: String(cpus),
    ...(memory ? { memory } : {}),
    ...(gpus > 0 ? { 'nvidia.com/gpu': String(gpus) } : {}),
  }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: {
      clusterIP: 'None',
      // Processes look for one another before they are ready.
      publishNotReadyAddresses: true,
      selector: { app: name },
      ports: [{ name: 'store', port }],
    },
  }
  const env = [
    {
      name: 'RANK',
      valueFrom: {
        fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" },
      },
    },
    { name: 'LOCAL_RANK', value: '0' },
    { name: 'WORLD_SIZE', value: String(pods) },
    { name: 'MASTER_ADDR', value: `${name}-0.${name}` },
    { name: 'MASTER_PORT', value: String(port) },
    { name: 'OMP_NUM_THREADS', value: String(cpus) },
  ]
  const container = {
    name: 'train',
    image,
    command: [...job.command],
    workingDir: mount,
    env,
    resources: { requests: resources, limits: resources },
    volumeMounts: [{ name: 'work', mountPath: mount }],
  }
  const indexed = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      completionMode: 'Indexed',
      completions: pods,
      parallelism: pods,
      backoffLimit: RETRIES * pods,
      template: {
        metadata: { labels: { app: name } },
        spec: {
          subdomain: name,
          restartPolicy: 'Never',
          containers: [container],
          volumes: [{ name: 'work', persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  }
  return [service, indexed]
    .map((document) => stringify(document, { aliasDuplicateObjects: false }))
    .join('---\n')
}
