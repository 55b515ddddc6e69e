/** Job files: read by their own validators where those are here, and run, with the cluster's part played by a few lines. */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readJsonl } from '../common/jsonl.js'
import { untilSteps } from '../training/stage-home.test-helper.js'
import { writeTinyRecipe } from './tiny-recipe.test-helper.js'

const command = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))
const program = ['--program', `${process.execPath} ${command}`]
const ladder = (...words: string[]) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [command, ...words], { encoding: 'utf8' })
  return { status, stderr, stdout }
}

let home: string
let recipe: string
const at = (...names: string[]): string => path.join(home, ...names)
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'launch-'))
  recipe = at('tiny.yaml')
  writeTinyRecipe(recipe)
})
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

const has = (tool: string): boolean => spawnSync(tool, ['--help'], { stdio: 'ignore' }).error === undefined
const steps = '--stage perception --set stages.perception.max_steps=3'.split(' ')
const processesOf = (run: string): number =>
  (
    JSON.parse(fs.readFileSync(path.join(run, 'stages/1-perception/stage.json'), 'utf8')) as {
      processes: number
    }
  ).processes

describe('launch slurm', () => {
  const script = (...words: string[]): string => {
    const printed = ladder('launch', 'slurm', recipe, ...words)
    expect([printed.status, printed.stderr]).toEqual([0, ''])
    return printed.stdout
  }

  it('prints what was asked for, for sbatch', () => {
    const words =
      '--nodes 3 --processes 2 --cpus 4 --gpus 1 --memory 4G --time 2-12:00:00 --partition gpu'.split(' ')
    const text = script(...words, '--account', 'lab', '--image', 'me/ladder:1', '--out', "it's here")
    for (const line of [
      'job-name=spatial-ladder-tiny',
      'nodes=3',
      'ntasks-per-node=2',
      'cpus-per-task=4',
      'gpus-per-task=1',
      'mem-per-cpu=4G',
      'time=2-12:00:00',
      'partition=gpu',
      'account=lab',
    ])
      expect(text.split('\n')).toContain(`#SBATCH --${line}`)
    expect(text).toContain(' --container-image=me/ladder:1 ')
    expect(script()).not.toMatch(/gpus|partition|account|mem-per-cpu|container/)
  })

  it('runs: every task is a process of the group, and words keep their blanks and quotes', async () => {
    const run = at("it's here")
    const file = at('job.sbatch')
    fs.writeFileSync(
      file,
      script('--processes', '2', '--cpus', '1', '--port', '29617', ...steps, '--out', run, ...program),
    )
    expect(spawnSync('bash', ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    // What Slurm does: lists the nodes, and starts the command as every task.
    fs.mkdirSync(at('bin'))
    const play = (name: string, lines: string[]): void =>
      fs.writeFileSync(at('bin', name), ['#!/bin/bash', ...lines, ''].join('\n'), { mode: 0o755 })
    play('scontrol', ['[ "$*" = "show hostnames nodes[1-2]" ] && printf "127.0.0.1\\nnode2\\n"'])
    play('srun', [
      'while [[ "$1" == --* ]]; do shift; done',
      'for i in 0 1; do SLURM_PROCID=$i SLURM_LOCALID=$i "$@" & jobs="$jobs $!"; done',
      'for job in $jobs; do wait "$job" || exit 1; done',
    ])
    const slurm = {
      SLURM_NTASKS: '2',
      SLURM_CPUS_PER_TASK: '1',
      SLURM_SUBMIT_DIR: home,
      SLURM_JOB_NODELIST: 'nodes[1-2]',
    }
    const env = { ...process.env, ...slurm, PATH: `${at('bin')}:${process.env.PATH}` }
    const done = spawnSync('bash', [file], { env, encoding: 'utf8' })
    expect([done.status, done.stdout]).toEqual([
      0,
      `perception: 3 steps, weights in ${run}/stages/1-perception\n`,
    ])
    expect(processesOf(run)).toBe(2)
  }, 120_000)

  it.skipIf(!has('sbatch'))('is accepted by sbatch --test-only', () => {
    fs.writeFileSync(at('test.sbatch'), script())
    expect(spawnSync('sbatch', ['--test-only', at('test.sbatch')]).status).toBe(0)
  })
})

interface Manifest {
  kind: string
  metadata: { name: string }
  spec: Record<string, unknown>
}
interface Pod {
  command: string[]
  env: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[]
}
describe('launch k8s', () => {
  const manifest = (...words: string[]): Manifest[] => {
    const printed = ladder('launch', 'k8s', recipe, '--image', 'me/ladder:1', '--claim', 'runs', ...words)
    expect([printed.status, printed.stderr]).toEqual([0, ''])
    return parseAllDocuments(printed.stdout).map((document) => {
      expect(document.errors).toEqual([])
      return document.toJS() as Manifest
    })
  }
  const podOf = (job: Manifest): Pod =>
    (job.spec.template as { spec: { containers: Pod[] } }).spec.containers[0]

  it('prints a headless service, and an indexed job whose pods it names', () => {
    const [service, job] = manifest('--nodes', '3', '--processes', '2', '--gpus', '1', '--memory', '16Gi')
    expect(service).toMatchObject({
      kind: 'Service',
      spec: { clusterIP: 'None', publishNotReadyAddresses: true },
    })
    expect(job).toMatchObject({
      kind: 'Job',
      spec: {
        completionMode: 'Indexed',
        completions: 6,
        parallelism: 6,
        template: { spec: { subdomain: service.metadata.name } },
      },
    })
    const { labels } = (job.spec.template as { metadata: { labels: object } }).metadata
    expect(labels).toEqual(service.spec.selector)
    expect(podOf(job).env).toContainEqual({
      name: 'MASTER_ADDR',
      value: `${job.metadata.name}-0.${service.metadata.name}`,
    })
    expect(podOf(job)).toMatchObject({
      image: 'me/ladder:1',
      workingDir: '/work',
      resources: { limits: { cpu: '8', memory: '16Gi', 'nvidia.com/gpu': '1' } },
    })
  })

  it.skipIf(!has('kubectl'))('has no field that Kubernetes does not know, none of a wrong type', () => {
    for (const document of manifest('--nodes', '2', '--gpus', '1', '--namespace', 'lab')) {
      // Decoded into Kubernetes' own types and written out again, without a cluster: what it does not know is gone.
      const file = at(`${document.kind}.json`)
      fs.writeFileSync(file, JSON.stringify(document))
      const words = ['label', '--local', '-f', file, 'a=b', '-o', 'json']
      const { stderr, stdout, status } = spawnSync('kubectl', words, { encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
      expect(JSON.parse(stdout)).toMatchObject(document)
    }
  })

  it('runs: every pod is a process of the group', async () => {
    const run = at('pods')
    const [, job] = manifest(
      '--nodes',
      '2',
      '--cpus',
      '1',
      '--port',
      '29618',
      ...steps,
      '--out',
      run,
      ...program,
    )
    const { command: words, env } = podOf(job)
    const codes = [0, 1].map((index) => {
      const own = env.map(({ name, value, valueFrom }) => {
        if (valueFrom)
          expect(valueFrom.fieldRef.fieldPath).toBe(
            "metadata.annotations['batch.kubernetes.io/job-completion-index']",
          )
        // No cluster's name service is here.
        return [name, name === 'MASTER_ADDR' ? '127.0.0.1' : (value ?? String(index))]
      })
      const child = spawn(words[0], words.slice(1), {
        env: { ...process.env, ...Object.fromEntries(own) },
        stdio: 'ignore',
      })
      return new Promise((resolve) => child.on('close', resolve))
    })
    expect(await Promise.all(codes)).toEqual([0, 0])
    expect(processesOf(run)).toBe(2)
  }, 120_000)

  it.each([
    [['--name', 'Tiny_1'], '--name: expected a DNS label of at most 52 characters, got Tiny_1\n'],
    [
      ['--mount', 'work'],
      '--mount <dir>: expected a path from the root, got work; see spatial-ladder launch k8s --help\n',
    ],
    [
      ['--stage', 'base'],
      'recipe tiny: expected a stage base, got perception, understanding, cold-start, reasoning\n',
    ],
  ])('refuses %o', (words, line) => {
    const { status, stderr } = ladder('launch', 'k8s', recipe, '--image', 'i', '--claim', 'c', ...words)
    expect([status, stderr]).toEqual([2, line])
  })
})

describe('scripts/launch.mjs', () => {
  const launcher = fileURLToPath(new URL('../../scripts/launch.mjs', import.meta.url))
  const launch = (...words: string[]): string[] => [
    launcher,
    '--processes',
    '2',
    '--',
    process.execPath,
    command,
    ...words,
  ]

  it('leaves nobody behind when it is killed, and the run goes on from what they saved', async () => {
    const run = at('orphans')
    const words = [
      'train',
      recipe,
      '--stage',
      'perception',
      '--out',
      run,
      '--set',
      'stages.perception.max_steps=100000',
    ]
    const child = spawn(process.execPath, launch(...words), { stdio: ['ignore', 'ignore', 'pipe'] })
    const stage = path.join(run, 'stages/1-perception')
    // Its children write to the same pipe: it is closed when the last of them has ended.
    const ended = new Promise((resolve) => child.on('close', resolve))
    child.stderr.resume()
    await untilSteps(stage, 2, child)
    child.kill('SIGKILL')
    await ended
    const steps = readJsonl(path.join(stage, 'metrics.jsonl')).length
    expect(fs.readdirSync(stage)).toContain(`checkpoint-${steps}`)
  }, 60_000)
})
